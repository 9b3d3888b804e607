from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import weaklabel as wl
from weaklabel.errors import ConfigError, PackError
from weaklabel.relabel import load_lfs

HEAD = "import weaklabel as wl\n\n"


def lf(name: str, word: str = "a", *, votes: str = '"SPAM"', more: str = "") -> str:
    return (
        f"@wl.labeling_function(votes={votes}{more})\n"
        f"def {name}(x):\n    return {word!r} in x.text\n\n"
    )


def write(path: Path, *texts: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEAD + "".join(texts))
    return path


CLASSES = ("HAM", "SPAM")


def test_a_pack_brings_its_classes_and_sources() -> None:
    loaded = load_lfs("pack:spam")
    assert loaded.classes == CLASSES
    assert loaded.lfs == wl.load_pack("spam").lfs
    assert set(loaded.sources) == {"pack:spam"}


def test_a_file_gives_its_lfs_in_order_of_definition_each_once(tmp_path: Path) -> None:
    write(tmp_path / "lfs.py", lf("b"), lf("a"), "again = b\n")
    loaded = load_lfs("lfs.py", classes=CLASSES, folder=tmp_path)
    assert [one.name for one in loaded.lfs] == ["b", "a"]
    assert loaded.sources == ("lfs.py", "lfs.py")
    assert loaded.files == (((tmp_path / "lfs.py").resolve(),),) * 2


def test_a_list_called_lfs_goes_before_a_pack_and_a_pack_before_what_stands_there(
    tmp_path: Path,
) -> None:
    pack = 'pack = wl.Pack(("NO", "YES"), [])\n'
    write(tmp_path / "one.py", lf("a"), lf("b"), pack, "lfs = [b]\n")
    write(tmp_path / "two.py", lf("a"), 'pack = wl.Pack(("HAM", "SPAM"), [a])\n', lf("b"))
    one = load_lfs("one.py", classes=CLASSES, folder=tmp_path)
    assert [f.name for f in one.lfs] == ["b"]
    two = load_lfs("two.py", folder=tmp_path)
    assert [f.name for f in two.lfs] == ["a"]
    assert two.classes == CLASSES


def test_a_name_after_the_colon_chooses_a_list_an_lf_or_a_pack(tmp_path: Path) -> None:
    write(
        tmp_path / "lfs.py",
        *(lf("a"), lf("b"), "some = (a, b)\n", 'p = wl.Pack(("HAM", "SPAM"), [b])\n'),
    )

    def names(attr: str) -> list[str]:
        loaded = load_lfs(f"lfs.py:{attr}", classes=CLASSES, folder=tmp_path)
        return [one.name for one in loaded.lfs]

    assert names("some") == ["a", "b"]
    assert names("a") == ["a"]
    assert names("p") == ["b"]


def test_a_module_is_imported_by_name(tmp_path: Path) -> None:
    assert load_lfs("weaklabel_lfs.spam:pack").classes == CLASSES
    assert len(load_lfs("weaklabel_lfs.spam").lfs) == len(wl.load_pack("spam").lfs)
    write(tmp_path / "beside_the_config.py", lf("a"))
    loaded = load_lfs("beside_the_config:a", classes=CLASSES, folder=tmp_path)
    assert loaded.lfs[0].name == "a"
    assert str(tmp_path) not in sys.path


def test_an_edited_file_is_read_anew_however_soon(tmp_path: Path) -> None:
    for votes in ('"SPAM"', '"HAM"', '"SPAM"'):
        write(tmp_path / "lfs.py", "import near\n", lf("a", votes="near.VOTE"))
        (tmp_path / "near.py").write_text(f"VOTE = {votes:<6}  # of one size\n")
        loaded = load_lfs("lfs.py", classes=CLASSES, folder=tmp_path)
        assert loaded.lfs[0].votes == votes.strip('"')


def test_two_files_of_one_folder_share_what_they_import(tmp_path: Path) -> None:
    (tmp_path / "shared_by_two.py").write_text("WORDS = []\n")
    head = "import shared_by_two\n"
    write(tmp_path / "one.py", head, lf("a"), "a.words = shared_by_two.WORDS\n")
    write(tmp_path / "two.py", head, lf("b"), "b.words = shared_by_two.WORDS\n")
    a, b = load_lfs(["one.py", "two.py"], classes=CLASSES, folder=tmp_path).lfs
    assert a.words is b.words  # type: ignore[attr-defined]


def test_files_of_two_folders_each_have_the_helper_that_stands_beside_them(
    tmp_path: Path,
) -> None:
    for folder, word in (("x", "cat"), ("y", "dog")):
        write(tmp_path / folder / "lfs.py", "from words import WORD\n", lf(word, word))
        (tmp_path / folder / "words.py").write_text(f"WORD = {word!r}\n")
        with (tmp_path / folder / "lfs.py").open("a") as file:
            file.write(f"{word}.word = WORD\n")
    loaded = load_lfs(["x/lfs.py", "y/lfs.py"], classes=CLASSES, folder=tmp_path)
    assert [one.word for one in loaded.lfs] == ["cat", "dog"]  # type: ignore[attr-defined]


def test_helpers_beside_a_file_travel_to_worker_processes(tmp_path: Path) -> None:
    (tmp_path / "near_by").mkdir()
    (tmp_path / "near_by" / "__init__.py").write_text("from near_by.deep import LIMIT\n")
    (tmp_path / "near_by" / "deep.py").write_text(
        "import re\nLIMIT = 4\n\nclass Finder:\n"
        "    def __init__(self, word):\n        self.word = re.compile(word)\n"
        "    def __call__(self, text):\n        return bool(self.word.search(text))\n"
    )
    write(
        tmp_path / "lfs.py",
        "import near_by\nfrom near_by.deep import Finder\n\nFIND = Finder('free')\n\n",
        '@wl.labeling_function(votes="SPAM")\ndef finds(x):\n    return FIND(x.text)\n\n',
        '@wl.labeling_function(votes="HAM")\ndef short(x):\n',
        "    return len(x.text) < near_by.LIMIT\n",
    )
    loaded = load_lfs("lfs.py", classes=CLASSES, folder=tmp_path)
    L = wl.apply_lfs(loaded.lfs, ["free", "abc", "other"], classes=CLASSES, n_jobs=2)
    assert np.asarray(L).tolist() == [[1, -1], [-1, 0], [-1, -1]]


def test_a_syntax_error_names_file_line_and_text(tmp_path: Path) -> None:
    path = tmp_path / "lfs.py"
    path.write_text("import weaklabel as wl\n\ndef broken(x:\n    pass\n")
    with pytest.raises(ConfigError) as caught:
        load_lfs("lfs.py", classes=CLASSES, folder=tmp_path)
    assert f"SyntaxError in {path.resolve()}, line 3" in str(caught.value)
    assert str(caught.value).endswith("def broken(x:")
    assert caught.value.path == path.resolve()


def test_an_error_at_import_names_file_and_line_of_the_users_code(tmp_path: Path) -> None:
    write(tmp_path / "lfs.py", "import its_helper\n")
    (tmp_path / "its_helper.py").write_text("import json\n\nVALUE = json.loads('no json')\n")
    with pytest.raises(ConfigError) as caught:
        load_lfs("lfs.py", classes=CLASSES, folder=tmp_path)
    assert "cannot be imported: JSONDecodeError: Expecting value" in str(caught.value)
    assert f"in {(tmp_path / 'its_helper.py').resolve()}, line 3: VALUE =" in str(caught.value)
    assert "its_helper" not in sys.modules


def test_a_missing_file_suggests_one_that_is_there(tmp_path: Path) -> None:
    write(tmp_path / "lfs.py", lf("a"))
    with pytest.raises(ConfigError, match=r"there is no file .*lsf\.py; did you mean 'lfs\.py'\?"):
        load_lfs("lsf.py", classes=CLASSES, folder=tmp_path)


def test_a_missing_module_and_a_missing_import_in_one_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no module 'nowhere', neither installed nor"):
        load_lfs("nowhere:lfs", folder=tmp_path)
    write(tmp_path / "has_a_gap.py", "import nowhere\n")
    with pytest.raises(ConfigError, match=r"ModuleNotFoundError: No module named 'nowhere' in .*"):
        load_lfs("has_a_gap:lfs", folder=tmp_path)


def test_a_file_without_lfs_says_what_was_looked_for(tmp_path: Path) -> None:
    write(tmp_path / "lfs.py", "def plain(x):\n    return 1\n")
    with pytest.raises(ConfigError, match=r"holds no labeling functions; looked for a list"):
        load_lfs("lfs.py", classes=CLASSES, folder=tmp_path)


def test_a_missing_name_suggests_the_nearest(tmp_path: Path) -> None:
    write(tmp_path / "lfs.py", lf("has_link"))
    with pytest.raises(ConfigError, match=r"there is no 'has_lnk'; .*did you mean 'has_link'\?"):
        load_lfs("lfs.py:has_lnk", classes=CLASSES, folder=tmp_path)


def test_a_name_that_holds_no_lfs_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "lfs.py", "def plain(x):\n    return 1\n\nlfs = [plain]\nnone = []\n")
    with pytest.raises(ConfigError, match=r"'plain' is a plain function; decorate it"):
        load_lfs("lfs.py", classes=CLASSES, folder=tmp_path)
    with pytest.raises(ConfigError, match="the list 'none' is empty"):
        load_lfs("lfs.py:none", classes=CLASSES, folder=tmp_path)


def test_names_must_be_unique_over_all_specs(tmp_path: Path) -> None:
    write(tmp_path / "lfs.py", lf("link"))
    with pytest.raises(ConfigError, match=r"named 'link': it is in pack:spam and in lfs\.py"):
        load_lfs(["pack:spam", "lfs.py"], folder=tmp_path)


@pytest.mark.parametrize("spec", ["", "a b", "lfs.txt", "./lfs", "x:y:z:"])
def test_a_spec_that_is_none_says_what_one_is(spec: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"pack:NAME, module:attr or file\.py|there is no"):
        load_lfs([spec], folder=tmp_path)


def test_an_unknown_pack_is_a_pack_error() -> None:
    with pytest.raises(PackError, match="did you mean 'spam'"):
        load_lfs("pack:spma")
    with pytest.raises(PackError, match="names no pack"):
        load_lfs("pack:")


def test_classes_come_from_the_config_else_packs_else_the_lfs(tmp_path: Path) -> None:
    write(tmp_path / "lfs.py", lf("a", more=', classes=("HAM", "SPAM")'), lf("b"))
    assert load_lfs("lfs.py", folder=tmp_path).classes == CLASSES
    assert load_lfs("lfs.py", classes=("SPAM", "HAM"), folder=tmp_path).classes == ("SPAM", "HAM")
    write(tmp_path / "bare.py", lf("c"))
    assert load_lfs(["bare.py", "pack:spam"], folder=tmp_path).classes == CLASSES
    with pytest.raises(ConfigError, match=r'nothing declares the classes; write classes = \["HAM'):
        load_lfs("bare.py", folder=tmp_path)


def test_classes_that_contradict_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "lfs.py", lf("c"), 'pack = wl.Pack(("NO", "SPAM"), [c])\n')
    with pytest.raises(ConfigError, match=r"pack:spam votes on classes .*, lfs\.py on"):
        load_lfs(["pack:spam", "lfs.py"], folder=tmp_path)


def test_a_file_that_exits_at_import_is_an_error_with_its_line(tmp_path: Path) -> None:
    write(tmp_path / "lfs.py", "import sys\n\nsys.exit(0)\n")
    with pytest.raises(ConfigError) as caught:
        load_lfs("lfs.py", classes=CLASSES, folder=tmp_path)
    path = (tmp_path / "lfs.py").resolve()
    assert f"cannot be imported: SystemExit: 0 in {path}, line 5: sys.exit(0)" in str(caught.value)


def test_modules_loaded_from_the_folder_of_a_file_are_told(tmp_path: Path) -> None:
    (tmp_path / "not_loaded.py").write_text("")
    for folder, word in (("x", "cat"), ("y", "dog")):
        write(tmp_path / folder / "lfs.py", "from told_words import WORD\n", lf(word, word))
        (tmp_path / folder / "told_words.py").write_text(f"from told_deep.in_it import {word}\n")
        with (tmp_path / folder / "told_words.py").open("a") as file:
            file.write(f"WORD = {word}\n")
        (tmp_path / folder / "told_deep").mkdir()
        (tmp_path / folder / "told_deep" / "__init__.py").write_text("")
        (tmp_path / folder / "told_deep" / "in_it.py").write_text(f"{word} = 1\n")
    loaded = load_lfs(["x/lfs.py", "y/lfs.py", "pack:spam"], classes=CLASSES, folder=tmp_path)
    near = ("told_deep/__init__.py", "told_deep/in_it.py", "told_words.py")
    x, y, *pack = loaded.beside
    assert x == tuple((tmp_path / "x" / name).resolve() for name in near)
    assert y == tuple((tmp_path / "y" / name).resolve() for name in near)
    assert set(pack) == {()}

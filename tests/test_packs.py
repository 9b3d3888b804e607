"""The door that packs come through; the packs themselves have tests of their own."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from enum import Enum
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any

import pytest

import weaklabel as wl
from weaklabel.errors import LFError, PackError


class Label(Enum):
    HAM = "h"
    SPAM = "s"


def lf(name: str, **options: Any) -> wl.LabelingFunction:
    return wl.LabelingFunction(lambda x: Label.SPAM, name=name, **options)


PACK = wl.Pack(Label, [lf("a")])
NO_PACK = [lf("a")]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Pretend that other packages have published these entry points."""

    def install(**packs: str | list[str]) -> None:
        entries = [
            EntryPoint(name, value, "weaklabel.packs")
            for name, values in packs.items()
            for value in ([values] if isinstance(values, str) else values)
        ]
        monkeypatch.setattr(
            importlib.metadata,
            "entry_points",
            lambda group: EntryPoints(entries).select(group=group),
        )

    return install


def test_a_pack_holds_classes_and_functions() -> None:
    assert PACK.class_names == ("HAM", "SPAM")
    assert isinstance(PACK.lfs, tuple)
    with pytest.raises(FrozenInstanceError):
        PACK.lfs = ()  # type: ignore[misc]
    assert wl.Pack(("A", "B"), ()).class_names == ("A", "B")


def test_a_pack_that_is_none_is_refused() -> None:
    def plain(x: Any) -> int:
        return 1

    with pytest.raises(ValueError, match=r"two LFs of the pack are named 'a'"):
        wl.Pack(Label, [lf("a"), lf("b"), lf("a")])
    with pytest.raises(TypeError, match=r"classes must be an Enum or a sequence of names"):
        wl.Pack("spam", [lf("a")])
    with pytest.raises(
        TypeError, match=r"'plain' is a plain function; decorate it with @wl.labeli"
    ):
        wl.Pack(Label, [plain])  # type: ignore[list-item]


def test_checking_a_pack_checks_its_functions() -> None:
    wl.Pack(Label, [lf("a", examples={"x": Label.SPAM})]).check()
    with pytest.raises(LFError, match=r"'b' fails 1 of 1 examples"):
        wl.Pack(Label, [lf("a"), lf("b", examples={"x": Label.HAM})]).check()


def test_an_installed_pack_is_found_by_its_name(installed: Callable[..., None]) -> None:
    installed(mine=f"{__name__}:PACK", other="nowhere:pack")
    assert wl.load_pack("mine") is sys.modules[__name__].PACK
    assert wl.list_packs() == ("mine", "other")


def test_an_unknown_pack_is_an_error_with_the_known_ones_and_a_guess(
    installed: Callable[..., None],
) -> None:
    installed(spam="a:b", topics="c:d")
    expected = r"no pack 'span' is installed; there are \('spam', 'topics'\); did you mean 'spam'\?"
    with pytest.raises(PackError, match=expected):
        wl.load_pack("span")
    installed()
    with pytest.raises(PackError, match=r"no pack 'spam' is installed; there are \(\)$"):
        wl.load_pack("spam")


def test_a_pack_of_two_owners_is_refused(installed: Callable[..., None]) -> None:
    installed(spam=["one:pack", "two:pack"])
    with pytest.raises(
        PackError, match=r"pack 'spam' is installed twice, as \['one:pack', 'two:pa"
    ):
        wl.load_pack("spam")
    installed(spam=[f"{__name__}:PACK"] * 2)  # the same one, seen through two paths
    assert isinstance(wl.load_pack("spam"), wl.Pack)


def test_an_entry_point_that_names_no_pack_is_refused(installed: Callable[..., None]) -> None:
    installed(spam=f"{__name__}:NO_PACK")
    with pytest.raises(PackError, match=r"pack 'spam' \(.*:NO_PACK\) is a list, expected a Pack"):
        wl.load_pack("spam")


@pytest.mark.parametrize("value", ["no_such_module_anywhere:pack", f"{__name__}:NOTHING"])
def test_a_pack_that_cannot_be_loaded_says_why(installed: Callable[..., None], value: str) -> None:
    installed(spam=value)
    with pytest.raises(PackError, match=r"pack 'spam' \(.*\) cannot be loaded: ") as e:
        wl.load_pack("spam")
    assert e.value.__cause__ is not None
    assert str(e.value.__cause__) in str(e.value)


def test_packs_are_published_for_real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "their_pack.py").write_text(
        "import weaklabel as wl\n"
        "@wl.labeling_function(votes='SPAM', classes=('HAM', 'SPAM'), examples={'free': True})\n"
        "def free(x):\n    return 'free' in x.text\n"
        "pack = wl.Pack(('HAM', 'SPAM'), [free])\n"
    )
    info = tmp_path / "their_pack-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-pack\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[weaklabel.packs]\ntheirs = their_pack:pack\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert "theirs" in wl.list_packs()
    pack = wl.load_pack("theirs")
    pack.check()
    assert [f.name for f in pack.lfs] == ["free"]

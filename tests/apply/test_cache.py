"""``apply_lfs(cache=...)``: the same matrix, and nothing runs that ran before."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weaklabel as wl
from weaklabel.apply import _source
from weaklabel.errors import FileFormatError, WeakLabelWarning

CLASSES = ("HAM", "SPAM", "NEWS")
TEXTS = ["free money", "hello", "news of the day", "", "free news"] * 4


class Label(IntEnum):
    HAM = 0
    SPAM = 1
    NEWS = 2


def _word(word: str, vote: Any) -> wl.LabelingFunction:
    return wl.LabelingFunction(
        lambda x: vote if word in x.text else None, name=f"says_{word}", classes=CLASSES
    )


def _lfs() -> list[wl.LabelingFunction]:
    from weaklabel_lfs import text

    return [
        _word("free", "SPAM"),
        _word("news", wl.any_of("NEWS", "HAM")),
        text.keyword("NEWS", "day", "news", name="rule"),
        wl.LabelingFunction(
            lambda x: np.where(x.text.str.len() > 8, 1, -1), name="batch", batch=True
        ),
    ]


@pytest.fixture
def store(tmp_path: Path) -> str:
    return os.fspath(tmp_path / "votes")


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_the_second_run_gives_the_same_and_runs_nothing(
    store: str, n_jobs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_source, "PART_ROWS", 7)
    plain = wl.apply_lfs(_lfs(), TEXTS, classes=CLASSES)
    first = wl.apply_lfs(_lfs(), TEXTS, classes=CLASSES, cache=store, n_jobs=n_jobs)
    again = wl.apply_lfs(_lfs(), TEXTS, classes=CLASSES, cache=store, n_jobs=n_jobs)
    assert plain == first == again
    assert first.profile().computed.tolist() == [20] * 4
    assert first.profile().reused.tolist() == [0] * 4
    assert again.profile().computed.tolist() == [0] * 4
    assert again.profile().reused.tolist() == [20] * 4
    assert "0 of 4 LFs ran, 4 had votes in the cache" in str(again.profile())


def test_one_that_changed_runs_alone(store: str) -> None:
    wl.apply_lfs(_lfs(), TEXTS, classes=CLASSES, cache=store)
    changed = [_word("money", "SPAM"), *_lfs()[1:]]
    L = wl.apply_lfs(changed, TEXTS, classes=CLASSES, cache=store)
    assert L.profile().computed.tolist() == [20, 0, 0, 0]
    assert wl.apply_lfs(changed, TEXTS, classes=CLASSES) == L


def test_the_name_of_a_labeling_function_is_no_part_of_what_it_votes(store: str) -> None:
    wl.apply_lfs([_word("free", "SPAM")], TEXTS, cache=store)
    other = wl.LabelingFunction(_word("free", "SPAM").function, name="other", classes=CLASSES)
    both = wl.apply_lfs([_word("free", "SPAM"), other], TEXTS, cache=store)
    assert both.profile().reused.tolist() == [20, 20]
    assert np.asarray(both)[:, 0].tolist() == np.asarray(both)[:, 1].tolist()


def test_only_new_parts_run_when_rows_are_appended(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_source, "PART_ROWS", 5)
    frame = pd.DataFrame({"text": TEXTS})
    wl.apply_lfs(_lfs(), frame, classes=CLASSES, cache=store)
    longer = pd.concat([frame, frame[:8]], ignore_index=True)
    L = wl.apply_lfs(_lfs(), longer, classes=CLASSES, cache=store)
    # The first five of the eight new rows are a part that was seen before.
    assert L.profile().computed.tolist() == [3] * 4
    assert wl.apply_lfs(_lfs(), longer, classes=CLASSES) == L


def test_a_row_that_changed_runs_with_its_part(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_source, "PART_ROWS", 5)
    wl.apply_lfs(_lfs(), TEXTS, classes=CLASSES, cache=store)
    changed = [*TEXTS[:7], "free", *TEXTS[8:]]
    L = wl.apply_lfs(_lfs(), changed, classes=CLASSES, cache=store)
    assert L.profile().computed.tolist() == [5] * 4
    assert wl.apply_lfs(_lfs(), changed, classes=CLASSES) == L


def _containers() -> list[Callable[[list[Any]], Any]]:
    return [
        lambda v: pd.DataFrame({"v": v}),
        lambda v: pd.DataFrame({"v": pd.Series(v, dtype=object)}),
        lambda v: pl.DataFrame({"v": v}, strict=False),
        lambda v: pa.table({"v": v}),
        lambda v: [{"v": one} for one in v],
    ]


@given(
    data=st.data(),
    values=st.sampled_from(
        [
            [1.0, None, 3.0],
            [1.0, float("nan"), 3.0],
            [1, None, 3],
            [1, 2, 3],
            [True, None, True],
            ["1", None, "3"],
            ["a", "b", "c"],
            [1.5, 2.0, -0.0],
            [1.5, 2.0, 0.0],
        ]
    ),
)
def test_rows_that_look_alike_in_two_containers_never_take_each_others_votes(
    data: Any, values: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("votes")
    seen = wl.LabelingFunction(lambda x: len(repr(x.v)) + 10 * len(type(x.v).__name__), name="seen")
    made = data.draw(st.permutations(_containers()))
    for container in made:
        frame = container(values)
        assert wl.apply_lfs([seen], frame, cache=folder) == wl.apply_lfs([seen], frame)


def test_the_same_table_is_known_again_whatever_it_is_a_slice_of(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_source, "PART_ROWS", 4)
    lf = wl.LabelingFunction(lambda x: len(x.text) % 2, name="odd")
    for make in (pd.DataFrame, pl.DataFrame, pa.table):
        whole = make({"text": TEXTS, "n": list(range(20))})
        part = make({"text": TEXTS[4:12], "n": list(range(4, 12))})
        wl.apply_lfs([lf], whole, cache=store)
        L = wl.apply_lfs([lf], part, cache=store)
        assert L.profile().reused.tolist() == [8]


def _noting(path: str, text: str) -> None:
    """Note a call in a file: a list in a closure would change the fingerprint."""
    with Path(path).open("a") as file:
        file.write(f"{text}\n")


def test_a_fault_is_tried_again(store: str, tmp_path: Path) -> None:
    calls, ready = os.fspath(tmp_path / "calls"), os.fspath(tmp_path / "ready")

    def flaky(x: Any) -> int:
        _noting(calls, x.text)
        if not Path(ready).exists():
            raise ConnectionError("later")
        return 1

    lf = wl.LabelingFunction(flaky, name="flaky")
    L = wl.apply_lfs([lf], ["a", "b"], cache=store, on_error="abstain", max_fault_rate=1.0)
    assert len(L.faults) == 2
    Path(ready).touch()
    L = wl.apply_lfs([lf], ["a", "b"], cache=store)
    assert np.asarray(L).ravel().tolist() == [1, 1]
    wl.apply_lfs([lf], ["a", "b"], cache=store)
    assert Path(calls).read_text().split() == ["a", "b"] * 2


def test_what_cannot_be_fingerprinted_runs_every_time_and_is_said_once(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_source, "PART_ROWS", 5)
    lock = threading.Lock()
    held = wl.LabelingFunction(lambda x: int(lock.locked()), name="held")
    for _ in range(2):
        with pytest.warns(WeakLabelWarning) as caught:
            L = wl.apply_lfs([held, _lfs()[3]], TEXTS, cache=store)
        assert len(caught) == 1
        message = str(caught[0].message)
        assert "votes of 'held' (" in message
        assert "'lock'" in message
        assert "are computed in every run: nothing tells whether they would be the same" in message
        assert caught[0].filename == __file__
    assert L.profile().computed.tolist() == [20, 0]


def test_classes_are_part_of_what_a_vote_means(store: str) -> None:
    says = wl.LabelingFunction(lambda x: "B", name="says")
    assert np.asarray(wl.apply_lfs([says], ["x"], classes=("A", "B"), cache=store)).item() == 1
    assert np.asarray(wl.apply_lfs([says], ["x"], classes=("B", "A"), cache=store)).item() == 0


def test_classes_that_were_learned_are_remembered(store: str) -> None:
    lf = wl.LabelingFunction(lambda x: Label.NEWS if "news" in x.text else None, name="enum")
    sets = wl.LabelingFunction(lambda x: wl.none_of(Label.HAM), name="sets")
    first = wl.apply_lfs([lf, sets], TEXTS, cache=store)
    again = wl.apply_lfs([lf, sets], TEXTS, cache=store)
    assert again.class_names == ("HAM", "SPAM", "NEWS")
    assert first == again
    assert again.profile().computed.tolist() == [0, 0]


def _length(path: str, **options: Any) -> Any:
    def length(x: Any) -> int:
        _noting(path, x.text)
        return len(x.text)

    return wl.preprocessor(**options)(length)


def test_preprocessors_do_not_run_for_votes_that_are_there(store: str, tmp_path: Path) -> None:
    calls = os.fspath(tmp_path / "calls")
    lf = wl.LabelingFunction(lambda x: x.length % 2, name="odd", pre=_length(calls))
    for _ in range(2):
        wl.apply_lfs([lf], ["a", "bb"], cache=store)
    assert Path(calls).read_text().split() == ["a", "bb"]


def test_values_of_a_preprocessor_are_kept_where_it_says_how(store: str, tmp_path: Path) -> None:
    calls = os.fspath(tmp_path / "calls")
    length = _length(calls, keep=(bytes, list))
    odd = wl.LabelingFunction(lambda x: x.length % 2, name="odd", pre=length)
    three = wl.LabelingFunction(lambda x: x.length % 3, name="three", pre=length)
    wl.apply_lfs([odd], ["a", "bb"], cache=store)
    L = wl.apply_lfs([three], ["a", "bb"], cache=store)
    assert np.asarray(L).ravel().tolist() == [1, 2]
    assert Path(calls).read_text().split() == ["a", "bb"]
    assert "(length)" in [entry.name for entry in wl.VoteStore(store).sizes()]


@pytest.mark.parametrize("to_bytes", [lambda values: None, lambda values: bytes(values[:1])])
def test_values_that_are_not_kept_whole_are_computed(
    store: str, tmp_path: Path, to_bytes: Any
) -> None:
    calls = os.fspath(tmp_path / "calls")
    length = _length(calls, keep=(to_bytes, list))
    odd = wl.LabelingFunction(lambda x: x.length % 2, name="odd", pre=length)
    three = wl.LabelingFunction(lambda x: x.length % 3, name="three", pre=length)
    wl.apply_lfs([odd], ["a", "bb"], cache=store)
    L = wl.apply_lfs([three], ["a", "bb"], cache=store)
    assert np.asarray(L).ravel().tolist() == [1, 2]
    assert Path(calls).read_text().split() == ["a", "bb"] * 2


def test_keep_takes_two_functions() -> None:
    with pytest.raises(TypeError, match=r"keep= takes two functions \(to_bytes, from_bytes\)"):
        wl.preprocessor(keep=len)(len)  # type: ignore[call-overload]


_RUN = """
    import sys, time
    import weaklabel as wl

    def _slow(x):
        return int(x.n % 3 == 0)

    lfs = [
        wl.LabelingFunction(lambda x, j=j: _slow(x) if x.n % (j + 2) else None, name=f"f{j}")
        for j in range(6)
    ]
    import numpy as np, pandas as pd
    frame = pd.DataFrame({"n": np.arange(60_000)})
    L = wl.apply_lfs(lfs, frame, cache=sys.argv[1], classes=("A", "B"))
    L.save(sys.argv[2])
"""


def test_two_processes_on_one_store_give_what_one_gives(tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_text(textwrap.dedent(_RUN))
    outputs = [tmp_path / f"{name}.npz" for name in ("one", "two", "three")]
    command = [sys.executable, os.fspath(script), os.fspath(tmp_path / "votes")]
    running = [subprocess.Popen([*command, os.fspath(out)]) for out in outputs]  # noqa: S603
    assert [process.wait(120) for process in running] == [0, 0, 0]
    first, *others = [wl.LabelMatrix.load(out) for out in outputs]
    assert others == [first, first]
    assert sum(e.rows for e in wl.VoteStore(tmp_path / "votes").sizes()) == 6 * 60_000


def test_a_damaged_entry_is_computed_anew(store: str) -> None:
    lf = _lfs()[0]
    L = wl.apply_lfs([lf], TEXTS, cache=store)
    with sqlite3.connect(Path(store) / "votes.sqlite") as db:
        db.execute("UPDATE votes SET data = CAST(x'00' || substr(data, 2) AS BLOB)")
    again = wl.apply_lfs([lf], TEXTS, cache=store)
    assert again.profile().computed.tolist() == [20]
    assert again == L
    assert wl.apply_lfs([lf], TEXTS, cache=store).profile().computed.tolist() == [0]


def _resealed(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=8).digest() + body


def test_entries_that_were_tampered_with_count_as_absent(store: str) -> None:
    lf = _lfs()[0]
    L = wl.apply_lfs([lf], TEXTS, cache=store)
    with sqlite3.connect(Path(store) / "votes.sqlite") as db:
        (data,) = db.execute("SELECT data FROM votes").fetchone()
    header = data[8:]
    code = header[:-4] + (77).to_bytes(4, "little")
    row = header.replace(b"\x04\x00", b"\xff\x00", 1)
    for changed in (None, "text", b"", _resealed(code), _resealed(row), _resealed(b"[" * 9999)):
        with sqlite3.connect(Path(store) / "votes.sqlite") as db:
            db.execute("UPDATE votes SET data = ?", (changed,))
        again = wl.apply_lfs([lf], TEXTS, cache=store)
        assert again == L
        assert again.profile().computed.tolist() == [20]


def test_another_way_of_keeping_values_reads_no_old_bytes(store: str, tmp_path: Path) -> None:
    calls = os.fspath(tmp_path / "calls")
    one = _length(calls, keep=(bytes, list))
    other = _length(calls, keep=(lambda v: bytes(9 - x for x in v), lambda d: [9 - x for x in d]))
    for name, pre in (("odd", one), ("three", other)):
        lf = wl.LabelingFunction(lambda x, name=name: x.length % 3, name=name, pre=pre)
        L = wl.apply_lfs([lf], ["a", "bb"], cache=store)
        assert np.asarray(L).ravel().tolist() == [1, 2]


def test_class_names_and_columns_cannot_be_mistaken_for_others(store: str) -> None:
    lf = wl.LabelingFunction(lambda x: "c", name="f")
    for classes in (("a\0b", "c"), ("a", "b", "c")):
        L = wl.apply_lfs([lf], ["x"], classes=classes, cache=store)
        assert np.asarray(L).item() == len(classes) - 1
    has = wl.LabelingFunction(lambda x: int("1" in x), name="has")
    for column in (1, "1"):
        frame = pd.DataFrame({column: ["a"]})
        L = wl.apply_lfs([has], frame, classes=CLASSES, cache=store)
        assert wl.apply_lfs([has], frame, classes=CLASSES) == L


class _Tagged(str):
    lang = "en"


def test_a_subclass_of_str_is_not_its_text(store: str) -> None:
    lf = wl.LabelingFunction(lambda x: int(type(x.c) is str), name="plain")
    for cell in (_Tagged("a"), "a"):
        frame = pd.DataFrame({"c": pd.Series([cell], dtype=object)})
        L = wl.apply_lfs([lf], frame, cache=store)
        assert np.asarray(L).item() == int(type(cell) is str)


@pytest.mark.parametrize("cache", [True, 5, b"votes", ""])
def test_a_cache_that_is_no_path_is_refused(cache: Any) -> None:
    with pytest.raises(TypeError, match="cache must be the path of a folder, got "):
        wl.apply_lfs([_lfs()[0]], TEXTS, cache=cache)


def test_a_store_that_was_deleted_is_made_anew(store: str) -> None:
    lf = _lfs()[0]
    wl.apply_lfs([lf], TEXTS, cache=store)
    for file in Path(store).iterdir():
        file.unlink()
    assert wl.apply_lfs([lf], TEXTS, cache=store).profile().computed.tolist() == [20]
    assert wl.apply_lfs([lf], TEXTS, cache=store).profile().computed.tolist() == [0]


def test_a_store_from_a_newer_version_is_refused(store: str) -> None:
    wl.VoteStore(store).close()
    with sqlite3.connect(Path(store) / "votes.sqlite") as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(FileFormatError, match="is a vote store of version 99, this weaklabel read"):
        wl.apply_lfs([_lfs()[0]], TEXTS, cache=store)


def test_another_database_is_refused_and_left_alone(store: str) -> None:
    Path(store).mkdir()
    with sqlite3.connect(Path(store) / "votes.sqlite") as db:
        db.execute("CREATE TABLE mine (a)")
    with pytest.raises(FileFormatError, match=r"votes\.sqlite is no vote store"):
        wl.VoteStore(store)


def test_a_file_that_is_no_database_is_refused(store: str) -> None:
    Path(store).mkdir()
    (Path(store) / "votes.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(FileFormatError, match="is no vote store, or damaged"):
        wl.apply_lfs([_lfs()[0]], TEXTS, cache=store)


def test_a_store_must_be_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(NotADirectoryError, match="must be a folder, there is a file"):
        wl.VoteStore(tmp_path / "file")


def test_a_store_that_cannot_be_written_says_so(store: str) -> None:
    wl.VoteStore(store).close()
    held = sqlite3.connect(Path(store) / "votes.sqlite")
    held.execute("PRAGMA query_only = 1")
    held.close()
    opened = wl.VoteStore(store)
    opened._db.execute("PRAGMA query_only = 1")
    with pytest.raises(OSError, match="cannot be used: attempt to write a readonly database; cho"):
        opened.add_votes("part", 1, {"lf": b"data"})
    opened.close()


def test_sizes_are_by_labeling_function_and_pruning_frees_them(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_source, "PART_ROWS", 5)
    wl.apply_lfs(_lfs()[:2], TEXTS, cache=store, classes=CLASSES)
    kept = wl.VoteStore(store)
    sizes = kept.sizes()
    # Four parts alike are one.
    assert {(e.name, e.parts, e.rows) for e in sizes} == {("says_free", 1, 5), ("says_news", 1, 5)}
    assert all(e.bytes > 0 and e.last_used > 1.7e9 for e in sizes)
    assert kept.prune(older_than_days=1) == 0
    digest = next(e.digest for e in sizes if e.name == "says_news")
    freed = kept.prune(keep=[digest])
    assert freed == sum(e.bytes for e in sizes if e.name == "says_free")
    assert [e.name for e in kept.sizes()] == ["says_news"]
    assert kept.prune() > 0
    assert kept.sizes() == []
    with pytest.raises(ValueError, match="older_than_days must be a number from 0, got -1"):
        kept.prune(older_than_days=-1)
    kept.close()

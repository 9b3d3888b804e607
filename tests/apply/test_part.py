"""Preprocessors in a run: computed once a row, seen only by those that declare them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest

import weaklabel as wl
from weaklabel.apply import _source
from weaklabel.errors import LFError

TEXTS = ["a", "bb", "ccc", "dddd", "eeeee"]


class Counted:
    """A preprocessor that counts its calls by text."""

    def __init__(self, name: str = "length", **options: Any) -> None:
        self.calls: Counter[str] = Counter()
        self.pre = wl.preprocessor(name=name, **options)(self._run)

    def _run(self, x: Any) -> int:
        self.calls[x.text] += 1
        return len(x.text)


@pytest.mark.parametrize("part_rows", [2, 100])
@pytest.mark.parametrize("container", [list, iter, lambda t: pd.DataFrame({"text": t})])
def test_a_preprocessor_runs_once_a_row_however_many_read_it(
    part_rows: int, container: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_source, "PART_ROWS", part_rows)
    length = Counted()
    longer = wl.preprocessor(name="longer", pre=length.pre)(lambda x: x.length + 1)
    lfs = [
        *(
            wl.LabelingFunction(lambda x: x.length % 2, name=f"lf_{j}", pre=length.pre)
            for j in "abc"
        ),
        wl.LabelingFunction(lambda x: x.longer % 2, name="d", pre=[longer]),
        wl.LabelingFunction(
            lambda x: (x.longer + x.length) % 2, name="e", pre=[length.pre, longer]
        ),
        wl.LabelingFunction(lambda b: b.longer % 2, name="f", pre=longer, batch=True),
    ]
    L = wl.apply_lfs(lfs, container(TEXTS))
    assert length.calls == Counter(TEXTS)
    assert np.asarray(L).tolist() == [
        [n % 2, n % 2, n % 2, (n + 1) % 2, 1, (n + 1) % 2] for n in range(1, 6)
    ]


def test_a_preprocessor_runs_in_each_run_anew() -> None:
    length = Counted()
    f = wl.LabelingFunction(lambda x: x.length % 2, name="f", pre=length.pre)
    wl.apply_lfs([f], TEXTS)
    wl.apply_lfs([f], TEXTS)
    assert set(length.calls.values()) == {2}


def test_a_preprocessor_that_nobody_declares_does_not_run() -> None:
    length = Counted()
    wl.apply_lfs([wl.LabelingFunction(lambda x: 1, name="f")], TEXTS)
    assert not length.calls


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize("container", [list, lambda t: [{"text": x} for x in t]])
def test_what_a_preprocessor_computes_is_seen_only_by_those_that_declare_it(
    batch: bool, container: Any
) -> None:
    one, two = (
        Counted("one").pre,
        wl.preprocessor(name="two", pre=Counted("hidden").pre)(lambda x: 2),
    )
    seen: dict[str, list[bool]] = {}

    def look(name: str, *pre: Any) -> wl.LabelingFunction:
        def f(x: Any) -> None:
            seen[name] = [hasattr(x, attribute) for attribute in ("one", "two", "hidden")]

        return wl.LabelingFunction(f, name=name, pre=pre)

    wl.apply_lfs(
        [look("a", one), look("b"), look("c", two), look("d", one, two), look("e")],
        container(TEXTS),
    )
    assert seen == {
        "a": [True, False, False],
        "b": [False, False, False],
        "c": [False, True, False],
        "d": [True, True, False],
        "e": [False, False, False],
    }


def test_what_one_function_does_to_its_row_no_other_sees() -> None:
    def meddle(x: Any) -> int:
        x.text = "meddled"
        return 1

    for data in (TEXTS, [{"text": t} for t in TEXTS], pd.DataFrame({"text": TEXTS})):
        with pytest.raises(
            LFError, match=r"a row is read-only, 'text' cannot be set; compute it in"
        ):
            wl.apply_lfs([wl.LabelingFunction(meddle)], data)


@pytest.mark.parametrize("batch", [False, True])
def test_a_failing_preprocessor_is_a_fault_of_those_that_read_it_and_no_other(batch: bool) -> None:
    def length(x: Any) -> Any:
        texts = [x.text] if not batch else list(x.text)
        if "ccc" in texts:
            raise ValueError("too long")
        return len(x.text) if not batch else [len(t) for t in texts]

    ran: list[str] = []

    def noted(x: Any) -> Any:
        ran.append(x.text)
        return x.length % 2

    p = wl.preprocessor(name="length", batch=batch)(length)
    chained = wl.preprocessor(name="chained", pre=p)(lambda x: x.length)
    lfs = [
        wl.LabelingFunction(noted, name="a", pre=p),
        wl.LabelingFunction(lambda x: 1, name="b"),
        wl.LabelingFunction(lambda x: x.chained % 2, name="c", pre=chained),
        wl.LabelingFunction(lambda b: b.length % 2, name="d", pre=p, batch=True),
    ]
    L = wl.apply_lfs(lfs, TEXTS, on_error="abstain", max_fault_rate=0.2)
    assert np.asarray(L).tolist() == [
        [1, 1, 1, 1], [0, 1, 0, 0], [-1, 1, -1, -1], [0, 1, 0, 0], [1, 1, 1, 1]
    ]  # fmt: skip
    assert [(f.lf, f.row) for f in L.faults] == [("a", 2), ("c", 2), ("d", 2)]
    assert {f.error for f in L.faults} == {"preprocessor 'length': ValueError: too long"}
    assert all("in length" in f.traceback for f in L.faults)
    assert "ccc" not in ran
    with pytest.raises(
        LFError, match=r"'a' failed on row 2: preprocessor 'length': ValueError: to"
    ):
        wl.apply_lfs(lfs, TEXTS)


def test_of_several_failing_preprocessors_the_first_is_named() -> None:
    def fail(x: Any) -> Any:
        raise ValueError(x.text)

    one, two = (wl.preprocessor(name=name)(fail) for name in ("one", "two"))
    f = wl.LabelingFunction(lambda x: 1, name="f", pre=[one, two])
    with pytest.raises(LFError, match=r"preprocessor 'one': ValueError: a"):
        wl.apply_lfs([f], TEXTS)


@pytest.mark.parametrize("part_rows", [1, 2, 100])
def test_a_batch_preprocessor_is_called_on_whole_parts(
    part_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_source, "PART_ROWS", part_rows)
    sizes: list[int] = []

    @wl.preprocessor(batch=True, resources={"plus": 1})
    def length(batch: Any, plus: int) -> Any:
        sizes.append(len(batch))
        return batch.text.str.len() + plus

    lfs = [wl.LabelingFunction(lambda x: x.length, name=n, pre=length) for n in "ab"]
    L = wl.apply_lfs(lfs, TEXTS)
    assert np.asarray(L).tolist() == [[n, n] for n in range(2, 7)]
    assert max(sizes) == min(part_rows, len(TEXTS))
    assert sum(sizes) == len(TEXTS)


def test_a_batch_preprocessor_must_return_one_value_a_row() -> None:
    p = wl.preprocessor(name="short", batch=True)(lambda batch: [1] * (len(batch) + 1))
    f = wl.LabelingFunction(lambda x: 1, name="f", pre=p)
    with pytest.raises(LFError, match=r"'short' takes a batch and returned 6 values for 5 rows"):
        wl.apply_lfs([f], TEXTS)


def test_resources_reach_row_and_batch_functions() -> None:
    words = {"a": 1, "bb": 0}
    by_row = wl.LabelingFunction(
        lambda x, words: words.get(x.text), name="r", resources={"words": words}
    )
    by_column = wl.LabelingFunction(
        lambda x, words: [words.get(t) for t in x.text],
        name="c", resources={"words": words}, batch=True,
    )  # fmt: skip
    L = wl.apply_lfs([by_row, by_column], TEXTS)
    assert np.asarray(L).tolist() == [[1, 1], [0, 0], [-1, -1], [-1, -1], [-1, -1]]


def test_a_batch_function_is_asked_again_only_where_it_failed() -> None:
    sizes: list[int] = []

    def f(x: Any) -> Any:
        sizes.append(len(x))
        return [1 // (t != "ccc") for t in x.text]

    L = wl.apply_lfs(
        [wl.LabelingFunction(f, batch=True)], TEXTS, on_error="abstain", max_fault_rate=0.2
    )
    assert np.asarray(L)[:, 0].tolist() == [1, 1, -1, 1, 1]
    assert sizes == [5, 2, 3, 1, 2]

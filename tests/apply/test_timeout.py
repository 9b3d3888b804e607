"""A labeling function that hangs costs its rows, not the night."""

from __future__ import annotations

import re
import signal
import threading
from typing import Any

import numpy as np
import pandas as pd
import pytest

import weaklabel as wl
from weaklabel.apply import _source
from weaklabel.apply._timeout import OutOfTime, time_limit
from weaklabel.errors import LFError

_EVIL = "a" * 40 + "!"
_TEXTS = ["fine", "aaa", _EVIL, "aa", "fine"]


def _hangs(x: Any) -> bool:
    return re.match(r"(a|a)*$", x.text) is not None


def _swallows_all(x: Any) -> bool:
    while "!" in x.text:
        try:
            while True:
                pass
        except:  # noqa: E722
            return True
    return True


def _swallows(x: Any) -> bool:
    try:
        while "!" in x.text:
            pass
    except Exception:  # noqa: BLE001, S110
        pass
    return True


@pytest.mark.parametrize("f", [_hangs, _swallows])
def test_the_row_that_hangs_and_those_after_it_in_its_group_fail(f: Any) -> None:
    slow = wl.LabelingFunction(f, name="slow", votes=1)
    quick = wl.LabelingFunction(lambda x: 0, name="quick")
    L = wl.apply_lfs([slow, quick], _TEXTS, on_error="abstain", max_fault_rate=1.0, timeout=0.2)
    assert np.asarray(L)[:, 1].tolist() == [0] * 5
    assert np.asarray(L)[2:, 0].tolist() == [-1] * 3
    assert [(fault.lf, fault.row) for fault in L.faults] == [("slow", 2), ("slow", 3), ("slow", 4)]
    assert L.faults[0].error == (
        "TimeoutError: still at work on this row after timeout=0.2 s for a group of rows"
    )
    assert L.faults[1].error == (
        "TimeoutError: not reached within timeout=0.2 s for a group of rows"
    )


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_other_groups_of_rows_have_their_own_time(
    n_jobs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_source, "PART_ROWS", 3)
    slow = wl.LabelingFunction(_hangs, name="slow", votes=1)
    L = wl.apply_lfs(
        [slow],
        [*_TEXTS, *_TEXTS],
        on_error="abstain",
        max_fault_rate=1.0,
        timeout=0.5,
        n_jobs=n_jobs,
    )
    assert [fault.row for fault in L.faults] == [2, 7, 8]
    assert np.asarray(L).ravel().tolist() == [-1, 1, -1, 1, -1, -1, 1, -1, -1, -1]


def test_with_raise_the_error_names_the_row() -> None:
    slow = wl.LabelingFunction(_hangs, name="slow", votes=1)
    with pytest.raises(LFError, match=r"'slow' failed on row 2: TimeoutError: still at work"):
        wl.apply_lfs([slow], _TEXTS, timeout=0.2)


def test_a_function_of_a_batch_loses_the_group() -> None:
    @wl.labeling_function(batch=True)
    def slow(x: Any) -> Any:
        while len(x) > 1 and (x.text == _EVIL).any():
            pass
        return [1] * len(x)

    L = wl.apply_lfs([slow], _TEXTS, on_error="abstain", max_fault_rate=1.0, timeout=0.2)
    assert [fault.row for fault in L.faults] == [0, 1, 2, 3, 4]


def test_a_preprocessor_that_hangs_fails_for_those_that_read_it() -> None:
    pre = wl.preprocessor(name="found")(_hangs)
    reads = wl.LabelingFunction(lambda x: int(x.found), name="reads", pre=pre)
    other = wl.LabelingFunction(lambda x: 1, name="other")
    L = wl.apply_lfs([reads, other], _TEXTS, on_error="abstain", max_fault_rate=1.0, timeout=0.2)
    assert np.asarray(L).tolist() == [[0, 1], [1, 1], [-1, 1], [-1, 1], [-1, 1]]
    assert L.faults[0].error.startswith("preprocessor 'found': TimeoutError: still at work")


def test_one_rule_that_hangs_costs_no_other_rule_its_votes() -> None:
    from weaklabel_lfs import text

    good = text.keyword(0, "fine", name="good")
    L = wl.apply_lfs(
        [_evil_rule("a"), good], _TEXTS, on_error="abstain", max_fault_rate=1.0, timeout=0.2
    )
    assert np.asarray(L)[:, 1].tolist() == [0, -1, -1, -1, 0]
    assert {fault.lf for fault in L.faults} == {"evil"}
    assert np.asarray(L)[:2, 0].tolist() == [-1, 1]


def test_a_function_that_swallows_everything_is_interrupted_on_every_row() -> None:
    lf = wl.LabelingFunction(_swallows_all, name="f", votes=1)
    L = wl.apply_lfs([lf], [_EVIL] * 20, on_error="abstain", max_fault_rate=1.0, timeout=0.2)
    assert L.n == 20


def _evil_rule(word: str) -> wl.LabelingFunction:
    rule = wl.ColumnRule("text", lambda text: re.match(rf"({word}|{word})*$", text) is not None)
    return wl.LabelingFunction(rule=rule, name="evil", votes=1)


def test_a_rule_has_the_time_that_it_has_alone() -> None:
    from weaklabel_lfs import text

    words = [text.keyword(0, f"word{j}", name=f"k{j}") for j in range(9)]
    options: dict[str, Any] = {"on_error": "abstain", "max_fault_rate": 1.0, "timeout": 0.2}
    alone = wl.apply_lfs([_evil_rule("a")], [_EVIL, "fine"], **options)
    beside = wl.apply_lfs([_evil_rule("a"), *words], [_EVIL, "fine"], **options)
    assert [f.row for f in alone.faults] == [0, 1]
    assert [f.row for f in beside.faults] == [0, 1]


def test_a_timeout_may_be_longer_than_a_timer_can_be_set() -> None:
    lf = wl.LabelingFunction(lambda x: 1, name="one")
    assert wl.apply_lfs([lf], ["a"], timeout=1e300).n_votes == 1


def test_a_timeout_that_is_not_reached_changes_nothing() -> None:
    lf = wl.LabelingFunction(lambda x: len(x.text) % 2, name="odd")
    frame = pd.DataFrame({"text": _TEXTS})
    assert wl.apply_lfs([lf], frame, timeout=60) == wl.apply_lfs([lf], frame)


def _forever() -> None:
    while True:
        pass


def test_the_timer_is_put_back() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(OutOfTime), time_limit(0.05):
        _forever()
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_python_code_is_stopped_in_another_thread_too() -> None:
    stopped: list[bool] = []

    def work() -> None:
        try:
            with time_limit(0.05):
                while True:
                    pass
        except OutOfTime:
            stopped.append(True)
        with time_limit(60):
            stopped.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(20)
    assert stopped == [True, True]

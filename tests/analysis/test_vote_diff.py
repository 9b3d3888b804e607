from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weaklabel as wl
from tests.strategies import label_matrices
from tests.voting import gold_for, relabelled

SPAM = ("HAM", "SPAM")


@st.composite
def two_versions(draw: st.DrawFn) -> tuple[wl.LabelMatrix, wl.LabelMatrix]:
    """Draw two matrices that share some rows, some LFs and all classes."""
    L = draw(label_matrices(min_rows=1, min_lfs=1, keys=False))
    s = len(L.possible)
    versions = []
    for _ in range(2):
        lfs = draw(st.lists(st.integers(0, L.m), min_size=1, unique=True))
        keys = draw(st.permutations(range(L.n + 2)))[: L.n]
        votes = np.array(
            draw(
                st.lists(
                    st.lists(st.integers(-1, s - 1), min_size=len(lfs), max_size=len(lfs)),
                    min_size=L.n,
                    max_size=L.n,
                )
            )
        ).reshape(L.n, len(lfs))
        versions.append(
            wl.LabelMatrix.from_array(
                votes,
                L.class_names,
                lf_names=[f"lf_{j}" for j in lfs],
                keys=[f"row {key}" for key in keys],
                class_sets=L.class_sets,
            )
        )
    return versions[0], versions[1]


@given(two_versions())
def test_every_change_is_what_a_loop_over_the_cells_finds(
    versions: tuple[wl.LabelMatrix, wl.LabelMatrix],
) -> None:
    one, other = versions
    before, after = one.to_frame(), other.to_frame()
    found = one.diff(other)
    common = [key for key in before.index if key in after.index]
    assert found.n_common == len(common)
    assert found.rows_removed.tolist() == [k for k in before.index if k not in after.index]
    assert found.rows_added.tolist() == [k for k in after.index if k not in before.index]
    assert set(found.lfs_added) == set(after.columns) - set(before.columns)
    assert set(found.lfs_removed) == set(before.columns) - set(after.columns)
    touched = set()
    for lf in set(before.columns) & set(after.columns):
        cells = {key: (before.at[key, lf], after.at[key, lf]) for key in common}
        moved = {key: pair for key, pair in cells.items() if pair[0] != pair[1]}
        change = found.of(lf)
        assert change.keys.tolist() == list(moved)
        assert one.keys[change.positions].tolist() == list(moved)
        moves = Counter((a or "abstain", b or "abstain") for a, b in moved.values())
        assert {(m.before, m.after): m.rows for m in change.moves} == dict(moves)
        touched |= set(moved)
    assert found.n_changed == len(touched)


@given(data=st.data())
def test_the_summaries_are_those_of_the_common_rows(data: st.DataObject) -> None:
    one, other = data.draw(two_versions())
    gold = data.draw(gold_for(one))
    found = one.diff(other, gold=gold)
    place = {key: i for i, key in enumerate(other.keys.tolist())}
    mine = [i for i, key in enumerate(one.keys.tolist()) if key in place]
    theirs = [place[one.keys[i]] for i in mine]
    for summary, L, rows in ((found.before, one, mine), (found.after, other, theirs)):
        own = L[np.array(rows, np.int64)].summary(gold[mine])
        pd.testing.assert_frame_equal(summary.to_frame(), own.to_frame())


@given(L=label_matrices(min_rows=1, min_lfs=1))
def test_nothing_differs_from_itself(L: wl.LabelMatrix) -> None:
    found = L.diff(L)
    assert found.changes == ()
    assert found.n_changed == 0
    assert found.n_common == L.n
    assert len(found.rows_added) == len(found.rows_removed) == 0
    assert found.of(L.lf_names[0]).moves == ()


def test_classes_in_another_order_are_the_same_classes() -> None:
    L = wl.LabelMatrix.from_array([[0, 3], [1, 2], [2, -1]], ("A", "B", "C"), class_sets=[(0, 1)])
    other = relabelled(L, np.array([2, 0, 1]))
    gold = np.array([0, 2, -1])
    found = L.diff(other, gold=gold)
    assert found.changes == ()
    assert found.before.precision.tolist() == found.after.precision.tolist()


def test_it_prints_what_changed_and_what_that_did() -> None:
    names = ["edited", "dropped", "kept"]
    L = wl.LabelMatrix.from_array(
        [[1, 0, 0], [1, -1, 0], [-1, -1, 0], [1, 1, -1]], SPAM, lf_names=names
    )
    other = wl.LabelMatrix.from_array(
        [[-1, 0, 1], [0, 0, 1], [-1, 0, 1], [1, -1, 1]], SPAM, lf_names=["edited", "kept", "new"]
    )
    found = L.diff(other, gold=["HAM", "HAM", "SPAM", "SPAM"])
    assert str(found).splitlines() == [
        "LF         votes changed       coverage      conflicts    precision",
        "-------------------------------------------------------------------",
        "(all LFs)         2 rows         100.0%  50.0% → 75.0%  0.62 → 0.67",
        "edited                 2  75.0% → 50.0%  50.0% → 25.0%  0.33 → 1.00",
        "new                added     – → 100.0%      – → 75.0%     – → 0.50",
        "dropped          removed      50.0% → –      25.0% → –     1.00 → –",
        "2 of 4 common rows have another vote; 0 rows added, 0 removed",
        "edited: SPAM → HAM 1, SPAM → abstain 1",
    ]
    assert found.moves_frame().iloc[0].tolist() == ["edited", "SPAM", "HAM", 1]
    frame = found.to_frame()
    assert frame.index.tolist() == ["edited", "dropped", "kept", "new"]
    assert frame.loc["edited", ["changed", "coverage_before", "coverage_after"]].tolist() == (
        [2, 0.75, 0.5]
    )
    assert "precision_before" in frame
    assert "precision_before" not in L.diff(other).to_frame()


def test_html_escapes_names() -> None:
    L = wl.LabelMatrix.from_array([[0]], ("<b>", "B"), lf_names=["<script>"])
    other = wl.LabelMatrix.from_array([[1]], ("<b>", "B"), lf_names=["<script>"])
    page = L.diff(other)._repr_html_()
    assert "<script>" not in page
    assert "<b>" not in page


@pytest.mark.parametrize("shape", [(0, 0), (0, 2), (2, 0)])
def test_nothing_to_compare_is_a_table_all_the_same(shape: tuple[int, int]) -> None:
    L = wl.LabelMatrix.from_array(np.zeros(shape, int), SPAM)
    assert "0 of" in str(L.diff(L, gold=[None] * shape[0]))
    assert "<table" in L.diff(L)._repr_html_()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda L: L.diff([[0]]), TypeError, r"compared with another one, got \[\[0\]\]"),
        (
            lambda L: L.diff(wl.LabelMatrix.from_array([[0]], ("A", "B"))),
            ValueError,
            "before has classes .'HAM', 'SPAM'., the one after .'A', 'B'.",
        ),
        (lambda L: L.diff(L, gold=[]), ValueError, "gold has 0 labels, the label matrix has 1"),
        (lambda L: L.diff(L).of("lf_00"), ValueError, r"no LF 'lf_00' in both .*mean 'lf_0'\?"),
        (
            lambda L: L.diff(wl.LabelMatrix.from_array([[0, 0]], SPAM)).of("lf_1"),
            ValueError,
            "it stands in one of the matrices alone",
        ),
    ],
)
def test_what_cannot_be_compared_is_said(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(wl.LabelMatrix.from_array([[0]], SPAM))

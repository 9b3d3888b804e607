from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weaklabel as wl
from tests import reference_pairs
from tests.strategies import label_matrices
from weaklabel.analysis import LFPair, _pair_counts
from weaklabel.datasets._synthetic import synthetic

SPAM = ("HAM", "SPAM")


def by_pair(pairs: Any) -> dict[tuple[int, int], list[int]]:
    numbers = zip(pairs.overlap, pairs.agreement, pairs.conflict, strict=True)
    places = zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)
    return {pair: [int(x) for x in each] for pair, each in zip(places, numbers, strict=True)}


@given(L=label_matrices())
def test_every_count_equals_the_twin(L: wl.LabelMatrix) -> None:
    assert by_pair(L.pairs()) == reference_pairs.pair_counts(L)


@given(L=label_matrices(min_rows=1))
def test_expected_agreement_equals_the_twin(L: wl.LabelMatrix) -> None:
    pairs, probs = L.pairs(), reference_pairs.vote_share(L)
    for a, b, expected in zip(pairs.first, pairs.second, pairs.expected, strict=True):
        twin = reference_pairs.expected_agreement(L, probs, int(a), int(b))
        assert expected == pytest.approx(twin, abs=1e-9)


@given(data=st.data())
@settings(max_examples=50)
def test_the_order_of_lfs_and_rows_changes_nothing(data: st.DataObject) -> None:
    L = data.draw(label_matrices(keys=False))
    lfs = data.draw(st.permutations(range(L.m)))
    rows = data.draw(st.permutations(range(L.n)))
    moved = L.select(lfs)[np.array(rows, np.int64)] if L.n else L.select(lfs)
    a, b = L.pairs(), moved.pairs()
    for one, two in itertools.combinations(L.lf_names, 2):
        here, there = a.pair(one, two), b.pair(one, two)
        assert (here.overlap, here.agreement, here.conflict) == (
            (there.overlap, there.agreement, there.conflict)
        )
        assert here.expected == pytest.approx(there.expected, abs=1e-9)


@pytest.mark.parametrize(("columns", "cheaper"), [(0, 1000), (4096, 1e18)])
def test_dense_and_sparse_products_count_the_same(
    monkeypatch: pytest.MonkeyPatch, columns: int, cheaper: float
) -> None:
    L = synthetic(3000, 12, 3, coverage=0.4, seed=3).L
    plain = L.pairs()
    monkeypatch.setattr(_pair_counts, "_COLUMNS", columns)
    monkeypatch.setattr(_pair_counts, "_CHEAPER", cheaper)
    monkeypatch.setattr(_pair_counts, "_CELLS", 100)
    monkeypatch.setattr(_pair_counts, "_LFS", 5)
    pd.testing.assert_frame_equal(plain.to_frame(), L.pairs().to_frame())


def test_blocks_of_rows_and_the_number_of_threads_change_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    L = synthetic(140_000, 4, 3, seed=1).L
    frames = []
    for cores in (1, 4):
        monkeypatch.setattr("os.cpu_count", lambda cores=cores: cores)
        frames.append(L.pairs().to_frame())
    pd.testing.assert_frame_equal(*frames, check_exact=True)
    votes = np.asarray(L)
    pair = L.pairs().pair("lf_0", "lf_1")
    assert pair.overlap == int(((votes[:, 0] >= 0) & (votes[:, 1] >= 0)).sum())


def test_independent_lfs_have_no_excess_and_copies_have() -> None:
    data = synthetic(20_000, 5, 2, coverage=0.5, accuracy=0.8, seed=0)
    votes = np.asarray(data.L)
    L = wl.LabelMatrix.from_array(np.column_stack([votes, votes[:, 0]]), SPAM)
    probs = np.eye(2)[data.gold]

    class Truth:
        def predict_proba(self, L: wl.LabelMatrix) -> Any:
            assert L.n == len(probs)
            return probs

    pairs = L.pairs(model=Truth())
    assert pairs.by == "Truth"
    for a, b in itertools.combinations(range(5), 2):
        pair = pairs.pair(f"lf_{a}", f"lf_{b}")
        assert abs(pair.excess) < 5 * np.sqrt(pair.expected)
    copy = pairs.pair("lf_0", "lf_5")
    assert copy.agreement == copy.overlap
    assert copy.excess > 20 * np.sqrt(copy.expected)
    assert pairs.largest(1, by="excess")[0].lfs == ("lf_0", "lf_5")


def test_a_model_tells_the_classes() -> None:
    L = synthetic(2000, 5, 2, seed=0).L
    model = wl.LabelModel().fit(L)
    pairs = L.pairs(model=model)
    assert pairs.by == "LabelModel"
    twin = reference_pairs.expected_agreement(L, model.predict_proba(L), 0, 1)
    assert pairs.pair("lf_0", "lf_1").expected == pytest.approx(twin)


def test_confidences_weigh_the_vote_shares_and_not_the_counts() -> None:
    votes = [[0, 1], [0, 1]]
    plain = wl.LabelMatrix.from_array(votes, SPAM)
    sure = wl.LabelMatrix.from_array(votes, SPAM, confidence=[[1.0, 0.0], [1.0, 0.0]])
    assert by_pair(plain.pairs()) == by_pair(sure.pairs())


def test_a_pair_that_never_meets_is_zero() -> None:
    L = wl.LabelMatrix.from_array([[0, -1], [-1, 1]], SPAM)
    assert len(L.pairs()) == 0
    assert L.pairs().pair("lf_1", "lf_0") == LFPair(("lf_1", "lf_0"), 0, 0, 0, 0.0)
    assert L.pairs().matrix().to_numpy().tolist() == [[0, 0], [0, 0]]


def test_the_matrix_is_symmetric_and_the_frame_has_fractions_of_n() -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1], [0, 1], [0, -1]], SPAM, lf_names=["b", "a"])
    pairs = L.pairs()
    assert pairs.matrix("conflict").loc["a", "b"] == pairs.matrix().loc["b", "a"] == 2
    frame = pairs.to_frame()
    assert frame.loc[0, ["lf_a", "lf_b", "overlap", "agreement", "conflict"]].tolist() == (
        ["b", "a", 3, 1, 2]
    )
    assert frame.loc[0, ["overlap_share", "agreement_share", "conflict_share"]].tolist() == (
        [0.75, 0.25, 0.5]
    )
    assert frame.loc[0, "excess"] == pytest.approx(1 - frame.loc[0, "expected"])


def test_the_largest_conflicts_come_first_ties_by_name() -> None:
    votes = [[0, 1, 1], [0, 1, -1], [-1, 0, 1]]
    L = wl.LabelMatrix.from_array(votes, SPAM, lf_names=["c", "b", "a"])
    assert [pair.lfs for pair in L.pairs().largest()] == [("c", "b"), ("b", "a"), ("c", "a")]


def test_it_prints_the_largest_conflicts_then_the_largest_excess() -> None:
    votes = [[1, 1, 0]] * 6 + [[-1, -1, 0]] * 4
    L = wl.LabelMatrix.from_array(votes, SPAM, lf_names=["a", "b", "c"])
    assert str(L.pairs()).splitlines() == [
        "LF  LF  overlap  agree  conflict  excess",
        "----------------------------------------",
        "a    c    60.0%   0.0%   6 60.0%      +0",
        "b    c    60.0%   0.0%   6 60.0%      +0",
        "",
        "LF  LF  agree  expected  excess",
        "-------------------------------",
        "a    b      6         5      +1",
        "3 of 3 pairs meet, 2 clash somewhere, on 10 rows; excess: agreements beyond",
        "those of LFs that are independent given the class (by vote shares)",
    ]


def test_slices_have_pairs_of_their_own() -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1], [0, 1]], SPAM)
    mask = np.array([True, True, False])
    pairs = L.pairs(slices={"first": mask, "none": ~mask & mask})
    assert by_pair(pairs.slices["first"]) == by_pair(L[mask].pairs()) == {(0, 1): [2, 1, 1]}
    assert len(pairs.slices["none"]) == 0
    assert "most in conflict" in str(pairs)
    assert "lf_0 × lf_1" in str(pairs)


def test_a_thousand_lfs_are_no_matter() -> None:
    votes = np.full((200, 1000), -1)
    votes[:, ::100] = np.arange(200)[:, None] % 2
    L = wl.LabelMatrix.from_array(votes, SPAM)
    pairs = L.pairs()
    assert len(pairs) == 45
    assert max(map(len, str(pairs).splitlines())) <= 80


@pytest.mark.parametrize("shape", [(0, 2), (3, 0), (0, 0), (1, 1), (1, 2)])
def test_nothing_to_count_is_a_table_all_the_same(shape: tuple[int, int]) -> None:
    L = wl.LabelMatrix.from_array(np.full(shape, -1), classes=SPAM)
    pairs = L.pairs(slices={"all": np.ones(shape[0], bool)})
    assert "pairs meet" in str(pairs)
    assert "<table" in pairs._repr_html_()
    assert len(pairs.to_frame()) == 0


def test_names_are_escaped_in_html_and_cut_in_text() -> None:
    names = ["<script>" + "x" * 100, "y" * 100]
    L = wl.LabelMatrix.from_array([[0, 1]], SPAM, lf_names=names)
    pairs = L.pairs(slices={"<b>": [True]})
    assert "<script>" not in pairs._repr_html_()
    assert "<b>" not in pairs._repr_html_()
    assert max(map(len, str(pairs).splitlines())) <= 80


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: p.pair("lf_0", "lf_11"), r"no LF 'lf_11' among .*; did you mean 'lf_1'\?"),
        (lambda p: p.pair("lf_0", "lf_0"), "a pair is of two LFs, got 'lf_0' twice"),
        (lambda p: p.matrix("conflicts"), r"pairs have no 'conflicts'.* did you mean 'conflict'\?"),
        (lambda p: p.largest(by="x"), "pairs have no 'x'; expected one of"),
    ],
)
def test_what_is_not_there_is_said(call: Any, message: str) -> None:
    pairs = wl.LabelMatrix.from_array([[0, 1]], SPAM).pairs()
    with pytest.raises(ValueError, match=message):
        call(pairs)


def test_a_model_that_is_none_or_of_other_classes_is_refused() -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1]], SPAM)
    with pytest.raises(TypeError, match="model must be a fitted label model, got 'x'"):
        L.pairs(model="x")
    other = wl.LabelModel().fit(wl.LabelMatrix.from_array([[0, 1, 2], [2, 1, 0]]))
    with pytest.raises(ValueError, match=r"LFs|classes"):
        L.pairs(model=other)

    class Short:
        def predict_proba(self, L: wl.LabelMatrix) -> Any:
            return np.ones((L.n, 3)) / 3

    with pytest.raises(ValueError, match=r"shape \(2, 3\), the label matrix has 2 rows and 2 cl"):
        L.pairs(model=Short())
    with pytest.raises(ValueError, match="slice 'x' has shape"):
        L.pairs(slices={"x": [True]})

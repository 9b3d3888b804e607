from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weaklabel as wl
from tests.voting import gold_for, voted_matrices
from weaklabel.label_model._base._rows import VoteRows, row_posteriors


def parameters(L: wl.LabelMatrix) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(L.m, len(L.possible), L.k)), rng.normal(size=L.k)


@given(data=st.data())
def test_every_vote_is_counted_once_by_lf_and_code(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(st.one_of(st.none(), gold_for(L)))
    rows = VoteRows.of(L, gold)
    expected = np.zeros((L.m, len(L.possible)))
    for row in np.asarray(L):
        for j, v in enumerate(row):
            if v >= 0:
                expected[j, v] += 1
    np.testing.assert_allclose(rows.cast, expected)
    assert rows.covered == L.covered.sum()
    assert rows.uncovered == (~L.covered).sum()


@given(data=st.data())
def test_expected_counts_are_those_of_the_posteriors(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    log_ratio, log_base = parameters(L)
    q = row_posteriors(L, log_ratio, log_base)
    counts, mass, _ = VoteRows.of(L).expected_counts(log_ratio, log_base)
    np.testing.assert_allclose(mass, q[L.covered].sum(axis=0), atol=1e-9)
    votes = np.asarray(L)
    for j in range(L.m):
        for v in range(len(L.possible)):
            np.testing.assert_allclose(counts[j, v], q[votes[:, j] == v].sum(axis=0), atol=1e-9)


@given(data=st.data())
def test_known_rows_are_counted_apart(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(gold_for(L))
    rows = VoteRows.of(L, gold)
    known = (gold >= 0) & L.covered
    assert rows.known_mass.tolist() == np.bincount(gold[known], minlength=L.k).tolist()
    votes = np.asarray(L)
    for j in range(L.m):
        for v in range(len(L.possible)):
            at = known & (votes[:, j] == v)
            expected = np.bincount(gold[at], minlength=L.k)
            assert rows.known_counts[j, v].tolist() == expected.tolist()


@given(L=voted_matrices())
def test_equal_rows_stand_once_with_their_weight(L: wl.LabelMatrix) -> None:
    rows = VoteRows.of(L)
    votes = np.asarray(L)[L.covered]
    assert len(rows.weights) == len(np.unique(votes, axis=0))
    assert rows.weights.sum() == len(votes)


@given(data=st.data())
def test_a_weight_is_a_number_of_rows(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    times = np.array(data.draw(st.lists(st.integers(0, 3), min_size=L.n, max_size=L.n)))
    if not (times * L.covered).any():
        return
    many = wl.LabelMatrix.from_array(
        np.repeat(np.asarray(L), times, axis=0), classes=L.class_names, class_sets=L.class_sets
    )
    log_ratio, log_base = parameters(L)
    weighted = VoteRows.of(L, sample_weight=times)
    repeated = VoteRows.of(many)
    pairs: Any = zip(
        weighted.expected_counts(log_ratio, log_base),
        repeated.expected_counts(log_ratio, log_base),
        strict=True,
    )
    for one, other in pairs:
        np.testing.assert_allclose(one, other, atol=1e-9)


@given(data=st.data())
def test_joined_parts_are_the_whole(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(st.one_of(st.none(), gold_for(L)))
    cut = data.draw(st.integers(0, L.n))
    whole = VoteRows.of(L, gold)
    parts = [
        VoteRows.of(L[part], None if gold is None else gold[part])
        for part in (slice(0, cut), slice(cut, L.n))
    ]
    joined = VoteRows.joined(parts)
    assert joined.covered == whole.covered
    assert joined.uncovered == whole.uncovered
    assert joined.known_mass.tolist() == whole.known_mass.tolist()
    # Class sets are put in order where parts are joined.
    order = [*range(L.k), *(L.k + joined.class_sets.index(codes) for codes in whole.class_sets)]
    np.testing.assert_allclose(joined.cast[:, order], whole.cast)
    np.testing.assert_allclose(joined.known_counts[:, order], whole.known_counts)


def test_parts_with_other_class_sets_are_put_together() -> None:
    names = ("A", "B", "C")
    one = wl.LabelMatrix.from_array([[3, 0]], classes=names, class_sets=[(1, 2)])
    two = wl.LabelMatrix.from_array([[3, 4]], classes=names, class_sets=[(0, 1), (1, 2)])
    joined = VoteRows.joined([VoteRows.of(one), VoteRows.of(two)])
    assert joined.class_sets == ((0, 1), (1, 2))
    assert joined.cast.tolist() == [[0, 0, 0, 1, 1], [1, 0, 0, 0, 1]]


def test_some_rows_are_the_same_ones_whatever_their_order() -> None:
    rng = np.random.default_rng(0)
    votes = rng.integers(-1, 3, (5_000, 12))
    L = wl.LabelMatrix.from_array(votes)
    order, lfs = rng.permutation(5_000), rng.permutation(12)
    few = VoteRows.of(L).some(500)
    assert 350 < len(few.weights) < 650
    again = VoteRows.of(L[order].select(lfs)).some(500)
    assert len(again.weights) == len(few.weights)
    assert again.cast.tolist() == few.cast[lfs].tolist()
    assert VoteRows.of(L).some(10_000).weights.sum() == 5_000


def test_two_classes_are_counted_as_many_are() -> None:
    votes = np.random.default_rng(1).integers(-1, 2, (300, 5))
    L = wl.LabelMatrix.from_array(votes)
    log_ratio, log_base = parameters(L)
    rows = VoteRows.of(L)
    fast = rows.expected_counts(log_ratio, log_base, 0.1)
    third = np.concatenate([log_ratio, np.full((5, 2, 1), -1e9)], axis=2)
    wide = wl.LabelMatrix.from_array(votes, classes=("A", "B", "C"))
    padded = np.full((5, 3, 3), -1e9)
    padded[:, :2] = third
    slow = VoteRows.of(wide).expected_counts(padded, np.append(log_base, -1e9), 0.1)
    np.testing.assert_allclose(fast[0], slow[0][:, :2, :2], atol=1e-9)
    np.testing.assert_allclose(fast[1], slow[1][:2], atol=1e-9)
    exact = rows.expected_counts(log_ratio, log_base)[2]
    expected = VoteRows.of(wide).expected_counts(padded, np.append(log_base, -1e9))[2]
    np.testing.assert_allclose(exact, expected)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0], r"sample_weight has shape \(1,\), the label matrix has 2 rows"),
        ([1.0, -2.0], r"sample_weight is -2.0 at position 1; weights are numbers of 0 to 1e"),
        ([float("nan"), 1.0], "sample_weight is nan at position 0"),
        ([0.0, 0.0], "sample_weight is 0 everywhere"),
        ([1e300, 1.0], r"sample_weight is 1e\+300 at position 0"),
        (["a", "b"], r"sample_weight must be numbers, got \['a', 'b'\]"),
    ],
)
def test_weights_that_do_not_fit_are_refused(weights: list[object], message: str) -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1]])
    with pytest.raises(ValueError, match=message):
        wl.LabelModel().fit(L, sample_weight=weights)

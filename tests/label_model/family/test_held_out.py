from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weaklabel as wl
from tests.voting import finite, gold_for, relabelled, voted_matrices
from weaklabel.datasets import synthetic
from weaklabel.label_model._family._held_out import HeldOut, hash_folds, row_hashes
from weaklabel.types import FloatArray, IntArray


def held_rows(held: HeldOut) -> list[tuple[tuple[int, ...], ...]]:
    """Return the rows as (vote, fold) pairs a cell, sorted: what was dealt, whatever the order."""
    fold = np.full(held.L.shape, -1)
    fold[held.row, held.lf] = held.fold
    by_name = np.argsort(np.array(held.L.lf_names))
    votes = np.asarray(held.L)[:, by_name]
    pairs = np.stack([votes, fold[:, by_name]], axis=2).reshape(held.L.n, -1)
    return sorted(map(tuple, pairs.tolist()))


@given(data=st.data())
def test_the_order_of_rows_lfs_and_classes_does_not_matter(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    expected = held_rows(HeldOut.of(L, 3))
    rows = np.array(data.draw(st.permutations(range(L.n))))
    assert held_rows(HeldOut.of(L[rows], 3)) == expected
    lfs = data.draw(st.permutations(range(L.m)))
    assert held_rows(HeldOut.of(L.select(lfs), 3)) == expected
    order = np.array(data.draw(st.permutations(range(L.k))))
    moved = HeldOut.of(relabelled(L, order), 3)
    assert np.array_equal(moved.fold, HeldOut.of(L, 3).fold)


@given(data=st.data())
def test_a_fold_takes_its_votes_away_and_nothing_else(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    held = HeldOut.of(L, 3, data.draw(gold_for(L)))
    judged = held.judged()
    for fold in range(3):
        rest = held.rest(fold)
        votes = np.asarray(L).copy()
        gone = held.fold == fold
        votes[held.row[gone], held.lf[gone]] = -1
        assert np.array_equal(np.asarray(rest), votes)
        assert np.array_equal(judged[gone], rest.covered[held.row[gone]])
        assert (rest.lf_names, rest.class_sets) == (L.lf_names, L.class_sets)


def test_folds_are_of_like_size_and_equal_rows_are_dealt_differently() -> None:
    L = wl.LabelMatrix.from_array([[1, 1, 0]] * 3_000)
    held = HeldOut.of(L, 5)
    assert np.abs(np.bincount(held.fold) - 1_800).max() < 200
    for j in range(3):
        assert np.abs(np.bincount(held.fold[held.lf == j]) - 600).max() < 120
    assert len(set(row_hashes(L).tolist())) == 3_000


def test_gold_tells_equal_rows_apart() -> None:
    L = wl.LabelMatrix.from_array([[1, 1], [1, 1], [0, 0]])
    one, two = row_hashes(L, np.array([0, 1, -1])), row_hashes(L, np.array([1, 0, -1]))
    assert one[[1, 0, 2]].tolist() == two.tolist()
    assert set(row_hashes(L).tolist()) != set(one.tolist())


def test_gold_rows_are_dealt_evenly() -> None:
    data = synthetic(103, 4, 2, seed=1)
    rows = np.arange(3, 103)
    fold = hash_folds(data.L, rows, data.gold, 5)
    assert np.bincount(fold).tolist() == [20] * 5
    order = np.random.default_rng(0).permutation(103)
    moved = hash_folds(data.L[order], np.flatnonzero(order >= 3), data.gold[order], 5)
    dealt = sorted(zip(row_hashes(data.L, data.gold)[rows].tolist(), fold.tolist(), strict=True))
    hashes = row_hashes(data.L[order], data.gold[order])[order >= 3]
    assert sorted(zip(hashes.tolist(), moved.tolist(), strict=True)) == dealt


def slow_table(
    seen: list[tuple[int, FloatArray]], prior: FloatArray, possible: IntArray, margin: FloatArray
) -> FloatArray:
    s, k = prior.shape
    table = np.ones_like(prior)
    for _ in range(10):
        counts = prior.copy()
        for v, q in seen:
            share = q * table[v]
            counts[v] += share / share.sum()
        table = counts / counts.sum(axis=0)
        most = [max(table[v, y] for y in range(k) if possible[v, y]) for v in range(s)]
        for y in range(k):
            table[:, y] = [min(table[v, y], most[v]) for v in range(s)]
            table[:, y] += (1 - table[:, y].sum()) * margin
    return table


def slow_scores(held: HeldOut, posterior: FloatArray, judged: list[bool]) -> list[float]:
    """Do what `HeldOut.log_scores` says, vote after vote."""
    possible = held.L.possible
    s, k = possible.shape
    votes = list(zip(held.lf.tolist(), held.code.tolist(), held.fold.tolist(), strict=True))
    single = {}
    for j in range(held.L.m):
        cast = [sum(lf == j and v == code for lf, v, _ in votes) for code in range(s)]
        single[j] = sum(c >= max(0.02 * sum(cast), 1) for c in cast) < 2
    scores = []
    for at, (j, v, fold) in enumerate(votes):
        if not judged[at]:
            continue
        others = [
            o
            for o, (lf, _, other_fold) in enumerate(votes)
            if judged[o] and other_fold != fold and single[lf] == single[j]
        ]
        margin = np.array([0.5 + sum(votes[o][1] == code for o in others) for code in range(s)])
        margin /= margin.sum()
        seen = [(votes[o][1], posterior[o]) for o in others]
        prior = np.repeat(margin[:, None], k, axis=1)
        table = slow_table(seen, prior, possible, margin)
        if not single[j]:
            mine = [(votes[o][1], posterior[o]) for o in others if votes[o][0] == j]
            table = slow_table(mine, 10 * table, possible, margin)
        scores.append(float(np.log(posterior[at] @ table[v])))
    return scores


@given(data=st.data())
def test_log_scores_equal_their_slow_twin(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    held = HeldOut.of(L, 3)
    judged = held.judged()
    seed = data.draw(st.integers(0, 100))
    posterior = np.random.default_rng(seed).dirichlet(np.full(L.k, 0.3), len(held.row))
    scores = held.log_scores(posterior, judged)
    assert finite(scores)
    np.testing.assert_allclose(scores, slow_scores(held, posterior, judged.tolist()), atol=1e-9)


@pytest.mark.parametrize("kind", ["every class", "one class"])
def test_the_truth_foretells_more_than_nothing_and_more_than_noise(kind: str) -> None:
    rng = np.random.default_rng(0)
    gold = rng.integers(0, 2, 2_000)
    right = rng.random((2_000, 6)) < 0.8
    votes = np.where(right, gold[:, None], 1 - gold[:, None])
    if kind == "one class":
        votes = np.where(votes == [0, 0, 0, 1, 1, 1], votes, -1)
    held = HeldOut.of(wl.LabelMatrix.from_array(votes), 5)
    judged = held.judged()
    truth = np.eye(2)[gold][held.row]
    flat = np.full_like(truth, 0.5)
    collapsed = np.tile([1.0, 0.0], (len(truth), 1))
    swapped = truth[:, ::-1]
    noise = np.eye(2)[rng.integers(0, 2, 2_000)][held.row]
    means = [held.log_scores(q, judged).mean() for q in (truth, flat, collapsed, swapped, noise)]
    assert means[0] > max(means[1:]) + 0.1
    assert means[0] == pytest.approx(0.8 * np.log(0.8) + 0.2 * np.log(0.2), abs=0.02)

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weaklabel.label_model._outputs._label_tree import LabelTree
from weaklabel.types import FloatArray, IntArray


def brute_force(tree: LabelTree, probs: FloatArray) -> FloatArray:
    """Update by adding up the joint probabilities of all answers."""
    labels = len(tree.share)
    answers = np.array(list(itertools.product([0, 1], repeat=labels)))
    degree = np.bincount(tree.pairs.ravel(), minlength=labels)
    updated = np.empty_like(probs)
    for i, row in enumerate(probs):
        total, yes = 0.0, np.zeros(labels)
        for answer in answers:
            prior = np.where(answer, tree.share, 1 - tree.share)
            p = np.prod(prior ** (1.0 - degree))
            for (a, b), joint in zip(tree.pairs, tree.joint, strict=True):
                p *= joint[answer[a], answer[b]]
            p *= np.prod(np.where(answer, row, 1 - row) / prior)
            total += p
            yes += p * answer
        updated[i] = yes / total
    return updated


def noisy(truth: IntArray, seed: int, *, right: float = 0.8) -> FloatArray:
    """Return calibrated probabilities of labels: what a vote that is right so often says."""
    rng = np.random.default_rng(seed)
    voted = np.where(rng.random(truth.shape) < right, truth, 1 - truth)
    share = truth.mean(axis=0)
    yes = np.where(voted, right, 1 - right) * share
    no = np.where(voted, 1 - right, right) * (1 - share)
    return np.asarray(yes / (yes + no))


@st.composite
def trees(draw: st.DrawFn) -> LabelTree:
    labels = draw(st.integers(1, 6))
    share = np.array(draw(st.lists(st.floats(0.05, 0.95), min_size=labels, max_size=labels)))
    pairs, joint = [], []
    for b in range(1, labels):
        a = draw(st.integers(-1, b - 1))
        if a >= 0:
            low = max(-share[a] * share[b], -(1 - share[a]) * (1 - share[b]))
            high = min(share[a] * (1 - share[b]), (1 - share[a]) * share[b])
            covariance = low + draw(st.floats(0.01, 0.99)) * (high - low)
            table = np.outer([1 - share[a], share[a]], [1 - share[b], share[b]])
            pairs.append(draw(st.sampled_from([(a, b), (b, a)])))
            table += covariance * np.array([[1, -1], [-1, 1]])
            joint.append(table if pairs[-1] == (a, b) else table.T)
    return LabelTree(
        np.array(pairs, np.int64).reshape(-1, 2), np.array(joint).reshape(-1, 2, 2), share
    )


@given(tree=trees(), data=st.data())
def test_an_update_is_bayes_rule_over_all_answers(tree: LabelTree, data: st.DataObject) -> None:
    labels = len(tree.share)
    row = st.lists(st.floats(0.0, 1.0), min_size=labels, max_size=labels)
    probs = np.array(data.draw(st.lists(row, min_size=1, max_size=4)))
    # A certain yes and a certain no may contradict each other under the tree's rounding.
    probs = probs.clip(1e-6, 1 - 1e-6)
    np.testing.assert_allclose(tree.update(probs), brute_force(tree, probs), atol=1e-9)


def test_a_pair_is_recovered_from_weak_evidence() -> None:
    rng = np.random.default_rng(0)
    truth = rng.choice(4, 20_000, p=[0.5, 0.1, 0.1, 0.3])
    truth = np.stack([truth // 2, truth % 2], axis=1)
    tree = LabelTree.learn(noisy(truth, 1), ("a", "b"))
    assert tree.pairs.tolist() == [[0, 1]]
    np.testing.assert_allclose(tree.joint[0], [[0.5, 0.1], [0.1, 0.3]], atol=0.02)


def test_a_chain_is_recovered_and_its_end_points_are_not_linked() -> None:
    rng = np.random.default_rng(1)
    chain = [rng.integers(0, 2, 5_000)]
    for _ in range(3):
        chain.append(np.where(rng.random(5_000) < 0.85, chain[-1], 1 - chain[-1]))
    tree = LabelTree.learn(noisy(np.stack(chain, axis=1), 2), ("a", "b", "c", "d"))
    assert {tuple(sorted(pair)) for pair in tree.pairs.tolist()} == {(0, 1), (1, 2), (2, 3)}


def test_labels_that_exclude_each_other_are_linked_too() -> None:
    truth = np.eye(3, dtype=int)[np.random.default_rng(2).choice(3, 5_000)]
    tree = LabelTree.learn(noisy(truth, 3), ("a", "b", "c"))
    assert len(tree.pairs) == 2
    assert (tree.joint[:, 1, 1] < 0.02).all()
    assert (tree.joint > 0).all(), "nothing is impossible"


def test_independent_labels_stay_as_they_are_bit_for_bit() -> None:
    linked = 0
    for seed in range(10):
        truth = (np.random.default_rng(seed).random((400, 8)) < 0.3).astype(int)
        probs = noisy(truth, seed + 100)
        tree = LabelTree.learn(probs, tuple("abcdefgh"))
        linked += len(tree.pairs)
        if not len(tree.pairs):
            assert np.array_equal(tree.update(probs), probs)
    assert linked <= 1, "of 280 pairs"


def test_the_order_of_labels_and_rows_does_not_matter() -> None:
    rng = np.random.default_rng(3)
    base = rng.integers(0, 2, (500, 1))
    truth = np.where(rng.random((500, 5)) < 0.85, base, 1 - base)
    probs, names = noisy(truth, 4), tuple("abcde")
    updated = LabelTree.learn(probs, names).update(probs)
    rows, columns = rng.permutation(500), rng.permutation(5)
    moved = probs[rows][:, columns]
    tree = LabelTree.learn(moved, tuple(names[at] for at in columns))
    np.testing.assert_allclose(tree.update(moved), updated[rows][:, columns], atol=1e-9)


def test_equally_strong_pairs_are_chosen_by_name() -> None:
    column = np.tile([0.9, 0.1], 50)
    probs = np.stack([column, column, column], axis=1)
    for names in itertools.permutations("abc"):
        tree = LabelTree.learn(probs, names)
        chosen = {tuple(sorted((names[a], names[b]))) for a, b in tree.pairs.tolist()}
        assert chosen == {("a", "b"), ("a", "c")}


@pytest.mark.parametrize("column", [0.0, 1.0, 0.5], ids=["never", "always", "unknown"])
def test_a_label_that_is_the_same_everywhere_is_left_alone(column: float) -> None:
    probs = np.stack([np.full(100, column), np.tile([0.9, 0.1], 50)], axis=1)
    tree = LabelTree.learn(probs, ("a", "b"))
    assert tree.pairs.shape == (0, 2)
    assert np.array_equal(tree.update(probs), probs)


def test_nothing_is_looked_for_unless_asked() -> None:
    column = np.tile([0.9, 0.1], 50)
    tree = LabelTree.learn(np.stack([column, column], axis=1), ("a", "b"), links=False)
    assert tree.pairs.shape == (0, 2)
    assert tree.joint.shape == (0, 2, 2)

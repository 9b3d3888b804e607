from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weaklabel as wl
from weaklabel.datasets import synthetic
from weaklabel.errors import WeakLabelWarning
from weaklabel.label_model._anchored import (
    _dependence,
    _fitter,
    _guard,
    _label_model,
    _quality,
)
from weaklabel.label_model._anchored._parts import opened
from weaklabel.label_model._base import _rows, _streamed
from weaklabel.label_model._base._rows import VoteRows
from weaklabel.label_model._base._streamed import StreamedRows
from weaklabel.matrix import VoteParts

T = TypeVar("T")


@contextmanager
def little_memory(few: int = 16) -> Iterator[None]:
    """Let hardly any rows be few, so that small matrices are sampled and streamed."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (_rows, _streamed, _fitter, _label_model):
            patch.setattr(module, "FEW_ROWS", few)
        patch.setattr(_streamed, "MOST_BYTES", 1)
        for module, rows in ((_dependence, few // 2), (_guard, few // 4), (_quality, few // 2)):
            patch.setattr(module, "_ROWS", rows)
        yield


class Elsewhere:
    """Matrices that only what can be pickled reaches, as on a cluster."""

    def __init__(self, parts: list[wl.LabelMatrix]) -> None:
        self._parts = pickle.dumps([np.asarray(part) for part in parts])
        self._names = parts[0].lf_names, parts[0].class_names, parts[0].class_sets
        self.calls = 0
        self.sent = 0

    def map_votes(self, f: Callable[[wl.LabelMatrix], T]) -> list[T]:
        self.calls += 1
        lf_names, classes, sets = self._names
        found = []
        for votes in pickle.loads(self._parts):  # noqa: S301
            L = wl.LabelMatrix.from_array(votes, classes, lf_names, class_sets=sets)
            there = pickle.loads(pickle.dumps(f))  # noqa: S301
            result = pickle.dumps(there(L))
            self.sent = max(self.sent, len(result))
            found.append(pickle.loads(result))  # noqa: S301
        return found


def fitted(L: Any, *args: Any, **params: Any) -> wl.LabelModel:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WeakLabelWarning)
        return wl.LabelModel(**params).fit(L, *args)


def same(one: wl.LabelModel, other: wl.LabelModel) -> None:
    assert one.class_sets_ == other.class_sets_
    assert one.lf_names_ == other.lf_names_
    assert one.class_names_ == other.class_names_
    for name in (*one._learned, "cond_probs_"):
        mine, its = getattr(one, name), getattr(other, name)
        np.testing.assert_allclose(mine, its, rtol=1e-9, atol=1e-9, err_msg=name)
    assert one.guard_.kept == other.guard_.kept
    for what in ("held_out", "held_out_majority", "gold", "gold_majority"):
        np.testing.assert_allclose(
            getattr(one.guard_, what), getattr(other.guard_, what), atol=1e-9, equal_nan=True
        )
    assert [f.message for f in one.findings_] == [f.message for f in other.findings_]
    assert [pair.lfs for pair in one.dependence_] == [pair.lfs for pair in other.dependence_]
    for mine, its in zip(one.dependence_, other.dependence_, strict=True):
        assert mine.excess == pytest.approx(its.excess, abs=1e-9)


@st.composite
def problems(draw: st.DrawFn) -> dict[str, Any]:
    """Draw votes with much in them, what is known of them, and a cut into parts."""
    k = draw(st.sampled_from([2, 4]))
    n, m = draw(st.integers(150, 400)), draw(st.integers(4, 7))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    truth = rng.integers(0, k, n)
    right = rng.random((n, m)) < rng.uniform(0.4, 0.9, m)
    votes = np.where(right, truth[:, None], rng.integers(0, k, (n, m)))
    sets = [(0, 1), (1, 3), (0, 2, 3)][: draw(st.integers(0, 3))] if k == 4 else []
    if sets:
        partial = rng.random((n, m)) < 0.2
        votes = np.where(partial, k + rng.integers(0, len(sets), (n, m)), votes)
    if draw(st.booleans()):  # a copy
        votes[:, 1] = np.where(rng.random(n) < 0.97, votes[:, 0], votes[:, 1])
    votes[rng.random((n, m)) < draw(st.sampled_from([0.2, 0.5]))] = -1
    confidence = rng.choice([0.25, 0.6, 1.0], (n, m)) if draw(st.booleans()) else None
    L = wl.LabelMatrix.from_array(
        votes, [f"c{y}" for y in range(k)], class_sets=sets, confidence=confidence
    )
    gold = np.where(rng.random(n) < 0.2, truth, -1) if draw(st.booleans()) else None
    weight = rng.integers(0, 4, n).astype(float) if draw(st.booleans()) else None
    params: dict[str, Any] = {}
    if draw(st.booleans()):
        params["class_balance"] = rng.dirichlet(np.full(k, 20.0))
    if draw(st.booleans()):
        params["group"] = [["lf_0", "lf_2"]]
    if draw(st.booleans()):
        params["priors"] = {"lf_1": 0.8}
    cuts = sorted(draw(st.lists(st.integers(0, n), max_size=5)))
    slices = [slice(a, b) for a, b in zip([0, *cuts], [*cuts, n], strict=True)]
    return {"L": L, "gold": gold, "weight": weight, "params": params, "slices": slices}


def in_parts(problem: dict[str, Any]) -> tuple[list[Any], Any, Any]:
    cut = [
        None if values is None else [values[part] for part in problem["slices"]]
        for values in (problem["L"], problem["gold"], problem["weight"])
    ]
    return cut[0] or [], cut[1], cut[2]


@settings(max_examples=60, deadline=None)
@given(problem=problems())
def test_streamed_rows_give_what_one_matrix_gives(problem: dict[str, Any]) -> None:
    with little_memory():
        whole = fitted(problem["L"], problem["gold"], problem["weight"], **problem["params"])
        parts = in_parts(problem)
        assert isinstance(opened(*parts).statistics(), StreamedRows)
        same(fitted(*parts, **problem["params"]), whole)


@settings(max_examples=25, deadline=None)
@given(problem=problems())
def test_few_patterns_in_parts_give_what_one_matrix_gives(problem: dict[str, Any]) -> None:
    whole = fitted(problem["L"], problem["gold"], problem["weight"], **problem["params"])
    parts = in_parts(problem)
    assert isinstance(opened(*parts).statistics(), VoteRows)
    same(fitted(*parts, **problem["params"]), whole)


@settings(max_examples=15, deadline=None)
@given(problem=problems(), sent=st.sampled_from([5, 1024]))
def test_parts_elsewhere_give_what_one_matrix_gives(problem: dict[str, Any], sent: int) -> None:
    L = wl.LabelMatrix.from_array(
        np.asarray(problem["L"]), problem["L"].class_names, class_sets=problem["L"].class_sets
    )
    parts = [L[part] for part in problem["slices"]]
    with little_memory(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("weaklabel.label_model._anchored._parts.PartsElsewhere.sampled", sent)
        assert isinstance(opened(Elsewhere(parts), None, None).statistics(), StreamedRows)
        same(fitted(Elsewhere(parts), **problem["params"]), fitted(L, **problem["params"]))


@settings(max_examples=40, deadline=None)
@given(problem=problems(), most=st.integers(1, 16))
def test_the_sample_depends_on_the_rows_alone(problem: dict[str, Any], most: int) -> None:
    L, gold, weight = problem["L"], problem["gold"], problem["weight"]
    order = np.random.default_rng(most).permutation(L.n)
    with little_memory():
        few = VoteRows.of(L, gold, weight).some(most)
        assert len(few.weights) == most
        shuffled = VoteRows.of(
            L[order],
            None if gold is None else gold[order],
            None if weight is None else weight[order],
        ).some(most)
        streamed = opened(*in_parts(problem)).statistics().some(most)
    for other in (shuffled, streamed):
        assert other.hashes.tolist() == few.hashes.tolist()
        np.testing.assert_allclose(other.weights, few.weights)
        np.testing.assert_allclose(other.cast, few.cast)
        assert other.uncovered == pytest.approx(few.uncovered)
        assert len(other.known.gold) == 0


def test_a_large_matrix_is_streamed_as_it_is_sampled_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    L = synthetic(150_000, 20, 3, coverage=0.5, accuracy=0.7, seed=1).L
    whole = fitted(L)
    monkeypatch.setattr(_streamed, "MOST_BYTES", 1 << 20)
    parts = VoteParts.write(tmp_path, (L[at : at + 40_000] for at in range(0, L.n, 40_000)))
    assert isinstance(opened(parts, None, None).statistics(), StreamedRows)
    same(fitted(parts), whole)
    elsewhere = Elsewhere(list(parts))
    same(fitted(elsewhere), whole)
    assert elsewhere.calls < 20
    # A fifth of the rows' own bytes: the share of the sample, and no votes.
    assert elsewhere.sent < 40_000 * 60


def test_class_sets_that_only_some_parts_know_are_put_together() -> None:
    rng = np.random.default_rng(0)
    names = ("A", "B", "C")
    one = rng.integers(-1, 4, (300, 6))
    two = rng.integers(-1, 5, (300, 6))
    parts = [
        wl.LabelMatrix.from_array(one, names, class_sets=[(1, 2)]),
        wl.LabelMatrix.from_array(two, names, class_sets=[(0, 1), (1, 2)]),
        wl.LabelMatrix.from_array(two[:0], names),
    ]
    again = np.where(one == 3, 4, one)
    whole = wl.LabelMatrix.from_array(
        np.concatenate([again, two]), names, class_sets=[(0, 1), (1, 2)]
    )
    same(fitted(parts), fitted(whole))
    with little_memory():
        assert isinstance(opened(parts, None, None).statistics(), StreamedRows)
        same(fitted(parts), fitted(whole))


def test_what_can_be_read_once_is_refused_when_it_is_too_much() -> None:
    L = synthetic(300, 8, 2, coverage=0.6, seed=2).L
    with little_memory():
        with pytest.raises(ValueError, match=r"an iterator can be read only once; pass what can"):
            wl.LabelModel().fit(L[part] for part in (slice(0, 150), slice(150, 300)))
        # Gold labels and weights that are read once are kept.
        gold = np.where(np.arange(300) < 60, 1, -1)
        parts = [L[:150], L[150:]]
        golds, weights = (gold[:150], gold[150:]), (np.ones(150), None)
        same(fitted(parts, iter(golds), iter(weights)), fitted(L, gold))


def test_parts_without_weight_do_not_stop_a_fit() -> None:
    L = synthetic(300, 8, 2, coverage=0.6, seed=2).L
    weights = [np.zeros(100), np.ones(200), np.zeros(0)]
    same(fitted([L[:100], L[100:], L[:0]], None, weights), fitted(L[100:]))


def test_parts_elsewhere_are_checked() -> None:
    L = synthetic(300, 8, 2, coverage=0.6, seed=2).L
    model = wl.LabelModel()
    with pytest.raises(
        ValueError, match="gold cannot be given with Elsewhere, whose rows lie else"
    ):
        model.fit(Elsewhere([L]), np.zeros(300))
    with pytest.raises(
        ValueError, match="sample_weight cannot be given with Elsewhere, whose rows"
    ):
        model.fit(Elsewhere([L]), sample_weight=np.ones(300))

    class Mixed:
        def map_votes(self, f: Callable[[wl.LabelMatrix], T]) -> list[T]:
            return [f(L), f(L.select([1, 0]))]

    with pytest.raises(ValueError, match="part 1 has LFs 'lf_1', 'lf_0' and classes"):
        model.fit(Mixed())

    class Nothing:
        def map_votes(self, _: Callable[[wl.LabelMatrix], T]) -> list[T]:
            return []

    with pytest.raises(ValueError, match="there are no label matrices to fit on; give at least"):
        model.fit(Nothing())


def test_labels_come_a_part_at_a_time_in_order(tmp_path: Path) -> None:
    L = synthetic(300, 8, 2, coverage=0.6, seed=2).L
    parts = VoteParts.write(tmp_path, [L[:100], L[100:]])
    model = fitted(parts)
    asked: list[int] = []

    def counted() -> Iterator[wl.LabelMatrix]:
        for number, part in enumerate(parts):
            asked.append(number)
            yield part

    labels = model.label_parts(counted())
    assert asked == []
    first = next(labels)
    assert asked == [0]
    (second,) = labels
    whole = model.label(L)
    assert np.concatenate([first.keys, second.keys]).tolist() == whole.keys.tolist()
    assert np.array_equal(np.concatenate([first.probs, second.probs]), whole.probs)
    with pytest.raises(Exception, match="not fitted"):
        wl.LabelModel().label_parts(parts)

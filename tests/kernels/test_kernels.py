from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import weaklabel as wl
from tests import reference
from tests.strategies import label_matrices
from tests.voting import gold_for
from weaklabel._kernels import (
    column_counts,
    compress,
    count_votes,
    em_pass,
    em_pass_two,
    held_out_votes,
    mark_columns,
    posteriors,
    row_hashes,
    vote_columns,
    vote_profile,
    vote_shares,
)
from weaklabel.types import FloatArray, IntArray

matrices = label_matrices(keys=False)


def both(kernel: Any) -> list[Callable[..., Any]]:
    """Return a kernel compiled and as plain Python."""
    return [kernel, kernel.py_func]


def clashes(L: wl.LabelMatrix) -> IntArray:
    possible = L.possible.astype(int)
    return np.asarray(possible @ possible.T == 0)


@given(st.data())
def test_count_votes_equals_its_twin(data: st.DataObject) -> None:
    L = data.draw(matrices)
    args = (*L.csr(), L.possible, clashes(L), data.draw(gold_for(L)), L.m)
    expected = reference.count_votes(*args)
    for kernel in both(count_votes):
        for got, want in zip(kernel(*args), expected, strict=True):
            assert np.array_equal(got, want)


@st.composite
def column_votes(draw: st.DrawFn, k: int | None = None) -> dict[str, Any]:
    """Votes by column with amounts, weights and parameters."""
    L = draw(matrices)
    indptr, indices, codes = L.csr()
    s = len(L.possible)
    columns = (indices.astype(np.int64) * s + codes).astype(
        draw(st.sampled_from([np.uint16, np.uint32]))
    )
    amounts: FloatArray = np.zeros(0, np.float32)
    if draw(st.booleans()):
        sizes = st.sampled_from([0.0, 0.25, 0.5, 1.0])
        amounts = draw(hnp.arrays(np.float32, len(columns), elements=sizes))
    weights = draw(hnp.arrays(np.float64, L.n, elements=st.floats(0, 5)))
    k = k or L.k
    numbers = st.floats(-300.0, 300.0)
    return {
        "indptr": indptr,
        "columns": columns,
        "amounts": amounts,
        "weights": weights,
        "log_ratio": draw(hnp.arrays(np.float64, (L.m * s, k), elements=numbers)),
        "log_base": draw(hnp.arrays(np.float64, k, elements=numbers)),
        "dependence": draw(st.sampled_from([0.0, 0.1, 1.0])),
    }


@given(column_votes())
def test_posteriors_equals_its_twin(votes: dict[str, Any]) -> None:
    del votes["weights"]
    args = tuple(votes.values())
    expected = reference.posteriors(*args)
    for kernel in both(posteriors):
        np.testing.assert_allclose(kernel(*args), expected, rtol=1e-9, atol=1e-12)


@given(column_votes())
def test_em_pass_equals_its_twin(votes: dict[str, Any]) -> None:
    args = tuple(votes.values())
    expected: tuple[Any, ...] = reference.em_pass(*args)
    for kernel in both(em_pass):
        for got, want in zip(kernel(*args), expected, strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-9)


@given(column_votes(k=2))
def test_em_pass_for_two_classes_equals_its_twin(votes: dict[str, Any]) -> None:
    counts, mass, _ = reference.em_pass(*votes.values())
    odds = votes["log_ratio"][:, 1] - votes["log_ratio"][:, 0]
    base = float(votes["log_base"][1] - votes["log_base"][0])
    first = tuple(votes.values())[:4]
    centred = votes | {
        "log_ratio": np.stack([np.zeros_like(odds), odds], axis=1),
        "log_base": np.array([0.0, base]),
    }
    evidence = reference.em_pass(*centred.values())[2]
    for kernel in both(em_pass_two):
        got = kernel(*first, odds, base, votes["dependence"])
        np.testing.assert_allclose(got[0], counts[:, 1], rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(got[1], mass[1], rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(got[2], evidence, rtol=1e-9, atol=1e-9)


@given(column_votes())
def test_em_pass_counts_every_row_and_every_vote_once(votes: dict[str, Any]) -> None:
    votes["weights"][:] = 1.0
    counts, mass, _ = em_pass(*votes.values())
    assert mass.sum() == pytest.approx(len(votes["weights"]))
    cast = votes["amounts"].sum() if len(votes["amounts"]) else len(votes["columns"])
    assert counts.sum() == pytest.approx(float(cast))


def test_votes_that_exclude_a_class_may_weigh_minus_infinity() -> None:
    log_ratio = np.array([[0.0, -np.inf]])
    none = np.zeros(0, np.float32)
    votes = (np.array([0, 1]), np.zeros(1, np.uint16))
    for kernel in both(posteriors):
        assert kernel(*votes, none, log_ratio, np.zeros(2), 0.0).tolist() == [[1.0, 0.0]]
        nothing = kernel(*votes, np.zeros(1, np.float32), log_ratio, np.zeros(2), 0.0)
        assert nothing.tolist() == [[0.5, 0.5]], "a vote of no weight says nothing"
    for kernel in both(em_pass):
        assert kernel(*votes, none, np.ones(1), log_ratio, np.zeros(2), 0.0)[2] == 0.0


@given(column_votes())
def test_vote_shares_equals_its_twin(votes: dict[str, Any]) -> None:
    share = np.abs(votes["log_ratio"]) + 0.1
    share /= share.sum(axis=1, keepdims=True)
    args = (votes["indptr"], votes["columns"], votes["amounts"], share)
    expected = reference.vote_shares(*args)
    for kernel in both(vote_shares):
        np.testing.assert_allclose(kernel(*args), expected, rtol=1e-12, atol=1e-14)


@given(column_votes())
def test_column_counts_equals_its_twin(votes: dict[str, Any]) -> None:
    args = (*tuple(votes.values())[:4], len(votes["log_ratio"]))
    for kernel in both(column_counts):
        np.testing.assert_allclose(kernel(*args), reference.column_counts(*args), rtol=1e-12)


@given(column_votes(), st.integers(0, 2**32))
def test_row_hashes_equals_its_twin(votes: dict[str, Any], seed: int) -> None:
    c = len(votes["log_ratio"])
    salt = np.random.default_rng(seed).integers(0, 2**64, c, np.uint64)
    args = (votes["indptr"], votes["columns"], votes["amounts"], salt)
    with np.errstate(over="ignore"):
        for kernel in both(row_hashes):
            assert kernel(*args).tolist() == reference.row_hashes(*args)


@given(column_votes())
def test_vote_profile_equals_its_twin(votes: dict[str, Any]) -> None:
    share = np.abs(votes["log_ratio"]) + 0.1
    share /= share.sum(axis=1, keepdims=True)
    args = (*tuple(votes.values())[:4], share)
    shares, conflicts = reference.vote_profile(*args)
    for kernel in both(vote_profile):
        got = kernel(*args)
        np.testing.assert_allclose(got[0], shares, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(got[1], conflicts, rtol=1e-6, atol=1e-6)


@given(column_votes())
def test_held_out_votes_equals_its_twin(votes: dict[str, Any]) -> None:
    args = tuple(votes.values())
    expected: tuple[Any, ...] = reference.held_out_votes(*args)
    for kernel in both(held_out_votes):
        for got, want in zip(kernel(*args), expected, strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-8)


@given(matrices)
def test_compress_equals_what_the_matrix_holds(L: wl.LabelMatrix) -> None:
    votes = np.asarray(L)
    i, j = np.nonzero(votes >= 0)
    for kernel in both(compress):
        indptr, indices = np.empty(L.n + 1, np.int64), np.empty(len(i) + 1, np.uint16)
        codes = np.empty(len(i) + 1, np.int16)
        kernel(votes, indptr, indices, codes)
        assert indptr.tolist() == [0, *np.cumsum((votes >= 0).sum(axis=1))]
        assert indices[:-1].tolist() == j.tolist()
        assert codes[:-1].tolist() == votes[i, j].tolist()


@given(matrices)
def test_vote_columns_looks_up_each_vote(L: wl.LabelMatrix) -> None:
    _, indices, codes = L.csr()
    number = np.arange(L.m * len(L.possible), dtype=np.uint32).reshape(L.m, len(L.possible))[::-1]
    for kernel in both(vote_columns):
        columns = np.empty(len(codes), np.uint16)
        kernel(indices, codes, number, columns)
        assert columns.tolist() == [number[j, v] for j, v in zip(indices, codes, strict=True)]


@given(matrices)
def test_mark_columns_marks_what_is_voted(L: wl.LabelMatrix) -> None:
    _, indices, codes = L.csr()
    for kernel in both(mark_columns):
        cast = np.zeros((L.m, len(L.possible)), np.bool_)
        kernel(indices, codes, cast)
        votes = set(zip(indices.tolist(), codes.tolist(), strict=True))
        assert set(zip(*(at.tolist() for at in np.nonzero(cast)), strict=True)) == votes


@pytest.mark.parametrize("kind", [np.int8, np.int16, np.int32])
@pytest.mark.parametrize("frozen", [False, True])
def test_kernels_take_every_storage_type_and_read_only_arrays(kind: type, frozen: bool) -> None:
    indptr, indices = np.array([0, 2, 2, 3]), np.array([0, 1, 0], np.uint16)
    codes: IntArray = np.array([0, 1, 1], kind)
    for array in (indptr, indices, codes):
        array.flags.writeable = not frozen
    shares = vote_shares(indptr, codes, np.zeros(0, np.float32), np.eye(2))
    assert shares.tolist() == [[0.5, 0.5], [0.0, 0.0], [0.0, 1.0]]

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
from weaklabel._kernels import count_votes, em_pass, posteriors, vote_shares
from weaklabel.types import FloatArray, IntArray

matrices = label_matrices(keys=False)


def both(kernel: Any) -> list[Callable[..., Any]]:
    """Return a kernel compiled and as plain Python."""
    return [kernel, kernel.py_func]


def clashes(L: wl.LabelMatrix) -> IntArray:
    possible = L.possible.astype(int)
    return np.asarray(possible @ possible.T == 0)


@st.composite
def parameters(draw: st.DrawFn, L: wl.LabelMatrix) -> tuple[FloatArray, FloatArray]:
    """Log-ratios and log-base of a label matrix, far apart enough for sums to underflow."""
    numbers = st.floats(-300.0, 300.0)
    shape = (L.m, len(L.possible), L.k)
    return draw(hnp.arrays(np.float64, shape, elements=numbers)), draw(
        hnp.arrays(np.float64, L.k, elements=numbers)
    )


@given(st.data())
def test_count_votes_equals_its_twin(data: st.DataObject) -> None:
    L = data.draw(matrices)
    args = (*L.csr(), L.possible, clashes(L), data.draw(gold_for(L)), L.m)
    expected = reference.count_votes(*args)
    for kernel in both(count_votes):
        for got, want in zip(kernel(*args), expected, strict=True):
            assert np.array_equal(got, want)


@given(matrices)
def test_vote_shares_equals_its_twin(L: wl.LabelMatrix) -> None:
    indptr, _, codes = L.csr()
    share = L.possible / L.possible.sum(axis=1, keepdims=True)
    expected = reference.vote_shares(indptr, codes, share)
    for kernel in both(vote_shares):
        np.testing.assert_allclose(kernel(indptr, codes, share), expected, rtol=1e-12, atol=1e-14)


@given(st.data())
def test_posteriors_equals_its_twin(data: st.DataObject) -> None:
    L = data.draw(matrices)
    args = (*L.csr(), *data.draw(parameters(L)))
    expected = reference.posteriors(*args)
    for kernel in both(posteriors):
        got = kernel(*args)
        assert got.shape == (L.n, L.k)
        np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)


@given(st.data())
def test_em_pass_equals_its_twin(data: st.DataObject) -> None:
    L = data.draw(matrices)
    weights = data.draw(hnp.arrays(np.float64, L.n, elements=st.floats(0, 5)))
    args = (*L.csr(), weights, *data.draw(parameters(L)))
    expected: tuple[Any, ...] = reference.em_pass(*args)
    for kernel in both(em_pass):
        for got, want in zip(kernel(*args), expected, strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-9)


@given(st.data())
def test_em_pass_counts_every_row_and_every_vote_once(data: st.DataObject) -> None:
    L = data.draw(matrices)
    counts, mass, _ = em_pass(*L.csr(), np.ones(L.n), *data.draw(parameters(L)))
    assert mass.sum() == pytest.approx(L.n)
    assert counts.sum() == pytest.approx(L.n_votes)


def test_votes_that_exclude_a_class_may_weigh_minus_infinity() -> None:
    log_ratio = np.array([[[0.0, -np.inf]]])
    args = (np.array([0, 1]), np.zeros(1, np.uint16), np.zeros(1, np.int8), log_ratio, np.zeros(2))
    for kernel in both(posteriors):
        assert kernel(*args).tolist() == [[1.0, 0.0]]
    for kernel in both(em_pass):
        assert kernel(*args[:3], np.ones(1), *args[3:])[2] == 0.0


@pytest.mark.parametrize("kind", [np.int8, np.int16, np.int32])
@pytest.mark.parametrize("frozen", [False, True])
def test_kernels_take_every_storage_type_and_read_only_arrays(kind: type, frozen: bool) -> None:
    indptr, indices = np.array([0, 2, 2, 3]), np.array([0, 1, 0], np.uint16)
    codes: IntArray = np.array([0, 1, 1], kind)
    for array in (indptr, indices, codes):
        array.flags.writeable = not frozen
    shares = vote_shares(indptr, codes, np.eye(2))
    assert shares.tolist() == [[0.5, 0.5], [0.0, 0.0], [0.0, 1.0]]

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weaklabel as wl
from tests.strategies import VoteArray, vote_arrays
from weaklabel.matrix._storage import Votes, check_csr, code_type, index_type


def _stored(L: wl.LabelMatrix) -> Votes:
    return L._votes


def _bytes(votes: Votes) -> int:
    arrays = (votes.dense, votes.indptr, votes.indices, votes.codes)
    return sum(array.nbytes for array in arrays if array is not None)


def _sparse_votes(n: int, m: int, coverage: float) -> Any:
    rng = np.random.default_rng(0)
    votes = rng.integers(0, 2, (n, m))
    votes[rng.random((n, m)) >= coverage] = -1
    return votes


def test_few_votes_are_stored_compressed_and_much_smaller() -> None:
    votes = _sparse_votes(2000, 100, 0.10)
    stored = _stored(wl.LabelMatrix.from_array(votes))
    assert stored.dense is None
    assert _bytes(stored) < votes.size / 2
    assert np.array_equal(stored.to_dense(), votes)


def test_many_votes_are_stored_dense() -> None:
    votes = _sparse_votes(2000, 100, 0.50)
    stored = _stored(wl.LabelMatrix.from_array(votes))
    assert stored.indptr is None
    assert _bytes(stored) == votes.size


@given(vote_arrays())
def test_the_smaller_form_is_chosen_from_either_side(drawn: VoteArray) -> None:
    n_codes = len(drawn.classes) + len(drawn.class_sets)
    dense = Votes.from_dense(drawn.votes, n_codes)
    again = Votes.from_csr(*dense.csr(), drawn.votes.shape, n_codes)
    assert (dense.dense is None) == (again.dense is None)
    assert dense.same(again)
    assert np.array_equal(dense.to_dense(), drawn.votes)
    assert np.array_equal(again.to_dense(), drawn.votes)
    assert np.array_equal(dense.votes_per_row(), (drawn.votes >= 0).sum(axis=1))


@given(vote_arrays(min_rows=1, min_lfs=1), st.data())
def test_rows_and_lfs_are_taken_alike_in_both_forms(drawn: VoteArray, data: st.DataObject) -> None:
    n, m = drawn.votes.shape
    n_codes = len(drawn.classes) + len(drawn.class_sets)
    rows = np.array(data.draw(st.permutations(range(n)))[: data.draw(st.integers(0, n))], np.int64)
    lfs = np.array(data.draw(st.permutations(range(m)))[: data.draw(st.integers(0, m))], np.int64)
    dense = Votes(n, m, dense=drawn.votes.astype(np.int8))
    indptr, indices, codes = dense.csr()
    sparse = Votes(n, m, indptr=indptr, indices=indices, codes=codes)
    for stored in (dense, sparse):
        assert np.array_equal(stored.take(rows, n_codes).to_dense(), drawn.votes[rows])
        assert np.array_equal(stored.select(lfs, n_codes).to_dense(), drawn.votes[:, lfs])


def test_lfs_selected_from_compressed_rows_stand_in_their_new_order() -> None:
    votes = _sparse_votes(200, 100, 0.05)
    order = np.random.default_rng(1).permutation(100)[:80]
    selected = wl.LabelMatrix.from_array(votes).select(order.tolist())
    expected = wl.LabelMatrix.from_array(votes[:, order])
    assert _stored(selected).dense is None
    for mine, theirs in zip(selected.csr(), expected.csr(), strict=True):
        assert np.array_equal(mine, theirs)


@given(vote_arrays())
def test_compressed_rows_list_lfs_in_ascending_order(drawn: VoteArray) -> None:
    indptr, indices, codes = Votes.from_dense(drawn.votes, 10).csr()
    i, j = np.nonzero(drawn.votes >= 0)
    assert np.array_equal(np.repeat(np.arange(len(drawn.votes)), np.diff(indptr)), i)
    assert np.array_equal(indices, j)
    assert np.array_equal(codes, drawn.votes[i, j])


@pytest.mark.parametrize(
    ("n_codes", "kind"),
    [(2, np.int8), (127, np.int8), (128, np.int16), (200, np.int16), (32767, np.int16),
     (32768, np.int32)],
)  # fmt: skip
def test_codes_take_the_smallest_type_that_holds_them(n_codes: int, kind: type) -> None:
    assert code_type(n_codes) == kind
    # Snorkel adds 1 to every code, in the type that it gets.
    assert np.array([-1, n_codes]).astype(kind).tolist() == [-1, n_codes]


def test_two_hundred_classes_make_the_type_wider() -> None:
    votes = np.arange(200).reshape(100, 2)
    L = wl.LabelMatrix.from_array(votes)
    assert L.k == 200
    assert np.asarray(L).dtype == np.int16
    assert np.asarray(L[:5]).dtype == np.int16, "the type belongs to the classes, not to the rows"
    assert np.array_equal(np.asarray(L), votes)
    assert np.asarray(wl.LabelMatrix.from_array(votes % 127)).dtype == np.int8


def test_lf_positions_are_few_types() -> None:
    assert index_type(65535) == np.uint16
    assert index_type(65536) == np.uint32


def _csr() -> dict[str, Any]:
    return {
        "indptr": np.array([0, 2, 3]),
        "indices": np.array([0, 1, 1]),
        "codes": np.array([0, 1, 0]),
    }


def test_sound_compressed_rows_pass() -> None:
    check_csr(**_csr(), shape=(2, 2), n_codes=2)


@pytest.mark.parametrize(
    ("array", "values"),
    [
        ("indptr", [0, 3]),
        ("indptr", [1, 2, 3]),
        ("indptr", [0, 2, 4]),
        ("indptr", [0, 4, 3]),
        ("indices", [0, 1, 2]),
        ("indices", [0, -1, 1]),
        ("indices", [0, 1]),
        ("indices", [0.0, 1.0, 1.0]),
        ("codes", [0, 2, 0]),
        ("codes", [0, -1, 0]),
    ],
)
def test_compressed_rows_that_point_outside_are_refused(array: str, values: list[Any]) -> None:
    with pytest.raises(ValueError, match=r"the votes do not fit 2 rows, 2 LFs and 2 codes"):
        check_csr(**_csr() | {array: np.array(values)}, shape=(2, 2), n_codes=2)


@pytest.mark.parametrize("indices", [[1, 0, 1], [1, 1, 1]])
def test_compressed_rows_out_of_order_are_refused(indices: list[int]) -> None:
    with pytest.raises(ValueError, match=r"do not stand in the order of the LFs"):
        check_csr(**_csr() | {"indices": np.array(indices)}, shape=(2, 2), n_codes=2)

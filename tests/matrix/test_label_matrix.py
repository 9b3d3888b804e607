from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weaklabel as wl
from tests.strategies import label_matrices
from weaklabel.types import Fault

VOTES = [[1, -1, 0], [-1, -1, -1], [0, 0, 2], [1, 3, -1]]


@pytest.fixture(name="L")
def label_matrix() -> wl.LabelMatrix:
    return wl.LabelMatrix(
        wl.LabelMatrix.from_array(VOTES)._votes,
        lf_names=["a", "b", "c"],
        class_names=["X", "Y", "Z"],
        class_sets=[(0, 2)],
        keys=np.array(["k0", "k1", "k2", "k3"], object),
        faults=[Fault("b", 1, "k1", "ValueError: x", "tb"), Fault("c", 3, "k3", "voted 7")],
    )


def test_it_tells_what_it_holds(L: wl.LabelMatrix) -> None:
    assert (L.n, L.m, L.k, len(L), L.shape) == (4, 3, 3, 4, (4, 3))
    assert L.lf_names == ("a", "b", "c")
    assert L.class_names == ("X", "Y", "Z")
    assert L.class_sets == ((0, 2),)
    assert L.keys.tolist() == ["k0", "k1", "k2", "k3"]
    assert L.n_votes == 7
    assert L.covered.tolist() == [True, False, True, True]
    assert L.possible.astype(int).tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1]]
    assert repr(L) == (
        "LabelMatrix: 4 rows × 3 LFs, classes X, Y, Z; 7 votes, 3 rows covered, 2 faults"
    )


def test_many_classes_are_not_all_shown() -> None:
    text = repr(wl.LabelMatrix.from_array([[199]]))
    assert "classes 0, 1, 2, 3, 4, 5, … (200);" in text


def test_positions_are_the_keys_where_none_are_given() -> None:
    assert wl.LabelMatrix.from_array([[0], [1]]).keys.tolist() == [0, 1]


# Immutable --------------------------------------------------------------------------------------


@pytest.mark.parametrize("coverage", [0.02, 0.9])
def test_nothing_in_it_can_be_written_to(coverage: float) -> None:
    rng = np.random.default_rng(0)
    votes = np.where(rng.random((50, 20)) < coverage, 1, -1)
    L = wl.LabelMatrix.from_array(votes, keys=range(1, 51))
    before = np.array(L, copy=True)
    for array in (np.asarray(L), *L.csr(), L.keys, L.covered, L.possible):
        try:
            array[...] = 0
        except ValueError:
            assert not array.flags.writeable
    assert np.array_equal(np.asarray(L), before)
    assert L.keys.tolist() == list(range(1, 51))


def test_its_attributes_cannot_be_set(L: wl.LabelMatrix) -> None:
    for name in ("n", "keys", "lf_names", "class_names", "faults", "votes"):
        with pytest.raises(AttributeError):
            setattr(L, name, None)
    with pytest.raises(TypeError, match=r"unhashable"):
        hash(L)


# As an array ------------------------------------------------------------------------------------


@given(label_matrices())
def test_as_an_array_it_is_the_dense_matrix(L: wl.LabelMatrix) -> None:
    dense = np.asarray(L)
    assert dense.shape == (L.n, L.m)
    assert dense.dtype == np.int8
    assert np.array_equal((dense >= 0).any(axis=1), L.covered)
    for dtype in (np.int64, np.float32):
        cast = np.asarray(L, dtype=dtype)
        assert cast.dtype == dtype
        assert np.array_equal(cast, dense)


@pytest.mark.parametrize("votes", [VOTES, [[-1] * 20] * 20], ids=["dense", "sparse"])
def test_a_copy_of_the_array_is_ones_own(votes: Any) -> None:
    L = wl.LabelMatrix.from_array(votes)
    mine = np.array(L, copy=True)
    mine[:] = 0
    assert np.asarray(L).tolist() == votes
    with pytest.raises(ValueError, match=r"a copy is needed to give the votes as float64"):
        np.asarray(L, dtype=np.float64, copy=False)
    assert np.asarray(L, copy=False).tolist() == votes


# Rows -------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(label_matrices(min_rows=1), st.data())
def test_rows_are_taken_as_numpy_takes_them(L: wl.LabelMatrix, data: st.DataObject) -> None:
    n = L.n
    rows = data.draw(
        st.one_of(
            st.slices(n),
            st.lists(st.booleans(), min_size=n, max_size=n),
            st.lists(st.integers(-n, n - 1), unique_by=lambda i: i % n),
            st.lists(st.integers(0, n - 1), unique=True).map(lambda r: np.array(r, np.uint8)),
            st.integers(-n, n - 1),
        )
    )
    taken = L[rows]
    at = np.atleast_1d(np.arange(n)[rows])
    assert np.array_equal(np.asarray(taken), np.asarray(L)[at])
    assert taken.keys.tolist() == L.keys[at].tolist()
    assert (taken.lf_names, taken.class_names, taken.class_sets) == (
        L.lf_names,
        L.class_names,
        L.class_sets,
    )


def test_all_rows_are_the_same_matrix(L: wl.LabelMatrix) -> None:
    assert L[:] == L
    assert L[::-1][::-1] == L
    assert L[::-1] != L


def test_faults_go_with_their_rows(L: wl.LabelMatrix) -> None:
    taken = L[[3, 0, 1]]
    assert [(f.lf, f.row, f.key) for f in taken.faults] == [("c", 0, "k3"), ("b", 2, "k1")]
    assert L[[0, 2]].faults == ()


@pytest.mark.parametrize("rows", [(0, 1), np.zeros((2, 2), int), None])
def test_only_rows_can_be_taken(L: wl.LabelMatrix, rows: Any) -> None:
    with pytest.raises(IndexError):
        L[rows]


def test_a_row_cannot_be_taken_twice_or_from_outside(L: wl.LabelMatrix) -> None:
    with pytest.raises(ValueError, match=r"L\[rows\] takes each row once, row keys are unique"):
        L[[0, -4]]
    with pytest.raises(IndexError):
        L[4]
    with pytest.raises(IndexError):
        L[[True, False]]


# LFs --------------------------------------------------------------------------------------------


def test_lfs_are_selected_by_name_or_position_in_the_given_order(L: wl.LabelMatrix) -> None:
    S = L.select(["c", 0])
    assert S.lf_names == ("c", "a")
    assert np.asarray(S).tolist() == [[0, 1], [-1, -1], [2, 0], [-1, 1]]
    assert [f.lf for f in S.faults] == ["c"]
    assert S.keys.tolist() == L.keys.tolist()
    assert L.select("b") == L.select([1]) == L.select([-2]) == L.select(iter([1]))
    assert L.select([]).shape == (4, 0)
    assert L.select(L.lf_names) == L


def test_unknown_or_repeated_lfs_are_refused(L: wl.LabelMatrix) -> None:
    with pytest.raises(ValueError, match=r"no LF 'lf_a' among 'a', 'b', 'c'$"):
        L.select(["lf_a"])
    with pytest.raises(ValueError, match=r"no LF 'has_lnk' among 'has_link'; did you mean 'has_li"):
        wl.LabelMatrix.from_array([[0]], lf_names=["has_link"]).select(["has_lnk"])
    for at in (3, -4):
        with pytest.raises(ValueError, match=rf"no LF at position {at}, there are 3"):
            L.select([at])
    with pytest.raises(ValueError, match=r"LF name 'a' is used twice"):
        L.select(["a", 0])
    with pytest.raises(TypeError, match=r"'float' object cannot be interpreted as an integer"):
        L.select([0.5])  # type: ignore[list-item]


# Equality ---------------------------------------------------------------------------------------


def test_it_is_equal_only_when_everything_is(L: wl.LabelMatrix) -> None:
    def like(**changed: Any) -> wl.LabelMatrix:
        parts: dict[str, Any] = {
            "votes": L._votes,
            "lf_names": L.lf_names,
            "class_names": L.class_names,
            "class_sets": L.class_sets,
            "keys": L.keys,
            "faults": L.faults,
        }
        return wl.LabelMatrix(**parts | changed)

    assert like() == L
    others: list[dict[str, Any]] = [
        {"votes": wl.LabelMatrix.from_array([*VOTES[:3], [1, -1, -1]])._votes},
        {"lf_names": ["a", "b", "d"]},
        {"class_names": ["X", "Y", "W"]},
        {"class_sets": [(0, 1)]},
        {"keys": None},
        {"faults": ()},
    ]
    for changed in others:
        assert like(**changed) != L
    assert np.asarray(L).tolist() != L
    assert L != "L"


def test_the_storage_does_not_matter_for_equality() -> None:
    dense = wl.LabelMatrix.from_array([[0, 1]], ("A", "B"))
    wide = wl.LabelMatrix.from_array([[0, 1] + [-1] * 200], ("A", "B"))
    assert wide.select([0, 1]) == dense


# As a frame -------------------------------------------------------------------------------------


def test_as_a_frame_votes_stand_by_name(L: wl.LabelMatrix) -> None:
    frame = L.to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert frame.index.tolist() == ["k0", "k1", "k2", "k3"]
    assert frame.index.name == "key"
    assert frame["a"].tolist() == ["Y", None, "X", "Y"]
    assert frame["b"].tolist() == [None, None, "X", "X|Z"]
    assert wl.LabelMatrix.from_array(np.zeros((0, 2), int)).to_frame().shape == (0, 2)


def test_rows_that_are_no_rows_are_refused_with_the_next_step() -> None:
    L = wl.LabelMatrix.from_array([[1], [0]], lf_names=["a"])
    with pytest.raises(IndexError, match=r"choose LFs with L.select\(\['a'\]\)"):
        L["a"]
    with pytest.raises(IndexError, match="the matrix has 2 rows"):
        L[[True, False, True]]

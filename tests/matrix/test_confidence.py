from __future__ import annotations

import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import weaklabel as wl
from tests.strategies import VoteArray, vote_arrays
from weaklabel._files import load_arrays, save_arrays
from weaklabel.errors import FileFormatError
from weaklabel.types import FloatArray

HAM_SPAM = ("HAM", "SPAM")


@st.composite
def weighed(draw: st.DrawFn) -> tuple[VoteArray, FloatArray, wl.LabelMatrix]:
    """Draw votes, the confidence of each cell, and the matrix of both."""
    drawn = draw(vote_arrays(min_rows=1, min_lfs=1))
    share = st.sampled_from([0.0, 0.25, 0.5, 1.0])
    cells = draw(hnp.arrays(np.float64, drawn.votes.shape, elements=share))
    L = wl.LabelMatrix.from_array(
        drawn.votes, drawn.classes, class_sets=drawn.class_sets, confidence=cells
    )
    return drawn, cells, L


def as_cells(L: wl.LabelMatrix) -> FloatArray:
    """Return the confidences where they stand, NaN where nobody votes."""
    assert L.confidence is not None
    indptr, indices, _ = L.csr()
    cells = np.full(L.shape, np.nan)
    cells[np.repeat(np.arange(L.n), np.diff(indptr)), indices] = L.confidence
    return cells


@given(weighed())
def test_each_vote_keeps_its_confidence_whatever_the_form(
    drawn: tuple[VoteArray, FloatArray, wl.LabelMatrix],
) -> None:
    (votes, classes, sets), cells, L = drawn
    assert L.confidence is not None
    assert L.confidence.dtype == np.float32
    assert L.confidence.shape == (L.n_votes,)
    np.testing.assert_array_equal(as_cells(L), np.where(votes >= 0, cells, np.nan))
    assert np.array_equal(np.asarray(L), votes)
    assert np.array_equal(L.covered, (votes >= 0).any(axis=1))
    i, j = np.nonzero(votes >= 0)
    stored = sp.csr_matrix(sp.coo_matrix((votes[i, j], (i, j)), shape=votes.shape))
    for kind in (np.asarray, np.ndarray.tolist, sp.csr_matrix, sp.coo_matrix, sp.csr_array):
        given_as: Any = kind(cells)
        again = wl.LabelMatrix.from_array(votes, classes, class_sets=sets, confidence=given_as)
        assert again == L
        if len(i):
            again = wl.LabelMatrix.from_array(stored, classes, class_sets=sets, confidence=given_as)
            assert again == L


@given(weighed(), st.data())
def test_rows_and_lfs_take_their_confidences_along(
    drawn: tuple[VoteArray, FloatArray, wl.LabelMatrix], data: st.DataObject
) -> None:
    _, _, L = drawn
    rows = data.draw(st.permutations(range(L.n)))[: data.draw(st.integers(0, L.n))]
    lfs = data.draw(st.permutations(range(L.m)))[: data.draw(st.integers(0, L.m))]
    np.testing.assert_array_equal(as_cells(L[np.array(rows, int)]), as_cells(L)[rows])
    np.testing.assert_array_equal(as_cells(L.select(lfs)), as_cells(L)[:, lfs])


@given(weighed())
def test_a_saved_matrix_comes_back_with_its_confidences(
    drawn: tuple[VoteArray, FloatArray, wl.LabelMatrix],
) -> None:
    _, _, L = drawn
    with tempfile.TemporaryDirectory() as folder:
        L.save(Path(folder) / "L.npz")
        back = wl.LabelMatrix.load(Path(folder) / "L.npz")
    assert back == L
    assert back.confidence is not None
    assert not back.confidence.flags.writeable


def test_without_confidences_there_are_none_and_the_file_is_as_before(tmp_path: Path) -> None:
    L = wl.LabelMatrix.from_array([[0, 1]])
    assert L.confidence is None
    assert L[:1].confidence is None
    for matrix, version in ((L, 1), (wl.LabelMatrix.from_array([[0, 1]], confidence=[[1, 1]]), 2)):
        matrix.save(tmp_path / "L.npz")
        with zipfile.ZipFile(tmp_path / "L.npz") as archive:
            assert json.loads(archive.read("weaklabel.json"))["version"] == version
        assert wl.LabelMatrix.load(tmp_path / "L.npz") == matrix


def test_confidences_are_part_of_equality_and_of_what_is_shown() -> None:
    plain = wl.LabelMatrix.from_array([[0, 1]], HAM_SPAM)
    full = wl.LabelMatrix.from_array([[0, 1]], HAM_SPAM, confidence=[[1, 1]])
    half = wl.LabelMatrix.from_array([[0, 1]], HAM_SPAM, confidence=[[1, 0.5]])
    assert plain != full
    assert full != half
    assert half == wl.LabelMatrix.from_array([[0, 1]], HAM_SPAM, confidence=[[1, 0.5]])
    assert repr(half) == (
        "LabelMatrix: 1 rows × 2 LFs, classes HAM, SPAM; 2 votes with confidences, 1 rows covered"
    )
    assert "confidence" not in repr(plain)


def test_cells_without_a_vote_are_not_read() -> None:
    wild = [[0.5, np.nan], [-7.0, 1.0]]
    L = wl.LabelMatrix.from_array([[0, -1], [-1, 1]], confidence=wild)
    assert L.confidence is not None
    assert L.confidence.tolist() == [0.5, 1.0]


def test_what_a_sparse_matrix_does_not_store_is_0() -> None:
    L = wl.LabelMatrix.from_array([[0, 1]], confidence=sp.csr_matrix(np.array([[0.0, 0.5]])))
    assert L.confidence is not None
    assert L.confidence.tolist() == [0.0, 0.5]
    assert L.covered.tolist() == [True]


def test_the_input_is_copied_and_the_confidences_cannot_be_written_to() -> None:
    cells = np.array([[0.5, 1.0]], np.float32)
    L = wl.LabelMatrix.from_array([[0, 1]], confidence=cells)
    cells[:] = 0
    assert L.confidence is not None
    assert L.confidence.tolist() == [0.5, 1.0]
    with pytest.raises(ValueError, match="read-only"):
        L.confidence[0] = 0


def test_triples_bring_their_confidences_in_any_order() -> None:
    answers = pd.DataFrame(
        {
            "item": ["b", "a", "b", "c"],
            "worker": ["Ann", "Ann", "Bo", "Bo"],
            "label": [1, 0, 0, None],
            "sure": [0.25, 0.5, 1.0, np.nan],
        }
    )
    L = wl.LabelMatrix.from_triples(
        answers["item"],
        answers["worker"],
        answers["label"],
        HAM_SPAM,
        keys=["a", "b", "c"],
        confidence=answers["sure"],
    )
    expected = [[0.5, np.nan], [0.25, 1.0], [np.nan, np.nan]]
    np.testing.assert_array_equal(as_cells(L), expected)
    assert wl.LabelMatrix.from_triples(["a"], ["Ann"], [1], confidence=[0]).covered.all()


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize(
    ("value", "shown"), [(1.5, "1.5"), (-0.25, "-0.25"), (np.nan, "nan"), (np.inf, "inf")]
)
def test_a_confidence_out_of_range_is_refused_with_lf_and_row(
    value: float, shown: str, sparse: bool
) -> None:
    cells: Any = np.array([[0.5, 0.5], [0.5, value]])
    message = f"LF 'lf_1' has confidence {shown} on row 1; expected a number in 0..1"
    with pytest.raises(ValueError, match=message):
        wl.LabelMatrix.from_array(
            [[0, 1], [1, 0]], confidence=sp.coo_matrix(cells) if sparse else cells
        )
    message = f"LF 'Bo' has confidence {shown} on row 'x'; expected a number in 0..1"
    with pytest.raises(ValueError, match=message):
        wl.LabelMatrix.from_triples(["x", "x"], ["Ann", "Bo"], [0, 1], confidence=[1.0, value])


def test_a_missing_confidence_among_objects_is_refused_like_nan() -> None:
    with pytest.raises(ValueError, match="LF 'lf_1' has confidence nan on row 0"):
        wl.LabelMatrix.from_array([[0, 1]], confidence=[[0.5, None]])
    L = wl.LabelMatrix.from_array([[0, -1]], confidence=[[0.5, None]])
    assert L.confidence is not None
    assert L.confidence.tolist() == [0.5]


def test_confidences_of_another_shape_or_kind_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"confidence has shape \(2,\), the votes have shape \(1, 2\); give each"
    ):
        wl.LabelMatrix.from_array([[0, 1]], confidence=[0.5, 0.5])
    with pytest.raises(ValueError, match=r"confidence has shape \(1,\), there are 2 votes; give"):
        wl.LabelMatrix.from_triples(["x", "x"], ["Ann", "Bo"], [0, 1], confidence=[1.0])
    for wrong in ([["high", "low"]], [[True, False]], np.array([["0.5", 1.0]], object)):
        with pytest.raises(TypeError, match=r"confidence must be numbers in 0\.\.1, got dtype"):
            wl.LabelMatrix.from_array([[0, 1]], confidence=wrong)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([0.5], "the confidences do not fit 2 votes"),
        ([1, 0], "the confidences do not fit 2 votes"),
        ([0.5, 1.5], r"a confidence is not in 0\.\.1"),
        ([0.5, np.nan], r"a confidence is not in 0\.\.1"),
    ],
)
def test_a_file_with_confidences_that_cannot_be_is_refused(
    tmp_path: Path, values: list[float], message: str
) -> None:
    path = tmp_path / "L.npz"
    wl.LabelMatrix.from_array([[0, 1]], confidence=[[0.5, 0.5]]).save(path)
    header, arrays = load_arrays(path, kind="LabelMatrix", version=2)
    arrays["confidence"] = np.array(values)
    save_arrays(path, kind="LabelMatrix", version=2, header=header, arrays=arrays)
    with pytest.raises(FileFormatError, match=message):
        wl.LabelMatrix.load(path)


def test_a_matrix_may_be_empty() -> None:
    for shape in ((0, 0), (0, 3), (3, 0), (2, 2)):
        L = wl.LabelMatrix.from_array(np.full(shape, -1), confidence=np.ones(shape))
        assert L.confidence is not None
        assert L.confidence.shape == (0,)
        assert L.shape == shape

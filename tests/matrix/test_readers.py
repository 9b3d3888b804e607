from __future__ import annotations

import warnings
from enum import Enum, IntEnum
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import weaklabel as wl
from tests.strategies import VoteArray, vote_arrays
from weaklabel.errors import WeakLabelWarning

HAM_SPAM = ("HAM", "SPAM")


class Label(Enum):
    HAM = "h"
    SPAM = "s"


class Code(IntEnum):
    ABSTAIN = -1
    HAM = 0
    SPAM = 1


def _sparse(votes: Any, kind: type = sp.csr_matrix) -> Any:
    """Return a sparse matrix that stores votes only, class 0 included."""
    i, j = np.nonzero(votes != -1)
    return kind(sp.coo_matrix((votes[i, j], (i, j)), shape=votes.shape))


# Arrays -----------------------------------------------------------------------------------------


@settings(deadline=None)
@given(vote_arrays())
def test_dense_sparse_and_lists_make_the_same_matrix(drawn: VoteArray) -> None:
    votes, classes, sets = drawn
    L = wl.LabelMatrix.from_array(votes, classes, class_sets=sets)
    assert np.array_equal(np.asarray(L), votes)
    assert (L.n, L.m, L.k) == (*votes.shape, len(classes))
    assert L.class_sets == sets
    if (votes >= 0).any():
        for kind in (sp.csr_matrix, sp.csc_matrix, sp.coo_matrix, sp.csr_array):
            assert wl.LabelMatrix.from_array(_sparse(votes, kind), classes, class_sets=sets) == L
    if votes.size:
        assert wl.LabelMatrix.from_array(votes.tolist(), classes, class_sets=sets) == L
        assert wl.LabelMatrix.from_array(np.asarray(L), classes, class_sets=sets) == L


@pytest.mark.parametrize("kind", ["i1", "i2", "i4", "i8", "u1", "u2", "u8"])
def test_any_integer_type_is_read(kind: str) -> None:
    L = wl.LabelMatrix.from_array(np.array([[0, 1], [1, 2]], kind))
    assert np.asarray(L).tolist() == [[0, 1], [1, 2]]
    sparse = wl.LabelMatrix.from_array(sp.csr_matrix(np.array([[0, 1], [1, 2]], kind)))
    assert np.asarray(sparse).tolist() == [[-1, 1], [1, 2]]


def test_the_input_is_copied() -> None:
    votes = np.array([[0, 1]], np.int8)
    keys = np.array([5])
    L = wl.LabelMatrix.from_array(votes, keys=keys)
    sparse = _sparse(np.array([[1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1] * 3]))
    S = wl.LabelMatrix.from_array(sparse)
    votes[:] = -1
    keys[:] = 0
    sparse.data[:] = 0
    assert np.asarray(L).tolist() == [[0, 1]]
    assert L.keys.tolist() == [5]
    assert np.asarray(S).max() == 1


def test_what_csr_matrix_makes_of_a_dense_matrix_is_read_with_a_warning() -> None:
    dense = np.array([[0, 1, -1], [-1, 0, 0]])
    with pytest.warns(WeakLabelWarning, match=r"stores -1 but no 0, as csr_matrix\(dense\)") as w:
        L = wl.LabelMatrix.from_array(sp.csr_matrix(dense))
    assert np.array_equal(np.asarray(L), dense)
    assert w[0].filename == __file__, "the warning points at the caller"


def test_a_stored_abstain_beside_a_stored_zero_abstains() -> None:
    sparse = sp.csr_matrix(
        (np.array([0, -1, 1]), np.array([0, 1, 1]), np.array([0, 2, 3])), shape=(2, 3)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        L = wl.LabelMatrix.from_array(sparse)
    assert np.asarray(L).tolist() == [[0, -1, -1], [-1, 1, -1]]
    assert L.n_votes == 2


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (1, 1)])
def test_a_matrix_may_be_empty(shape: tuple[int, int]) -> None:
    for votes in (np.full(shape, -1), np.zeros(shape) - 1 if 0 in shape else np.full(shape, -1)):
        L = wl.LabelMatrix.from_array(votes)
        assert (L.n, L.m, L.k, L.n_votes) == (*shape, 2, 0)
        assert np.asarray(L).shape == shape
        assert not L.covered.any()
    assert wl.LabelMatrix.from_array(sp.csr_matrix(shape, dtype=int)).n_votes == 0


@pytest.mark.parametrize(
    "votes",
    [[[1.0, -1.0]], [[1, None]], [["SPAM"]], [[True]], np.array([[np.nan]]),
     sp.csr_matrix(np.array([[1.0]])), sp.csr_matrix(np.array([[True]]))],
    ids=["float", "None", "str", "bool", "nan", "sparse float", "sparse bool"],
)  # fmt: skip
def test_votes_that_are_no_integers_are_refused(votes: Any) -> None:
    with pytest.raises(
        TypeError, match=r"votes must be integers with -1 for abstain, got dtype .*"
    ):
        wl.LabelMatrix.from_array(votes)


@pytest.mark.parametrize("votes", [[0, 1], 3, np.zeros((2, 2, 2), int), []])
def test_votes_that_are_no_matrix_are_refused(votes: Any) -> None:
    with pytest.raises(ValueError, match=r"votes must have shape \(n, m\), got shape \("):
        wl.LabelMatrix.from_array(votes)


@pytest.mark.parametrize("code", [2, 7, -2, 127])
@pytest.mark.parametrize("sparse", [False, True])
def test_a_code_out_of_range_is_refused_with_lf_and_row(code: int, sparse: bool) -> None:
    votes = np.array([[0, 1, 1], [-1, 0, code]])
    given_votes = _sparse(votes) if sparse else votes
    with pytest.raises(ValueError, match=r"expected -1 or 0..1 for classes") as e:
        wl.LabelMatrix.from_array(given_votes, HAM_SPAM, ["a", "b", "c"])
    assert str(e.value) == (
        f"LF 'c' has code {code} on row 1; expected -1 or 0..1 for classes ('HAM', 'SPAM')"
    )


def test_a_code_beyond_the_class_sets_is_refused() -> None:
    with pytest.raises(ValueError, match=r"0..3 for classes .* and their class sets"):
        wl.LabelMatrix.from_array([[4]], ("A", "B", "C"), class_sets=[(0, 1)])


def test_a_wild_code_does_not_found_a_million_classes() -> None:
    with pytest.raises(
        ValueError, match=r"code 5000000 would make 5,000,001 classes; is it a class"
    ):
        wl.LabelMatrix.from_array([[5_000_000]])


@pytest.mark.parametrize("sets", [[()], [(0, 1, 2)], [(0, 3)], [(-1, 0)], [(0, 1), (1, 0)]])
def test_a_class_set_that_is_none_is_refused(sets: Any) -> None:
    with pytest.raises(ValueError, match=r"^class set \(.*(must hold some, not all|given twice)"):
        wl.LabelMatrix.from_array([[0]], ("A", "B", "C"), class_sets=sets)


def test_class_sets_need_classes_to_be_told_from_them() -> None:
    with pytest.raises(ValueError, match=r"class_sets= need classes="):
        wl.LabelMatrix.from_array([[2]], class_sets=[(0, 1)])


def test_names_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"got 1 LF names for 2 LFs"):
        wl.LabelMatrix.from_array([[0, 9]], HAM_SPAM, ["a"])
    with pytest.raises(ValueError, match=r"LF name 'a' is used twice; give each LF a name of its"):
        wl.LabelMatrix.from_array([[0, 1]], HAM_SPAM, ["a", "a"])
    for names in ("ab", [1, 2]):
        with pytest.raises(TypeError, match=r"lf_names must be a sequence of str, got "):
            wl.LabelMatrix.from_array([[0, 1]], HAM_SPAM, names)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"got 3 row keys for 1 rows"):
        wl.LabelMatrix.from_array([[0, 1]], keys=[1, 2, 3])


def test_classes_may_be_an_enum_or_names_and_are_numbered_otherwise() -> None:
    assert wl.LabelMatrix.from_array([[1]], Label).class_names == HAM_SPAM
    assert wl.LabelMatrix.from_array([[1]], Code).class_names == HAM_SPAM
    assert wl.LabelMatrix.from_array([[1]], list(HAM_SPAM)).class_names == HAM_SPAM
    assert wl.LabelMatrix.from_array([[3]]).class_names == ("0", "1", "2", "3")
    assert wl.LabelMatrix.from_array([[0]]).class_names == ("0", "1")


# Frames -----------------------------------------------------------------------------------------

NAMED = {"lf_a": ["SPAM", None, "HAM"], "lf_b": [None, None, "SPAM"], "id": ["x", "y", "z"]}
CODED = [[1, -1], [-1, -1], [0, 1]]


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(NAMED),
        pd.DataFrame(NAMED, dtype=object),
        pd.DataFrame(NAMED).astype({"lf_a": "category"}),
        pd.DataFrame(NAMED).astype({"lf_b": "string"}),
        pd.DataFrame(NAMED, index=[7, 7, 7]),
        pl.DataFrame(NAMED),
        pa.table(NAMED),
    ],
    ids=["pandas", "object", "category", "string", "index", "polars", "arrow"],
)
def test_a_frame_of_names_is_read(frame: Any) -> None:
    L = wl.LabelMatrix.from_frame(frame, HAM_SPAM, key="id")
    assert np.asarray(L).tolist() == CODED
    assert L.lf_names == ("lf_a", "lf_b")
    assert L.keys.tolist() == ["x", "y", "z"]


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"a": [1, None, 0], "b": [-1, -1, 1]}),
        pd.DataFrame({"a": pd.array([1, None, 0], dtype="Int64"), "b": [-1, -1, 1]}),
        pd.DataFrame({"a": [Code.SPAM, Code.ABSTAIN, Code.HAM], "b": [None, np.nan, "SPAM"]}),
        pl.DataFrame({"a": [1, None, 0], "b": [-1, -1, 1]}),
        pa.table({"a": [1, None, 0], "b": [-1, -1, 1]}),
    ],
    ids=["pandas", "nullable", "mixed", "polars", "arrow"],
)
def test_a_frame_of_codes_is_read_missing_cells_and_all(frame: Any) -> None:
    L = wl.LabelMatrix.from_frame(frame, Label)
    assert np.asarray(L).tolist() == CODED
    assert L.keys.tolist() == [0, 1, 2]


def test_the_columns_of_a_frame_may_have_numbers_for_names() -> None:
    L = wl.LabelMatrix.from_frame(pd.DataFrame([[0, 1], [1, -1]]))
    assert L.lf_names == ("0", "1")
    assert np.asarray(L).tolist() == [[0, 1], [1, -1]]


@pytest.mark.parametrize(
    "cell", ["EGGS", 2, 1.5, -3, True, float("inf"), pd.Timestamp(0)], ids=repr
)
def test_a_cell_that_is_no_class_is_refused_with_lf_and_position(cell: Any) -> None:
    frame = pd.DataFrame({"lf_a": [None, cell], "lf_b": ["HAM", "SPAM"]}, dtype=object)
    with pytest.raises(ValueError, match=r"LF 'lf_a' at position 1: .* is no class; expected 0..1"):
        wl.LabelMatrix.from_frame(frame, HAM_SPAM)
    if not isinstance(cell, str | int):
        with pytest.raises(ValueError, match=r"LF 'lf_a' at position 1"):
            wl.LabelMatrix.from_frame(frame[["lf_a"]])


def test_a_frame_of_names_without_classes_is_refused() -> None:
    with pytest.raises(ValueError, match=r"votes by name \('SPAM'\) need classes=, e.g."):
        wl.LabelMatrix.from_frame(pd.DataFrame(NAMED), key="id")


def test_an_id_column_taken_for_votes_is_refused() -> None:
    frame = pd.DataFrame({"id": [10_000_001, 10_000_002], "a": [0, 1]})
    with pytest.raises(ValueError, match=r"would make 10,000,003 classes; is it a class code\?"):
        wl.LabelMatrix.from_frame(frame)


def test_a_missing_key_column_is_refused_with_a_guess() -> None:
    with pytest.raises(ValueError, match=r"no column 'idd'; columns are .*; did you mean 'id'\?"):
        wl.LabelMatrix.from_frame(pd.DataFrame(NAMED), HAM_SPAM, key="idd")


def test_repeated_and_missing_keys_of_a_frame_are_refused() -> None:
    with pytest.raises(ValueError, match=r"row key 'x' stands on rows 0 and 1"):
        wl.LabelMatrix.from_frame(pl.DataFrame({"a": [0, 1], "id": ["x", "x"]}), key="id")
    with pytest.raises(ValueError, match=r"row key at position 1 is missing"):
        wl.LabelMatrix.from_frame(pd.DataFrame({"a": [0, 1], "id": ["x", None]}), key="id")


@settings(deadline=None)
@given(vote_arrays(class_sets=False, min_lfs=1))
def test_a_frame_comes_back(drawn: VoteArray) -> None:
    L = wl.LabelMatrix.from_array(drawn.votes, drawn.classes, keys=range(10, 10 + len(drawn.votes)))
    assert wl.LabelMatrix.from_frame(L.to_frame().reset_index(), drawn.classes, key="key") == L


# Triples ----------------------------------------------------------------------------------------


@settings(deadline=None)
@given(vote_arrays(class_sets=False, min_rows=1, min_lfs=1), st.randoms())
def test_triples_make_the_matrix_in_any_order(drawn: VoteArray, random: Any) -> None:
    n, m = drawn.votes.shape
    cells = [(i, j, int(drawn.votes[i, j])) for i in range(n) for j in range(m)]
    names = [f"lf_{j}" for j in range(m)]
    # One abstaining vote of each LF in front keeps their order.
    first, rest = cells[:m], [c for c in cells[m:] if c[2] >= 0]
    random.shuffle(rest)
    rows, lfs, votes = zip(*first, *rest, strict=True)
    L = wl.LabelMatrix.from_triples(
        rows, [names[j] for j in lfs], votes, drawn.classes, keys=range(n)
    )
    assert wl.LabelMatrix.from_array(drawn.votes, drawn.classes) == L


def test_triples_come_from_columns_of_any_table() -> None:
    long: dict[str, Any] = {
        "row": ["b", "a", "b"],
        "lf": ["x", "x", "y"],
        "vote": ["SPAM", "HAM", None],
    }
    frames: list[Any] = [pd.DataFrame(long), pl.DataFrame(long), pa.table(long), long]
    for frame in frames:
        L = wl.LabelMatrix.from_triples(frame["row"], frame["lf"], frame["vote"], HAM_SPAM)
        assert L.keys.tolist() == ["b", "a"], "in order of first occurrence"
        assert L.lf_names == ("x", "y")
        assert np.asarray(L).tolist() == [[1, -1], [0, -1]]


def test_codes_beside_a_missing_one_are_read_from_pandas() -> None:
    long = pd.DataFrame({"row": [1, 2], "lf": ["x", "x"], "vote": [1, None]})
    L = wl.LabelMatrix.from_triples(long["row"], long["lf"], long["vote"])
    assert np.asarray(L).tolist() == [[1], [-1]]


def test_keys_name_rows_without_votes_and_their_order() -> None:
    L = wl.LabelMatrix.from_triples(["b"], ["x"], [1], keys=np.array(["a", "b", "c"]))
    assert L.keys.tolist() == ["a", "b", "c"]
    assert np.asarray(L).tolist() == [[-1], [1], [-1]]
    assert wl.LabelMatrix.from_triples([], [], [], keys=["a"]).shape == (1, 0)
    assert wl.LabelMatrix.from_triples([], [], []).shape == (0, 0)


def test_bad_triples_are_refused() -> None:
    read = wl.LabelMatrix.from_triples
    with pytest.raises(ValueError, match=r"rows, lfs and votes have lengths 1, 2 and 1, expected"):
        read([1], ["a", "b"], [0])
    with pytest.raises(ValueError, match=r"LF 'x' votes twice on row 'r'"):
        read(["r", "q", "r"], ["x", "x", "x"], [0, 1, 0])
    with pytest.raises(ValueError, match=r"vote on row 'z', which is not among keys="):
        read(["z"], ["x"], [0], keys=["a"])
    with pytest.raises(
        ValueError, match=r"row key 'a' stands twice in keys=; row keys must be uni"
    ):
        read(["a"], ["x"], [0], keys=["a", "a"])
    with pytest.raises(ValueError, match=r"votes at position 1: 'EGGS' is no class"):
        read([1, 2], ["x", "x"], ["HAM", "EGGS"], HAM_SPAM)
    with pytest.raises(ValueError, match=r"votes by name \('HAM'\) need classes="):
        read([1], ["x"], ["HAM"])
    with pytest.raises(ValueError, match=r"row key at position 0 is missing"):
        read([None], ["x"], [0])
    with pytest.raises(ValueError, match=r"LF name '1' is used twice"):
        read(["a", "a"], [1, "1"], [0, 0])


@pytest.mark.parametrize("kind", [sp.coo_matrix, sp.coo_array])
def test_two_sparse_votes_in_one_cell_are_refused(kind: Any) -> None:
    cells = kind(([1, 1], ([2, 2], [0, 0])), shape=(3, 1))
    with pytest.raises(ValueError, match="two votes of column 0 on row 2; keep one"):
        wl.LabelMatrix.from_array(cells)


def test_the_keys_of_triples_may_be_a_generator() -> None:
    L = wl.LabelMatrix.from_triples(["b"], ["lf"], [1], keys=(key for key in "abc"))
    assert L.keys.tolist() == ["a", "b", "c"]


def test_class_sets_are_named_by_their_classes() -> None:
    L = wl.LabelMatrix.from_array([[3]], ("A", "B", "C"), class_sets=[(0, 2)])
    assert L.code_names == ("A", "B", "C", "A|C")

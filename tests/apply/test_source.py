"""The same rows in any container give the same matrix."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weaklabel as wl
from weaklabel.apply import _source
from weaklabel.apply._source import Source

ROWS: list[dict[str, Any]] = [
    {"text": text, "n": n, "id": f"id-{n}"}
    for n, text in enumerate(["free money", "hello", "", "free", "Ünïcode free", "a b c d"])
]


@dataclass
class Message:
    text: str
    n: int
    id: str


Record = namedtuple("Record", ["text", "n", "id"])


@wl.labeling_function
def by_text(x: Any) -> Any:
    return 1 if "free" in x.text else None


@wl.labeling_function
def by_number(x: Any) -> Any:
    return x.n % 2 if x.n != 3 else wl.ABSTAIN


@wl.labeling_function(columns="text")
def partial_vote(x: Any) -> Any:
    return wl.any_of(0, 2) if x.text else 2


@wl.labeling_function(batch=True)
def by_column(x: Any) -> Any:
    return np.where(x.text.str.contains("free") & (x.n > 0), 1, -1)


LFS = [by_text, by_number, partial_vote, by_column]
FRAME = pd.DataFrame(ROWS)
CONTAINERS: dict[str, Callable[[], Any]] = {
    "dicts": lambda: ROWS,
    "tuple of dicts": lambda: tuple(ROWS),
    "pandas": lambda: FRAME,
    "pandas, duplicate index": lambda: FRAME.set_axis([7] * len(FRAME)),
    "pandas, shuffled index": lambda: FRAME.set_axis([3, 1, 2, 5, 4, 0]),
    "pandas, text index": lambda: FRAME.set_axis(list("ffabca")),
    "pandas, MultiIndex": lambda: FRAME.set_axis(
        pd.MultiIndex.from_tuples([(n // 2, "x") for n in range(len(FRAME))])
    ),
    "pandas, slice of more": lambda: pd.concat([FRAME, FRAME]).iloc[len(FRAME) :],
    "pandas, object": lambda: FRAME.astype(object),
    "pandas, nullable": lambda: FRAME.convert_dtypes(),
    "pandas, arrow": lambda: FRAME.convert_dtypes(dtype_backend="pyarrow"),
    "polars": lambda: pl.DataFrame(ROWS),
    "arrow": lambda: pa.Table.from_pylist(ROWS),
    "arrow, chunks": lambda: pa.concat_tables([pa.Table.from_pylist([row]) for row in ROWS]),
    "arrow, dictionary": lambda: pa.Table.from_pylist(ROWS).set_column(
        0, "text", pa.array([row["text"] for row in ROWS]).dictionary_encode()
    ),
    "arrow, batch": lambda: pa.RecordBatch.from_pylist(ROWS),
    "dataclasses": lambda: [Message(**row) for row in ROWS],
    "namedtuples": lambda: [Record(**row) for row in ROWS],
    "namespaces": lambda: [SimpleNamespace(**row) for row in ROWS],
    "generator": lambda: (row for row in ROWS),
    "object array": lambda: np.array(ROWS, dtype=object),
    "mixed": lambda: [Message(**ROWS[0]), Record(**ROWS[1]), *ROWS[2:]],
}


@pytest.mark.parametrize("part_rows", [2, 8192])
@pytest.mark.parametrize("container", CONTAINERS)
def test_the_same_rows_in_any_container_give_the_same_matrix(
    container: str, part_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = wl.apply_lfs(LFS, ROWS, key="id")
    monkeypatch.setattr(_source, "PART_ROWS", part_rows)
    L = wl.apply_lfs(LFS, CONTAINERS[container](), key="id")
    assert expected == L
    assert L.keys.tolist() == [row["id"] for row in ROWS]
    assert np.asarray(L)[:, 0].tolist() == [1, -1, -1, 1, 1, -1]


TEXTS = [row["text"] for row in ROWS]
TEXT_CONTAINERS: dict[str, Callable[[], Any]] = {
    "list": lambda: TEXTS,
    "dicts": lambda: [{"text": text} for text in TEXTS],
    "generator": lambda: iter(TEXTS),
    "ndarray": lambda: np.array(TEXTS),
    "object array": lambda: np.array(TEXTS, dtype=object),
    "pandas Series": lambda: pd.Series(TEXTS, index=[1] * len(TEXTS)),
    "polars Series": lambda: pl.Series(TEXTS),
    "arrow array": lambda: pa.array(TEXTS),
    "arrow chunks": lambda: pa.chunked_array([TEXTS[:2], TEXTS[2:]]),
    "pandas": lambda: pd.DataFrame({"text": TEXTS}),
}


@pytest.mark.parametrize("container", TEXT_CONTAINERS)
def test_texts_are_rows_with_a_text(container: str) -> None:
    batch = wl.LabelingFunction(lambda x: [len(t) % 3 for t in x.text], name="b", batch=True)
    item = wl.LabelingFunction(lambda x: len(x["text"]) % 3, name="i")
    L = wl.apply_lfs([by_text, batch, item], TEXT_CONTAINERS[container]())
    expected = [[1 if "free" in t else -1, len(t) % 3, len(t) % 3] for t in TEXTS]
    assert np.asarray(L).tolist() == expected
    assert L.keys.tolist() == list(range(len(TEXTS)))


@settings(deadline=None, max_examples=25)
@given(st.permutations(range(len(FRAME))))
def test_rows_stay_in_input_order_whatever_the_index(order: list[int]) -> None:
    expected = wl.apply_lfs(LFS, ROWS, key="id")
    L = wl.apply_lfs(LFS, FRAME.iloc[order], key="id")
    assert expected[order] == L


# Missing values ---------------------------------------------------------------------------------

MISSING: dict[str, Callable[[], Any]] = {
    "str": lambda: pd.DataFrame({"v": pd.Series(["a", None])}),
    "object": lambda: pd.DataFrame({"v": pd.Series(["a", np.nan], dtype=object)}),
    "string": lambda: pd.DataFrame({"v": pd.array(["a", pd.NA], dtype="string")}),
    "category": lambda: pd.DataFrame({"v": pd.Series(["a", None], dtype="category")}),
    "Int64": lambda: pd.DataFrame({"v": pd.array([1, pd.NA], dtype="Int64")}),
    "Float64": lambda: pd.DataFrame({"v": pd.array([1.5, pd.NA], dtype="Float64")}),
    "boolean": lambda: pd.DataFrame({"v": pd.array([True, pd.NA], dtype="boolean")}),
    "datetime": lambda: pd.DataFrame({"v": pd.to_datetime(["2020-01-01", None])}),
    "arrays": lambda: pd.DataFrame({"v": pd.Series([np.zeros(2), None], dtype=object)}),
    "polars": lambda: pl.DataFrame({"v": ["a", None]}),
    "arrow": lambda: pa.table({"v": [1, None]}),
}


@pytest.mark.parametrize("kind", MISSING)
def test_a_missing_value_is_none_whatever_the_table_calls_it(kind: str) -> None:
    seen: list[Any] = []
    wl.apply_lfs([wl.LabelingFunction(lambda x: seen.append(x.v), name="f")], MISSING[kind]())
    assert seen[0] is not None
    assert seen[1] is None


def test_nan_in_a_column_of_floats_stays_a_number() -> None:
    for frame in (pd.DataFrame({"v": [np.nan, 1.0]}), pl.DataFrame({"v": [np.nan, 1.0]})):
        lf = wl.LabelingFunction(lambda x: int(x.v != x.v), name="is_nan")
        assert np.asarray(wl.apply_lfs([lf], frame)).tolist() == [[1], [0]]


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_a_missing_text_is_a_fault_that_names_function_and_row(missing: Any) -> None:
    for data in (["a", missing], pd.DataFrame({"text": ["a", missing]}), pd.Series(["a", missing])):
        with pytest.raises(wl.errors.LFError, match=r"labeling function 'by_text' failed on row 1"):
            wl.apply_lfs([by_text], data)


# What is no data --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("one text", r"data is one str; pass a list of texts or a table"),
        (b"bytes", r"data is one bytes; pass"),
        ({"text": ["a"]}, r"data is one mapping; pass a list of dicts .* or pd.DataFrame\(data\)"),
        (
            3,
            r"data must be a table \(pandas, polars, Arrow\), a sequence or an iterable .* got int",
        ),
        (None, r"data must be a table .* got NoneType"),
        (pl.LazyFrame({"text": ["a"]}), r"data is a lazy frame; call .collect\(\) first"),
    ],
)
def test_what_is_no_data_is_refused(data: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        wl.apply_lfs([by_text], data)


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_a_declared_column_that_is_missing_is_refused_before_the_run(make: Any) -> None:
    calls: list[Any] = []
    lf = wl.LabelingFunction(lambda x: calls.append(x), name="f", columns=("title", "txt"))
    expected = (
        r"labeling function 'f' reads column 'txt', the data has columns \('title', 'text'\); "
        r"did you mean 'text'\?"
    )
    with pytest.raises(ValueError, match=expected):
        wl.apply_lfs([lf], make({"title": ["a"], "text": ["b"]}))
    assert calls == []


def test_a_column_that_is_missing_and_not_declared_is_a_fault_with_a_guess() -> None:
    with pytest.raises(wl.errors.LFError, match=r"'by_text' failed on row 0.*no column 'text'"):
        wl.apply_lfs([by_text], [{"texts": "a"}])


def test_columns_may_have_numbers_for_names() -> None:
    lf = wl.LabelingFunction(lambda x: x[0], name="f")
    L = wl.apply_lfs([lf], pd.DataFrame([[1, 2], [0, 3]]))
    assert np.asarray(L).tolist() == [[1], [0]]


def test_a_frame_without_columns_still_has_rows() -> None:
    L = wl.apply_lfs([wl.LabelingFunction(lambda x: 1, name="f")], pd.DataFrame(index=range(3)))
    assert np.asarray(L).tolist() == [[1], [1], [1]]


@pytest.mark.parametrize(
    "empty",
    [list, lambda: iter([]), lambda: pd.DataFrame({"text": []}), lambda: pl.DataFrame({"text": []}),
     lambda: pa.table({"text": []}), pd.DataFrame, lambda: np.array([])],
    ids=["list", "iterator", "pandas", "polars", "arrow", "no columns", "ndarray"],
)  # fmt: skip
def test_no_rows_are_a_matrix_of_no_rows(empty: Any) -> None:
    L = wl.apply_lfs([by_text, by_column], empty(), classes=("HAM", "SPAM", "NEWS"))
    assert L.shape == (0, 2)
    assert L.k == 3
    assert np.asarray(L).shape == (0, 2)
    assert L.keys.shape == (0,)


def test_an_iterable_is_read_once_and_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_source, "PART_ROWS", 3)
    read: list[int] = []
    voted: list[int] = []

    def rows() -> Iterator[dict[str, int]]:
        for n in range(7):
            read.append(n)
            yield {"n": n}

    lf = wl.LabelingFunction(lambda x: voted.append(len(read)), name="f")
    assert wl.apply_lfs([lf], rows()).n == 7
    assert read == list(range(7))
    assert voted == [3, 3, 3, 6, 6, 6, 7]


def test_an_error_of_the_iterable_passes_through() -> None:
    def rows() -> Iterator[str]:
        yield "a"
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match=r"the disk is gone"):
        wl.apply_lfs([by_text], rows())


def test_a_source_knows_its_length_where_the_data_does() -> None:
    assert Source.of(ROWS).n == Source.of(FRAME).n == len(ROWS)
    assert Source.of(iter(ROWS)).n is None
    assert Source.of(FRAME).columns == ("text", "n", "id")
    assert Source.of(ROWS).columns is None

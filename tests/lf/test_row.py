from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weaklabel.lf import (
    Batch,
    BatchContractError,
    Row,
    TextRow,
    as_row,
    extended,
    has_field,
    isolated,
)

ROWS: list[Any] = [Row({"text": "abc", "n": 1}), TextRow("abc"), {"text": "abc"}]


@pytest.mark.parametrize("x", ROWS, ids=lambda x: type(x).__name__)
def test_fields_are_attributes_and_items(x: Any) -> None:
    row = as_row(x)
    assert row.text == row["text"] == "abc"


@pytest.mark.parametrize("x", ROWS, ids=lambda x: type(x).__name__)
def test_a_row_is_read_only(x: Any) -> None:
    row = as_row(x)
    for name in ("text", "seen"):
        with pytest.raises(AttributeError, match=f"a row is read-only, '{name}' cannot be set; "):
            setattr(row, name, "x")
    assert row.text == "abc"


def test_a_row_does_not_write_through_to_the_dict_it_came_from() -> None:
    source = {"text": "abc"}
    assert dict.fromkeys(as_row(source)) == {"text": None}
    extended(as_row(source), {"more": 1})
    assert source == {"text": "abc"}


def test_an_unknown_field_is_an_error_with_the_known_ones_and_a_guess() -> None:
    row = Row({"title": "a", "n": 1})
    expected = r"no column 'titel'; columns are \('title', 'n'\); did you mean 'title'\?"
    with pytest.raises(AttributeError, match=expected):
        row.titel  # noqa: B018
    with pytest.raises(KeyError, match=r"no column 'titel'"):
        row["titel"]
    assert getattr(row, "titel", None) is None
    assert "title" in row
    assert "titel" not in row
    assert list(row) == ["title", "n"]
    assert repr(row) == "Row(title='a', n=1)"


def test_a_text_row_is_a_text() -> None:
    row = TextRow("see http")
    assert "http" in row
    assert row[0] == "s"
    assert row[:3] == "see"
    assert row.upper() == "SEE HTTP"
    assert type(row.text) is str


@pytest.mark.parametrize("x", [*ROWS, SimpleNamespace(text="abc")], ids=lambda x: type(x).__name__)
def test_an_extended_row_has_the_new_fields_and_the_old_row_has_not(x: Any) -> None:
    row = as_row(x)
    more = extended(extended(row, {"words": 3}), {"more": 4})
    assert (more.text, more.words, more["words"], more.more) == ("abc", 3, 3, 4)
    assert not hasattr(row, "words")
    assert not hasattr(extended(row, {"words": 3}), "more")
    assert "words" in more or isinstance(more, TextRow)


@pytest.mark.parametrize("x", [*ROWS, SimpleNamespace(text="abc")], ids=lambda x: type(x).__name__)
def test_a_new_field_stands_before_an_old_one_of_its_name(x: Any) -> None:
    row = as_row(x)
    assert row.text == "abc"
    assert extended(row, {"text": "new"}).text == "new"
    assert row.text == "abc"


def test_an_extended_object_keeps_its_methods() -> None:
    class Thing:
        text = "a"

        def shout(self) -> str:
            return self.text.upper()

    row = extended(Thing(), {"n": 1})
    assert row.shout() == "A"
    assert row.n == 1
    with pytest.raises(AttributeError, match=r"'Thing' object has no attribute 'nope'"):
        row.nope  # noqa: B018


# Batches ----------------------------------------------------------------------------------------


def test_a_batch_gives_columns_as_series_by_attribute_and_item() -> None:
    batch = Batch([as_row({"text": t, "n": i}) for i, t in enumerate("ab")])
    assert isinstance(batch.text, pd.Series)
    assert batch.text.tolist() == ["a", "b"]
    assert batch["n"].tolist() == [0, 1]
    assert batch.text is batch.text
    assert len(batch) == 2


def test_a_missing_column_of_a_batch_is_named() -> None:
    with pytest.raises(AttributeError, match=r"no column 'txt'; columns are \('text',\); did you"):
        Batch([Row({"text": "a"})]).txt  # noqa: B018


@pytest.mark.parametrize(
    ("values", "kind"),
    [([1, 2], "int64"), ([1.0, float("nan")], "float64"), ([True, False], "bool"),
     ([1, None], "object"), ([1, 2.5], "object"), ([1, True], "object"), (["a", 1], "object")],
)  # fmt: skip
def test_values_of_several_types_stay_what_single_rows_show(values: list[Any], kind: str) -> None:
    column = Batch([Row({"v": value}) for value in values]).v
    assert column.dtype == kind
    if kind == "object":
        assert [type(value) for value in column] == [type(value) for value in values]


def test_a_column_of_missing_texts_still_has_text_methods() -> None:
    batch = Batch([Row({"text": None}), Row({"text": None})])
    assert batch.text.str.contains("a").fillna(False).tolist() == [False, False]


@pytest.mark.parametrize(
    "make",
    [list, tuple, np.array, pd.Series, pl.Series, pa.array, lambda v: pa.chunked_array([v])],
    ids=["list", "tuple", "ndarray", "pandas", "polars", "arrow", "chunked"],
)
def test_a_batch_function_may_return_any_sequence(make: Any) -> None:
    values, errors = isolated(lambda batch: make([1, -1, 0]), [1, 2, 3], "f")
    assert values == [1, -1, 0]
    assert not errors


@pytest.mark.parametrize(
    "returned",
    ["a", b"a", {"a": 1}, {1}, 3, None, iter([1]), pd.DataFrame({"a": [1]})],
    ids=lambda r: type(r).__name__,
)
def test_a_batch_function_must_return_a_sequence(returned: Any) -> None:
    with pytest.raises(BatchContractError) as caught:
        isolated(lambda batch: returned, ["x"], "labeling function 'f'")
    assert str(caught.value) == (
        f"labeling function 'f' returned {type(returned).__name__}, expected a sequence with one "
        "value a row"
    )


@given(st.lists(st.sampled_from(["ok", "bad", "worse"]), max_size=20), st.booleans())
def test_only_the_rows_to_blame_fail(texts: list[str], first_only: bool) -> None:
    def f(batch: Batch) -> list[int]:
        for text in batch.text:
            if text != "ok":
                raise ValueError(text)
        return [len(text) for text in batch.text]

    values, errors = isolated(f, [Row({"text": t}) for t in texts], "f", first_only=first_only)
    bad = [i for i, text in enumerate(texts) if text != "ok"]
    if first_only and bad:
        assert list(errors) == bad[:1]
        assert values[: bad[0]] == [2] * bad[0]
        assert values[bad[0] :] == [None] * (len(texts) - bad[0])
    else:
        assert {i: str(e) for i, e in errors.items()} == {i: texts[i] for i in bad}
        assert values == [2 if text == "ok" else None for text in texts]
    assert all(e.__context__ is None for e in errors.values())


def test_an_interrupt_is_nobodys_fault() -> None:
    def f(batch: Batch) -> list[int]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        isolated(f, ["a", "b"], "f")


def test_the_methods_of_a_text_are_no_fields() -> None:
    row = as_row("abc")
    assert has_field(row, "text")
    assert not has_field(row, "title")
    with pytest.raises(KeyError, match="no column 'title'; columns are"):
        row["title"]


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, pd.NaT])
def test_a_missing_text_among_texts_is_none(missing: Any) -> None:
    assert as_row(missing).text is None


def test_a_column_that_a_plain_text_lacks_is_named() -> None:
    with pytest.raises(AttributeError, match="a plain text has no column 'words', only 'text'"):
        _ = as_row("abc").words

"""The texts of data that belongs to a label matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from weaklabel._checks import listed, nearest

if TYPE_CHECKING:
    from weaklabel.matrix import LabelMatrix

# Cells looked at to see whether a column holds texts.
_LOOK = 100


def texts_of(L: LabelMatrix, data: Any, column: str | None) -> list[Any] | None:
    """Return one text a row, what is none among them; None where the data holds no texts.

    Parameters
    ----------
    L : LabelMatrix
    data : table or sequence of n rows
        Texts, tables (pandas, polars, Arrow), or rows with fields.
    column : str or None
        Where the texts are; default ``text``, or the one column of texts.

    Raises
    ------
    TypeError
        When the data has no length.
    ValueError
        When it has another number of rows, its keys stand in another order, or the column is
        missing or not plain.
    """
    table = _table(data)
    if table is None and not hasattr(data, "__len__"):
        raise TypeError(
            f"data must be a table or a sequence of rows, got {type(data).__name__}; pass what "
            "apply_lfs got, as a list"
        )
    if len(data if table is None else table) != L.n:
        raise ValueError(
            f"data has {len(data)} rows, the label matrix has {L.n}; pass the data it was made from"
        )
    if table is None:
        return _from_rows(list(data), column)
    columns = {name: table[name] for name in table.columns}
    _check_keys(L, columns)
    name = _chosen(columns, column)
    return None if name is None else columns[name].to_list()


def _table(data: Any) -> Any:
    import narwhals as nw

    frame = nw.from_native(data, eager_only=True, pass_through=True)
    return frame if isinstance(frame, nw.DataFrame) else None


def _check_keys(L: LabelMatrix, columns: Mapping[str, Any]) -> None:
    """Refuse a table that holds the row keys in another order."""
    keys = L.keys.tolist()
    if keys == list(range(L.n)):
        return
    as_set = set(keys)
    for name, column in columns.items():
        cells = column.to_list()
        if cells == keys:
            return
        try:
            alike = set(cells) == as_set
        except TypeError:
            continue
        if alike:
            raise ValueError(
                f"column {name!r} of the data holds the row keys in another order than the label "
                "matrix; sort the data by L.keys"
            )


def _chosen(columns: Mapping[str, Any], column: str | None) -> str | None:
    if column is not None:
        if column not in columns:
            raise ValueError(
                f"text= names column {column!r}, the data has columns {listed(list(columns))}"
                f"{nearest(column, columns)}"
            )
        return column
    if "text" in columns:
        return "text"
    texts = [name for name, cells in columns.items() if _are_texts(cells[:_LOOK].to_list())]
    if len(texts) > 1:
        raise ValueError(
            f"the data has several columns of texts, {listed(texts)}; choose one with text="
        )
    return texts[0] if texts else None


def _are_texts(cells: Sequence[Any]) -> bool:
    # NaN, which stands for a missing text, is not itself.
    there = [cell for cell in cells if cell is not None and cell == cell]
    return bool(there) and all(isinstance(cell, str) for cell in there)


def _from_rows(rows: list[Any], column: str | None) -> list[Any] | None:
    name = "text" if column is None else column
    if column is None and _are_texts(rows[:_LOOK]):
        return rows
    found = [_field(row, name) for row in rows]
    if any(isinstance(text, str) for text in found):
        return found
    if column is not None:
        raise ValueError(f"text= names field {column!r}, which no row of the data has as a text")
    return None


def _field(row: Any, name: str) -> Any:
    return row.get(name) if isinstance(row, Mapping) else getattr(row, name, None)

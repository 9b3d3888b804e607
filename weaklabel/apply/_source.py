"""Where rows come from: any table, sequence or iterable, read in parts of equal size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from itertools import islice
from typing import Any

from weaklabel._checks import nearest, repeated
from weaklabel.lf import Row, TextRow, as_row, has_field, table_rows
from weaklabel.matrix._keys import key_array
from weaklabel.types import IntArray

# Rows of a part: large enough that its overhead vanishes, small enough to stay in the cache.
PART_ROWS = 8192


@dataclass(frozen=True, slots=True)
class Part:
    """Some consecutive rows, as they came: a slice of a table or a list of data points.

    Attributes
    ----------
    start : int
        Position of the first row in the input.
    data : table slice or list
        The rows.
    table : bool
        Whether `data` is a table.
    """

    start: int
    data: Any
    table: bool

    def __len__(self) -> int:
        return len(self.data)

    def __reduce__(self) -> tuple[Any, ...]:
        # A slice of an Arrow table takes the whole table along; written out, it does not.
        if type(self.data).__module__.startswith("pyarrow"):
            return _received, (self.start, _written(self.data))
        return Part, (self.start, self.data, self.table)

    def rows(self) -> list[Any]:
        """Return the rows as labeling functions see them."""
        if not self.table:
            return [as_row(x) for x in self.data]
        return table_rows(_columns(self.data), len(self))

    def column(self, name: str) -> list[Any]:
        """Return one column of a table's part, missing values as None."""
        return _columns(self.data, [name])[name]

    def arrow_columns(self) -> Iterator[tuple[str, str, Any]]:
        """Yield name, type and Arrow array of each column of a table's part.

        None in place of an array that would not say all that the column holds: objects that are no
        texts, and nested types.
        """
        import narwhals as nw

        for series in nw.from_native(self.data, eager_only=True).iter_columns():
            native = series.to_native()
            kind = f"{series.implementation} {getattr(native, 'dtype', '') or native.type}"
            yield series.name, kind, _flat_array(series, objects=kind.endswith(" object"))

    def keys(self, name: str) -> IntArray:
        """Return one field of every row as the row keys.

        Raises
        ------
        ValueError
            When a row lacks the field, or its key is missing.
        """
        if self.table:
            return key_array(_columns(self.data, [name])[name], start=self.start)
        rows = self.rows()
        missing = [i for i, row in enumerate(rows) if not has_field(row, name)]
        if missing:
            raise ValueError(f"row {self.start + missing[0]} has no field {name!r} for the row key")
        return key_array([_field(row, name) for row in rows], start=self.start)


@dataclass(frozen=True, slots=True)
class Source:
    """Data of any kind, to be read once in parts.

    Attributes
    ----------
    n : int or None
        Number of rows, None for an iterable that does not tell.
    columns : tuple of str or None
        Column names of a table, None for anything else.
    data : object
        What the caller passed.
    """

    n: int | None
    columns: tuple[str, ...] | None
    data: Any

    @classmethod
    def of(cls, data: Any) -> Source:
        """Recognise the data.

        Raises
        ------
        TypeError
            When it is one text, one mapping, or nothing that can be iterated.
        """
        if isinstance(data, str | bytes):
            raise TypeError(f"data is one {type(data).__name__}; pass a list of texts or a table")
        if isinstance(data, Mapping):
            raise TypeError(
                "data is one mapping; pass a list of dicts (one a row), or pd.DataFrame(data) for "
                "a dict of columns"
            )
        table = _as_table(data)
        if table is not None:
            return cls(len(table), tuple(table.columns), table)
        if hasattr(data, "to_pylist"):  # an Arrow array of texts or structs
            data = data.to_pylist()
        if not isinstance(data, Iterable):
            raise TypeError(
                f"data must be a table (pandas, polars, Arrow), a sequence or an iterable of "
                f"rows, got {type(data).__name__}"
            )
        return cls(len(data) if isinstance(data, Sized) else None, None, data)

    def check_column(self, name: str, who: str) -> None:
        """Refuse a column that a table lacks; other data is found out row by row.

        Raises
        ------
        ValueError
            When the table has no such column.
        """
        if self.columns is not None and name not in self.columns:
            raise ValueError(
                f"{who} reads column {name!r}, the data has columns {self.columns}"
                f"{nearest(name, self.columns)}"
            )

    def whole(self) -> Part:
        """Return the whole table as one part."""
        return Part(0, self.data.to_native(), table=True)

    def parts(self) -> Iterator[Part]:
        """Yield the rows in parts of `PART_ROWS`, in input order."""
        if self.columns is not None:
            for start in range(0, len(self.data), PART_ROWS):
                yield Part(start, self.data[start : start + PART_ROWS].to_native(), table=True)
            return
        rows = iter(self.data)
        start = 0
        while part := list(islice(rows, PART_ROWS)):
            yield Part(start, part, table=False)
            start += len(part)


def _written(table: Any) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _received(start: int, written: bytes) -> Part:
    import pyarrow as pa

    with pa.ipc.open_stream(written) as reader:
        return Part(start, reader.read_all(), table=True)


def _flat_array(series: Any, *, objects: bool) -> Any:
    """Return a column as one Arrow array of a type that is not nested, None where it is none."""
    import pyarrow as pa

    try:
        array = series.to_arrow()
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, ValueError, TypeError):
        return None
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    kind = array.type
    if pa.types.is_string_view(kind):
        array, kind = array.cast(pa.large_string()), pa.large_string()
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if objects:
        # A subclass of str may hold more than its text.
        plain = {str, float, type(None)}
        return array if text and set(map(type, series.to_list())) <= plain else None
    flat = text or pa.types.is_primitive(kind) or pa.types.is_null(kind)
    return array if flat or pa.types.is_binary(kind) or pa.types.is_large_binary(kind) else None


def is_table(data: Any) -> bool:
    """Tell whether data is one table."""
    return _as_table(data) is not None


def _as_table(data: Any) -> Any:
    """Return a narwhals frame where the data is a table, else None."""
    if isinstance(data, Sequence):
        return None
    import narwhals as nw

    try:
        table = nw.from_native(data, eager_only=True, pass_through=True)
    except nw.exceptions.DuplicateError:
        table = None
    if isinstance(table, nw.DataFrame) or (table is None and data is not None):
        if again := repeated(list(getattr(data, "column_names", None) or data.columns)):
            raise ValueError(f"the table has two columns {again[0]!r}; give each a name of its own")
        return table
    if isinstance(nw.from_native(data, pass_through=True), nw.LazyFrame):
        raise TypeError("data is a lazy frame; call .collect() first")
    return None


def _columns(native: Any, names: Sequence[str] | None = None) -> dict[str, list[Any]]:
    """Return columns as lists, missing values as None whatever the table calls them.

    Only a NaN in a column of floats stays, for it may be a number that came out so.
    """
    import narwhals as nw

    frame = nw.from_native(native, eager_only=True)
    columns: dict[str, list[Any]] = {}
    for name in frame.columns if names is None else names:
        series = frame.get_column(name)
        values = series.to_list()
        # pandas marks missing values by NaN, NA or NaT; polars and Arrow by None.
        if series.null_count():
            nan_too = not series.dtype.is_float()
            values = [None if _is_null(v, nan_too=nan_too) else v for v in values]
        columns[name] = values
    return columns


def _is_null(value: Any, *, nan_too: bool) -> bool:
    if isinstance(value, float):
        return nan_too and value != value
    return type(value).__name__ in ("NAType", "NaTType")


def _field(row: Any, name: str) -> Any:
    return row[name] if isinstance(row, Row | TextRow) else getattr(row, name)

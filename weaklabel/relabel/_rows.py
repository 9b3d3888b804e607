"""Rows of text turned into typed columns, and cut into parts."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weaklabel._checks import shorten
from weaklabel.errors import InputError
from weaklabel.relabel._lines import CHUNK_ROWS, BadRows, Chunk

# What making an Arrow array of values raises when one of them is not of the type.
_MISFIT = (ValueError, TypeError, OverflowError, NotImplementedError)


@dataclass(frozen=True, slots=True)
class RowFormat:
    """How the rows of one text file become columns.

    Attributes
    ----------
    path : Path
        The file.
    array : callable
        Makes an Arrow array of the column that an Arrow field describes, of a chunk; raises where
        a value is not of the type.
    value : callable
        Returns one row's value in such a column.
    declared : container of str
        Columns whose type was declared: a value that is not of it makes its row a broken one. A
        type that was told from the first rows may be wrong, so there it is always an error.
    """

    path: Path
    array: Callable[[Chunk, Any], Any]
    value: Callable[[Any, str], Any]
    declared: Container[str]


def typed_columns(
    chunk: Chunk, fields: Sequence[Any], how: RowFormat, bad: BadRows
) -> tuple[list[Any], int]:
    """Return Arrow arrays for some fields, and how many rows are left.

    Raises
    ------
    InputError
        When a value is not of its column's type; it names column, value and line.
    """
    try:
        return [how.array(chunk, field) for field in fields], len(chunk)
    except _MISFIT as error:
        found = sorted(
            (i, f) for f, field in enumerate(fields) for i in _misfits(chunk, field, how)
        )
        if not found:
            raise InputError(
                f"{how.path} lines {chunk.lines[0]} to {chunk.lines[-1]}: the values do not go "
                f"into columns ({error}); declare types=",
                path=how.path,
            ) from error
    broken: set[int] = set()
    for i, f in found:
        why = _misfit(chunk, i, fields[f], how)
        if i not in broken:
            bad.report(how.path, chunk.lines[i], why)
        broken.add(i)
    kept = [i for i in range(len(chunk)) if i not in broken]
    left = Chunk([chunk.rows[i] for i in kept], [chunk.lines[i] for i in kept])
    return typed_columns(left, fields, how, bad)


def _misfits(chunk: Chunk, field: Any, how: RowFormat) -> list[int]:
    """Return the rows whose value is not of a field's type, by halving."""
    try:
        how.array(chunk, field)
    except _MISFIT:
        if len(chunk) == 1:
            return [0]
        half = len(chunk) // 2
        right = _misfits(chunk[half:], field, how)
        return _misfits(chunk[:half], field, how) + [half + i for i in right]
    return []


def _misfit(chunk: Chunk, i: int, field: Any, how: RowFormat) -> str:
    """Return why a row is broken, or raise where the type and not the row may be at fault."""
    value = how.value(chunk.rows[i], field.name)
    column = f"column {field.name!r} holds {shorten(value)}"
    try:
        str(value).encode()
        how.array(chunk[i : i + 1], field)
    except UnicodeEncodeError:
        return f"{column}, which is no UTF-8"
    except _MISFIT:
        pass
    if field.name in how.declared:
        return f"{column}, which is no {field.type} as declared"
    raise InputError(
        f"{how.path} line {chunk.lines[i]}: {column}, which is no {field.type} as the first "
        f"rows are; declare its type, e.g. types={{{field.name!r}: 'string'}}, or mend the line",
        path=how.path,
    )


def cut(
    chunks: Iterator[Chunk],
    table_of: Callable[[Chunk], Any],
    part_rows: int,
    decoded: Callable[[int], bool],
) -> Iterator[tuple[int, int, Any]]:
    """Yield number, size and table of each part of a file, None for a part that is not decoded.

    Parameters
    ----------
    chunks : iterator of Chunk
        The rows of one file.
    table_of : callable
        Makes an Arrow table of a chunk; it may leave rows out.
    part_rows : int
        Rows of a part; the last part of a file has what is left.
    decoded : callable
        Says whether a part, told by its number within the file, is made into a table.
    """
    import pyarrow as pa

    number, size = 0, 0
    tables: list[Any] = []
    for chunk in chunks:
        begin = 0
        while begin < len(chunk):
            piece = chunk[begin : begin + min(CHUNK_ROWS, part_rows - size)]
            begin += len(piece)
            if decoded(number):
                tables.append(table_of(piece))
                size += tables[-1].num_rows
            else:
                size += len(piece)
            if size == part_rows:
                yield number, size, pa.concat_tables(tables) if tables else None
                number, size, tables = number + 1, 0, []
    if size:
        yield number, size, pa.concat_tables(tables) if tables else None

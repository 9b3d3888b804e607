"""JSON lines: one object a line, and columns of one type each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from weaklabel._checks import shorten
from weaklabel.errors import InputError
from weaklabel.relabel._lines import CHUNK_ROWS, BadRows, Chunk, open_text, readable


def jsonl_schema(path: Path, bad: BadRows, declared: dict[str, Any]) -> Any:
    """Return names and types of the fields, told from the first rows; None for an empty file.

    Parameters
    ----------
    path : Path
        The file.
    bad : BadRows
        What to do with broken rows.
    declared : dict of str to pyarrow.DataType
        Types that need not be told.

    Raises
    ------
    InputError
        When a field holds values of several types, or the file cannot be read.
    """
    import pyarrow as pa

    chunk = next(jsonl_chunks(path, bad), None)
    if chunk is None:
        return None
    names = dict.fromkeys(name for row in chunk.rows for name in row)
    return pa.schema([(n, declared.get(n) or _type_of(chunk, n, path)) for n in names])


def jsonl_chunks(path: Path, bad: BadRows) -> Iterator[Chunk]:
    """Yield the objects of a file; empty lines are none.

    Raises
    ------
    InputError
        When the file cannot be read, or a line is no JSON object and such are not skipped; the good
        ones before it are yielded first.
    """
    rows: list[Any] = []
    lines: list[int] = []
    loads = json.loads
    with open_text(path, newline="\n") as file:
        for number, line in enumerate(file, 1):
            try:
                row = loads(line)
            except (ValueError, RecursionError) as error:
                row = error
            if type(row) is dict:
                rows.append(row)
                lines.append(number)
                if len(rows) == CHUNK_ROWS:
                    yield Chunk(rows, lines)
                    rows, lines = [], []
            elif not isinstance(row, Exception) or line.strip():
                if bad.mode == "raise" and rows:
                    yield Chunk(rows, lines)
                bad.report(path, number, _reason(row))
    if rows:
        yield Chunk(rows, lines)


def jsonl_array(chunk: Chunk, name: str, kind: Any, *, declared: bool) -> Any:
    """Return one field of some objects as an Arrow array, null where an object lacks it.

    Raises
    ------
    ValueError, TypeError, OverflowError
        When a value is not of the type.
    """
    return _array([row.get(name) for row in chunk.rows], kind, declared=declared)


def check_fields(chunk: Chunk, known: set[str], path: Path) -> None:
    """Refuse a field that the first rows of no file had: its column would be lost.

    Raises
    ------
    InputError
        When there is one that is not null; it names the line.
    """
    for row, line in zip(chunk.rows, chunk.lines, strict=True):
        if row.keys() <= known:
            continue
        for name, value in row.items():
            if name not in known and value is not None:
                raise InputError(
                    f"{path} line {line}: field {name!r} was not there in the first rows; declare "
                    f"it, e.g. types={{{name!r}: 'string'}}, or say which columns= to read",
                    path=path,
                )


def _array(values: list[Any], kind: Any, *, declared: bool) -> Any:
    import pyarrow as pa

    if declared and pa.types.is_string(kind):
        values = [v if v is None or isinstance(v, str) else json.dumps(v) for v in values]
    # Told from the values first: asked for integers, Arrow would cut 2.5 down to 2.
    array = pa.array(values)
    if array.type == kind:
        return array
    if pa.types.is_null(array.type) or pa.types.is_nested(kind):
        return pa.array(values, kind)
    number = pa.types.is_integer(kind) or pa.types.is_floating(kind)
    if number and pa.types.is_integer(array.type):
        return array.cast(kind)
    raise TypeError(f"got {array.type}, expected {kind}")


def _type_of(chunk: Chunk, name: str, path: Path) -> Any:
    import pyarrow as pa

    values = [_plain(row.get(name)) for row in chunk.rows]
    try:
        return pa.array(values).type
    except (ValueError, TypeError, OverflowError):
        pass
    first = next(i for i, value in enumerate(values) if value is not None)
    # Each value is held against the first: Arrow does not say which one it stumbled on.
    pairs = ((i, [values[first], values[i]]) for i in range(first, len(values)))
    other = next((i for i, pair in pairs if not _alike(pair)), first)
    told = f"{shorten(values[first])} on line {chunk.lines[first]}"
    if other != first:
        told += f" and {shorten(values[other])} on line {chunk.lines[other]}"
    raise InputError(
        f"{path}: field {name!r} holds {told}, which {'do' if other != first else 'does'} not go "
        f"into one column; declare its type, e.g. types={{{name!r}: 'string'}}",
        path=path,
    )


def _alike(values: list[Any]) -> bool:
    import pyarrow as pa

    try:
        pa.array(values)
    except (ValueError, TypeError, OverflowError):
        return False
    return True


def _plain(value: Any) -> Any:
    # What is no UTF-8 is found when the rows are read.
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {readable(k): _plain(v) for k, v in value.items()}
    return value


def _reason(row: Any) -> str:
    if isinstance(row, json.JSONDecodeError):
        return f"it is no JSON ({row.msg} at character {row.pos + 1})"
    if isinstance(row, Exception):
        return f"it cannot be read as JSON ({row})"
    return f"it is no JSON object but {shorten(row)}"

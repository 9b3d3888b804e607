"""CSV files: records with the lines they stand on, and columns of one type each.

Python's own `csv` reads the records, for it tells the line of each and goes on after a broken one.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from weaklabel._checks import listed, repeated
from weaklabel.errors import InputError
from weaklabel.relabel._cells import type_of, typed
from weaklabel.relabel._lines import BLOCK, CHUNK_ROWS, BadRows, Chunk, open_text, readable

# A quote that nothing closes would otherwise take in the rest of the file.
_LONGEST_CELL = 16 << 20


def csv_schema(path: Path, bad: BadRows) -> Any:
    """Return names and types of the columns, told from the first rows; None for an empty file.

    Parameters
    ----------
    path : Path
        The file.
    bad : BadRows
        What to do with broken rows.

    Raises
    ------
    InputError
        When a name stands twice in the header, or the file cannot be read.
    """
    import pyarrow as pa

    with open_text(path, newline="") as file:
        names, done = _header(file, path)
        if not names:
            return None
        chunk = next(_chunks(file, path, names, done, bad), Chunk([], []))[:CHUNK_ROWS]
    return pa.schema([(n, type_of(_sample(chunk, i))) for i, n in enumerate(names)])


def csv_chunks(path: Path, bad: BadRows) -> Iterator[Chunk]:
    """Yield the records of a file after its header, each a list of cells.

    Raises
    ------
    InputError
        When the file cannot be read, or a record is broken and such are not skipped; the good ones
        before it are yielded first.
    """
    with open_text(path, newline="") as file:
        names, done = _header(file, path)
        if names:
            yield from _chunks(file, path, names, done, bad)


def csv_names(path: Path) -> tuple[str, ...]:
    """Return the names in the header of a file, none for an empty file."""
    with open_text(path, newline="") as file:
        return _header(file, path)[0]


def csv_array(chunk: Chunk, position: int, kind: Any) -> Any:
    """Return one column of some records as an Arrow array.

    Raises
    ------
    ValueError
        When a cell is no value of the type, or no UTF-8.
    """
    import pyarrow as pa

    return typed(pa.array([row[position] or None for row in chunk.rows], pa.string()), kind)


def _sample(chunk: Chunk, position: int) -> Any:
    import pyarrow as pa

    # What is no UTF-8 is found when the rows are read.
    return pa.array([readable(row[position]) or None for row in chunk.rows], pa.string())


def _header(file: TextIO, path: Path) -> tuple[tuple[str, ...], int]:
    """Return the names of the columns, and how many lines the header and what precedes it take."""
    reader = csv.reader(iter(file.readline, ""), strict=True)
    try:
        names = next((row for row in reader if row), [])
    except csv.Error as error:
        raise InputError(
            f"{path} line 1: the header cannot be read ({error}); its first line must name the "
            "columns",
            path=path,
        ) from error
    for name in names:
        if readable(name) != name:
            raise InputError(
                f"{path} line {reader.line_num}: column name {name!r} is no UTF-8; save the "
                "file as CSV in UTF-8",
                path=path,
            )
    if again := repeated(names):
        raise InputError(
            f"{path} line {reader.line_num}: column names stand more than once: {listed(again)}; "
            "rename them",
            path=path,
        )
    return tuple(names), reader.line_num


def _chunks(
    file: TextIO, path: Path, names: Sequence[str], done: int, bad: BadRows
) -> Iterator[Chunk]:
    """Yield the records of the rest of a file, of which `done` lines have been read."""
    # The limit is the whole process's; it only ever grows here, so that no one's reading breaks.
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))
    block: list[str] = []
    ended = False
    while block or not ended:
        # As much again as is left over, so that a long cell is not parsed from its start too often.
        more = file.readlines(max(BLOCK, sum(map(len, block))))
        ended = not more
        block += more
        rows, lines, error = _parsed(block, done + 1)
        whole = _of_width(rows, lines, names, path, bad)
        yield from whole
        if error is None:
            done, block = done + len(block), []
            continue
        begun, read, why = error
        if read == len(block) and not ended:  # the record may go on in the next block
            done, block = done + begun, block[begun:]
            continue
        bad.report(path, done + begun + 1, why)
        # Only its first line is given up: the quote that it opens may have taken in good rows.
        done, block = done + begun + 1, block[begun + 1 :]


def _parsed(
    block: list[str], first: int
) -> tuple[list[list[str]], Sequence[int], tuple[int, int, str] | None]:
    """Return records, their lines, and where and why the first broken one is so.

    The error is how many lines were good, how many were read, and the reason.
    """
    try:
        rows = list(csv.reader(block, strict=True))
    except csv.Error:
        pass
    else:
        if len(rows) == len(block):
            return rows, range(first, first + len(rows)), None
    rows = []
    lines: list[int] = []
    reader = csv.reader(block, strict=True)
    end = 0
    try:
        for row in reader:
            rows.append(row)
            lines.append(first + end)
            end = reader.line_num
    except csv.Error as error:
        return rows, lines, (end, reader.line_num, _reason(str(error)))
    return rows, lines, None


def _reason(error: str) -> str:
    if "unexpected end" in error or "field larger" in error:
        return "a quote is opened that nothing closes"
    if "expected after" in error:
        return 'text follows a closing quote (a quote inside a quoted cell is written twice: "")'
    return error


def _of_width(
    rows: list[list[str]], lines: Sequence[int], names: Sequence[str], path: Path, bad: BadRows
) -> Iterator[Chunk]:
    """Yield the records that have a cell for each column; empty lines are none."""
    width = len(names)
    if {len(row) for row in rows} <= {width}:
        if rows:
            yield Chunk(rows, lines)
        return
    kept: list[int] = []
    for i, row in enumerate(rows):
        if len(row) == width:
            kept.append(i)
        elif row:
            if bad.mode == "raise" and kept:
                yield Chunk([rows[k] for k in kept], [lines[k] for k in kept])
            fields = f"{len(row)} field{'s' * (len(row) != 1)}"
            bad.report(path, lines[i], f"{fields}, expected {width} for columns {listed(names)}")
    if kept:
        yield Chunk([rows[k] for k in kept], [lines[k] for k in kept])

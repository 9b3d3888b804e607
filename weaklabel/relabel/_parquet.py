"""Parquet files: schema and size from the footer, rows from the row groups that are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate, groupby
from pathlib import Path
from typing import Any

from weaklabel.errors import InputError

# Bytes of a column that are read at once, so that a huge row group is not held whole.
_BUFFER = 1 << 20


def parquet_schema(path: Path) -> tuple[Any, int]:
    """Return the schema and the number of rows.

    Raises
    ------
    InputError
        When the file is no whole Parquet file.
    """
    with _opened(path) as file:
        return file.schema_arrow, file.metadata.num_rows


def parquet_parts(
    path: Path, columns: Sequence[str], part_rows: int, decoded: Callable[[int], bool]
) -> Iterator[tuple[int, int, Any]]:
    """Yield number, size and table of each part, None for a part that is not decoded.

    Row groups that lie in such parts alone are not read.

    Parameters
    ----------
    path : Path
        The file.
    columns : sequence of str
        Columns to read.
    part_rows : int
        Rows of a part; the last one has what is left.
    decoded : callable
        Says whether a part, told by its number, is read.

    Raises
    ------
    InputError
        When the file is damaged.
    """
    with _opened(path) as file:
        n = file.metadata.num_rows
        numbers = range(-(-n // part_rows))
        for read, some in groupby(numbers, decoded):
            run = list(some)
            begin, end = run[0] * part_rows, min(n, (run[-1] + 1) * part_rows)
            tables = _rows(file, columns, begin, end, part_rows) if read else None
            for number in run:
                size = min(part_rows, n - number * part_rows)
                table = None if tables is None else next(tables, None)
                if read and table is None:
                    raise OSError(f"fewer rows than the {n} that its footer tells")
                yield number, size, table


def _rows(file: Any, columns: Sequence[str], begin: int, end: int, part_rows: int) -> Iterator[Any]:
    """Yield the rows from `begin` to `end` in tables of `part_rows`."""
    import pyarrow as pa

    sizes = [file.metadata.row_group(g).num_rows for g in range(file.metadata.num_row_groups)]
    starts = [0, *accumulate(sizes)]
    groups = [
        g for g in range(len(sizes)) if sizes[g] and starts[g] < end and starts[g + 1] > begin
    ]
    at = starts[groups[0]]
    held: list[Any] = []
    size = 0
    for batch in file.iter_batches(part_rows, row_groups=groups, columns=list(columns)):
        first, last = max(begin - at, 0), min(end - at, batch.num_rows)
        at += batch.num_rows
        while first < last:
            taken = min(last - first, part_rows - size)
            held.append(batch.slice(first, taken))
            first, size = first + taken, size + taken
            if size == part_rows or begin + size == end:
                yield pa.Table.from_batches(held)
                begin, held, size = begin + size, [], 0


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # Not memory mapped: a file that is cut short while it is read must not end the process.
        with pq.ParquetFile(
            path, buffer_size=_BUFFER, page_checksum_verification=True, memory_map=False
        ) as file:
            yield file
    except PermissionError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror}); check the file and its permissions",
            path=path,
        ) from error
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"{path} is no whole Parquet file, it may be cut short or damaged ({error}); write it "
            "again",
            path=path,
        ) from error

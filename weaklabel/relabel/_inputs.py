"""Data files as one stream of Arrow tables, cut into the same parts every time."""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from weaklabel.errors import InputError
from weaklabel.relabel._csv import csv_array, csv_chunks, csv_names, csv_schema
from weaklabel.relabel._discovery import Format, InputFile, found_files, partition_values
from weaklabel.relabel._jsonl import check_fields, jsonl_array, jsonl_chunks, jsonl_schema
from weaklabel.relabel._lines import BadRows, Chunk, OnBadRow
from weaklabel.relabel._parquet import parquet_parts, parquet_schema
from weaklabel.relabel._rows import RowFormat, cut, typed_columns
from weaklabel.relabel._schemas import (
    FileSchema,
    declared_types,
    partition_types,
    plain_types,
    united,
    with_partitions,
)

__all__ = ["InputFile", "InputPart", "Inputs", "open_inputs"]


@dataclass(frozen=True, slots=True, eq=False)
class InputPart:
    """Some consecutive rows of one file.

    Attributes
    ----------
    index : int
        Running number over all files, the same each time that the same files are cut.
    file : Path
        The file.
    start : int
        Position of the first row among the rows of all files; broken rows do not count.
    table : pyarrow.Table
        The rows.
    bad_rows : int
        Broken rows left out since the part before, those of a skipped one included; what follows
        the last part of a file counts with the next file's first.
    """

    index: int
    file: Path
    start: int
    table: Any
    bad_rows: int = 0


@final
class Inputs:
    """Data files that were found to fit together; made by `open_inputs`.

    Attributes
    ----------
    files : tuple of InputFile
        The files in the order in which they are read.
    format : {"csv", "jsonl", "parquet"}
        Their format.
    schema : pyarrow.Schema
        Columns and types of every part.
    n : int or None
        Number of rows where the files tell it (Parquet), else None.
    part_rows : int
        Most rows of a part.
    """

    __slots__ = (
        "_all_columns",
        "_bad",
        "_declared",
        "_own",
        "_partitions",
        "files",
        "format",
        "n",
        "part_rows",
        "schema",
    )

    def __init__(
        self,
        files: tuple[InputFile, ...],
        *,
        format: Format,  # noqa: A002 - the word of the config file
        columns: Sequence[str] | None,
        bad_rows: OnBadRow,
        part_rows: int,
        types: Mapping[str, str] | None,
    ) -> None:
        self.files = files
        self.format = format
        self.part_rows = part_rows
        self.n: int | None = None
        self._all_columns = columns is None
        self._bad = BadRows(bad_rows)
        self._declared = declared_types(types)
        self._partitions = {file.path: partition_values(file.path) for file in files}
        own = [self._schema_of(file.path) for file in files]
        self._own = {schema.path: frozenset(schema.types or ()) for schema in own}
        kinds = partition_types(self._partitions.values())
        self.schema = united(
            [with_partitions(schema, self._partitions[schema.path], kinds) for schema in own],
            columns=columns,
            declared=self._declared,
            optional=format == "jsonl",
            exact=format == "parquet",
        )

    @property
    def bad_rows(self) -> int:
        """Broken rows that the last reading has left out so far."""
        return self._bad.count

    @property
    def first_bad_rows(self) -> tuple[str, ...]:
        """File, line and reason of the first few of them."""
        return tuple(self._bad.first)

    def parts(self, skip: Container[int] = ()) -> Iterator[InputPart]:
        """Yield the rows in parts, in order; no part has rows of two files.

        Parameters
        ----------
        skip : container of int
            Numbers of parts that are not needed. Parquet reads nothing of a row group that lies in
            such parts alone; the lines of CSV and JSONL are read all the same, for only they tell
            where a part begins, but no columns are made of them.

        Yields
        ------
        InputPart
            At most `part_rows` rows.

        Raises
        ------
        InputError
            When a file cannot be read, a row is broken and such are not skipped, or a value is not
            of its column's type. The parts before it have been yielded.
        """
        self._bad = bad = BadRows(self._bad.mode)
        index = start = told = 0
        for file in self.files:
            first = index

            def wanted(number: int, first: int = first) -> bool:
                return first + number not in skip

            for number, size, table in self._file_parts(file.path, wanted, bad):
                index = first + number
                if index not in skip:
                    yield InputPart(index, file.path, start, table, bad.count - told)
                    told = bad.count
                start += size
                index += 1

    def _schema_of(self, path: Path) -> FileSchema:
        """Return what the content of a file says of its columns."""
        bad = BadRows(self._bad.mode)
        if self.format == "parquet":
            schema, rows = parquet_schema(path)
            self.n = (self.n or 0) + rows
        elif self.format == "csv":
            schema = csv_schema(path, bad)
        else:
            schema = jsonl_schema(path, bad, self._declared)
        return FileSchema(path, None if schema is None else plain_types(schema, path))

    def _file_parts(
        self, path: Path, wanted: Callable[[int], bool], bad: BadRows
    ) -> Iterator[tuple[int, int, Any]]:
        """Yield number, size and table of the parts of one file."""
        own = self._own[path]
        fields = [f for f in self.schema if f.name in own or f.name not in self._partitions[path]]
        if self.format == "parquet":
            read = parquet_parts(path, [f.name for f in fields], self.part_rows, wanted)
            for number, size, table in read:
                if table is not None:
                    columns = [_cast(table.column(f.name), f, path) for f in fields]
                    table = self._table(columns, fields, size, path)
                yield number, size, table
            return

        how, chunks = self._rows_of(path, bad)
        known = set(self.schema.names) if self.format == "jsonl" and self._all_columns else None

        def table_of(chunk: Chunk) -> Any:
            if known is not None:
                check_fields(chunk, known, path)
            columns, size = typed_columns(chunk, fields, how, bad)
            return self._table(columns, fields, size, path)

        # Where rows may be left out for a value in them, only typed columns tell where to cut.
        every = bad.mode == "skip"
        yield from cut(chunks, table_of, self.part_rows, lambda number: every or wanted(number))

    def _rows_of(self, path: Path, bad: BadRows) -> tuple[RowFormat, Iterator[Chunk]]:
        """Return how the rows of a text file become columns, and the rows."""
        declared = self._declared
        if self.format == "csv":
            at = {name: i for i, name in enumerate(csv_names(path))}
            return RowFormat(
                path,
                array=lambda chunk, f: csv_array(chunk, at[f.name], f.type),
                value=lambda row, name: row[at[name]],
                declared=declared,
            ), csv_chunks(path, bad)
        return RowFormat(
            path,
            array=lambda chunk, f: jsonl_array(chunk, f.name, f.type, declared=f.name in declared),
            value=lambda row, name: row.get(name),
            declared=declared,
        ), jsonl_chunks(path, bad)

    def _table(self, columns: list[Any], fields: list[Any], size: int, path: Path) -> Any:
        """Return a table of a file's own columns and those that its folders give."""
        import pyarrow as pa

        own = {field.name: column for field, column in zip(fields, columns, strict=True)}
        for field in self.schema:
            if field.name not in own:
                value = pa.scalar(self._partitions[path][field.name], pa.string())
                own[field.name] = pa.repeat(value.cast(field.type), size)
        return pa.table([own[name] for name in self.schema.names], schema=self.schema)


def open_inputs(
    inputs: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    format: str | None = None,  # noqa: A002 - the word of the config file
    columns: Sequence[str] | None = None,
    bad_rows: OnBadRow = "raise",
    part_rows: int = 65_536,
    types: Mapping[str, str] | None = None,
) -> Inputs:
    r"""Find data files and check that they fit together; their rows are read in parts.

    CSV has a header and a cell for each column; an empty cell is missing. Its types are told from
    the first 8,192 rows of each file, and so are those of JSON lines. Folders named
    ``column=value`` right above a file give it that column. Files named ``.csv.gz`` and
    ``.jsonl.gz`` are unpacked as they are read.

    Parameters
    ----------
    inputs : path or sequence of paths
        Files, folders and globs, all of one format.
    format : {"csv", "jsonl", "parquet"}, optional
        Told by the suffix where it is not given.
    columns : sequence of str, optional
        Columns to read, in this order; all by default.
    bad_rows : {"raise", "skip"}
        Whether a broken row is an error that names its line, or is left out and counted. Broken is
        a CSV record with too few or too many cells or a quote that nothing closes, a line that is
        no JSON object, text that is no UTF-8, and a value that is not of its declared type. What
        stands in columns that are not read is not looked at.
    part_rows : int
        Most rows of a part.
    types : mapping of str to {"string", "int64", "float64", "bool"}, optional
        Types of columns, where those told from the first rows would be wrong.

    Returns
    -------
    Inputs
        The files, their schema, and their rows in parts.

    Raises
    ------
    ValueError
        When an argument is none of what is allowed.
    InputError
        When a file or column is missing, a file is damaged, or two files differ in their columns.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "mail.csv").write_text("id,text\n1,win a prize\n2,see you\n3,ok\n")
    >>> inputs = open_inputs(folder, columns=["text"], part_rows=2)
    >>> [(part.index, part.start, part.table.column("text").to_pylist()) for part in inputs.parts()]
    [(0, 0, ['win a prize', 'see you']), (1, 2, ['ok'])]
    """
    if bad_rows not in ("raise", "skip"):
        raise ValueError(f"bad_rows must be 'raise' or 'skip', got {bad_rows!r}")
    if type(part_rows) is not int or part_rows < 1:
        raise ValueError(f"part_rows must be a whole number of at least 1, got {part_rows!r}")
    if isinstance(columns, str):
        raise ValueError(f"columns must be a list of names, got the text {columns!r}")
    paths, found = found_files(inputs, format=format)
    return Inputs(
        tuple(InputFile.of(path) for path in paths),
        format=found,
        columns=columns,
        bad_rows=bad_rows,
        part_rows=part_rows,
        types=types,
    )


def _cast(column: Any, field: Any, path: Path) -> Any:
    """Return a column of a Parquet file in the type that all files share."""
    import pyarrow as pa

    try:
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        column = column if column.type == field.type else column.cast(field.type)
        # Arrow trusts what a file calls text.
        column.validate(full=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise InputError(
            f"{path}: column {field.name!r} cannot be read as {field.type} ({error}); declare its "
            f"type, e.g. types={{{field.name!r}: 'string'}}, or write the file again",
            path=path,
        ) from error
    return column

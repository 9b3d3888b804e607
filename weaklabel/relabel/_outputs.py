"""Labels as files: one row a data point, in Parquet, JSON lines or CSV."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from weaklabel._checks import nearest
from weaklabel._files import atomic_write, damage_named
from weaklabel.errors import FileFormatError
from weaklabel.labels import ProbabilisticLabels
from weaklabel.types import ABSTAIN, Uncovered

__all__ = ["label_columns", "read_labels", "write_labels"]

LabelFormat: TypeAlias = Literal["parquet", "jsonl", "csv"]

_FORMATS = ("parquet", "jsonl", "csv")
_KIND = "labels"
_VERSION = 1
_METADATA = b"weaklabel"
_FIXED = ("key", "label", "confidence", "covered")

# What a spreadsheet may run: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = "[=+\\-@\t\r\n\0＝＋－＠]"  # noqa: RUF001 - the wide signs are meant


def label_columns(class_names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the columns of a label file.

    Examples
    --------
    >>> label_columns(("HAM", "SPAM"))
    ('key', 'label', 'confidence', 'covered', 'p_HAM', 'p_SPAM', 'run')
    """
    return (*_FIXED, *(f"p_{name}" for name in class_names), "run")


def write_labels(
    path: str | os.PathLike[str],
    labels: ProbabilisticLabels,
    *,
    format: LabelFormat,  # noqa: A002 - the word of the config file
    run: str,
    provenance: Mapping[str, Any],
    safe_csv: bool = False,
    uncovered: Uncovered = "abstain",
) -> None:
    """Write labels as one file, atomically.

    The columns are `label_columns`: ``key``; ``label``, a class name, null for abstain;
    ``confidence``, the largest probability; ``covered``; ``p_<class>`` for each class; ``run``.

    Parameters
    ----------
    path : path
        Where to write.
    labels : ProbabilisticLabels
        The labels of n rows.
    format : {"parquet", "jsonl", "csv"}
        Parquet keeps the type of any key, JSON lines and CSV that of integers and texts.
    run : str
        Name of the run, the same in every row.
    provenance : mapping
        What JSON can hold, e.g. fingerprints of the LFs. Only Parquet carries it, in the metadata
        under ``weaklabel``; the other formats name the run.
    safe_csv : bool, optional
        Whether texts that a spreadsheet would take for a formula get an apostrophe in front, in
        CSV.
    uncovered : {"abstain", "prior"}
        What a row without votes gets as label.

    Raises
    ------
    ValueError
        When the format is none of the three, or a probability is no finite number.
    TypeError
        When the keys are of a type that the format cannot hold.

    Examples
    --------
    >>> import tempfile
    >>> import weaklabel as wl
    >>> L = wl.LabelMatrix.from_array([[1, 1], [0, 0], [-1, -1]], classes=("HAM", "SPAM"))
    >>> path = Path(tempfile.mkdtemp()) / "labels.jsonl"
    >>> labels = wl.MajorityVote().fit(L).label(L)
    >>> write_labels(path, labels, format="jsonl", run="r1", provenance={})
    >>> read_labels(path).column("label").to_pylist()
    ['SPAM', 'HAM', None]
    """
    if format not in _FORMATS:
        raise ValueError(
            f"format must be one of {_FORMATS}, got {format!r}{nearest(format, _FORMATS)}"
        )
    table = _table(labels, run, uncovered)
    _check_keys(table.column("key").type, format)
    with atomic_write(path) as file:
        if format == "parquet":
            _write_parquet(file, table, labels.class_names, run, provenance)
        elif format == "jsonl":
            _write_jsonl(file, table)
        else:
            _write_csv(file, table, safe=safe_csv)


def read_labels(path: str | os.PathLike[str], *, safe_csv: bool = False) -> Any:
    """Read labels that `write_labels` wrote.

    Parameters
    ----------
    path : path
        A ``.parquet``, ``.jsonl`` or ``.csv`` file. One of the latter two without rows does not
        tell the type of its keys, and JSON lines without rows not the classes.
    safe_csv : bool, optional
        Whether the file was written so; the apostrophes are taken off again.

    Returns
    -------
    pyarrow.Table
        Columns as `label_columns`.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    ValueError
        When the suffix is none of the three.
    FileFormatError
        When the file is damaged, holds no labels, or was written by a newer version.
    """
    import pyarrow as pa

    source = Path(path)
    suffix = source.suffix.lower().lstrip(".")
    if suffix not in _FORMATS:
        raise ValueError(
            f"{source} is no label file by its suffix, expected .parquet, .jsonl or .csv"
        )
    with damage_named(source, "label", also=(pa.ArrowException, csv.Error)):
        if suffix == "parquet":
            return _read_parquet(source)
        if suffix == "jsonl":
            return _read_jsonl(source)
        return _read_csv(source, safe=safe_csv)


def _table(labels: ProbabilisticLabels, run: str, uncovered: Uncovered) -> Any:
    import pyarrow as pa

    finite = np.isfinite(labels.probs).all(axis=1)
    if not finite.all():
        i = int(np.flatnonzero(~finite)[0])
        raise ValueError(
            f"the probabilities of row {i} (key {labels.keys[i]!r}) are "
            f"{labels.probs[i].tolist()}, expected finite numbers; fit the label model again"
        )
    keys, codes = labels.keys, labels.predict(uncovered=uncovered)
    names = pa.array(labels.class_names, pa.string())
    columns = [
        pa.array(keys) if keys.dtype.kind in "iuf" else _key_column(keys.tolist()),
        names.take(pa.array(codes, mask=codes == ABSTAIN)),
        pa.array(labels.confidence),
        pa.array(labels.covered),
        *(pa.array(np.ascontiguousarray(column)) for column in labels.probs.T),
        pa.repeat(pa.scalar(run, pa.string()), labels.n),
    ]
    return pa.table(columns, names=list(label_columns(labels.class_names)))


def _key_column(keys: Sequence[Any]) -> Any:
    """Return row keys as one Arrow array, of texts where there are none."""
    import pyarrow as pa

    # Integers beyond int64 are not told by Arrow itself.
    whole = [key for key in keys if type(key) is int]
    wide = len(whole) == len(keys) > 0 and max(whole) >= 2**63
    try:
        return pa.array(keys, pa.uint64() if wide else None if keys else pa.string())
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeError, OverflowError) as error:
        raise TypeError(
            f"the row keys do not go into one column ({error}); use integers or texts as keys"
        ) from error


def _check_keys(kind: Any, format: str) -> None:  # noqa: A002 - as above
    import pyarrow as pa

    plain = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_string(kind)
    if format != "parquet" and not plain:
        raise TypeError(
            f"row keys of type {kind} cannot be written as {format}; use format='parquet', or "
            "integers or texts as keys"
        )


def _write_parquet(
    file: Any, table: Any, class_names: Sequence[str], run: str, provenance: Mapping[str, Any]
) -> None:
    import pyarrow.parquet as pq

    about = {
        "kind": _KIND,
        "version": _VERSION,
        "run": run,
        "class_names": list(class_names),
        "provenance": dict(provenance),
    }
    text = json.dumps(about, sort_keys=True, allow_nan=False)
    pq.write_table(table.replace_schema_metadata({_METADATA: text.encode()}), file)


def _write_jsonl(file: Any, table: Any) -> None:
    names = table.column_names
    encode = json.JSONEncoder(allow_nan=False).encode
    # Some rows at a time: all of them as Python objects would take ten times the room.
    for batch in table.to_batches(max_chunksize=8192):
        rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
        lines = [encode(dict(zip(names, row, strict=True))) for row in rows]
        file.write("".join(f"{line}\n" for line in lines).encode())


def _write_csv(file: Any, table: Any, *, safe: bool) -> None:
    import pyarrow.csv as pacsv

    pacsv.write_csv(_with_texts(table, f"^('*{_FORMULA})", r"'\1") if safe else table, file)


def _with_texts(table: Any, pattern: str, replacement: str) -> Any:
    """Return a table whose text columns had a pattern replaced."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for i, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            column = pc.replace_substring_regex(table.column(i), pattern, replacement)
            table = table.set_column(i, field, column)
    return table


def _read_parquet(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    # Arrow's own file: one of Python's may be freed by a thread of Arrow's after Python has ended.
    with pa.OSFile(os.fspath(path)) as file:
        table = pq.read_table(file)
    about = (table.schema.metadata or {}).get(_METADATA)
    header = {} if about is None else json.loads(about)
    if header.get("kind") != _KIND:
        raise _no_labels(path)
    if header["version"] > _VERSION:
        raise FileFormatError(
            f"{path} has format version {header['version']}, this weaklabel reads up to "
            f"{_VERSION}; upgrade weaklabel to read it",
            path=path,
        )
    _check_columns(table.column_names, path)
    return table


def _read_jsonl(path: Path) -> Any:
    import pyarrow as pa

    with path.open("rb") as file:
        rows = [json.loads(line) for line in file]
    if not rows:
        names = label_columns(())
        return pa.table({name: pa.array([], _type(name) or pa.string()) for name in names})
    names = tuple(rows[0])
    _check_columns(names, path)
    columns = {n: pa.array([row[n] for row in rows], _type(n)) for n in names if n != "key"}
    return pa.table({"key": _key_column([row["key"] for row in rows]), **columns})


def _read_csv(path: Path, *, safe: bool) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv as pacsv

    raw = path.read_bytes()
    text = io.TextIOWrapper(io.BytesIO(raw), "utf-8", newline="")
    names = next(csv.reader(text, strict=True), [])
    _check_columns(names, path)
    table = pacsv.read_csv(
        io.BytesIO(raw),
        # In one block, so that a row is never cut in two.
        read_options=pacsv.ReadOptions(use_threads=False, block_size=len(raw) + 1),
        parse_options=pacsv.ParseOptions(newlines_in_values=True),
        convert_options=pacsv.ConvertOptions(
            column_types={name: _type(name) or pa.string() for name in names},
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    if safe:
        table = _with_texts(table, f"^'('*{_FORMULA})", r"\1")
    # Texts are written in quotes and numbers are not.
    header = ",".join(f'"{name.replace(chr(34), chr(34) * 2)}"' for name in names) + "\n"
    begin = len(header.encode())
    if table.num_rows and raw[begin : begin + 1] != b'"':
        table = table.set_column(0, "key", _numbers(table.column("key"), pc))
    return table


def _numbers(cells: Any, pc: Any) -> Any:
    import pyarrow as pa

    for kind in (pa.int64(), pa.uint64(), pa.float64()):
        try:
            return pc.cast(cells, kind)
        except pa.ArrowInvalid:
            continue
    return cells


def _type(name: str) -> Any:
    """Return the type of a column of a label file, None for the key's."""
    import pyarrow as pa

    if name == "key":
        return None
    if name in ("label", "run"):
        return pa.string()
    return pa.bool_() if name == "covered" else pa.float64()


def _check_columns(names: Sequence[str], path: Path) -> None:
    inner = names[len(_FIXED) : -1]
    if (
        tuple(names[: len(_FIXED)]) != _FIXED
        or tuple(names[len(_FIXED) :][-1:]) != ("run",)
        or not all(name.startswith("p_") for name in inner)
    ):
        raise _no_labels(path)


def _no_labels(path: Path) -> FileFormatError:
    return FileFormatError(
        f"{path} holds no labels; expected a file that write_labels wrote, with the columns "
        f"{', '.join(_FIXED)}, p_<class> ... and run",
        path=path,
    )

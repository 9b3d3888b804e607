"""One schema for many files: which columns, of which types, and whether the files agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weaklabel._checks import listed, nearest, repeated
from weaklabel.errors import InputError
from weaklabel.relabel._cells import type_of

TYPES = ("string", "int64", "float64", "bool")


@dataclass(frozen=True, slots=True)
class FileSchema:
    """What one file says of its columns.

    Attributes
    ----------
    path : Path
        The file.
    types : dict of str to pyarrow.DataType, or None
        Types by column; None for an empty file that names no columns.
    """

    path: Path
    types: dict[str, Any] | None


def declared_types(types: Mapping[str, str] | None) -> dict[str, Any]:
    """Return Arrow types for declared ones.

    Raises
    ------
    ValueError
        When a type is none of those that can be declared.
    """
    import pyarrow as pa

    known = dict(zip(TYPES, (pa.string(), pa.int64(), pa.float64(), pa.bool_()), strict=True))
    for column, name in (types or {}).items():
        if name not in known:
            raise ValueError(
                f"types says {name!r} for column {column!r}, expected one of {TYPES}"
                f"{nearest(name, TYPES)}"
            )
    return {column: known[name] for column, name in (types or {}).items()}


def plain_types(schema: Any, path: Path) -> dict[str, Any]:
    """Return types by column, categories told by the type of their values.

    Raises
    ------
    InputError
        When a name stands twice.
    """
    import pyarrow as pa

    if again := repeated(schema.names):
        raise InputError(
            f"{path}: column names stand more than once: {listed(again)}; rename them", path=path
        )
    return {
        field.name: field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        for field in schema
    }


def partition_types(values: Iterable[Mapping[str, str | None]]) -> dict[str, Any]:
    """Return the types of the columns that folders give: int64 where all are integers, else string.

    Parameters
    ----------
    values : iterable of mapping
        For each file, the values by column.
    """
    import pyarrow as pa

    cells: dict[str, list[str | None]] = {}
    for of_file in values:
        for name, value in of_file.items():
            cells.setdefault(name, []).append(value)
    kinds = {name: type_of(pa.array(some, pa.string())) for name, some in cells.items()}
    return {n: k if pa.types.is_integer(k) else pa.string() for n, k in kinds.items()}


def with_partitions(
    schema: FileSchema, values: Mapping[str, str | None], types: Mapping[str, Any]
) -> FileSchema:
    """Return a file's schema with the columns that its folders give; its own ones go first."""
    if schema.types is None:
        return schema
    return FileSchema(
        schema.path, schema.types | {n: types[n] for n in values if n not in schema.types}
    )


def united(
    schemas: Sequence[FileSchema],
    *,
    columns: Sequence[str] | None,
    declared: Mapping[str, Any],
    optional: bool,
    exact: bool,
) -> Any:
    """Return the one schema that rows of all files are read with.

    Integers and floats are united to the wider type, missing values to the type of the others.

    Parameters
    ----------
    schemas : sequence of FileSchema
        What the files say.
    columns : sequence of str or None
        Columns to read, in this order; None for all.
    declared : mapping of str to pyarrow.DataType
        Types that hold whatever the files say.
    optional : bool
        Whether a file may lack a column, as JSON objects may lack a field.
    exact : bool
        Whether the files say their types, as Parquet does, or were looked at.

    Returns
    -------
    pyarrow.Schema

    Raises
    ------
    InputError
        When a column is missing, or two files differ in columns or types; it names both.
    """
    import pyarrow as pa

    telling = [schema for schema in schemas if schema.types is not None]
    names = _names(telling, columns, declared, optional=optional)
    types = {
        name: declared[name] if name in declared else _type(telling, name, pa.null())
        for name in names
    }
    if not exact:
        # No value was seen yet; most likely it is text.
        types = {n: pa.string() if pa.types.is_null(k) else k for n, k in types.items()}
    return pa.schema(list(types.items()))


def _names(
    schemas: Sequence[FileSchema],
    columns: Sequence[str] | None,
    declared: Mapping[str, Any],
    *,
    optional: bool,
) -> list[str]:
    """Return the columns to read, in order, after a look at whether the files have them."""
    union = list(dict.fromkeys(name for schema in schemas for name in schema.types or ()))
    known = [*union, *(name for name in declared if optional and name not in union)]
    for name in [*(columns or ()), *declared]:
        if schemas and name not in known:
            path = schemas[0].path
            raise InputError(
                f"{path} has no column {name!r}, it has {listed(known)}{nearest(name, known)}"
                + (
                    f"; if only later rows have it, declare it: types={{{name!r}: 'string'}}"
                    if optional
                    else ""
                ),
                path=path,
            )
    wanted = known if columns is None else list(dict.fromkeys(columns))
    if not schemas:
        return list(dict.fromkeys([*wanted, *declared]))
    for schema in () if optional else schemas[1:]:
        first, types = schemas[0].types or {}, schema.types or {}
        differing = [name for name in wanted if (name in first) != (name in types)]
        if differing:
            told = [
                f"{listed(some)} only in {path}"
                for path, some in (
                    (schemas[0].path, [name for name in differing if name in first]),
                    (schema.path, [name for name in differing if name in types]),
                )
                if some
            ]
            raise InputError(
                f"{schemas[0].path} and {schema.path} differ in their columns: "
                f"{' and '.join(told)}; make them alike, or say which columns= both have",
                path=schema.path,
            )
    return wanted


def _type(schemas: Sequence[FileSchema], name: str, start: Any) -> Any:
    kind, since = start, None
    for schema in schemas:
        own = (schema.types or {}).get(name, start)
        both = _wider(kind, own)
        if both is None:
            raise InputError(
                f"column {name!r} is {kind} in {since} and {own} in {schema.path}; make the files "
                f"alike, or declare its type, e.g. types={{{name!r}: 'string'}}",
                path=schema.path,
            )
        # The file that gave the type its kind is the one to name.
        since = schema.path if kind == start and own != start else since
        kind = both
    return kind


def _wider(a: Any, b: Any) -> Any:
    """Return the type that holds the values of both, None where there is none."""
    import pyarrow as pa

    if a == b or pa.types.is_null(b):
        return a
    if pa.types.is_null(a):
        return b
    if _family(a) != _family(b):
        return None
    try:
        schemas = [pa.schema([("x", a)]), pa.schema([("x", b)])]
        return pa.unify_schemas(schemas, promote_options="permissive").field(0).type
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return None


def _family(kind: Any) -> object:
    import pyarrow as pa

    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return "number"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "text"
    return kind.id

"""Row keys as a column of a Parquet file: as Arrow holds them, else as texts that tell the kind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from weaklabel.types import IntArray

if TYPE_CHECKING:
    import pyarrow as pa

# How a column of keys is read back: as it stands, texts from bytes, values from JSON.
_PLAIN, _BYTES, _JSON = "plain", "utf-8", "json"


def key_column(keys: IntArray) -> tuple[pa.Array, str]:
    """Return row keys as an Arrow array, and how to read it.

    Raises
    ------
    TypeError
        When a key is of a type that a file cannot hold.
    """
    import pyarrow as pa

    if keys.dtype.kind in "iu":
        return pa.array(keys), _PLAIN
    items = keys.tolist()
    if all(type(key) is str for key in items):
        try:
            return pa.array(items, pa.large_string()), _PLAIN
        except UnicodeEncodeError:  # half of a surrogate pair, which is no text elsewhere
            raw = [key.encode("utf-8", "surrogatepass") for key in items]
            return pa.array(raw, pa.large_binary()), _BYTES
    if len({type(key) for key in items}) == 1:
        try:
            column = pa.array(items)
            back = column.to_pylist()
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            pass
        else:
            if back == items and type(back[0]) is type(items[0]) and not isinstance(back[0], list):
                return column, _PLAIN
    return pa.array([json.dumps(_plain(key)) for key in items], pa.large_string()), _JSON


def column_keys(column: pa.ChunkedArray, how: str) -> IntArray:
    """Return the row keys of a column that `key_column` made."""
    import pyarrow as pa

    if how == _PLAIN and pa.types.is_integer(column.type):
        return np.asarray(column.to_numpy())
    items = column.to_pylist() if not pa.types.is_large_string(column.type) else None
    if items is None:
        found: IntArray = np.asarray(column.to_numpy(), object)
        if how == _PLAIN:
            return found
        items = found.tolist()
    if how == _BYTES:
        items = [raw.decode("utf-8", "surrogatepass") for raw in items]
    elif how == _JSON:
        items = [_value(json.loads(text)) for text in items]
    keys = np.empty(len(items), object)
    keys[:] = items
    return keys


def _plain(key: Any) -> Any:
    """Return a key as JSON holds it: a tuple becomes a list."""
    if isinstance(key, tuple):
        return [_plain(part) for part in key]
    if type(key) in (int, str, float, bool):
        return key
    raise TypeError(
        f"row key {key!r} is a {type(key).__name__}, which a file of votes cannot hold; use keys "
        "of one simple type (int, str, float, bytes, date), or tuples of such"
    )


def _value(plain: Any) -> Any:
    return tuple(_value(part) for part in plain) if isinstance(plain, list) else plain

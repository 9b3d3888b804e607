"""The cells of a CSV file: which type a column of them has, and their values.

A number is one only where nothing is lost: ``007`` and a number of twenty digits stay text, for
they may be keys.
"""

from __future__ import annotations

from typing import Any

# An empty cell is missing in every column; these words are so where the others are no text.
_MISSING = ("NA", "N/A", "NULL", "null", "NaN", "nan")
_TRUE = ("true", "True", "TRUE")
_BOOLS = (*_TRUE, "false", "False", "FALSE")
# Fifteen digits are what a float64 holds for sure.
_FLOAT = r"-?(?:(?:(?:0|[1-9][0-9]{0,14})(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?|inf)"


def type_of(cells: Any) -> Any:
    """Return the narrowest type that holds some cells, Arrow's null type where all are missing.

    Parameters
    ----------
    cells : pyarrow.StringArray
        Null where a cell is empty.

    Returns
    -------
    pyarrow.DataType
        null, bool, int64, float64 or string.
    """
    import pyarrow as pa

    if cells.null_count == len(cells):
        return pa.null()
    for kind in (pa.bool_(), pa.int64(), pa.float64()):
        try:
            array = typed(cells, kind)
        except ValueError:
            continue
        if array.null_count < len(array):
            return kind
    return pa.string()


def typed(cells: Any, kind: Any) -> Any:
    """Return cells as an Arrow array of a type.

    Raises
    ------
    ValueError
        When a cell is no value of the type.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_string(kind):
        return cells
    words = pc.is_in(cells, value_set=pa.array(_MISSING))
    cells = pc.if_else(words, pa.scalar(None, pa.string()), cells)
    if pa.types.is_boolean(kind):
        true = pc.is_in(cells, value_set=pa.array(_TRUE))
        values = pc.if_else(pc.is_null(cells), pa.scalar(None, pa.bool_()), true)
        lossless = pc.is_in(cells, value_set=pa.array([*_BOOLS, None]))
    elif pa.types.is_integer(kind):
        values = pc.cast(cells, kind)
        lossless = pc.equal(pc.cast(values, pa.string()), cells)
    else:
        lossless = pc.match_substring_regex(cells, f"^(?:{_FLOAT})$")
        values = pc.cast(cells, kind) if _all(lossless) else None
    if not _all(lossless):
        raise ValueError(f"a cell is no {kind}")
    return values


def _all(mask: Any) -> bool:
    import pyarrow.compute as pc

    return bool(pc.all(mask, min_count=0).as_py())

"""What a labeling function sees: one data point or a batch, the same for every container."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from itertools import repeat
from typing import Any

from weaklabel._checks import nearest
from weaklabel._classes import is_missing


class Row:
    """A data point: its fields as attributes (``x.text``) and as items (``x["text"]``).

    Read-only. Fields come from a mapping; what the mapping lacks is looked up on ``base``.

    Examples
    --------
    >>> x = Row({"text": "hello", "n": 3})
    >>> x.text, x["n"], "n" in x
    ('hello', 3, True)
    """

    __slots__ = ("__dict__", "_base")
    __dict__: dict[str, Any]
    _base: object

    def __init__(self, fields: dict[str, Any], base: object = None) -> None:
        object.__setattr__(self, "__dict__", fields)
        object.__setattr__(self, "_base", base)

    def __getattr__(self, name: str) -> Any:
        base = object.__getattribute__(self, "_base")
        if base is not None:
            return getattr(base, name)
        raise AttributeError(_no_field(name, self.__dict__))

    def __getitem__(self, name: Any) -> Any:
        try:
            return self.__dict__[name]
        except KeyError:
            if self._base is not None:
                return self._base[name]  # type: ignore[index]
            raise KeyError(_no_field(name, self.__dict__)) from None

    def __contains__(self, name: object) -> bool:
        return name in self.__dict__ or (self._base is not None and hasattr(self._base, str(name)))

    def __iter__(self) -> Iterator[str]:
        return iter(self.__dict__)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(_read_only(name))

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"Row({inside})"


_set_fields = Row.__dict__["__dict__"].__set__
_set_base = Row.__dict__["_base"].__set__


def table_rows(columns: Mapping[str, list[Any]], n: int) -> list[Row]:
    """Return the n rows of a table given by columns.

    The same as ``Row(fields)`` for each, but looping in C: making a row is a good part of what a
    row-wise run costs beside the labeling functions themselves.
    """
    names = tuple(columns)
    values = zip(*columns.values(), strict=True) if columns else repeat((), n)
    rows = [Row.__new__(Row) for _ in range(n)]
    for _ in map(_set_fields, rows, map(dict, map(zip, repeat(names), values))):
        pass
    for _ in map(_set_base, rows, repeat(None)):
        pass
    return rows


class TextRow(str):
    """A data point that is a plain text: a ``str`` that is also its own field ``text``."""

    # No property, so that a preprocessor named "text" can stand before it, as it does in a Row.
    @functools.cached_property
    def text(self) -> str:
        """The text."""
        return str(self)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(_read_only(name))

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"a plain text has no column {name!r}, only 'text'; declare pre=... for what a "
            "preprocessor computes, or pass a table"
        )

    def __getitem__(self, name: Any) -> Any:
        if not isinstance(name, str):
            return str.__getitem__(self, name)
        if not has_field(self, name):  # the methods of str are no fields
            raise KeyError(_no_field(name, {"text": self.text, **vars(self)}))
        return getattr(self, name)


def has_field(x: Any, name: str) -> bool:
    """Tell whether a data point has a field."""
    if isinstance(x, TextRow):
        return name == "text" or name in vars(x)
    return name in x if isinstance(x, Row) else hasattr(x, name)


def _read_only(name: str) -> str:
    return (
        f"a row is read-only, {name!r} cannot be set; compute it in a preprocessor and "
        "declare pre=... on the labeling function"
    )


def _no_field(name: object, fields: Mapping[str, Any]) -> str:
    return f"no column {name!r}; columns are {tuple(fields)}{nearest(name, fields)}"


def as_row(x: Any) -> Any:
    """Return the data point as labeling functions see it: mappings and texts get attributes."""
    if isinstance(x, str) and not isinstance(x, TextRow):
        return TextRow(x)
    if isinstance(x, Mapping):
        return Row(dict(x))
    if is_missing(x) and not isinstance(x, int):
        return Row({"text": None})  # a missing text among texts
    return x


def extended(x: Any, fields: Mapping[str, Any]) -> Any:
    """Return a copy of the row with more fields; the row itself stays as it is."""
    if isinstance(x, TextRow):
        row = TextRow(x)
        vars(row).update(vars(x))
        vars(row).update(fields)
        return row
    if isinstance(x, Row):
        return Row({**x.__dict__, **fields}, x._base)
    return Row(dict(fields), x)


class Batch:
    """Many data points at once: ``batch.text`` is the column as a pandas Series.

    The same whatever the data came in, so a labeling function need not know. ``len(batch)`` is
    the number of rows. A column of one type has pandas' type for it; values of several types (a
    None among numbers) stay the objects that single rows show, so that what a value looks like
    does not depend on the rows beside it.
    """

    __slots__ = ("_columns", "_rows")

    def __init__(self, rows: Sequence[Any]) -> None:
        self._rows = rows
        self._columns: dict[str, Any] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name not in self._columns:
            import pandas as pd

            values = [getattr(row, name) for row in self._rows]
            of_one_type = len(set(map(type, values))) == 1
            self._columns[name] = pd.Series(
                values, name=name, dtype=None if of_one_type else object
            )
        return self._columns[name]

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)


class BatchContractError(ValueError):
    """A batch function did not return one value a row: the function is wrong, not a row."""


def as_fault(error: BaseException) -> Exception:
    """Return what user code raised as the fault of a row.

    A run that a row could end with exit code 0 would look as if it were done.
    """
    if isinstance(error, Exception):
        return error
    fault = RuntimeError(f"it ended the program: {type(error).__name__}({error})")
    fault.__traceback__ = error.__traceback__
    return fault


def isolated(
    f: Callable[[Batch], Sequence[Any]], rows: Sequence[Any], what: str, *, first_only: bool = False
) -> tuple[list[Any], dict[int, Exception]]:
    """Call a function of a batch; where it fails, find the rows that are to blame.

    A batch that fails is halved until single rows fail, so that the outcome of a row does not
    depend on which rows stood beside it.

    Parameters
    ----------
    f : callable
        From a `Batch` of n rows to n values.
    rows : sequence
        The rows.
    what : str
        What is called, for messages.
    first_only : bool, optional
        True to stop at the first row that is to blame.

    Returns
    -------
    values : list
        One value a row; None where it failed (and, with `first_only`, after it).
    errors : dict of int to Exception
        The exception by position.

    Raises
    ------
    BatchContractError
        When what it returns is not one value a row.
    """
    if not rows:
        return [], {}
    try:
        returned = f(Batch(rows))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - it is the fault of a row
        if len(rows) == 1:
            return [None], {0: as_fault(error)}
    else:
        return _values(returned, len(rows), what), {}
    # Not in the except block: the errors of the halves would carry this one as their context.
    half = len(rows) // 2
    first, first_errors = isolated(f, rows[:half], what, first_only=first_only)
    if first_errors and first_only:
        return first + [None] * (len(rows) - half), first_errors
    second, second_errors = isolated(f, rows[half:], what, first_only=first_only)
    return first + second, first_errors | {half + i: e for i, e in second_errors.items()}


def only(f: Callable[[Batch], Sequence[Any]], row: Any, what: str) -> Any:
    """Call a function of a batch on one row and return its value; its exceptions pass through."""
    return _values(f(Batch([row])), 1, what)[0]


def _values(returned: Any, n: int, what: str) -> list[Any]:
    """Return what came back as a list of one value a row."""
    no_sequence = isinstance(returned, str | bytes | Mapping | Set) or hasattr(returned, "columns")
    if no_sequence or not hasattr(returned, "__len__"):
        raise BatchContractError(
            f"{what} returned {type(returned).__name__}, expected a sequence with one value a row"
        )
    if len(returned) != n:
        raise BatchContractError(
            f"{what} takes a batch and returned {len(returned)} values for {n} rows; return one "
            "value a row"
        )
    if hasattr(returned, "to_pylist"):
        return list(returned.to_pylist())
    # The rows of a matrix stay arrays.
    return list(returned.tolist() if getattr(returned, "ndim", 0) == 1 else returned)

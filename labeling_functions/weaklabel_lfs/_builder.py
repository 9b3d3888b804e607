"""What the builders share: how a value is read, refused or missing, and how the result is named."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from numbers import Real
from typing import Any, Literal, TypeAlias

import weaklabel as wl

Missing: TypeAlias = Literal["raise", "abstain"]
Classes: TypeAlias = "type[Enum] | Sequence[str] | None"
Examples: TypeAlias = "Mapping[str, Any] | Sequence[tuple[Any, Any]] | None"

_LONGEST_NAME = 60


def build(
    rule: wl.ColumnRule,
    *,
    name: str,
    votes: Any,
    classes: Classes,
    examples: Examples,
    matched: Callable[[str], list[tuple[int, int]]] | None = None,
) -> wl.LabelingFunction:
    """Return the labeling function of a rule; `matched` says where in a text it matches."""
    return wl.LabelingFunction(
        rule=rule, name=name, votes=votes, classes=classes, examples=examples, matched=matched
    )


def on_text(
    holds: Callable[[str], bool], *, column: str, missing: Missing
) -> Callable[[Any], bool | None]:
    """Lift a predicate on a text to one on any value, with an answer to those that are no text."""

    def vote(text: Any) -> bool | None:
        try:
            return holds(text)
        # A text that is none fails of itself: looking at each one first would cost every row.
        except (TypeError, AttributeError):
            if isinstance(text, str):
                raise
            refuse(text, column=column, missing=missing, expected="str")
            return None

    return vote


def refuse(value: object, *, column: str, missing: Missing, expected: str) -> None:
    """Abstain on a missing value where that was asked for.

    Raises
    ------
    TypeError
        When the value is missing and ``missing="raise"``, or when it is of another type.
    """
    if not is_missing(value):
        raise TypeError(
            f"column {column!r} holds {value!r} of type {type(value).__name__}, expected {expected}"
        )
    if missing == "raise":
        raise TypeError(
            f"column {column!r} is {value!r}, expected {expected}; "
            "pass missing='abstain' to abstain where it is missing"
        )


def is_missing(value: object) -> bool:
    """Return whether a value is None, NaN, NaT or pandas' NA."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, Real) and bool(value != value)


def check_column(column: object) -> None:
    """Refuse a column that is no name."""
    if not isinstance(column, str) or not column:
        raise TypeError(f"column= takes the name of a column, got {column!r}")


def check_missing(missing: object) -> None:
    """Refuse an unknown answer to missing values."""
    if missing not in ("raise", "abstain"):
        raise ValueError(f"missing={missing!r}; expected 'raise' or 'abstain'")


def check_count(value: object, *, argument: str, most: int | None = None) -> None:
    """Refuse what is no count from 1 to ``most``."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{argument}={value!r}; expected an int from 1")
    if most is not None and value > most:
        raise ValueError(f"{argument}={value} can never be reached; only {most} were given")


def default_name(kind: str, votes: Any, parts: Iterable[object]) -> str:
    """Return a name such as ``keyword_SPAM_free_cash``.

    It depends on the arguments alone. Where they do not fit into a name, a short checksum of them
    keeps two names apart.
    """
    told = [str(part) for part in parts]
    words = [re.sub(r"\W+", "_", part).strip("_") for part in told]
    name = "_".join([kind, _class_name(votes), *filter(None, words)])
    if len(name) <= _LONGEST_NAME and all(words):
        return name
    checksum = zlib.crc32("\0".join(told).encode("utf-8", "surrogatepass"))
    return f"{name[: _LONGEST_NAME - 9].rstrip('_')}_{checksum:08x}"


def _class_name(votes: Any) -> str:
    return re.sub(r"\W+", "_", votes.name if isinstance(votes, Enum) else str(votes)).strip("_")

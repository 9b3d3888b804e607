"""Vote where a number lies within bounds."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any, TypeAlias

import weaklabel as wl
from weaklabel_lfs._builder import (
    Classes,
    Examples,
    Missing,
    build,
    check_column,
    check_missing,
    default_name,
    refuse,
)

Comparison: TypeAlias = Callable[[Any, Any], bool]


def threshold(
    votes: Any,
    column: str,
    *,
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
    below: float | None = None,
    name: str | None = None,
    missing: Missing = "raise",
    classes: Classes = None,
    examples: Examples = None,
) -> wl.LabelingFunction:
    """Build an LF that votes where a number lies within bounds.

    Parameters
    ----------
    votes : class or ClassSet
        What it votes: an Enum member, a class name, a code, or a partial vote.
    column : str
        The column that holds the number.
    at_least, at_most : float, optional
        Bounds that are included.
    above, below : float, optional
        Bounds that are not.
    name : str, optional
        Default: made of the class, the column and the bounds.
    missing : {"raise", "abstain"}, optional
        What happens where the number is None or NaN.
    classes : Enum type or sequence of str, optional
        The classes, to vote by name outside of ``apply_lfs(classes=...)``.
    examples : sequence of (data point, vote), optional
        Unit tests for ``lf.check()``.

    Returns
    -------
    LabelingFunction
        A rule on ``column``: `apply_lfs` runs many of them together.

    Raises
    ------
    TypeError, ValueError
        When no bound is given, a bound is no number, no number meets them all, or another
        argument is not as above.

    Examples
    --------
    >>> from weaklabel_lfs import numeric
    >>> many_links = numeric.threshold(1, "links", at_least=3)
    >>> many_links.name
    'threshold_1_links_at_least_3'
    >>> many_links({"links": 5}), many_links({"links": 2})
    (1, -1)
    """
    check_column(column)
    check_missing(missing)
    bounds = {"at_least": at_least, "above": above, "at_most": at_most, "below": below}
    given = {argument: bound for argument, bound in bounds.items() if bound is not None}
    _check_bounds(given)
    low, over = _lower_bound(at_least, above)
    high, under = _upper_bound(at_most, below)
    if low > high or not (low < high or (over(low, high) and under(low, high))):
        told = ", ".join(f"{argument}={bound}" for argument, bound in given.items())
        raise ValueError(f"threshold() got {told}: no number meets them all")

    def holds(value: Any) -> bool | None:
        if not _is_number(value):
            refuse(value, column=column, missing=missing, expected="a number")
            return None
        return over(value, low) and under(value, high)

    told_in_name = [f"{argument}_{bound}" for argument, bound in given.items()]
    return build(
        wl.ColumnRule(column, holds),
        name=name or default_name("threshold", votes, [column, *told_in_name]),
        votes=votes,
        classes=classes,
        examples=examples,
    )


def _is_number(value: Any) -> bool:
    kind = type(value)
    # NumPy's scalars are Real too; a bool is an int, but no measure of anything.
    if kind is float or kind is int or (kind is not bool and isinstance(value, Real)):
        return bool(value == value)  # false for NaN
    return False


def _lower_bound(at_least: float | None, above: float | None) -> tuple[float, Comparison]:
    if above is not None and (at_least is None or above >= at_least):
        return above, operator.gt
    return -math.inf if at_least is None else at_least, operator.ge


def _upper_bound(at_most: float | None, below: float | None) -> tuple[float, Comparison]:
    if below is not None and (at_most is None or below <= at_most):
        return below, operator.lt
    return math.inf if at_most is None else at_most, operator.le


def _check_bounds(given: Mapping[str, object]) -> None:
    if not given:
        raise ValueError(
            "threshold() needs a bound: at_least=, above=, at_most= or below=, "
            "e.g. threshold(SPAM, 'links', at_least=3)"
        )
    for argument, bound in given.items():
        if not _is_number(bound):
            raise TypeError(f"threshold() got {argument}={bound!r}; expected a number")

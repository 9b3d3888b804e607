"""Vote by the length of a text."""

from __future__ import annotations

from typing import Any, Literal

import weaklabel as wl
from weaklabel_lfs._builder import (
    Classes,
    Examples,
    Missing,
    build,
    check_column,
    check_missing,
    default_name,
    on_text,
)


def length(
    votes: Any,
    *,
    at_least: int | None = None,
    at_most: int | None = None,
    unit: Literal["words", "characters"] = "words",
    name: str | None = None,
    column: str = "text",
    missing: Missing = "raise",
    classes: Classes = None,
    examples: Examples = None,
) -> wl.LabelingFunction:
    """Build an LF that votes where a text is long or short.

    Parameters
    ----------
    votes : class or ClassSet
        What it votes: an Enum member, a class name, a code, or a partial vote.
    at_least, at_most : int, optional
        Bounds, both included; at least one of them.
    unit : {"words", "characters"}, optional
        What is counted; words are what white space parts.
    name : str, optional
        Default: made of the class and the bounds.
    column : str, optional
        The column that holds the text.
    missing : {"raise", "abstain"}, optional
        What happens where the text is None or NaN.
    classes : Enum type or sequence of str, optional
        The classes, to vote by name outside of ``apply_lfs(classes=...)``.
    examples : mapping or sequence of pairs, optional
        Unit tests for ``lf.check()``.

    Returns
    -------
    LabelingFunction
        A rule on ``column``: `apply_lfs` runs many of them together.

    Raises
    ------
    TypeError, ValueError
        When no bound is given or no text can meet them, or another argument is not as above.

    Examples
    --------
    >>> from weaklabel_lfs import text
    >>> short = text.length(0, at_most=3, examples={"love this": 0, "not so very short": None})
    >>> short.name
    'length_0_at_most_3_words'
    >>> short.check()
    """
    _check_bounds(at_least, at_most)
    if unit not in ("words", "characters"):
        raise ValueError(f"unit={unit!r}; expected 'words' or 'characters'")
    check_column(column)
    check_missing(missing)
    low = 0 if at_least is None else at_least
    high = float("inf") if at_most is None else at_most

    def words_fit(text: str) -> bool:
        return low <= len(text.split()) <= high

    def characters_fit(text: str) -> bool:
        if not isinstance(text, str):
            raise TypeError  # a list has a length too
        return low <= len(text) <= high

    bounds = {"at_least": at_least, "at_most": at_most}
    told = [f"{bound}_{value}" for bound, value in bounds.items() if value is not None]
    return build(
        wl.ColumnRule(
            column,
            on_text(
                words_fit if unit == "words" else characters_fit, column=column, missing=missing
            ),
        ),
        name=name or default_name("length", votes, [*told, unit]),
        votes=votes,
        classes=classes,
        examples=examples,
    )


def _check_bounds(at_least: object, at_most: object) -> None:
    if at_least is None and at_most is None:
        raise ValueError("length() needs at_least= or at_most=, e.g. length(HAM, at_most=5)")
    for argument, value in (("at_least", at_least), ("at_most", at_most)):
        if value is not None and (
            not isinstance(value, int) or isinstance(value, bool) or value < 0
        ):
            raise ValueError(f"length() got {argument}={value!r}; expected an int from 0")
    if isinstance(at_least, int) and isinstance(at_most, int) and at_least > at_most:
        raise ValueError(
            f"length() got at_least={at_least} above at_most={at_most}: no text can be both"
        )

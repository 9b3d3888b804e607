"""Vote where a pattern is found in a text."""

from __future__ import annotations

import re
from typing import Any

import weaklabel as wl
from weaklabel_lfs._builder import (
    Classes,
    Examples,
    Missing,
    build,
    check_column,
    check_count,
    check_missing,
    default_name,
    on_text,
)
from weaklabel_lfs.text._re2_superset import re2_superset
from weaklabel_lfs.text._required_literals import required_literals


def regex(
    votes: Any,
    pattern: str,
    *,
    name: str | None = None,
    column: str = "text",
    case: bool = False,
    at_least: int = 1,
    missing: Missing = "raise",
    classes: Classes = None,
    examples: Examples = None,
) -> wl.LabelingFunction:
    r"""Build an LF that votes where a regular expression is found in a text.

    Parameters
    ----------
    votes : class or ClassSet
        What it votes: an Enum member, a class name, a code, or a partial vote.
    pattern : str
        Of Python's `re`; found anywhere in the text.
    name : str, optional
        Default: made of the class and the pattern.
    column : str, optional
        The column that holds the text.
    case : bool, optional
        True to tell upper from lower case.
    at_least : int, optional
        How many times it must be found, without overlap.
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
        When the pattern cannot be compiled, or another argument is not as above.

    Examples
    --------
    >>> from weaklabel_lfs import text
    >>> link = text.regex(1, r"https?://\S+", name="link", examples={"see http://x.y": 1})
    >>> link.check()
    >>> link("no link")
    -1
    """
    compiled = _compiled(pattern, case=case)
    check_column(column)
    check_missing(missing)
    check_count(at_least, argument="at_least")
    search, findall = compiled.search, compiled.findall
    literals = required_literals(compiled)

    def found(text: str) -> bool:
        return search(text) is not None

    def found_often(text: str) -> bool:
        return len(findall(text)) >= at_least

    def matched(text: str) -> list[tuple[int, int]]:
        return [match.span() for match in compiled.finditer(text)]

    return build(
        wl.ColumnRule(
            column,
            on_text(found if at_least == 1 else found_often, column=column, missing=missing),
            literals=literals,
            fold=bool(compiled.flags & re.IGNORECASE),
            superset=None if literals else re2_superset(compiled),
        ),
        name=name or default_name("regex", votes, [pattern]),
        votes=votes,
        classes=classes,
        examples=examples,
        matched=matched,
    )


def _compiled(pattern: object, *, case: bool) -> re.Pattern[str]:
    if not isinstance(pattern, str):
        raise TypeError(f"regex() takes the pattern as str, got {pattern!r}")
    if not pattern:
        raise ValueError("regex() got an empty pattern, which every text contains")
    try:
        return re.compile(pattern, 0 if case else re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"regex() cannot compile the pattern {pattern!r}: {error}") from None

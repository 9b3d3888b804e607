"""Vote where a text contains one of some words."""

from __future__ import annotations

import re
from collections.abc import Callable
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
from weaklabel_lfs.text._as_written import as_written


def keyword(
    votes: Any,
    *words: str,
    name: str | None = None,
    column: str = "text",
    whole_word: bool = True,
    case: bool = False,
    at_least: int = 1,
    missing: Missing = "raise",
    classes: Classes = None,
    examples: Examples = None,
) -> wl.LabelingFunction:
    r"""Build an LF that votes where a text contains one of some words.

    Parameters
    ----------
    votes : class or ClassSet
        What it votes: an Enum member, a class name, a code, or a partial vote.
    *words : str
        Words or phrases. A space in a phrase stands for any white space.
    name : str, optional
        Default: made of the class and the words, e.g. ``keyword_SPAM_free_cash``.
    column : str, optional
        The column that holds the text.
    whole_word : bool, optional
        False lets a word match inside another one.
    case : bool, optional
        True to tell upper from lower case.
    at_least : int, optional
        How many different ones of the words must occur.
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
        When there is no word, a word is empty or no str, or another argument is not as above.

    Examples
    --------
    >>> from weaklabel_lfs import text
    >>> lf = text.keyword(1, "free", "click here", examples={"Click  here!": 1, "freedom": None})
    >>> lf.name
    'keyword_1_free_click_here'
    >>> lf.check()
    >>> lf("It is FREE"), lf("freedom")
    (1, -1)
    """
    _check_words(words)
    check_column(column)
    check_missing(missing)
    given = words if case else tuple(word.lower() for word in words)
    many = tuple(dict.fromkeys(given))
    check_count(at_least, argument="at_least", most=len(many))
    if at_least == 1:
        holds = _any_word(many, whole_word=whole_word, case=case)
    else:
        holds = _some_words(many, whole_word=whole_word, case=case, at_least=at_least)
    pattern = re.compile(_pattern(many, whole_word=whole_word))

    def matched(text: str) -> list[tuple[int, int]]:
        folded = text if case else text.lower()
        return as_written(text, folded, (match.span() for match in pattern.finditer(folded)))

    return build(
        _rule(
            on_text(holds, column=column, missing=missing),
            many,
            column=column,
            whole_word=whole_word,
            case=case,
            at_least=at_least,
        ),
        name=name or default_name("keyword", votes, words),
        votes=votes,
        classes=classes,
        examples=examples,
        matched=matched,
    )


def _any_word(words: tuple[str, ...], *, whole_word: bool, case: bool) -> Callable[[str], bool]:
    search = re.compile(_pattern(words, whole_word=whole_word)).search
    # Finding a substring is ten times faster than an alternation that fails at every letter, and
    # most texts hold none of the words: the pattern only confirms.
    firsts = tuple(dict.fromkeys(word.split()[0] for word in words))

    def holds(text: str) -> bool:
        if not case:
            text = text.lower()
        for first in firsts:
            if first in text:
                return search(text) is not None
        return False

    return holds


def _some_words(
    words: tuple[str, ...], *, whole_word: bool, case: bool, at_least: int
) -> Callable[[str], bool]:
    tests = [_any_word((word,), whole_word=whole_word, case=case) for word in words]

    def holds(text: str) -> bool:
        return sum(test(text) for test in tests) >= at_least

    return holds


def _rule(
    holds: Callable[[Any], bool | None],
    words: tuple[str, ...],
    *,
    column: str,
    whole_word: bool,
    case: bool,
    at_least: int,
) -> wl.ColumnRule:
    # All pieces of a phrase must occur; the longest tells most.
    literals = dict.fromkeys(max(word.split(), key=len) for word in words)
    return wl.ColumnRule(
        column,
        holds,
        literals=tuple(literals),
        fold=not case,
        whole_word=whole_word,
        decisive=at_least == 1 and all(len(word.split()) == 1 for word in words),
    )


def _pattern(words: tuple[str, ...], *, whole_word: bool) -> str:
    any_word = "|".join(r"\s+".join(map(re.escape, word.split())) for word in words)
    # Not \b: a word may begin or end with a sign, as "$$$" or "c++" do.
    return rf"(?<!\w)(?:{any_word})(?!\w)" if whole_word else any_word


def _check_words(words: tuple[str, ...]) -> None:
    if not words:
        raise ValueError("keyword() needs at least one word, e.g. keyword(SPAM, 'free', 'cash')")
    for word in words:
        if not isinstance(word, str):
            raise TypeError(
                f"keyword() takes words as str, got {word!r}; write keyword(SPAM, *words) to pass "
                "a list"
            )
        if not word.strip():
            raise ValueError(f"keyword() got an empty word {word!r}, which every text contains")

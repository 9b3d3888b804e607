"""Which texts a regular expression can match at all: those that contain one of some literals."""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Strings: TypeAlias = frozenset[str]

_NOTHING: Strings = frozenset({""})

# How many strings a stretch of a pattern may be spelled out to; alternatives may be more.
_MOST_SPELLED = 32
_MOST_ALTERNATIVES = 1000

# From this length on a literal is rare enough, and fewer of them are better than longer ones.
_LONG = 8


@dataclass(frozen=True, slots=True)
class _Found:
    """What is known of the texts that a piece of a pattern matches.

    Attributes
    ----------
    first, last : frozenset of str
        Each match begins with one of `first` and ends with one of `last`.
    whole : bool
        True when `first` (and `last`) are all that it matches.
    inside : frozenset of str
        Each match contains one of them; empty where nothing is known.
    """

    first: Strings = _NOTHING
    last: Strings = _NOTHING
    whole: bool = False
    inside: Strings = frozenset()


def required_literals(pattern: re.Pattern[str]) -> tuple[str, ...]:
    """Return literals of which every text that a pattern matches contains at least one.

    Parameters
    ----------
    pattern : Pattern of str
        The pattern. With ``re.IGNORECASE`` the literals are about the text in lower case.

    Returns
    -------
    tuple of str
        Empty where nothing is known.
    """
    try:
        from re import _parser  # type: ignore[attr-defined]
    except ImportError:
        return ()
    ignoring_case = bool(pattern.flags & re.IGNORECASE)
    spell = _lower_spellings if ignoring_case else _as_it_is
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # compiling the pattern has told them
        parsed = _parser.parse(pattern.pattern, pattern.flags)
    found = _sequence(parsed, spell)
    return tuple(sorted(_better(found.inside, found.first, found.last)))


def _as_it_is(character: str) -> Strings:
    return frozenset({character})


@functools.cache
def _lower_spellings(character: str) -> Strings:
    """Return the lower case of all characters that match one when case is ignored.

    Some are not its own: the long s matches "s", and the lower case of the dotted capital I, which
    matches "i", is two characters.
    """
    matching = re.compile(re.escape(character), re.IGNORECASE).findall(_cased())
    return frozenset({character.lower(), *(other.lower() for other in matching)})


@functools.cache
def _cased() -> str:
    """Return all characters that have another case; there are none beyond the second plane."""
    return "".join(c for c in map(chr, range(0x20000)) if c.lower() != c or c.upper() != c)


def _sequence(items: Iterable[tuple[Any, Any]], spell: Callable[[str], Strings]) -> _Found:
    """Return what is known of a sequence: its pieces are joined while that can be spelled out."""
    first: Strings | None = None
    run, inside = _NOTHING, frozenset[str]()
    for operator, argument in items:
        piece = _piece(str(operator), argument, spell)
        inside = _better(inside, piece.inside)
        joined = _joined(run, piece.first)
        if piece.whole and joined is not None:
            run = joined
            continue
        ended = run if joined is None else joined
        inside = _better(inside, ended)
        first = ended if first is None else first
        run = piece.last
    inside = _better(inside, run)
    return _Found(run if first is None else first, run, first is None, inside)


def _piece(operator: str, argument: Any, spell: Callable[[str], Strings]) -> _Found:
    match operator:
        case "LITERAL":
            return _exactly(spell(chr(argument)))
        case "IN":
            if all(str(kind) == "LITERAL" for kind, _ in argument):
                return _exactly(frozenset().union(*(spell(chr(code)) for _, code in argument)))
        case "AT" | "ASSERT" | "ASSERT_NOT":
            return _exactly(_NOTHING)
        case "SUBPATTERN":
            _, added, _, inner = argument
            # Where a group alone ignores case, the text as it is says nothing about it.
            if not added & re.IGNORECASE or spell is _lower_spellings:
                return _sequence(inner, spell)
        case "ATOMIC_GROUP":
            return _sequence(argument, spell)
        case "BRANCH":
            return _any_of([_sequence(branch, spell) for branch in argument[1]])
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, most, inner = argument
            return _repeated(_sequence(inner, spell), int(least), int(most))
    return _Found()


def _exactly(strings: Strings) -> _Found:
    if len(strings) > _MOST_ALTERNATIVES:
        return _Found()
    return _Found(strings, strings, whole=True)


def _any_of(branches: Sequence[_Found]) -> _Found:
    first = frozenset().union(*(branch.first for branch in branches))
    last = frozenset().union(*(branch.last for branch in branches))
    whole = all(branch.whole for branch in branches)
    needed = [_better(branch.inside, branch.first, branch.last) for branch in branches]
    inside = frozenset().union(*needed) if all(needed) else frozenset()
    if max(len(first), len(last), len(inside)) > _MOST_ALTERNATIVES:
        return _Found()
    return _Found(first, last, whole, inside)


def _repeated(piece: _Found, least: int, most: int) -> _Found:
    if least == most == 1:
        return piece
    if least == 0:
        if most == 1 and piece.whole:
            return _exactly(piece.first | _NOTHING)
        return _Found()
    return _Found(piece.first, piece.last, whole=False, inside=piece.inside)


def _joined(left: Strings, right: Strings) -> Strings | None:
    """Return all of one followed by all of another, None where they are too many."""
    if len(left) * len(right) > max(_MOST_SPELLED, len(left), len(right)):
        return None
    return frozenset(a + b for a in left for b in right)


def _better(*sets: Strings) -> Strings:
    """Return the set that rules out most texts; empty where none rules out any."""
    telling = [strings for strings in sets if strings and "" not in strings]
    return max(telling, key=_worth, default=frozenset())


def _worth(strings: Strings) -> tuple[int, int, list[str]]:
    return min(_LONG, *map(len, strings)), -len(strings), sorted(strings)

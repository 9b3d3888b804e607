"""An RE2 pattern that is found in every ASCII text in which a pattern of `re` is found."""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

_ASCII: Final = "".join(map(chr, range(128)))

# RE2 keeps track of all ways to match at once: there are many under exact counts of what overlaps,
# as in ``[a-f].{60}[x-z]``, and hardly a text fails to match for the last of so many characters.
_MOST_TIMES = 8

_CATEGORIES = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
}


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of a pattern, written for RE2.

    Attributes
    ----------
    text : str
        What may stand in a sequence and before a sign of repetition.
    tells : bool
        False when it matches the empty string wherever it is tried.
    """

    text: str
    tells: bool = True


_EMPTY = _Piece("(?:)", tells=False)
_ANYTHING = _Piece("(?s:.)*", tells=False)


class _Unknown(Exception):  # noqa: N818
    """A piece of a pattern is of a kind that is not known here."""


def re2_superset(pattern: re.Pattern[str]) -> str | None:
    r"""Return an RE2 pattern that is found wherever a pattern of `re` is found, in ASCII texts.

    Parameters
    ----------
    pattern : Pattern of str
        The pattern.

    Returns
    -------
    str or None
        It may be found in other texts too: what RE2 does not know, as ``(?=a)`` and ``\1``, is left
        open. None where nothing is known.
    """
    try:
        from re import _parser  # type: ignore[attr-defined]
    except ImportError:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # compiling the pattern has told them
        parsed = _parser.parse(pattern.pattern, pattern.flags)
    try:
        pieces = _pieces(parsed, pattern.flags, _MOST_TIMES)
    except _Unknown:
        return None
    telling = [i for i, piece in enumerate(pieces) if piece.tells]
    if not telling:
        return None
    # What may be empty at either end changes nothing about where the rest is found.
    return "".join(piece.text for piece in pieces[telling[0] : telling[-1] + 1])


def _pieces(items: Iterable[tuple[Any, Any]], flags: int, most_times: int) -> list[_Piece]:
    return [_piece(str(operator), argument, flags, most_times) for operator, argument in items]


def _sequence(items: Iterable[tuple[Any, Any]], flags: int, most_times: int) -> _Piece:
    pieces = _pieces(items, flags, most_times)
    text = "".join(piece.text for piece in pieces)
    return _Piece(text or "(?:)", any(piece.tells for piece in pieces))


def _piece(operator: str, argument: Any, flags: int, most_times: int) -> _Piece:
    match operator:
        case "LITERAL" | "NOT_LITERAL":
            negated = "^" if operator == "NOT_LITERAL" else ""
            return _one_of(f"[{negated}{_escaped(argument)}]", flags)
        case "IN":
            return _one_of(f"[{''.join(map(_member, argument))}]", flags)
        case "ANY":
            return _one_of(".", flags)
        case "AT":
            return _Piece(_position(str(argument), flags))
        case "SUBPATTERN":
            _, added, removed, inner = argument
            return _grouped(_sequence(inner, _combined(flags, added, removed), most_times))
        case "ATOMIC_GROUP":
            return _grouped(_sequence(argument, flags, most_times))
        case "BRANCH":
            return _any_of(argument[1], flags, most_times)
        case "GROUPREF_EXISTS":
            _, then, otherwise = argument
            return _any_of([then, otherwise or []], flags, most_times)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return _repeated(argument, flags, most_times)
        case "ASSERT" | "ASSERT_NOT":
            return _EMPTY
        case "GROUPREF":
            return _ANYTHING
        case "FAILURE":
            return _Piece(_written(""))
    raise _Unknown


def _combined(flags: int, added: int, removed: int) -> int:
    if added & (re.ASCII | re.UNICODE):
        flags &= ~(re.ASCII | re.UNICODE)
    return (flags | added) & ~removed


def _position(kind: str, flags: int) -> str:
    lines = flags & re.MULTILINE
    match kind:
        case "AT_BEGINNING":
            return "(?m:^)" if lines else r"\A"
        case "AT_BEGINNING_STRING":
            return r"\A"
        # Before a newline that ends the text, which only RE2's line ends can say.
        case "AT_END":
            return "(?m:$)"
        case "AT_END_STRING":
            return r"\z"
        case "AT_BOUNDARY":
            return r"\b"
        case "AT_NON_BOUNDARY":
            return r"\B"
    raise _Unknown


def _any_of(branches: Iterable[Any], flags: int, most_times: int) -> _Piece:
    pieces = [_sequence(branch, flags, most_times) for branch in branches]
    text = "|".join(piece.text for piece in pieces)
    return _Piece(f"(?:{text})", all(piece.tells for piece in pieces))


def _grouped(piece: _Piece) -> _Piece:
    return _Piece(f"(?:{piece.text})", piece.tells)


def _repeated(argument: tuple[Any, Any, Any], flags: int, most_times: int) -> _Piece:
    least, most, inner = int(argument[0]), int(argument[1]), argument[2]
    # Repeats within repeats multiply, here and in RE2's own limit on them.
    low = min(least, most_times)
    high = most if most <= most_times else None
    counted = max(low, high or 0, 1)
    piece = _sequence(inner, flags, most_times // counted)
    if high == 0:
        return _EMPTY
    return _Piece(f"(?:{piece.text}){_times(low, high)}", piece.tells and low > 0)


def _times(low: int, high: int | None) -> str:
    match low, high:
        case 0, None:
            return "*"
        case 1, None:
            return "+"
        case 0, 1:
            return "?"
        case 1, 1:
            return ""
    return f"{{{low},{'' if high is None else high}}}"


def _member(item: tuple[Any, Any]) -> str:
    """Return a member of a class as Python writes it."""
    operator, argument = item
    match str(operator):
        case "NEGATE":
            return "^"
        case "LITERAL":
            return _escaped(argument)
        case "RANGE":
            return f"{_escaped(argument[0])}-{_escaped(argument[1])}"
        case "CATEGORY" if str(argument) in _CATEGORIES:
            return _CATEGORIES[str(argument)]
    raise _Unknown


def _escaped(code: int) -> str:
    return f"\\U{code:08x}"


def _one_of(one: str, flags: int) -> _Piece:
    """Return what matches the ASCII characters that a class matches: Python says which."""
    return _Piece(_matching(one, flags & (re.IGNORECASE | re.ASCII | re.DOTALL)))


@functools.lru_cache(maxsize=1024)
def _matching(one: str, flags: int) -> str:
    return _written("".join(re.compile(one, flags).findall(_ASCII)))


def _written(characters: str) -> str:
    """Return a class of ASCII characters, in order, as RE2 writes it."""
    if not characters:
        return r"[^\x00-\x{10FFFF}]"
    if len(characters) == 1:
        return _character(characters)
    codes = [ord(character) for character in characters]
    starts = [codes[0], *(b for a, b in pairwise(codes) if b != a + 1)]
    ends = [*(a for a, b in pairwise(codes) if b != a + 1), codes[-1]]
    ranges = []
    for start, end in zip(starts, ends, strict=True):
        first, last = _character(chr(start)), _character(chr(end))
        ranges.append(first if start == end else f"{first}-{last}")
    return f"[{''.join(ranges)}]"


def _character(character: str) -> str:
    return character if character.isalnum() else f"\\x{ord(character):02x}"

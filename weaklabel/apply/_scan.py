"""Literals anywhere in a text, found by one Aho-Corasick pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import chain
from typing import Any, TypeAlias, final

import numpy as np

from weaklabel.types import IntArray

# Literal, text and what stands beside it, of each match.
Matches: TypeAlias = tuple[IntArray, IntArray, IntArray]

IN_WORD, BEYOND_ASCII = 1, 2


def _side(byte: int) -> int:
    if byte > 127:
        return BEYOND_ASCII
    return IN_WORD if chr(byte).isalnum() or chr(byte) == "_" else 0


_SIDES = np.array([_side(byte) for byte in range(256)], np.uint8)

# An automaton with all transitions written out is faster, and many times as large.
_MOST_BYTES_WRITTEN_OUT = 200_000

# Literals so short stand everywhere: comparing bytes is cheaper than a list of their matches.
_SHORT = 2


@final
class Scan:
    """Literals to be found in texts.

    Parameters
    ----------
    literals : mapping of int to str
        The literals by their numbers.
    """

    def __init__(self, literals: Mapping[int, str]) -> None:
        patterns = {i: x.encode("utf-8", "surrogatepass") for i, x in literals.items()}
        self._short = {i: x for i, x in patterns.items() if len(x) <= _SHORT}
        long = {i: x for i, x in patterns.items() if len(x) > _SHORT}
        self._numbers = np.array(list(long), np.int64)
        self._find = _automaton(list(long.values())) if long else None

    def matches(self, data: bytes, between: IntArray) -> Matches:
        """Return the matches, overlapping ones too.

        Parameters
        ----------
        data : bytes
            The texts in UTF-8, a separator before, between and behind them.
        between : ndarray of int64, shape (texts + 1,)
            Where the separators stand.

        Returns
        -------
        literal, text : ndarray of int64, shape (matches,)
            Number of the literal and position of the text.
        sides : ndarray of uint8, shape (matches,)
            `IN_WORD` or `BEYOND_ASCII`, or both, where such a character stands right beside it.
        """
        at = np.frombuffer(data, np.uint8)
        found = [_compared(number, literal, at) for number, literal in self._short.items()]
        if self._find is not None:
            matches = self._find(data)
            flat = np.fromiter(chain.from_iterable(matches), np.int64, 3 * len(matches))
            found.append(np.stack([self._numbers[flat[0::3]], flat[1::3], flat[2::3]]))
        if not found:
            return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint8)
        literal, start, end = np.concatenate(found, axis=1)
        text = np.searchsorted(between, start) - 1
        return literal, text, _SIDES[at[start - 1]] | _SIDES[at[end]]


def _automaton(patterns: list[bytes]) -> Callable[[bytes], list[tuple[int, int, int]]]:
    from ahocorasick_rs import BytesAhoCorasick, Implementation

    small = sum(map(len, patterns)) <= _MOST_BYTES_WRITTEN_OUT
    automaton = BytesAhoCorasick(patterns, implementation=Implementation.DFA if small else None)
    return partial(automaton.find_matches_as_indexes, overlapping=True)


def _compared(number: int, literal: bytes, at: Any) -> IntArray:
    """Return number, start and end of each match of a short literal."""
    places = len(at) - len(literal) + 1
    hit = at[:places] == literal[0]
    for i, byte in enumerate(literal[1:], 1):
        hit &= at[i : places + i] == byte
    start = np.flatnonzero(hit)
    return np.stack([np.full_like(start, number), start, start + len(literal)])

"""Where the literals of many rules stand in the texts of a part, found for all of them at once."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Sequence
from itertools import chain
from typing import TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from weaklabel.apply._scan import BEYOND_ASCII, IN_WORD, Matches, Scan
from weaklabel.apply._words import Words, is_ascii_word
from weaklabel.types import IntArray

# Stands between the texts; a text that holds it is no text for `find_literals`.
SEPARATOR = "\0"

# What one rule looks for: its literals, whether as whole words, and whether they decide.
Wanted: TypeAlias = tuple[tuple[str, ...], bool, bool]

# A scan is faster for few literals; looking up each word does not slow down with their number.
_MANY_WORDS = 200


def find_literals(
    texts: Sequence[str], wanted: tuple[Wanted, ...], *, fold: bool
) -> tuple[IntArray, IntArray, NDArray[np.bool_]]:
    """Return which literals stand where.

    Parameters
    ----------
    texts : sequence of str
        Texts that do not hold `SEPARATOR`.
    wanted : tuple of (literals, whole_word, decisive)
        One entry a rule.
    fold : bool
        True to look in the texts in lower case.

    Returns
    -------
    rule, text : ndarray of int64, shape (matches,)
        The position in `wanted` and the position in `texts`; the same two may come again.
    sure : ndarray of bool, shape (matches,)
        True where the rule holds on the text, False where it may.
    """
    search = _search(wanted)
    joined = SEPARATOR.join(["", *texts, ""])
    if not search.words or joined.isascii():
        return search.outcome(*search.matches(joined, fold=fold, ascii_words=bool(search.words)))
    is_ascii = np.array([text.isascii() for text in texts], np.bool_)
    found = []
    for ascii_words in (True, False):
        at = np.flatnonzero(is_ascii == ascii_words)
        joined = SEPARATOR.join(["", *(texts[i] for i in at.tolist()), ""])
        literal, text, sides = search.matches(joined, fold=fold, ascii_words=ascii_words)
        found.append((literal, at[text], sides))
    literal, text, sides = map(np.concatenate, zip(*found, strict=True))
    return search.outcome(literal, text, sides)


# Per process: automata do not travel, and making one may cost as much as a part.
@functools.lru_cache(maxsize=16)
def _search(wanted: tuple[Wanted, ...]) -> _Search:
    return _Search(wanted)


@final
class _Search:
    """The literals of some rules, each once, and how to find them.

    Parameters
    ----------
    wanted : tuple of (literals, whole_word, decisive)
        One entry a rule.
    """

    def __init__(self, wanted: tuple[Wanted, ...]) -> None:
        rules_of: dict[str, list[int]] = defaultdict(list)
        for j, (literals, _, _) in enumerate(wanted):
            for literal in dict.fromkeys(literals):
                if SEPARATOR not in literal:  # no text here holds it
                    rules_of[literal].append(j)
        self._literals = dict(enumerate(rules_of))
        # The pairs of a literal and a rule that wants it, literal after literal.
        rule = list(chain.from_iterable(rules_of.values()))
        self._rule = np.array(rule, np.int64)
        self._whole = np.array([wanted[j][1] for j in rule], np.bool_)
        self._decisive = np.array([wanted[j][2] for j in rule], np.bool_)
        self._first = np.cumsum([0, *map(len, rules_of.values())])
        words = {
            i: literal
            for i, literal in self._literals.items()
            if is_ascii_word(literal) and all(wanted[j][1] for j in rules_of[literal])
        }
        self.words = words if len(words) >= _MANY_WORDS else {}

    @functools.cached_property
    def _scan_for_all(self) -> Scan:
        return Scan(self._literals)

    @functools.cached_property
    def _scan_for_others(self) -> Scan:
        return Scan({i: x for i, x in self._literals.items() if i not in self.words})

    @functools.cached_property
    def _word_index(self) -> Words:
        return Words(self.words)

    def matches(self, joined: str, *, fold: bool, ascii_words: bool) -> Matches:
        """Return the matches in texts that are joined, with a separator at both ends."""
        # Lower case of a text does not depend on what stands beyond the separator.
        data = (joined.lower() if fold else joined).encode("utf-8", "surrogatepass")
        between = np.flatnonzero(np.frombuffer(data, np.uint8) == ord(SEPARATOR))
        if not ascii_words:
            return self._scan_for_all.matches(data, between)
        literal, text = self._word_index.matches(data, between)
        words = literal, text, np.zeros(len(text), np.uint8)
        others = self._scan_for_others.matches(data, between)
        literal, text, sides = map(np.concatenate, zip(words, others, strict=True))
        return literal, text, sides

    def outcome(
        self, literal: IntArray, text: IntArray, sides: IntArray
    ) -> tuple[IntArray, IntArray, NDArray[np.bool_]]:
        """Return rule, text and whether it is sure of each match of each rule."""
        pair = self._first[literal]
        if len(self._rule) > len(self._literals):
            times = self._first[literal + 1] - pair
            pair = np.repeat(pair - np.cumsum(times) + times, times) + np.arange(times.sum())
            text, sides = np.repeat(text, times), np.repeat(sides, times)
        sides = sides * self._whole[pair]
        possible = sides & IN_WORD == 0
        pair, text, sides = pair[possible], text[possible], sides[possible]
        # Beside a character beyond ASCII only the rule itself can tell where a word ends.
        return self._rule[pair], text, self._decisive[pair] & (sides & BEYOND_ASCII == 0)

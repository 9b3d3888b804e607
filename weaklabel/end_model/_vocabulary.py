"""Texts to token ids: one regular expression, one dictionary, one flat array."""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["PAD", "UNKNOWN", "Tokens", "Vocabulary", "tokenize"]

PAD = 0
UNKNOWN = 1
_RESERVED = 2

# Scripts written without spaces between words (Thai to Khmer, kana, Han): a character is a token.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
)


@functools.cache
def _pattern() -> re.Pattern[str]:
    # To ``re`` a combining mark (a Hindi vowel sign, a Hebrew point) is no word character, and
    # would cut its word in two; its last block ends below U+1E000, leaving rare scripts aside.
    marks = "".join(
        re.escape(character)
        for character in map(chr, range(0x300, 0x1E000))
        if unicodedata.category(character) in ("Mn", "Mc")
    )
    letter = rf"[^\W{_UNSPACED}]"
    return re.compile(
        r"[a-z]++(?!['_0-9]|[^\x00-\x7f])"  # most words; by itself five times as fast as the rest
        r"|[0-9]++(?:[.,][0-9]++)*+(?!\w)"  # a number with its point and commas
        rf"|{letter}+(?:(?:[{marks}]+|['\u2019](?={letter})){letter}*)*"  # any word, "don't" too
        rf"|[{_UNSPACED}][{marks}]*"
        r"|[^\w\s]"  # punctuation and symbols, one by one
    )


def tokenize(text: str) -> list[str]:
    """Split a text into lower-case words, numbers and single punctuation marks.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    list of str
        Its tokens.

    Examples
    --------
    >>> tokenize("Don't pay $1,000.50!")
    ["don't", 'pay', '$', '1,000.50', '!']
    """
    tokens: list[str] = _pattern().findall(text.lower())
    return tokens


@dataclass(frozen=True, slots=True)
class Tokens:
    """Token ids of many texts, end to end.

    Attributes
    ----------
    ids : ndarray of int64, shape (number of tokens,)
        Ids of all texts, one text after the other.
    starts : ndarray of int64, shape (n,)
        Where each text begins in ``ids``.
    lengths : ndarray of int64, shape (n,)
        Tokens of each text, at least 1.
    """

    ids: NDArray[np.int64]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]


@dataclass(frozen=True)
class Vocabulary:
    """The tokens that a model knows.

    Attributes
    ----------
    words : tuple of str
        Known tokens; word ``i`` has id ``i + 2``, after padding and the unknown token.
    max_tokens : int
        Tokens of a text that are read; the rest is cut off.
    """

    words: tuple[str, ...]
    max_tokens: int

    @classmethod
    def learn(
        cls, texts: Iterable[str], *, max_size: int, min_count: int, max_tokens: int
    ) -> Vocabulary:
        """Take the most frequent tokens of texts.

        Parameters
        ----------
        texts : iterable of str
            The texts to train on.
        max_size : int
            How many tokens to keep at most.
        min_count : int
            How often a token must occur.
        max_tokens : int
            Tokens of a text that are read.

        Returns
        -------
        Vocabulary
            Tokens by falling frequency, equally frequent ones in alphabetical order, so that the
            order of the texts does not matter.

        Examples
        --------
        >>> Vocabulary.learn(["b a", "b c"], max_size=2, min_count=1, max_tokens=9).words
        ('b', 'a')
        """
        find = _pattern().findall
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(find(text.lower())[:max_tokens])
        frequent = [word for word, count in counts.items() if count >= min_count]
        frequent.sort(key=lambda word: (-counts[word], word))
        return cls(tuple(frequent[:max_size]), max_tokens)

    @property
    def size(self) -> int:
        """Number of ids: the words, padding and the unknown token."""
        return len(self.words) + _RESERVED

    def encode(self, texts: Sequence[str]) -> Tokens:
        """Turn texts into ids; a text without a token becomes one unknown token.

        Parameters
        ----------
        texts : sequence of str, length n
            The texts.

        Returns
        -------
        Tokens
            Ids of all texts.
        """
        find = _pattern().findall
        known = self._ids.get
        ids: list[int] = []
        ends = np.empty(len(texts) + 1, dtype=np.int64)
        ends[0] = 0
        unknown = itertools.repeat(UNKNOWN)
        for row, text in enumerate(texts, start=1):
            tokens = find(text.lower())[: self.max_tokens]
            if tokens:
                ids.extend(map(known, tokens, unknown))
            else:
                ids.append(UNKNOWN)
            ends[row] = len(ids)
        return Tokens(np.array(ids, dtype=np.int64), ends[:-1], np.diff(ends))

    @functools.cached_property
    def _ids(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(self.words, start=_RESERVED)}

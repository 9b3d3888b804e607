"""Whole words of ASCII texts, each looked up in an index of many."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import final

import numpy as np

from weaklabel.types import IntArray

is_ascii_word = re.compile(r"\w+", re.ASCII).fullmatch

# Every byte that is in no word becomes a space.
_SPACED = bytes(byte if is_ascii_word(chr(byte)) else ord(" ") for byte in range(256))


@final
class Words:
    """Words to be found in texts.

    Parameters
    ----------
    words : mapping of int to str
        Words of ASCII letters, digits and underscores by their numbers.
    """

    def __init__(self, words: Mapping[int, str]) -> None:
        import pyarrow as pa

        self._numbers = np.array(list(words), np.int64)
        self._words = pa.array(list(words.values()), pa.large_string())

    def matches(self, data: bytes, between: IntArray) -> tuple[IntArray, IntArray]:
        """Return where the words stand as whole words.

        Parameters
        ----------
        data : bytes
            ASCII texts, a separator before, between and behind them.
        between : ndarray of int64, shape (texts + 1,)
            Where the separators stand.

        Returns
        -------
        word, text : ndarray of int64, shape (matches,)
            Number of the word and position of the text.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        spaced = pa.py_buffer(data.translate(_SPACED))
        # The space that the separator behind a text became belongs to it.
        offsets = pa.py_buffer((between + 1).astype(np.int64))
        texts = pa.LargeStringArray.from_buffers(len(between) - 1, offsets, spaced)
        tokens = pc.ascii_split_whitespace(texts)
        known = pc.index_in(tokens.values, value_set=self._words)
        hits = np.flatnonzero(known.is_valid().to_numpy(zero_copy_only=False))
        numbers = self._numbers[known.drop_null().to_numpy()]
        return numbers, np.searchsorted(tokens.offsets.to_numpy(), hits, side="right") - 1

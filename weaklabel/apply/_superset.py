"""Which texts a rule must be asked about: those in which RE2 finds its superset pattern."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, final

import numpy as np


@final
class Filter:
    """The values of a part, with those that are ASCII texts laid out for RE2.

    Parameters
    ----------
    values : sequence
        The values of one column.
    """

    def __init__(self, values: Sequence[Any]) -> None:
        import pyarrow as pa

        self._n = len(values)
        if set(map(type, values)) <= {str} and "".join(values).isascii():
            self._at, self._others = np.arange(self._n), []
        else:
            fits = np.array([type(v) is str and v.isascii() for v in values], np.bool_)
            self._at = np.flatnonzero(fits)
            self._others = np.flatnonzero(~fits).tolist()
            values = [values[i] for i in self._at.tolist()]
        self._texts = pa.array(values, pa.large_string())

    def possible(self, pattern: str) -> Sequence[int]:
        """Return where a rule can hold at all: where a pattern is found, and where RE2 cannot say.

        Parameters
        ----------
        pattern : str
            An RE2 pattern; one that RE2 refuses tells nothing.

        Returns
        -------
        sequence of int
            Positions in the values, in order.
        """
        import pyarrow.compute as pc

        if not _accepted(pattern):
            return range(self._n)
        found = pc.match_substring_regex(self._texts, pattern).to_numpy(zero_copy_only=False)
        mine: list[int] = self._at[found].tolist()
        return sorted([*mine, *self._others]) if self._others else mine


@functools.lru_cache(maxsize=1024)
def _accepted(pattern: str) -> bool:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        pc.match_substring_regex(pa.array([""], pa.large_string()), pattern)
    # A lone surrogate cannot be written in UTF-8.
    except (pa.ArrowInvalid, UnicodeEncodeError):
        return False
    return True

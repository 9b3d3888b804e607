"""What a run cost: seconds, and rows computed and reused, by labeling function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

from weaklabel._render import html_table, terminal_width, text_table
from weaklabel.types import FloatArray, IntArray

_HEADER = ("LF", "seconds", "computed", "reused", "rows/s")


@final
@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """What each labeling function cost in a run of `apply_lfs`; prints as a table.

    Attributes
    ----------
    lf_names : tuple of str
        The labeling functions.
    seconds : ndarray of float64, shape (m,)
        Time in each, summed over processes; what several share (one pass over a column for many
        keyword lists) is divided among them.
    computed, reused : ndarray of int64, shape (m,)
        Rows it ran on, and rows whose votes came from the cache.
    preprocessors : tuple of (str, float)
        Seconds in each preprocessor, by name.
    wall : float
        Seconds from the beginning of the run to its end.
    """

    lf_names: tuple[str, ...]
    seconds: FloatArray
    computed: IntArray
    reused: IntArray
    preprocessors: tuple[tuple[str, float], ...]
    wall: float

    def select(self, positions: Sequence[int]) -> Profile:
        """Return the profile of some of the labeling functions."""
        at = list(positions)
        return Profile(
            tuple(self.lf_names[j] for j in at),
            self.seconds[at],
            self.computed[at],
            self.reused[at],
            self.preprocessors,
            self.wall,
        )

    def to_frame(self) -> Any:
        """Return the table as a pandas DataFrame, one row a labeling function."""
        import pandas as pd

        return pd.DataFrame(
            {
                "seconds": self.seconds,
                "computed": self.computed,
                "reused": self.reused,
                "rows_per_second": [self._rate(j) for j in range(len(self.lf_names))],
            },
            index=pd.Index(self.lf_names, name="lf"),
        )

    def _rate(self, j: int) -> float:
        return float(self.computed[j] / self.seconds[j]) if self.seconds[j] > 0 else float("nan")

    def _cells(self) -> list[list[str]]:
        rows = []
        for j, name in enumerate(self.lf_names):
            rate = self._rate(j)
            rows.append(
                [
                    name,
                    f"{self.seconds[j]:.3f}",
                    f"{self.computed[j]:,}",
                    f"{self.reused[j]:,}",
                    f"{rate:,.0f}" if rate == rate else "",
                ]
            )
        rows += [[f"({name})", f"{spent:.3f}", "", "", ""] for name, spent in self.preprocessors]
        return rows

    def _told(self) -> str:
        ran = int((self.computed > 0).sum())
        kept = int((self.reused > 0).sum())
        text = f"{self.wall:.2f} s; {ran:,} of {len(self.lf_names):,} LFs ran"
        return f"{text}, {kept:,} had votes in the cache" if kept else text

    def __str__(self) -> str:
        return f"{text_table(_HEADER, self._cells(), width=terminal_width())}\n{self._told()}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html_table(_HEADER, self._cells(), caption=self._told())

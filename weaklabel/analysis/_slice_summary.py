"""The label matrix slice by slice: coverage, overlaps, conflicts, and how often votes are right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from weaklabel._checks import listed, nearest
from weaklabel._render import html_table, terminal_width, text_table
from weaklabel.analysis._summary import LFSummary, summarize, wilson
from weaklabel.types import IntArray

if TYPE_CHECKING:
    from weaklabel.matrix import LabelMatrix

ALL = "(all rows)"


@final
@dataclass(frozen=True, slots=True, eq=False)
class SliceSummary(Mapping[str, LFSummary]):
    """The LF summary of each slice: a mapping by name. Prints as a table, one line a slice.

    Precision is that of all votes of the slice together: votes on rows with a known gold label
    that leave it possible.

    Attributes
    ----------
    whole : LFSummary
        Of all rows.
    parts : mapping of str to LFSummary
        Of the rows of each slice.
    """

    whole: LFSummary
    parts: Mapping[str, LFSummary]

    def __getitem__(self, name: str) -> LFSummary:
        """Return the LF summary of a slice."""
        if name not in self.parts:
            names = tuple(self.parts)
            raise KeyError(f"no slice {name!r} among {listed(names)}{nearest(name, names)}")
        return self.parts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.parts)

    def __len__(self) -> int:
        return len(self.parts)

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with one row a slice, after one for all rows."""
        import pandas as pd

        rows = [_numbers(summary) for summary in (self.whole, *self.parts.values())]
        return pd.DataFrame(rows, index=pd.Index([ALL, *self.parts], name="slice"))

    def precision_frame(self) -> Any:
        """Return the precision of each LF in each slice as a pandas DataFrame, shape (m, slices).

        Raises
        ------
        ValueError
            When no gold was given.
        """
        import pandas as pd

        if self.whole.n_gold is None:
            raise ValueError("precision needs gold labels; pass L.summary(gold, slices=...)")
        columns = {ALL: self.whole.precision}
        columns |= {name: summary.precision for name, summary in self.parts.items()}
        return pd.DataFrame(columns, index=pd.Index(self.whole.lf_names, name="lf"))

    def _cells(self) -> tuple[list[str], list[list[str]]]:
        header = ["slice", "rows", "coverage", "overlaps", "conflicts"]
        gold = self.whole.n_gold is not None
        if gold:
            header += ["gold", "precision 95 %"]
        rows = []
        for name, summary in ((ALL, self.whole), *self.parts.items()):
            numbers = _numbers(summary)
            row = [name, f"{summary.n:,}"]
            row += [f"{numbers[what]:.1%}" for what in header[2:5]]
            if gold:
                row += [f"{summary.n_gold:,}", _interval(numbers)]
            rows.append(row)
        return header, rows

    def __repr__(self) -> str:
        return text_table(*self._cells(), width=terminal_width())

    def _repr_html_(self) -> str:
        return html_table(*self._cells(), caption="by slice")


def summarize_slices(
    L: LabelMatrix, whole: LFSummary, masks: Mapping[str, IntArray], gold: IntArray | None
) -> SliceSummary:
    """Summarise each slice.

    Parameters
    ----------
    L : LabelMatrix
    whole : LFSummary
        Of all rows.
    masks : mapping of str to ndarray of bool, shape (n,)
    gold : ndarray of int64, shape (n,), optional
        -1 where unknown.
    """
    parts = {
        name: summarize(L[mask], None if gold is None else gold[mask])
        for name, mask in masks.items()
    }
    return SliceSummary(whole, parts)


def _numbers(summary: LFSummary) -> dict[str, Any]:
    numbers: dict[str, Any] = {
        "rows": summary.n,
        "coverage": summary.label_coverage,
        "overlaps": summary.label_overlap,
        "conflicts": summary.label_conflict,
    }
    if summary.n_gold is not None:
        right, wrong = int(summary.correct.sum()), int(summary.incorrect.sum())
        share, low, high = wilson(np.array([right]), np.array([right + wrong]))
        numbers |= {"gold": summary.n_gold, "correct": right, "incorrect": wrong}
        numbers |= {
            "precision": float(share[0]),
            "precision_low": float(low[0]),
            "precision_high": float(high[0]),
        }
    return numbers


def _interval(numbers: Mapping[str, Any]) -> str:
    share = numbers["precision"]
    if np.isnan(share):
        return ""
    low, high = (f"{numbers[end]:.2f}".removeprefix("0") for end in _ENDS)
    return f"{share:.2f} [{low}–{high}]"


_ENDS = ("precision_low", "precision_high")

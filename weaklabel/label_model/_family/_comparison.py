"""How candidate models compare: log scores with their errors, and who is chosen."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from weaklabel._checks import read_only
from weaklabel._render import html_table, terminal_width, text_table
from weaklabel.label_model._base._vote_model import VoteModel
from weaklabel.types import FloatArray, IntArray

# Sums in another order may differ by as much, in nats a row.
_ROUNDING = 1e-9


@final
@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """How candidate models compare; prints as a table, ``to_frame()`` is a DataFrame.

    Attributes
    ----------
    models : tuple of str
        The candidates, in their order.
    log_score : ndarray of float64, shape (c,)
        Mean log-probability of what was held out, in nats; the higher the better.
    behind : ndarray of float64, shape (c,)
        How far that is below the best.
    error : ndarray of float64, shape (c,)
        Standard error of `behind`, rows being taken for independent.
    chosen : int
        The first candidate that is not further behind the best than its standard error.
    n_judged, n_rows : int
        What was held out, and on how many rows.
    by : {"gold", "votes"}
        What was held out.
    left_out : tuple of str
        Candidates that held-out votes cannot judge, for most votes are of LFs that vote for one
        class only.
    """

    models: tuple[str, ...]
    log_score: FloatArray
    behind: FloatArray
    error: FloatArray
    chosen: int
    n_judged: int
    n_rows: int
    by: str
    left_out: tuple[str, ...] = ()

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with one row a model."""
        import pandas as pd

        return pd.DataFrame(
            {
                "log_score": self.log_score,
                "behind": self.behind,
                "error": self.error,
                "chosen": np.arange(len(self.models)) == self.chosen,
            },
            index=pd.Index(self.models, name="model"),
        )

    def _cells(self) -> tuple[list[str], list[list[str]]]:
        rows = [
            [
                name,
                *(f"{number:.4f}" for number in numbers),
                "chosen" if at == self.chosen else "",
            ]
            for at, (name, *numbers) in enumerate(
                zip(self.models, self.log_score, self.behind, self.error, strict=True)
            )
        ]
        return ["model", "log score", "behind", "std. error", ""], rows

    def _caption(self) -> str:
        if not self.n_judged:
            text = "nothing could be held out: no row has two votes"
        elif self.by == "gold":
            text = f"{self.n_judged:,} gold labels held out; log score in nats a label"
        else:
            text = (
                f"{self.n_judged:,} votes on {self.n_rows:,} rows held out; "
                "log score in nats a vote"
            )
        if self.left_out:
            text += (
                "; left out, for most votes are of LFs that vote for one class: "
                f"{', '.join(self.left_out)}"
            )
        return text

    def __str__(self) -> str:
        width = terminal_width()
        return f"{text_table(*self._cells(), width=width)}\n{textwrap.fill(self._caption(), width)}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html_table(*self._cells(), caption=self._caption())


def compared(
    candidates: Sequence[VoteModel], scores: Sequence[FloatArray], rows: IntArray, *, by: str
) -> Comparison:
    """Return the comparison of some log scores: the first that is about as good as the best wins.

    Parameters
    ----------
    scores : sequence of ndarray of float64, shape (judged,)
        Of each candidate.
    rows : ndarray of int64, shape (judged,)
        The row of each score; scores of one row are not independent.
    """
    _, row = np.unique(rows, return_inverse=True)
    n = int(row.max(initial=-1)) + 1
    by_row = np.stack([np.bincount(row, score, minlength=n) for score in scores])
    total = by_row.sum(axis=1)
    lost = by_row[total.argmax()] - by_row
    spread = lost - lost.mean(axis=1, keepdims=True) if n else lost
    error = np.sqrt((spread**2).sum(axis=1) * n / max(n - 1, 1))
    behind = lost.sum(axis=1)
    near = np.flatnonzero(behind <= error + _ROUNDING * n)
    judged = max(len(rows), 1)
    return Comparison(
        models=tuple(repr(candidate) for candidate in candidates),
        log_score=read_only(total / judged),
        behind=read_only(behind / judged),
        error=read_only(error / judged),
        chosen=int(near[0]),
        n_judged=len(rows),
        n_rows=n,
        by=by,
    )

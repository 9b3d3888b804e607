"""How good each labeling function is, as the model sees it, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from weaklabel._kernels import posteriors
from weaklabel._render import html_table, text_table
from weaklabel.label_model._anchored._em import Estimate
from weaklabel.label_model._base._statistics import RowStatistics
from weaklabel.types import FloatArray

_ROWS = 1 << 15
_Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True, eq=False)
class Quality:
    """Precision and recall of each LF, with 95 % intervals.

    Attributes
    ----------
    precision, recall : ndarray of float64, shape (m,)
        NaN for an LF that never votes.
    precision_interval, recall_interval : ndarray of float64, shape (m, 2)
    evidence : ndarray of float64, shape (c,)
        How many votes of known class each column is worth.
    """

    precision: FloatArray
    recall: FloatArray
    precision_interval: FloatArray
    recall_interval: FloatArray
    evidence: FloatArray


def quality(
    rows: RowStatistics, cast: FloatArray, estimate: Estimate, class_mass: FloatArray
) -> Quality:
    """Return precision and recall by LF.

    The precision of a vote is P(its class | it was cast), or that of its class set; that of an LF
    is the mean over its votes. Its error comes from the observed information (Louis, 1982): of n
    votes that are right with probability p, as many count as the posteriors of their rows tell
    apart, ``n Var(q) / (p (1 - p))``.

    Parameters
    ----------
    rows : RowStatistics
    cast : ndarray of float64, shape (c,)
        How often each column was voted.
    estimate : Estimate
    class_mass : ndarray of float64, shape (k,)
        Expected number of rows of each class.
    """
    inside = rows.possible[rows.code]
    p = np.clip((estimate.precision * inside).sum(axis=1), 1e-6, 1 - 1e-6)
    spread_of, squares, class_squares = _moments(rows, estimate, inside)
    told = spread_of + rows.known_columns.sum(axis=1) * p * (1 - p)
    error = (p * (1 - p)) ** 2 / np.maximum(told, 1e-12)
    # Where the rows tell nothing, the vote may be anything.
    error = np.minimum(error, p * (1 - p))

    def by_lf(values: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(rows.lf, values, minlength=rows.m), np.float64)

    votes = by_lf(cast)
    silent = votes == 0
    safe = np.where(silent, 1.0, votes)
    precision = by_lf(cast * p) / safe
    spread = by_lf(cast**2 * error) / safe**2
    classes = np.zeros((rows.m, rows.k), np.bool_)
    np.logical_or.at(classes, rows.lf, inside)
    due = np.maximum(classes @ class_mass, 1e-12)
    recall = np.minimum(by_lf(cast * p) / due, 1.0)
    # Of the rows of a class, as many count as the posteriors point out.
    own = inside @ class_mass
    r = np.clip(cast * p / np.maximum(own, 1e-12), 1e-6, 1 - 1e-6)
    known = rows.known_mass @ inside.T
    others = np.maximum(class_squares @ inside.T + known - squares, 0.0)
    seen = squares / r**2 + others / (1 - r) ** 2
    recall_spread = by_lf(own**2 * np.minimum(1 / np.maximum(seen, 1e-12), r * (1 - r))) / due**2
    precision[silent] = recall[silent] = np.nan
    return Quality(
        precision,
        recall,
        _interval(precision, np.sqrt(spread)),
        _interval(recall, np.sqrt(recall_spread)),
        p * (1 - p) / np.maximum(error, 1e-12),
    )


def _moments(
    rows: RowStatistics, estimate: Estimate, inside: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Sum over the rows what tells how much they tell.

    Returns
    -------
    spread : ndarray of float64, shape (c,)
        Squared distance of P(the vote is right) from its mean, over the rows with the vote.
    squares : ndarray of float64, shape (c,)
        Squared P(the vote is right).
    class_squares : ndarray of float64, shape (k,)
        Squared P(class), over all rows.
    """
    some = rows.some(_ROWS)
    found = list(
        some.blocks(
            lambda indptr, columns, amounts, weights: _block_moments(
                indptr, columns, amounts, weights, estimate, inside
            )
        )
    )
    votes, total, squares, class_squares = (
        np.sum(part, axis=0) for part in zip(*found, strict=True)
    )
    share = max(some.unknown / max(rows.unknown, 1e-12), 1e-12)
    spread = np.maximum(squares - total**2 / np.maximum(votes, 1e-12), 0.0)
    return spread / share, squares / share, class_squares / share


def _block_moments(
    indptr: Any, columns: Any, amounts: Any, weights: Any, estimate: Estimate, inside: Any
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    q = posteriors(
        indptr, columns, amounts, estimate.log_ratio, estimate.log_base, estimate.dependence
    )
    row = np.repeat(np.arange(len(weights)), np.diff(indptr))
    cast = columns[indptr[0] : indptr[-1]]
    right = np.einsum("ij,ij->i", q[row], inside[cast])
    each, c = weights[row], len(inside)
    votes, total, squares = (
        np.asarray(np.bincount(cast, each * right**power, minlength=c), np.float64)
        for power in (0, 1, 2)
    )
    return votes, total, squares, np.asarray(weights @ q**2)


def _interval(value: FloatArray, error: FloatArray) -> FloatArray:
    """Return a 95 % interval on the log-odds scale, which keeps it within 0 and 1."""
    p = np.clip(value, 1e-9, 1 - 1e-9)
    odds = np.log(p / (1 - p))
    half = _Z95 * error / (p * (1 - p))
    ends = np.stack([odds - half, odds + half], axis=1)
    return np.asarray(1 / (1 + np.exp(-np.clip(ends, -40, 40))))


@dataclass(frozen=True, slots=True, eq=False)
class LFQuality:
    """What a label model learned of each LF; prints as a table.

    Attributes
    ----------
    lf_names : tuple of str
    votes : ndarray of float64, shape (m,)
        Votes cast in fitting.
    quality : Quality
    """

    lf_names: tuple[str, ...]
    votes: FloatArray
    quality: Quality

    def to_frame(self) -> Any:
        """Return a pandas DataFrame, one row an LF."""
        import pandas as pd

        q = self.quality
        return pd.DataFrame(
            {
                "votes": self.votes,
                "precision": q.precision,
                "precision_low": q.precision_interval[:, 0],
                "precision_high": q.precision_interval[:, 1],
                "recall": q.recall,
                "recall_low": q.recall_interval[:, 0],
                "recall_high": q.recall_interval[:, 1],
            },
            index=pd.Index(self.lf_names, name="lf"),
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        q = self.quality
        rows = [
            [
                name,
                f"{self.votes[j]:,.0f}",
                _with_interval(q.precision[j], q.precision_interval[j]),
                _with_interval(q.recall[j], q.recall_interval[j]),
            ]
            for j, name in enumerate(self.lf_names)
        ]
        return ["LF", "votes", "precision (95 %)", "recall (95 %)"], rows

    def __repr__(self) -> str:
        return text_table(*self._table())

    def _repr_html_(self) -> str:
        return html_table(*self._table())


def _with_interval(value: float, ends: FloatArray) -> str:
    if np.isnan(value):
        return "-"
    return f"{value:.2f} ({ends[0]:.2f}–{ends[1]:.2f})"

"""The measures of the summary one by one, under the names of Snorkel's ``LFAnalysis``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from weaklabel.analysis._summary import summarize
from weaklabel.types import FloatArray

if TYPE_CHECKING:
    from weaklabel.matrix import LabelMatrix


def lf_polarities(L: LabelMatrix) -> list[list[int]]:
    """Return the codes that each LF voted, ascending."""
    return [list(codes) for codes in summarize(L).polarity]


def lf_coverages(L: LabelMatrix) -> FloatArray:
    """Return the fraction of rows each LF votes on, shape (m,)."""
    return summarize(L).coverage


def lf_overlaps(L: LabelMatrix) -> FloatArray:
    """Return the fraction of rows each LF votes on together with another, shape (m,)."""
    return summarize(L).overlaps


def lf_conflicts(L: LabelMatrix) -> FloatArray:
    """Return the fraction of rows on which each LF clashes with another, shape (m,)."""
    return summarize(L).conflicts


def lf_empirical_accuracies(L: LabelMatrix, gold: Any) -> FloatArray:
    """Return how often each LF is right where it votes, shape (m,); NaN without judged votes."""
    return summarize(L, gold).precision


def label_coverage(L: LabelMatrix) -> float:
    """Return the fraction of rows with a vote."""
    return summarize(L).label_coverage


def label_overlap(L: LabelMatrix) -> float:
    """Return the fraction of rows with two votes or more."""
    return summarize(L).label_overlap


def label_conflict(L: LabelMatrix) -> float:
    """Return the fraction of rows with two votes that clash.

    Examples
    --------
    >>> import weaklabel as wl
    >>> L = wl.LabelMatrix.from_array([[1, 1], [0, 1]])
    >>> label_conflict(L)
    0.5
    """
    return summarize(L).label_conflict

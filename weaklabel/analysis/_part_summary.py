"""The LF summary of votes that come in parts: one part in memory at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from weaklabel._checks import listed
from weaklabel.analysis._summary import LFSummary, summarize, wilson
from weaklabel.gold import encode_gold
from weaklabel.types import FloatArray, IntArray

if TYPE_CHECKING:
    from weaklabel.matrix import LabelMatrix


def summarize_parts(parts: Iterable[tuple[LabelMatrix, Any]]) -> LFSummary:
    """Summarise each labeling function over all parts, as `summarize` does over one matrix.

    Parameters
    ----------
    parts : iterable of (LabelMatrix, gold)
        Votes of the same LFs and classes, each with its gold labels (missing or -1 where unknown)
        or None; read one at a time.

    Returns
    -------
    LFSummary

    Raises
    ------
    ValueError
        When there are no parts, they differ in LFs or classes, or gold labels do not fit.

    Examples
    --------
    >>> import weaklabel as wl
    >>> from weaklabel.analysis._part_summary import summarize_parts
    >>> L = wl.LabelMatrix.from_array([[1, 1], [0, -1], [0, 1], [-1, -1]], classes=("HAM", "SPAM"))
    >>> print(summarize_parts([(L[:2], ["SPAM", "HAM"]), (L[2:], ["HAM", None])]))
    LF    polarity   cov.  overl.  confl.  correct   precision 95 %     recall
    --------------------------------------------------------------------------
    lf_0  HAM/SPAM  75.0%   50.0%   25.0%      3/3  1.00 [.44–1.00]  1.00/1.00
    lf_1      SPAM  50.0%   50.0%   25.0%      1/2   0.50 [.09–.91]       1.00
    4 rows: 75.0% covered, 50.0% by two or more, 25.0% in conflict; 3 gold labels
    """
    summaries: list[LFSummary] = []
    of_class: list[IntArray] = []
    for L, gold in parts:
        if summaries and (L.lf_names, L.class_names) != _names(summaries[0]):
            first = summaries[0]
            raise ValueError(
                f"part {len(summaries)} has LFs {listed(L.lf_names)} and classes "
                f"{listed(L.class_names)}, the parts before have {listed(first.lf_names)} and "
                f"{listed(first.class_names)}; summarise them apart"
            )
        summaries.append(summarize(L, gold))
        codes = np.full(L.n, -1) if gold is None else encode_gold(gold, L)
        of_class.append(np.bincount(codes[codes >= 0], minlength=L.k))
    if not summaries:
        raise ValueError("there are no parts of votes, expected one or more")
    return _joined(summaries, np.array(of_class))


def _names(summary: LFSummary) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return summary.lf_names, summary.class_names


def _joined(parts: list[LFSummary], of_class: IntArray) -> LFSummary:
    """Add the counts up; what a summary gives as a share is a count over its rows."""
    first, n = parts[0], sum(part.n for part in parts)
    right = np.sum([part.correct for part in parts], axis=0)
    wrong = np.sum([part.incorrect for part in parts], axis=0)
    precision, low, high = wilson(right, right + wrong)
    found = sum(
        _counts(np.nan_to_num(part.recall), rows)
        for part, rows in zip(parts, of_class, strict=True)
    )
    rows_of_class = of_class.sum(axis=0)
    recall = np.full(first.recall.shape, np.nan)
    np.divide(found, rows_of_class, out=recall, where=rows_of_class > 0)
    sets = sorted({name for p in parts for name in p.code_names[len(first.class_names) :]})
    code_names = (*first.class_names, *sets)
    gold = [part.n_gold for part in parts if part.n_gold is not None]

    def share(name: str) -> FloatArray:
        counts = [_counts(getattr(part, name), np.int64(part.n)) for part in parts]
        return np.asarray(np.sum(counts, axis=0) / max(n, 1))

    return LFSummary(
        lf_names=first.lf_names,
        class_names=first.class_names,
        code_names=code_names,
        n=n,
        n_gold=sum(gold) if gold else None,
        n_faults=np.sum([part.n_faults for part in parts], axis=0),
        polarity=tuple(
            tuple(sorted({code_names.index(p.code_names[c]) for p in parts for c in p.polarity[j]}))
            for j in range(len(first.lf_names))
        ),
        coverage=share("coverage"),
        overlaps=share("overlaps"),
        conflicts=share("conflicts"),
        correct=right,
        incorrect=wrong,
        precision=precision,
        precision_low=low,
        precision_high=high,
        recall=recall,
        label_coverage=float(share("label_coverage")),
        label_overlap=float(share("label_overlap")),
        label_conflict=float(share("label_conflict")),
    )


def _counts(shares: FloatArray, of: IntArray | np.int64) -> IntArray:
    return np.asarray(np.rint(np.asarray(shares) * of), np.int64)

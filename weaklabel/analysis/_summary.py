"""The LF summary: one line for each labeling function."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, final

import numpy as np

from weaklabel._kernels import count_votes, row_blocks, threaded
from weaklabel._render import html_table, terminal_width, text_table
from weaklabel.gold import encode_gold
from weaklabel.types import FloatArray, IntArray

if TYPE_CHECKING:
    from weaklabel.analysis._slice_summary import SliceSummary
    from weaklabel.matrix import LabelMatrix

# The 97.5 % point of the standard normal distribution, for intervals of 95 %.
_Z = 1.959963984540054
_SHORT = {"coverage": "cov.", "overlaps": "overl.", "conflicts": "confl."}
_MOST_RECALLS = 6


@final
@dataclass(frozen=True, slots=True, eq=False)
class LFSummary:
    """What each labeling function covers, and with gold labels how often it is right.

    Prints as a table; ``to_frame()`` returns a DataFrame.

    Attributes
    ----------
    lf_names, class_names : tuple of str
    n : int
        Number of rows.
    code_names : tuple of str
        What each code means: the class names, then the class sets as ``"A|B"``.
    n_gold : int or None
        Rows whose gold label is known; None where no gold was given.
    n_faults : ndarray of int64, shape (m,)
        Calls of each LF that failed and abstained.
    polarity : tuple of tuple of int
        The codes each LF voted; from k on they are class sets.
    coverage, overlaps, conflicts : ndarray of float64, shape (m,)
        Fractions of n: rows the LF votes on; where another LF votes too; where its vote leaves no
        class in common with another vote.
    correct, incorrect : ndarray of int64, shape (m,)
        Votes on rows with a known gold label that leave it possible, or do not.
    precision, precision_low, precision_high : ndarray of float64, shape (m,)
        correct / (correct + incorrect) and its 95 % interval (Wilson, 1927); NaN without votes.
    recall : ndarray of float64, shape (m, k)
        Fraction of the rows of each gold class on which the LF votes for it; NaN where the class
        has no gold.
    label_coverage, label_overlap, label_conflict : float
        Fractions of rows with a vote, with two or more, with two that clash.
    slices : SliceSummary or None
        The same slice by slice, where slices were given.

    References
    ----------
    E. B. Wilson (1927). Probable inference, the law of succession, and statistical inference.
    Journal of the American Statistical Association 22, 209-212.
    doi:10.1080/01621459.1927.10502953
    """

    lf_names: tuple[str, ...]
    class_names: tuple[str, ...]
    code_names: tuple[str, ...]
    n: int
    n_gold: int | None
    n_faults: IntArray
    polarity: tuple[tuple[int, ...], ...]
    coverage: FloatArray
    overlaps: FloatArray
    conflicts: FloatArray
    correct: IntArray
    incorrect: IntArray
    precision: FloatArray
    precision_low: FloatArray
    precision_high: FloatArray
    recall: FloatArray
    label_coverage: float
    label_overlap: float
    label_conflict: float
    slices: SliceSummary | None = None

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with one row an LF; gold columns only where gold was given."""
        import pandas as pd

        columns: dict[str, Any] = {
            "polarity": [[self.code_names[c] for c in codes] for codes in self.polarity],
            "coverage": self.coverage,
            "overlaps": self.overlaps,
            "conflicts": self.conflicts,
        }
        if self.n_faults.any():
            columns["faults"] = self.n_faults
        if self.n_gold is not None:
            columns |= {
                "correct": self.correct,
                "incorrect": self.incorrect,
                "precision": self.precision,
                "precision_low": self.precision_low,
                "precision_high": self.precision_high,
            }
            columns |= {
                f"recall_{name}": self.recall[:, y] for y, name in enumerate(self.class_names)
            }
        return pd.DataFrame(columns, index=pd.Index(self.lf_names, name="lf"))

    def most_covering(self, count: int) -> LFSummary:
        """Return the summary of the LFs that cover most; overlaps are still those with all LFs."""
        chosen = np.argsort(-self.coverage, kind="stable")[:count]
        per_lf = {
            name: getattr(self, name)[chosen]
            for name in (
                *("n_faults", "coverage", "overlaps", "conflicts", "correct", "incorrect"),
                *("precision", "precision_low", "precision_high", "recall"),
            )
        }
        return replace(
            self,
            lf_names=tuple(self.lf_names[j] for j in chosen),
            polarity=tuple(self.polarity[j] for j in chosen),
            **per_lf,
        )

    def _cells(self, *, brief: bool) -> tuple[list[str], list[list[str]]]:
        """Return header and rows; brief: short headings, and one recall instead of one a class."""
        shares = {"coverage": self.coverage, "overlaps": self.overlaps, "conflicts": self.conflicts}
        columns: dict[str, list[str]] = {
            "LF": list(self.lf_names),
            "polarity": [_shortened(votes) for votes in self._polarity_names()],
        }
        columns |= {
            _SHORT[name] if brief else name: list(map(_percent, share))
            for name, share in shares.items()
        }
        if self.n_gold is not None:
            if brief:
                pairs = zip(self.correct, self.correct + self.incorrect, strict=True)
                columns["correct"] = [f"{_count(c)}/{_count(of)}" for c, of in pairs]
            else:
                columns["correct"] = list(map(_count, self.correct))
                columns["incorrect"] = list(map(_count, self.incorrect))
            columns["precision 95 %"] = [self._interval(j) for j in range(len(self.lf_names))]
            columns |= self._recalls(brief=brief)
        return list(columns), [list(row) for row in zip(*columns.values(), strict=True)]

    def _polarity_names(self) -> list[str]:
        return ["/".join(self.code_names[c] for c in codes) or "nothing" for codes in self.polarity]

    def _recalls(self, *, brief: bool) -> dict[str, list[str]]:
        """Return the recall of each class where there is room for it, else of the voted ones."""
        if not brief and len(self.class_names) <= _MOST_RECALLS:
            return {
                f"recall {name}": [_share(r) for r in self.recall[:, y]]
                for y, name in enumerate(self.class_names)
            }
        # The classes on which the LF was ever right; NaN where a class has no gold.
        recalls = [[_share(r) for r in row[row > 0]] for row in self.recall]
        return {"recall": ["/".join(row[:2] + ["…"] * (len(row) > 2)) for row in recalls]}

    def _interval(self, j: int) -> str:
        if np.isnan(self.precision[j]):
            return ""
        low, high = self.precision_low[j], self.precision_high[j]
        return f"{self.precision[j]:.2f} [{_hundredths(low)}–{_hundredths(high)}]"

    def _caption(self) -> str:
        text = (
            f"{self.n:,} rows: {_percent(self.label_coverage)} covered, "
            f"{_percent(self.label_overlap)} by two or more, "
            f"{_percent(self.label_conflict)} in conflict"
        )
        if self.n_gold is not None:
            text += f"; {self.n_gold:,} gold labels"
        faulty = [f"{faults:,} of {name}" for name, faults in self._faulty()]
        return f"{text}; faults: {', '.join(faulty)}" if faulty else text

    def _faulty(self, most: int = 5) -> list[tuple[str, int]]:
        """Return the LFs with the most faults."""
        worst = np.argsort(-self.n_faults, kind="stable")[:most]
        return [(self.lf_names[j], int(self.n_faults[j])) for j in worst if self.n_faults[j]]

    def __str__(self) -> str:
        width = terminal_width()
        caption = textwrap.fill(self._caption(), width)
        text = f"{text_table(*self._cells(brief=True), width=width, cut=2)}\n{caption}"
        return text if self.slices is None else f"{text}\n\n{self.slices}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        page = html_table(*self._cells(brief=False), caption=self._caption())
        return page if self.slices is None else page + self.slices._repr_html_()


def summarize(L: LabelMatrix, gold: Any = None, *, slices: Any = None) -> LFSummary:
    """Summarise each labeling function.

    Parameters
    ----------
    L : LabelMatrix
    gold : array-like, shape (n,), optional
        Gold labels, missing or -1 where unknown.
    slices : Slices, or mapping of str to array-like of bool, shape (n,), optional
        For a table of the slices besides.

    Returns
    -------
    LFSummary

    Raises
    ------
    TypeError
        When the slices are no mapping.
    ValueError
        When the gold labels have another length or an unknown class, or a slice does not fit.

    Examples
    --------
    >>> import weaklabel as wl
    >>> L = wl.LabelMatrix.from_array([[1, 1], [0, -1], [0, 1], [-1, -1]], classes=("HAM", "SPAM"))
    >>> print(L.summary(gold=["SPAM", "HAM", "HAM", None]))
    LF    polarity   cov.  overl.  confl.  correct   precision 95 %     recall
    --------------------------------------------------------------------------
    lf_0  HAM/SPAM  75.0%   50.0%   25.0%      3/3  1.00 [.44–1.00]  1.00/1.00
    lf_1      SPAM  50.0%   50.0%   25.0%      1/2   0.50 [.09–.91]       1.00
    4 rows: 75.0% covered, 50.0% by two or more, 25.0% in conflict; 3 gold labels
    """
    y = np.full(L.n, -1) if gold is None else encode_gold(gold, L)
    if slices is not None:
        from weaklabel.analysis._slice_summary import summarize_slices
        from weaklabel.analysis._slices import slice_masks

        whole = summarize(L, gold)
        parts = summarize_slices(L, whole, slice_masks(slices, L), None if gold is None else y)
        return replace(whole, slices=parts)
    votes, shared, judged, rows = _counted(L, y)
    wrong, right = judged[:, :, 0].sum(axis=1), judged[:, :, 1].sum(axis=1)
    precision, low, high = wilson(right, right + wrong)
    rows_of_class = np.bincount(y[y >= 0], minlength=L.k)
    n = max(L.n, 1)
    faulty = dict.fromkeys(L.lf_names, 0)
    for fault in L.faults:
        faulty[fault.lf] += 1
    return LFSummary(
        lf_names=L.lf_names,
        class_names=L.class_names,
        code_names=L.code_names,
        n=L.n,
        n_gold=None if gold is None else int((y >= 0).sum()),
        n_faults=np.array(list(faulty.values()), np.int64),
        polarity=tuple(tuple(np.flatnonzero(row).tolist()) for row in votes),
        coverage=votes.sum(axis=1) / n,
        overlaps=shared[:, 0] / n,
        conflicts=shared[:, 1] / n,
        correct=right,
        incorrect=wrong,
        precision=precision,
        precision_low=low,
        precision_high=high,
        recall=_ratio(judged[:, :, 1], rows_of_class),
        label_coverage=float(rows[0] / n),
        label_overlap=float(rows[1] / n),
        label_conflict=float(rows[2] / n),
    )


def wilson(hits: IntArray, trials: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return hits / trials with the 95 % Wilson interval; NaN where there were no trials.

    Parameters
    ----------
    hits, trials : ndarray of int, shape (m,)

    Returns
    -------
    share, low, high : ndarray of float64, shape (m,)
    """
    share = _ratio(hits, trials)
    t = np.maximum(trials, 1)
    middle = (share + _Z**2 / (2 * t)) / (1 + _Z**2 / t)
    half = _Z / (1 + _Z**2 / t) * np.sqrt(share * (1 - share) / t + _Z**2 / (4 * t**2))
    # Rounding must not leave a share of 0 or 1 outside its own interval.
    return share, np.clip(middle - half, 0.0, share), np.clip(middle + half, share, 1.0)


def _counted(L: LabelMatrix, gold: IntArray) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Run the counting kernel block by block; counts are sums, in any order the same."""
    indptr, indices, codes = L.csr()
    possible = L.possible
    clash = (possible.astype(np.int64) @ possible.T.astype(np.int64)) == 0
    blocks = threaded(
        lambda start, stop: count_votes(
            indptr[start : stop + 1], indices, codes, possible, clash, gold[start:stop], L.m
        ),
        row_blocks(L.n),
    )
    votes, shared, judged, rows = next(blocks)
    for block in blocks:
        for total, part in zip((votes, shared, judged, rows), block, strict=True):
            total += part
    return votes, shared, judged, rows


def _ratio(part: IntArray, whole: IntArray) -> FloatArray:
    out = np.full(np.broadcast_shapes(part.shape, whole.shape), np.nan)
    return np.asarray(np.divide(part, whole, out=out, where=whole > 0))


def _share(share: float) -> str:
    return "" if np.isnan(share) else f"{share:.2f}"


def _hundredths(share: float) -> str:
    return f"{share:.2f}".removeprefix("0")


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def _count(number: int) -> str:
    """Return a number in at most six characters."""
    return f"{number}" if number < 1_000_000 else f"{number / 1_000_000:.4g}M"


def _shortened(votes: str, limit: int = 16) -> str:
    return votes if len(votes) <= limit else f"{votes[: limit - 1]}…"

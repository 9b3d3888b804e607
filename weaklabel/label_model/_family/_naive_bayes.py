"""Naive Bayes: conditional tables counted on gold labels."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self, final

import numpy as np

from weaklabel.label_model._base._params import check_positive, given_balance
from weaklabel.label_model._base._rows import VoteRows, row_posteriors
from weaklabel.label_model._base._tables import as_coded, given_voted, logs, smoothed, with_abstain
from weaklabel.label_model._base._vote_model import VoteModel, check_votes
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray


@final
class NaiveBayes(VoteModel):
    """Count on gold labels what each LF votes in each class, and combine votes by Bayes' rule.

    The votes of a row are taken for independent given its class. Rows without a gold label are not
    used at all.

    When to use: as the supervised yardstick, or where there are gold labels by the hundred. With
    few, a model that also learns from the votes does better: `LabelModel` and `DawidSkene` take
    gold labels too.

    Parameters
    ----------
    class_balance : array-like of float, shape (k,), optional
        P(class), where it is known; default counted, with smoothing.
    smoothing : float, optional
        Pseudo-count of every cell of the tables and of the balance (Laplace); positive.
    abstain : {"missing", "vote"}, optional
        Whether an abstain says nothing, or is counted as one more thing to vote. LFs that vote for
        one class only say nearly nothing by their votes, and may say much by their silence.

    Attributes
    ----------
    cond_probs_ : ndarray of float64, shape (m, s + 1, k)
        ``cond_probs_[j, v + 1, y]`` is P(LF j votes v | Y = y); row 0 is abstain, rows from k + 1
        on are the class sets.
    class_balance_ : ndarray of float64, shape (k,)
        P(Y) of the covered rows.

    References
    ----------
    M. E. Maron (1961). Automatic indexing: an experimental inquiry. Journal of the ACM 8(3),
    404-417. doi:10.1145/321075.321084

    Examples
    --------
    >>> import weaklabel as wl
    >>> from weaklabel import NaiveBayes
    >>> L = wl.LabelMatrix.from_array([[1, 1], [1, 0], [0, 1], [0, -1]], classes=("HAM", "SPAM"))
    >>> model = NaiveBayes().fit(L, gold=["SPAM", "SPAM", "HAM", None])
    >>> model.cond_probs_[0, 1:].round(2).tolist()
    [[0.44, 0.19], [0.22, 0.56]]
    """

    _learned: ClassVar[tuple[str, ...]] = ("cond_probs_", "class_balance_")
    cond_probs_: FloatArray

    def __init__(
        self,
        class_balance: Any = None,
        *,
        smoothing: float = 1.0,
        abstain: Literal["missing", "vote"] = "missing",
    ) -> None:
        self.class_balance = class_balance
        self.smoothing = smoothing
        self.abstain = abstain

    def fit(self, L: Any, gold: Any = None) -> Self:
        """Count the tables and the class balance on the rows whose gold label is known.

        Parameters
        ----------
        L : LabelMatrix
            The votes; rows without any are left out.
        gold : array-like, shape (n,)
            Gold labels, missing or -1 where unknown.

        Returns
        -------
        NaiveBayes
            Itself.

        Raises
        ------
        ValueError
            When there are no gold labels on rows with votes, or an argument does not fit.
        """
        check_positive(smoothing=self.smoothing)
        if self.abstain not in ("missing", "vote"):
            raise ValueError(f"abstain must be 'missing' or 'vote', got {self.abstain!r}")
        L = check_votes(L)
        fixed = given_balance(self.class_balance, L)
        if gold is None:
            raise ValueError(
                "NaiveBayes learns from gold labels alone and got none; pass gold=, or fit a "
                "LabelModel, which needs none"
            )
        rows = VoteRows.of(L, gold)
        counts, mass = rows.known_counts, rows.known_mass
        if not mass.any():
            raise ValueError(
                "NaiveBayes found no row with both a vote and a gold label; pass gold labels of "
                "covered rows"
            )
        self._remember(L)
        if self.abstain == "vote":
            silent = np.maximum(mass - counts.sum(axis=1), 0.0)
            all_counts = np.concatenate([silent[:, None], counts], axis=1)
            self.cond_probs_ = smoothed(all_counts, self.smoothing, axis=1)
        else:
            table = smoothed(counts, self.smoothing, axis=1)
            self.cond_probs_ = with_abstain(table, counts, mass, self.smoothing)
        self.class_balance_ = smoothed(mass, self.smoothing, axis=0) if fixed is None else fixed
        return self

    def _posteriors(self, L: LabelMatrix) -> FloatArray:
        log_base = logs(self.class_balance_)
        if self.abstain == "missing":
            table = as_coded(given_voted(self.cond_probs_), self.class_sets_, L)
            return row_posteriors(L, logs(table), log_base)
        silent = logs(self.cond_probs_[:, :1])
        table = as_coded(self.cond_probs_[:, 1:], self.class_sets_, L)
        return row_posteriors(L, logs(table) - silent, log_base + silent.sum(axis=(0, 1)))

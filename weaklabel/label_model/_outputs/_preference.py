"""Pairwise preference votes: a score an item, a quality an LF."""

from __future__ import annotations

from typing import Any, ClassVar, Self, final

import numpy as np

from weaklabel._checks import read_only
from weaklabel.gold import encode_gold
from weaklabel.label_model._base._climb import climb
from weaklabel.label_model._base._params import check_ending, check_positive
from weaklabel.label_model._base._saved_model import SavedModel, places
from weaklabel.label_model._base._vote_model import check_votes
from weaklabel.label_model._base._voted_em import warn_unless
from weaklabel.label_model._outputs._pair_rows import (
    PairRows,
    outcome_logs,
    row_sums,
    vote_table,
    votes_of,
)
from weaklabel.label_model._outputs._pairs import item_places, pair_table
from weaklabel.labels import ProbabilisticLabels, hard_labels
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray, IntArray, Tie


@final
class PreferenceModel(SavedModel):
    r"""Rank items from votes on which of two is better, and tell good LFs from bad ones.

    When to use: LFs or annotators compare two items at a time (answers, summaries, images). A row
    is a pair of items, and the matrix has two classes, *the first is better* and *the second is
    better*, or three with *a tie*, in this order. LFs on one row judge one and the same comparison;
    where each annotator draws an own conclusion, give each vote its own row (``from_triples``
    with the position of the vote as its row key).

    The story: each item has a score, and the first of two is better with the probability
    ``1 / (1 + exp(score of the second - score of the first))`` (Bradley and Terry, 1952; with ties,
    Davidson, 1970). An LF votes for what is so with probability `quality`, else for one of the
    other outcomes. A quality below one half is an LF whose votes count the other way round. With
    one vote a row this is Crowd-BT (Chen and others, 2013). Scores, qualities and the frequency of
    ties are the most probable ones, found by EM.

    Parameters
    ----------
    score_scale : float, optional
        Standard deviation of the normal prior of the scores, on the logarithmic scale; positive.
        It keeps the score of an item that always wins finite.
    prior_strength : float, optional
        How many votes the prior of a quality counts for; positive.
    tol : float, optional
        EM ends when a pass changes no score or log-odds of a quality by more than this.
    max_iter : int, optional
        Most passes; a fit that has not ended by then says so in a `WeakLabelWarning`.

    Attributes
    ----------
    items_ : tuple of str or int
        The items, sorted.
    score_ : ndarray of float64, shape (items,)
        Logarithm of each item's strength; their mean is 0.
    quality_ : ndarray of float64, shape (m,)
        How often each LF's votes are right.
    tie_ : float
        ``P(tie) / P(first)`` where two items are equally good; 0 without a class for ties.
    lf_names_, class_names_ : tuple of str
        The LFs and classes it was fitted on.
    n_iter_ : int
        Passes over the votes.
    converged_ : bool
        Whether the last pass changed less than `tol`.

    References
    ----------
    R. A. Bradley and M. E. Terry (1952). Rank analysis of incomplete block designs: I. The method
    of paired comparisons. Biometrika 39(3/4), 324-345. doi:10.2307/2334029

    R. R. Davidson (1970). On extending the Bradley-Terry model to accommodate ties in paired
    comparison experiments. Journal of the American Statistical Association 65(329), 317-328.
    doi:10.1080/01621459.1970.10481082

    X. Chen, P. N. Bennett, K. Collins-Thompson and E. Horvitz (2013). Pairwise ranking aggregation
    in a crowdsourced setting. WSDM 2013, 193-202. doi:10.1145/2433396.2433420

    Examples
    --------
    >>> import weaklabel as wl
    >>> from weaklabel import PreferenceModel
    >>> pairs = [("tea", "mud"), ("milk", "mud"), ("tea", "milk"), ("mud", "milk")]
    >>> L = wl.LabelMatrix.from_array(
    ...     [[0, 0, 1], [0, 0, 0], [0, -1, 0], [1, 1, 0]], classes=("FIRST", "SECOND")
    ... )
    >>> model = PreferenceModel().fit(pairs, L)
    >>> sorted(zip(model.score_.round(1).tolist(), model.items_))[::-1]
    [(1.2, 'tea'), (0.2, 'milk'), (-1.4, 'mud')]
    >>> model.predict_proba([("tea", "mud")]).round(2).tolist()
    [[0.93, 0.07]]
    """

    _learned: ClassVar[tuple[str, ...]] = ("score_", "quality_", "tie_", "n_iter_", "converged_")
    _names: ClassVar[tuple[str, ...]] = ("items_", "lf_names_", "class_names_")
    items_: tuple[Any, ...]
    score_: FloatArray
    quality_: FloatArray
    tie_: float
    lf_names_: tuple[str, ...]
    class_names_: tuple[str, ...]
    n_iter_: int
    converged_: bool

    def __init__(
        self,
        *,
        score_scale: float = 2.0,
        prior_strength: float = 5.0,
        tol: float = 1e-8,
        max_iter: int = 1000,
    ) -> None:
        self.score_scale = score_scale
        self.prior_strength = prior_strength
        self.tol = tol
        self.max_iter = max_iter

    def fit(self, pairs: Any, L: LabelMatrix, gold: Any = None) -> Self:
        """Learn the scores of the items and the qualities of the LFs.

        Parameters
        ----------
        pairs : array-like of str or int, shape (n, 2)
            The two items of each row.
        L : LabelMatrix, n rows
            The votes: class 0 for the first item, class 1 for the second, class 2 (where there is
            one) for a tie.
        gold : array-like, shape (n,), optional
            Which class each row is, missing or -1 where unknown.

        Returns
        -------
        PreferenceModel
            Itself.

        Raises
        ------
        ValueError
            When there are no votes, the matrix has more than three classes, or lengths differ.
        """
        check_positive(score_scale=self.score_scale, prior_strength=self.prior_strength)
        check_ending(self.tol, self.max_iter)
        L = check_votes(L)
        if L.k > 3:
            raise ValueError(
                f"a preference has two classes (first, second) or three (and a tie), the matrix "
                f"has {L.k}: {L.class_names}"
            )
        table = pair_table(pairs, L.n)
        items = tuple(sorted({item for pair in table for item in pair}))
        truth = np.full(L.n, -1) if gold is None else encode_gold(gold, L)
        rows = PairRows(
            item_places(table, items),
            L,
            truth,
            len(items),
            score_scale=float(self.score_scale),
            prior_strength=float(self.prior_strength),
        )
        theta, self.n_iter_, self.converged_ = climb(
            rows.step, rows.start, tol=self.tol, max_iter=self.max_iter
        )
        score, self.quality_, self.tie_ = rows.parts(theta)
        self.score_ = score - score.mean()
        self.items_, self.lf_names_, self.class_names_ = items, L.lf_names, L.class_names
        warn_unless(self.converged_, self, self.max_iter)
        return self

    def predict_proba(self, pairs: Any, L: LabelMatrix | None = None) -> FloatArray:
        """Return the probability of each class for each pair.

        Parameters
        ----------
        pairs : array-like of str or int, shape (n, 2)
            Items of the fit.
        L : LabelMatrix, n rows, optional
            Votes on these pairs; without them the scores alone speak.

        Returns
        -------
        ndarray of float64, shape (n, k)
            That the first is better, that the second is, and that they tie.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            When an item is new, or the LFs or classes are not those of the fit.
        """
        self._check_fitted("items_")
        table = pair_table(pairs, None if L is None else L.n)
        at = item_places(table, self.items_)
        k = len(self.class_names_)
        logs = outcome_logs(self.score_[at[:, 0]] - self.score_[at[:, 1]], self.tie_, k)
        if L is not None:
            if L.class_names != self.class_names_:
                raise ValueError(
                    f"the model was fitted on classes {self.class_names_}, the matrix has "
                    f"{L.class_names}"
                )
            L = L.select(places(self.lf_names_, L.lf_names, "LFs"))
            said = np.log(vote_table(self.quality_, L.possible))
            row, lf, code = votes_of(L)
            logs = logs + row_sums(row, said[lf, code], L.n)
        probs = np.exp(logs - logs.max(axis=1, keepdims=True))
        return np.asarray(probs / probs.sum(axis=1, keepdims=True))

    def predict(
        self, pairs: Any, L: LabelMatrix | None = None, *, tie: Tie = "abstain"
    ) -> IntArray:
        """Return the most probable class of each pair, int64 of shape (n,).

        Two classes that are equally probable abstain (-1); with ``tie="first"`` it is the first.
        """
        probs = self.predict_proba(pairs, L)
        return hard_labels(probs, np.ones(len(probs), bool), self._balance(), tie=tie)

    def label(self, pairs: Any, L: LabelMatrix) -> ProbabilisticLabels:
        """Return the probabilistic labels of voted pairs, with keys, coverage and class names."""
        return ProbabilisticLabels(
            probs=read_only(self.predict_proba(pairs, L)),
            covered=read_only(L.covered),
            keys=L.keys,
            class_names=self.class_names_,
            class_balance=self._balance(),
        )

    def _balance(self) -> FloatArray:
        """Return P(class) of two items that are equally good."""
        return np.asarray(np.exp(outcome_logs(np.zeros(1), self.tie_, len(self.class_names_))[0]))

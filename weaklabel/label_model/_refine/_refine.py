"""Feature-aware refinement: what the rows look like corrects and extends what the votes say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from weaklabel._checks import read_only
from weaklabel.label_model._refine._features import FeatureSpace, as_features, taken
from weaklabel.label_model._refine._rounds import Classifier, Refinement
from weaklabel.label_model._refine._softmax import softmax
from weaklabel.label_model._refine._votes import FLOOR, VoteEvidence
from weaklabel.labels import ProbabilisticLabels
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray, IntArray


@final
@dataclass(frozen=True, slots=True, eq=False)
class Refined:
    """Labels that features have refined, and what was found on the way.

    Attributes
    ----------
    labels : ProbabilisticLabels
        The refined labels. ``labels.covered`` marks the rows that votes or features speak of.
    strength : float
        What the log-odds of the classifier are multiplied with, 0..1; 0 where the features say
        nothing of the labels, and then the labels are those that were given.
    log_loss, baseline_log_loss : float
        Cross entropy of the given labels on covered rows, in nats a row: of the features out of
        fold, and of the class shares alone.
    z : float
        By how many standard errors the features beat the class shares.
    """

    labels: ProbabilisticLabels
    strength: float
    log_loss: float
    baseline_log_loss: float
    z: float
    _space: FeatureSpace
    _classifier: Classifier | None
    _votes: VoteEvidence

    @property
    def probs(self) -> FloatArray:
        """The refined probabilities, ``labels.probs``."""
        return self.labels.probs

    def predict_proba(self, features: Any, L: LabelMatrix | None = None) -> FloatArray:
        """Return the probability of each class for new rows.

        Parameters
        ----------
        features : as in `refine`
            What the new rows look like.
        L : LabelMatrix, optional
            Votes of the same LFs on the new rows, where they can be had.

        Returns
        -------
        ndarray of float64, shape (n, k)

        Raises
        ------
        TypeError, ValueError
            When the features are of another kind or width, or the matrix does not fit.
        """
        if L is not None:
            _check_matrix(L)
            if L.class_names != self.labels.class_names:
                raise ValueError(
                    f"L has the classes {L.class_names}, the refinement was fitted on "
                    f"{self.labels.class_names}"
                )
        with _one_thread():
            blocks = self._space.transform(features, None if L is None else L.n)
            balance = np.log(np.maximum(self.labels.class_balance, FLOOR))
            logits, evidence = np.tile(balance, (blocks.n, 1)), np.zeros((blocks.n, len(balance)))
            if self._classifier is not None:
                logits = self._classifier.log_probs(blocks)
                evidence = logits - self._classifier.log_shares
            if L is not None:
                logits = np.where(L.covered[:, None], self._votes.logits(L) + evidence, logits)
        return softmax(logits)

    def __repr__(self) -> str:
        return (
            f"Refined: strength {self.strength:.2f}, log loss {self.log_loss:.3f} out of fold "
            f"against {self.baseline_log_loss:.3f} of the class shares (z = {self.z:.1f})\n"
            f"{self.labels!r}"
        )


def refine(
    L: LabelMatrix,
    labels: ProbabilisticLabels,
    features: Any,
    *,
    rounds: int = 3,
    folds: int = 5,
) -> Refined:
    r"""Let what the rows look like correct and extend what the votes say of them.

    When to use: whenever rows have texts or numbers beside the votes, above all where many rows
    have no vote. It needs no gold labels.

    A linear classifier learns the labels from the features, out of fold, so that no row is told
    its own label back. Its probabilities p join the labels q that the votes gave:
    ``log q' = log q + log p - log mean p`` on rows with votes, and p alone on the others. What
    each LF's vote says is then counted again under q', and the round is repeated, now with all
    rows to learn from.

    The strength is found without gold. The scale of p is the one that best predicts the given
    labels out of fold, and features that do not beat the class shares by two standard errors
    are left aside: the labels then stay as they were.

    Parameters
    ----------
    L : LabelMatrix, n rows
        The votes.
    labels : ProbabilisticLabels, n rows
        What a label model makes of them.
    features : sequence of str, array, DataFrame or SciPy sparse matrix of n rows
        Texts, or numbers of shape (n, d). Texts become TF-IDF of words and word pairs; they and
        sparse numbers get an embedding besides (latent semantic analysis); dense numbers are
        standardised.
    rounds : int, optional
        How often features and votes learn from each other.
    folds : int, optional
        Parts in cross-fitting. Which rows make a part goes by the order of their keys, so the
        order of the rows does not matter.

    Returns
    -------
    Refined
        Its ``labels`` are the refined labels; it also labels new rows, with or without votes.

    Raises
    ------
    TypeError
        When an argument is of another type.
    ValueError
        When lengths, keys or classes differ, a number is missing or not finite, or no row has a
        vote.

    References
    ----------
    V. C. Raykar, S. Yu, L. H. Zhao, G. H. Valadez, C. Florin, L. Bogoni and L. Moy (2010).
    Learning from crowds. Journal of Machine Learning Research 11, 1297-1322.

    Examples
    --------
    >>> import weaklabel as wl
    >>> from weaklabel import refine
    >>> texts = ["win cash", "see you", "free cash now", "see you soon", "free prize", "you there"]
    >>> L = wl.LabelMatrix.from_array([[1], [0], [1], [0], [-1], [-1]] * 10, ("HAM", "SPAM"))
    >>> labels = wl.MajorityVote().fit(L).label(L)
    >>> refined = refine(L, labels, texts * 10)
    >>> refined.labels.predict()[:6].tolist()
    [1, 0, 1, 0, 1, 0]
    >>> refined.predict_proba(["a free prize", "see you there"]).argmax(axis=1).tolist()
    [1, 0]
    """
    _check(L, labels, rounds, folds)
    with _one_thread():
        # In the order of keys and names, sums come out the same bit for bit however rows and LFs
        # were ordered.
        order = _key_order(L.keys)
        rows = L.select(sorted(L.lf_names))[order]
        space = FeatureSpace()
        blocks = space.fit(taken(as_features(features, L.n), order))
        given = labels.probs[order]
        work = Refinement(rows, given, blocks, folds)
        work.run(rounds)
        return Refined(
            labels=labels if work.classifier is None else _relabelled(labels, work, order),
            strength=0.0 if work.classifier is None else work.classifier.scale,
            log_loss=work.log_loss,
            baseline_log_loss=work.baseline_log_loss,
            z=work.z,
            _space=space,
            _classifier=work.classifier,
            _votes=VoteEvidence.of(
                rows, given if work.classifier is None else work.given, work.change
            ),
        )


def _relabelled(
    labels: ProbabilisticLabels, work: Refinement, order: IntArray
) -> ProbabilisticLabels:
    """Return the refined labels in the order of the given ones."""
    speaks = work.covered | work.blocks.known
    balance = work.probs[speaks].mean(axis=0)
    probs, covered = np.empty_like(work.probs), np.empty(len(order), np.bool_)
    probs[order] = np.where(speaks[:, None], work.probs, balance)
    covered[order] = speaks
    return ProbabilisticLabels(
        probs=read_only(probs),
        covered=read_only(covered),
        keys=labels.keys,
        class_names=labels.class_names,
        class_balance=read_only(balance),
    )


def _key_order(keys: IntArray) -> IntArray:
    """Return the positions of the rows in the order of their keys."""
    try:
        return np.argsort(keys, kind="stable")
    except TypeError:  # keys of several types have no order of their own
        return np.argsort(np.array([repr(key) for key in keys]), kind="stable")


def _one_thread() -> Any:
    """Return a context in which BLAS has one thread: more are slower here, and round otherwise."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    return threadpool_limits(1)


def _check_matrix(L: object) -> None:
    if not isinstance(L, LabelMatrix):
        raise TypeError(
            f"expected a LabelMatrix, got {type(L).__name__}; make one with apply_lfs(lfs, data), "
            "or LabelMatrix.from_array(votes)"
        )


def _check(L: LabelMatrix, labels: ProbabilisticLabels, rounds: int, folds: int) -> None:
    _check_matrix(L)
    if not isinstance(labels, ProbabilisticLabels):
        raise TypeError(
            f"labels must be ProbabilisticLabels, got {type(labels).__name__}; make them with "
            "model.label(L)"
        )
    for name, value, least in (("rounds", rounds, 1), ("folds", folds, 2)):
        if type(value) is not int or value < least:
            raise ValueError(f"{name} must be an int of at least {least}, got {value!r}")
    if labels.n != L.n:
        raise ValueError(
            f"labels have {labels.n} rows, the label matrix has {L.n}; pass model.label(L) of this "
            "matrix"
        )
    if labels.class_names != L.class_names:
        raise ValueError(
            f"labels have the classes {labels.class_names}, the label matrix has {L.class_names}"
        )
    if not np.array_equal(labels.keys, L.keys):
        raise ValueError(
            "labels and the label matrix have different row keys; pass model.label(L) of this "
            "matrix"
        )
    if not L.covered.any():
        raise ValueError(
            "no LF votes on any row; there is nothing to refine. Look at L.summary() and at the "
            "labeling functions' examples"
        )

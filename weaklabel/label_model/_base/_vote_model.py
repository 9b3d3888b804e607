"""What every label model shares: labels from probabilities, and checks that the matrix fits."""

from __future__ import annotations

import os
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Self

import numpy as np

from weaklabel._checks import listed, read_only
from weaklabel._estimator import ParamsMixin
from weaklabel._files import load_arrays, save_arrays
from weaklabel.errors import WeakLabelWarning
from weaklabel.gold import encode_gold
from weaklabel.label_model._base._compared import ModelComparison, compared_with_majority
from weaklabel.label_model._base._crowd import crowd_matrix, is_crowd_frame
from weaklabel.label_model._base._explained import Explanation, explained
from weaklabel.label_model._base._lf_value import LFValue, lf_value
from weaklabel.label_model._base._which_rows import known_gold, row_position
from weaklabel.labels import ProbabilisticLabels, hard_labels
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray, IntArray, Tie, Uncovered

_VERSION = 1


class VoteModel(ParamsMixin, ABC):
    """A model of votes. Subclasses say how they fit and what they believe of a row.

    Attributes
    ----------
    class_balance_ : ndarray of float64, shape (k,)
        P(class): what rows without votes get.
    class_names_, lf_names_ : tuple of str
        The classes and LFs it was fitted on.
    class_sets_ : tuple of tuple of int
        The class sets that partial votes named in fitting.
    """

    # What `fit` learned and `save` keeps: numbers and arrays of numbers.
    _learned: ClassVar[tuple[str, ...]] = ("class_balance_",)
    class_balance_: FloatArray
    class_names_: tuple[str, ...]
    lf_names_: tuple[str, ...]
    class_sets_: tuple[tuple[int, ...], ...]

    @abstractmethod
    def fit(self, L: Any, gold: Any = None) -> Self:
        """Learn from the votes, and from gold labels where some are given."""

    @abstractmethod
    def _posteriors(self, L: LabelMatrix) -> FloatArray:
        """Return P(class | votes), float64 of shape (n, k); rows without votes do not matter."""

    def predict_proba(self, L: Any) -> FloatArray:
        """Return the probability of each class for each row.

        Parameters
        ----------
        L : LabelMatrix or table of crowd data, n rows
            Votes of the LFs it was fitted on; their order does not matter. A table has columns
            for item, worker and label, one row an answer; each item is a row.

        Returns
        -------
        ndarray of float64, shape (n, k)
            The class balance where no LF votes.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            When the LFs or classes are not those of the fit.
        """
        L = self._aligned(L)
        probs = self._posteriors(L)
        probs[~L.covered] = self.class_balance_
        return probs

    def predict(
        self, L: Any, *, uncovered: Uncovered = "abstain", tie: Tie = "abstain"
    ) -> IntArray:
        """Return hard labels, int64 of shape (n,); see `ProbabilisticLabels.predict`."""
        L = self._votes(L)
        return hard_labels(
            self.predict_proba(L), L.covered, self.class_balance_, uncovered=uncovered, tie=tie
        )

    def label(self, L: Any) -> ProbabilisticLabels:
        """Return the probabilistic labels with keys, coverage and class names."""
        L = self._votes(L)
        return ProbabilisticLabels(
            probs=read_only(self.predict_proba(L)),
            covered=read_only(L.covered),
            keys=L.keys,
            class_names=self.class_names_,
            class_balance=self.class_balance_,
        )

    def label_parts(self, parts: Iterable[Any]) -> Iterator[ProbabilisticLabels]:
        """Label matrices one after the other, each when it is asked for.

        Parameters
        ----------
        parts : iterable of LabelMatrix
            As `VoteParts`: votes that lie on disk are labelled in the memory of one part.

        Returns
        -------
        iterator of ProbabilisticLabels
            One a part, in order; see `label`.

        Raises
        ------
        NotFittedError
            Before `fit`.
        """
        self._check_fitted("class_balance_")
        return map(self.label, parts)

    def score(
        self, L: Any, gold: Any, *, uncovered: Uncovered = "abstain", tie: Tie = "abstain"
    ) -> float:
        """Return the accuracy on the rows whose gold label is known; an abstain is wrong.

        Raises
        ------
        ValueError
            When no gold label is known, or the gold labels do not fit.
        """
        L = self._votes(L)
        y = encode_gold(gold, L)
        known = y >= 0
        if not known.any():
            raise ValueError("score needs gold labels, all of them are unknown; give at least one")
        return float((self.predict(L, uncovered=uncovered, tie=tie)[known] == y[known]).mean())

    def explain(self, L: Any, row: int | None = None, *, key: Any = None) -> Explanation:
        """Explain a row's label: what each vote adds, and what the class balance does.

        Parameters
        ----------
        L : LabelMatrix
            Votes of the LFs it was fitted on.
        row : int, optional
            Position of the row; negative ones count from the end.
        key : object, optional
            Its key, in place of the position.

        Returns
        -------
        Explanation
            Terms that add up to the posterior; prints as a table, ``.to_frame()`` is a DataFrame.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            When there is no such row, or the model does not add votes up, as `GLAD`.

        Examples
        --------
        >>> import weaklabel as wl
        >>> from weaklabel import WeightedVote
        >>> L = wl.LabelMatrix.from_array([[1, 0, -1]], ("HAM", "SPAM"), lf_names=["a", "b", "c"])
        >>> model = WeightedVote(weights={"a": 2.0, "b": 0.5, "c": 1.0}).fit(L)
        >>> model.explain(L, 0)
        term         vote    HAM   SPAM
        -------------------------------
        a            SPAM  -2.00  +2.00
        b             HAM  +0.50  -0.50
        sum                -1.50  +1.50
        probability         0.18   0.82
        row 0: SPAM 0.82; 1 LF is silent. Log-odds of each class against the others, in
        nats
        """
        L = self._aligned(L)
        return explained(self, L, row_position(L, row, key))

    def compare(self, L: Any, gold: Any) -> ModelComparison:
        """Compare the model with majority vote on gold labels.

        Parameters
        ----------
        L : LabelMatrix
            Votes of the LFs it was fitted on.
        gold : array-like, shape (n,)
            Gold labels, missing or -1 where unknown. They judge only what they were not fitted on:
            leave those out that `fit` got.

        Returns
        -------
        ModelComparison
            Accuracy, macro-F1, log-loss, Brier score and calibration error on covered and on all
            rows, and the rows whose label changes; prints as a table.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            When no gold label is known, or they do not fit.

        Examples
        --------
        >>> import weaklabel as wl
        >>> accuracy = [0.9, 0.8, 0.6, 0.6, 0.6]
        >>> data = wl.datasets.synthetic(500, 5, 3, coverage=0.6, accuracy=accuracy)
        >>> wl.LabelModel().fit(data.L).compare(data.L, data.gold)
        model              rows    n  accuracy  macro F1  log-loss  Brier  calib.
        -------------------------------------------------------------------------
        MajorityVote()  covered  498     0.785     0.784     2.373  0.323   0.112
        LabelModel()    covered  498     0.829     0.828     0.464  0.258   0.037
        MajorityVote()      all  500     0.784     0.783     2.367  0.324   0.112
        LabelModel()        all  500     0.828     0.826     0.467  0.260   0.037
        112 of 498 covered rows change their label; of 107 where gold tells, 72 for the
        better and 35 for the worse. Log-loss, Brier and calibration error: the less the
        better
        """
        L = self._aligned(L)
        truth = known_gold(gold, L, "compare")
        return compared_with_majority(repr(self), L, truth, self.predict_proba(L))

    def lf_value(self, L: Any, gold: Any = None) -> LFValue:
        """Return what each LF adds: what is lost where it is left out, and the others stay.

        Nothing is fitted again: the parameters stay, the LF is silenced.

        Parameters
        ----------
        L : LabelMatrix
            Votes of the LFs it was fitted on.
        gold : array-like, shape (n,), optional
            Gold labels, missing or -1 where unknown; they add accuracy and macro-F1.

        Returns
        -------
        LFValue
            Coverage and labels that are lost without each LF, and how well other votes are told
            with it; prints as a table.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            When LFs or classes are not those of the fit, or no gold label is known.
        """
        return lf_value(self._votes(L), self, gold)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model to one file, atomically; no pickle.

        Raises
        ------
        NotFittedError
            Before `fit`.
        """
        self._check_fitted("class_balance_")
        header = {
            "params": self.get_params(),
            "lf_names": self.lf_names_,
            "class_names": self.class_names_,
            "class_sets": self.class_sets_,
            "notes": self._notes(),
        }
        kind = type(self).__name__
        save_arrays(path, kind=kind, version=_VERSION, header=header, arrays=self._arrays())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a model that `save` wrote; it predicts the same, bit for bit.

        Raises
        ------
        FileNotFoundError
            When there is no such file.
        FileFormatError
            When the file is damaged, altered, of another kind or from a newer version.
        """
        header, arrays = load_arrays(path, kind=cls.__name__, version=_VERSION)
        model = cls._from_params(header["params"], path)
        model.lf_names_ = tuple(header["lf_names"])
        model.class_names_ = tuple(header["class_names"])
        model.class_sets_ = tuple(tuple(codes) for codes in header["class_sets"])
        model._set_arrays(arrays)
        model._take_notes(header["notes"])
        return model

    def _notes(self) -> dict[str, Any]:
        """Return what `save` keeps besides arrays, ready for JSON."""
        return {}

    def _take_notes(self, notes: Mapping[str, Any]) -> None:
        """Take back what `_notes` returned."""

    def _arrays(self) -> dict[str, IntArray]:
        """Return the arrays that `save` keeps."""
        return {name: np.asarray(getattr(self, name)) for name in self._learned}

    def _set_arrays(self, arrays: Mapping[str, IntArray]) -> None:
        """Take back what `_arrays` returned."""
        for name, value in arrays.items():
            setattr(self, name, value if value.ndim else value.item())

    def _votes(self, L: Any) -> LabelMatrix:
        """Return the votes as a label matrix, once the model is fitted."""
        self._check_fitted("class_balance_")
        return votes_of(L, self)

    def _remember(self, L: LabelMatrix) -> None:
        """Note what the model is fitted on; warn of classes nobody votes for."""
        cast = np.flatnonzero(np.bincount(L.csr()[2]))
        voted = np.asarray(L.possible[cast].any(axis=0))
        if not voted.all():
            silent = [name for name, v in zip(L.class_names, voted, strict=True) if not v]
            warnings.warn(
                f"no LF votes for {'class' if len(silent) == 1 else 'classes'} {listed(silent)}; "
                "the model cannot predict what nobody votes for. Write an LF for it, or leave it "
                "out of classes=",
                WeakLabelWarning,
                stacklevel=3,
            )
        self.class_names_ = L.class_names
        self.lf_names_ = L.lf_names
        self.class_sets_ = L.class_sets

    def _aligned(self, L: Any) -> LabelMatrix:
        """Return the matrix with the LFs in the order of the fit, or say what differs."""
        self._check_fitted("class_balance_")
        votes = votes_of(L, self)
        if votes.class_names != self.class_names_:
            raise ValueError(
                f"the model was fitted on classes {self.class_names_}, the matrix has "
                f"{votes.class_names}"
            )
        if votes.lf_names == self.lf_names_:
            return votes
        missing = [name for name in self.lf_names_ if name not in votes.lf_names]
        other = [name for name in votes.lf_names if name not in self.lf_names_]
        if missing or other:
            parts = [f"lacks {listed(missing)}"] * bool(missing)
            parts += [f"has {listed(other)} besides"] * bool(other)
            raise ValueError(
                f"the model was fitted on other LFs: the matrix {' and '.join(parts)}; fit again, "
                "or choose the LFs with L.select(model.lf_names_)"
            )
        return votes.select(self.lf_names_)


def votes_of(L: Any, model: VoteModel | None = None) -> LabelMatrix:
    """Return a label matrix as it is, and one made of a table of crowd data.

    With a fitted model, the table is read with its classes and workers.
    """
    if is_crowd_frame(L):
        if model is None:
            return crowd_matrix(L)
        return crowd_matrix(L, model.class_names_, model.lf_names_)
    _check_type(L)
    matrix: LabelMatrix = L
    return matrix


def check_votes(L: Any, *, empty: bool = False) -> LabelMatrix:
    """Return the votes to fit on; refuse what is none, or, if not `empty`, holds nothing."""
    votes = votes_of(L)
    if empty:
        return votes
    if votes.n == 0:
        raise ValueError("the label matrix has no rows; there is nothing to fit")
    if not votes.covered.any():
        raise ValueError(
            "no LF votes on any row; there is nothing to fit. Look at L.summary() and at the "
            "labeling functions' examples"
        )
    return votes


def _check_type(L: object) -> None:
    if not isinstance(L, LabelMatrix):
        raise TypeError(
            f"expected a LabelMatrix, got {type(L).__name__}; make one with apply_lfs(lfs, data), "
            "or LabelMatrix.from_array(votes)"
        )

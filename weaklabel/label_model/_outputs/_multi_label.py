"""Several labels a row: each is a yes/no question with votes of its own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, final

import numpy as np

from weaklabel._checks import listed, read_only, shorten
from weaklabel._estimator import ParamsMixin
from weaklabel._files import load_arrays, save_arrays
from weaklabel.errors import FileFormatError
from weaklabel.gold import encode_gold
from weaklabel.label_model._anchored._label_model import LabelModel
from weaklabel.label_model._base._nested import packed, unpacked
from weaklabel.label_model._base._saved_model import places
from weaklabel.label_model._base._vote_model import VoteModel
from weaklabel.label_model._outputs._by_label import about_label, check_matrices
from weaklabel.label_model._outputs._label_tree import LabelTree
from weaklabel.labels import ProbabilisticLabels, hard_labels
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray, IntArray, Tie, Uncovered

_KIND, _VERSION = "MultiLabelModel", 1


@final
class MultiLabelModel(ParamsMixin):
    """Label rows that may bear several labels, or none.

    When to use: labels do not exclude one another (topics, tags, findings). Each label is a
    question of its own, answered by yes/no votes in a `LabelMatrix` of two classes, *no* first;
    `matrices_by_label` makes these from long-form votes. Where each row has one class only, use
    `LabelModel`.

    A label model is fitted for each label. With `cooccurrence` the labels then speak to each other:
    which pairs occur together more, or less, often than by chance is learned from the
    probabilities, the strongest pairs that make no circle are kept (see `LabelTree`), and Bayes'
    rule does the rest. A pair is kept only on strong evidence, so that independent labels stay as
    they are. LFs that err on two labels at once look like labels that occur together: leave
    `cooccurrence` off where one LF votes on several labels for the same reason.

    LFs that only ever say yes cannot tell how often a label is absent. Write some that say no, or
    give each label's model its class balance.

    Parameters
    ----------
    model : VoteModel or mapping of str to VoteModel, optional
        What is fitted for each label, or the model of each label by name; default
        ``LabelModel()``. It is copied, never fitted itself.
    cooccurrence : bool, optional
        Whether a label's probability depends on the other labels.

    Attributes
    ----------
    labels_ : tuple of str
        Names of the labels, in the order of the fit.
    models_ : dict of str to VoteModel
        The fitted model of each label.
    tree_ : LabelTree
        Which labels occur together; without any pair where `cooccurrence` is off.

    Examples
    --------
    >>> import weaklabel as wl
    >>> from weaklabel import MultiLabelModel
    >>> votes = {
    ...     "sport": wl.LabelMatrix.from_array([[1, 1, 0], [0, 0, 0], [0, -1, 1], [1, 1, 1]] * 9),
    ...     "money": wl.LabelMatrix.from_array([[0, 0], [1, 1], [0, 0], [1, -1]] * 9),
    ... }
    >>> model = MultiLabelModel().fit(votes)
    >>> model.predict(votes)[:4].tolist()
    [[1, 0], [0, 1], [0, 0], [1, 1]]
    """

    labels_: tuple[str, ...]
    models_: dict[str, VoteModel]
    tree_: LabelTree

    def __init__(
        self,
        model: VoteModel | Mapping[str, VoteModel] | None = None,
        *,
        cooccurrence: bool = False,
    ) -> None:
        self.model = model
        self.cooccurrence = cooccurrence

    def fit(self, L: Mapping[str, LabelMatrix], gold: Mapping[str, Any] | None = None) -> Self:
        """Learn each label's model, and which labels occur together.

        Parameters
        ----------
        L : mapping of str to LabelMatrix, each of n rows and two classes
            The votes on each label: class 0 for no, class 1 for yes.
        gold : mapping of str to array-like of shape (n,), optional
            Gold answers of some labels, missing or -1 where unknown.

        Returns
        -------
        MultiLabelModel
            Itself.

        Raises
        ------
        ValueError
            When the matrices do not have the same rows, one does not have two classes or holds no
            votes, or the gold labels do not fit.
        """
        check_matrices(L)
        gold = {} if gold is None else gold
        if other := [name for name in gold if name not in L]:
            raise ValueError(f"gold has the label {other[0]!r}, the votes are on {listed(list(L))}")
        models = {name: _copied(self._model_of(name)) for name in L}
        for name, model in models.items():
            with about_label(name):
                model.fit(L[name], gold.get(name))
        probs = _yes(models, L)
        for at, name in enumerate(L):
            if name in gold:
                truth = encode_gold(gold[name], L[name])
                probs[:, at] = np.where(truth < 0, probs[:, at], truth)
        self.labels_, self.models_ = tuple(L), models
        self.tree_ = LabelTree.learn(probs, self.labels_, links=self.cooccurrence)
        return self

    def predict_proba(self, L: Mapping[str, LabelMatrix]) -> FloatArray:
        """Return the probability of each label for each row.

        Parameters
        ----------
        L : mapping of str to LabelMatrix, each of n rows
            Votes on the labels of the fit.

        Returns
        -------
        ndarray of float64, shape (n, labels)
            In the order of ``labels_``. They need not sum to 1. A label without votes on a row gets
            its class balance, moved by the labels it occurs together with.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            When the labels, LFs or classes are not those of the fit.
        """
        self._check_fitted("labels_")
        check_matrices(L)
        places(self.labels_, list(L), "labels")
        return self.tree_.update(_yes(self.models_, L))

    def predict(
        self,
        L: Mapping[str, LabelMatrix],
        *,
        uncovered: Uncovered = "abstain",
        tie: Tie = "abstain",
    ) -> IntArray:
        """Return yes (1), no (0) or abstain (-1) for each label, int64 of shape (n, labels).

        Parameters
        ----------
        L : mapping of str to LabelMatrix
        uncovered : {"abstain", "prior"}
            What a label without votes on a row gets: -1, or the more probable answer.
        tie : {"abstain", "prior", "first"}
            What one half gets: -1, the label's more frequent answer, or no.
        """
        if uncovered not in ("abstain", "prior"):
            raise ValueError(f"uncovered must be 'abstain' or 'prior', got {uncovered!r}")
        probs = self.predict_proba(L)
        answers = [
            hard_labels(
                np.column_stack([1 - p, p]),
                L[name].covered | (uncovered == "prior"),
                self.models_[name].class_balance_,
                tie=tie,
            )
            for name, p in zip(self.labels_, probs.T, strict=True)
        ]
        return np.stack(answers, axis=1)

    def label(self, L: Mapping[str, LabelMatrix]) -> dict[str, ProbabilisticLabels]:
        """Return the probabilistic labels of each label by name, with keys and coverage."""
        probs = self.predict_proba(L)
        return {
            name: ProbabilisticLabels(
                probs=read_only(np.column_stack([1 - p, p])),
                covered=read_only(L[name].covered),
                keys=L[name].keys,
                class_names=L[name].class_names,
                class_balance=self.models_[name].class_balance_,
            )
            for name, p in zip(self.labels_, probs.T, strict=True)
        }

    def score(
        self,
        L: Mapping[str, LabelMatrix],
        gold: Mapping[str, Any],
        *,
        uncovered: Uncovered = "abstain",
        tie: Tie = "abstain",
    ) -> float:
        """Return the share of known answers that are right; an abstain is wrong.

        Raises
        ------
        ValueError
            When no gold answer is known, or the gold labels do not fit.
        """
        answers = self.predict(L, uncovered=uncovered, tie=tie)
        places(self.labels_, list(gold), "labels")
        truth = np.stack([encode_gold(gold[name], L[name]) for name in self.labels_], axis=1)
        if not (truth >= 0).any():
            raise ValueError("score needs gold labels, all of them are unknown; give at least one")
        return float((answers == truth)[truth >= 0].mean())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model to one file, atomically; no pickle.

        Raises
        ------
        NotFittedError
            Before `fit`.
        TypeError
            When a label's model is not one of weaklabel's own.
        """
        self._check_fitted("labels_")
        arrays = {"pairs": self.tree_.pairs, "joint": self.tree_.joint, "share": self.tree_.share}
        kinds = [type(model).__name__ for model in self.models_.values()]
        if other := [kind for kind in kinds if kind not in _own_kinds()]:
            raise TypeError(f"only weaklabel's own label models can be saved, got a {other[0]}")
        for at, model in enumerate(self.models_.values()):
            arrays[f"model_{at}"] = packed(model)
        header = {
            "labels": self.labels_,
            "kinds": kinds,
            "given": "each" if isinstance(self.model, Mapping) else "one" if self.model else "none",
            "cooccurrence": self.cooccurrence,
        }
        save_arrays(path, kind=_KIND, version=_VERSION, header=header, arrays=arrays)

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
        header, arrays = load_arrays(path, kind=_KIND, version=_VERSION)
        if other := [kind for kind in header["kinds"] if kind not in _own_kinds()]:
            raise FileFormatError(
                f"{path} holds a {other[0]}, which this weaklabel does not know; save it again",
                path=Path(path),
            )
        models = {
            name: unpacked(_own_kinds()[kind], arrays[f"model_{at}"], path)
            for at, (name, kind) in enumerate(zip(header["labels"], header["kinds"], strict=True))
        }
        each = {name: _copied(model) for name, model in models.items()}
        given: Any = {"each": each, "one": next(iter(each.values())), "none": None}[header["given"]]
        model = cls(given, cooccurrence=header["cooccurrence"])
        model.labels_, model.models_ = tuple(header["labels"]), models
        model.tree_ = LabelTree(arrays["pairs"], arrays["joint"], arrays["share"])
        return model

    def _model_of(self, label: str) -> VoteModel:
        """Return the model given for a label, not to be fitted itself."""
        if self.model is None:
            return LabelModel()
        if isinstance(self.model, VoteModel):
            return self.model
        if not isinstance(self.model, Mapping):
            raise TypeError(
                "model must be a label model of class votes, e.g. LabelModel(), or a mapping from "
                f"each label to one, got {shorten(self.model)}"
            )
        if label not in self.model:
            raise ValueError(
                f"model has no entry for the label {label!r}, it has {listed(list(self.model))}"
            )
        return self.model[label]


def _own_kinds() -> dict[str, type[VoteModel]]:
    """Return the label models that a file may name."""
    from weaklabel import label_model

    kinds = {name: getattr(label_model, name) for name in label_model.__all__}
    return {
        name: kind
        for name, kind in kinds.items()
        if isinstance(kind, type) and issubclass(kind, VoteModel)
    }


def _copied(model: VoteModel) -> VoteModel:
    """Return an unfitted model with the same parameters."""
    return type(model)(**model.get_params())


def _yes(models: Mapping[str, VoteModel], L: Mapping[str, LabelMatrix]) -> FloatArray:
    """Return P(label | its own votes), float64 of shape (n, labels)."""
    columns = []
    for name, model in models.items():
        with about_label(name):
            columns.append(model.predict_proba(L[name])[:, 1])
    return np.stack(columns, axis=1)

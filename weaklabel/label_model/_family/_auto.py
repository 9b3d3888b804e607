"""Choosing a label model: by held-out votes, or by gold labels where there are some."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self, final

import numpy as np

from weaklabel._checks import read_only, shorten
from weaklabel._files import damage_named, load_arrays, save_arrays
from weaklabel.errors import WeakLabelWarning
from weaklabel.gold import encode_gold
from weaklabel.label_model._base._nested import kind_of, packed, unpacked
from weaklabel.label_model._base._vote_model import VoteModel, check_votes
from weaklabel.label_model._base._voted_em import warn_unless
from weaklabel.label_model._family._comparison import Comparison, compared
from weaklabel.label_model._family._held_out import HeldOut, hash_folds, row_hashes
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray, IntArray

# From the one to fall back on: where scores do not tell, the first is taken.
_DEFAULT = ("MajorityVote", "LabelModel", "OneCoin", "IBCC", "DawidSkene")
# These learn from what an LF votes given that it votes: of one that votes for one class, nothing.
_FOR_CROWDS = frozenset({"OneCoin", "IBCC", "DawidSkene"})
_VERSION = 1
# A probability of 0 would lose everything by one row: so much of each is spread over the classes.
_DOUBT = 0.01


@final
class AutoLabelModel(VoteModel):
    """Choose a label model by what it foretells, and be that model.

    Without gold, votes are held out: each candidate is fitted on the others, and its posterior of
    a row has to say what the missing vote of that row was. With gold labels on at least `folds`
    covered rows, these are held out instead and the candidates are compared by their log loss, a
    hundredth of each probability being spread over the classes. The candidate that wins is fitted
    on everything. The first one, by default majority vote, is taken unless another is better by
    more than a standard error.

    What held-out votes can judge: whether a posterior knows something that the other LFs know too.
    A model that put all rows into one class foretells nothing, and a model that trusts the right
    annotators foretells more. A vote is taken to speak for its class at least as much as for any
    other, so that a model that mixes up the classes gains nothing.

    What they cannot judge: mistakes that LFs share, which are foretold as well as truths; how well
    probabilities are calibrated; and rows with one vote. Votes of LFs that vote for one class only
    are a weak judge. Who votes would give the vote away, so they are judged together: what is asked
    is which class is voted for, not by whom. And where they are most of the votes, models in which
    who votes says nothing (`OneCoin`, `IBCC`, `DawidSkene`) are left out beside others, for there
    they have nothing to learn from. A few dozen gold labels tell more than all this.

    When to use: when you do not know what kind of votes you have.

    Parameters
    ----------
    candidates : sequence of VoteModel, optional
        Unfitted models, the simplest or most trusted first; they are not changed. Default:
        `MajorityVote`, `LabelModel`, `OneCoin`, `IBCC` and `DawidSkene` as they come.
    folds : int, optional
        Into how many parts the votes, or the gold labels, are dealt; at least 2.
    max_rows : int, optional
        Held-out votes are judged on at most so many covered rows.

    Attributes
    ----------
    best_ : VoteModel
        The winner, fitted.
    table_ : Comparison
        How the candidates compare; prints as a table.
    class_balance_ : ndarray of float64, shape (k,)
        P(class) of the winner.

    Examples
    --------
    >>> import weaklabel as wl
    >>> from weaklabel import AutoLabelModel
    >>> from weaklabel import OneCoin
    >>> accuracy = [0.95, 0.9, 0.6, 0.6, 0.5, 0.5]
    >>> data = wl.datasets.synthetic(500, 6, 2, coverage=0.9, accuracy=accuracy)
    >>> model = AutoLabelModel([wl.MajorityVote(), OneCoin()]).fit(data.L)
    >>> print(model.table_)
    model           log score  behind  std. error
    -----------------------------------------------------
    MajorityVote()    -0.6674  0.0439      0.0070
    OneCoin()         -0.6235  0.0000      0.0000  chosen
    2,682 votes on 500 rows held out; log score in nats a vote
    >>> model.best_
    OneCoin()
    """

    best_: VoteModel
    table_: Comparison

    def __init__(
        self,
        candidates: Sequence[VoteModel] | None = None,
        *,
        folds: int = 5,
        max_rows: int = 20_000,
    ) -> None:
        self.candidates = candidates
        self.folds = folds
        self.max_rows = max_rows

    def fit(self, L: Any, gold: Any = None) -> Self:
        """Compare the candidates and fit the winner.

        Parameters
        ----------
        L : LabelMatrix
        gold : array-like, shape (n,), optional
            Gold labels, missing or -1 where unknown. Too few to judge by are still used to fit.

        Returns
        -------
        AutoLabelModel
            Itself.

        Raises
        ------
        TypeError
            When a candidate is no label model.
        ValueError
            When there are no rows or no votes, or an argument does not fit.
        """
        candidates = self._checked_candidates()
        L = check_votes(L)
        truth = np.full(L.n, -1) if gold is None else encode_gold(gold, L)
        known = np.flatnonzero((truth >= 0) & L.covered)
        if len(known) >= self.folds:
            table = _compared_by_gold(candidates, L, truth, known, self.folds)
        else:
            rows = _some_rows(L, truth, self.max_rows)
            held = HeldOut.of(L[rows], self.folds, truth[rows])
            candidates, left_out = _suited(candidates, held)
            table = replace(
                _compared_by_votes(candidates, held, truth[rows]),
                left_out=tuple(repr(candidate) for candidate in left_out),
            )
        best = _quietly_fitted(candidates[table.chosen], L, truth)
        self._remember(L)
        self.best_, self.table_ = best, table
        self.class_balance_ = best.class_balance_
        if not table.n_judged and len(candidates) > 1:
            warnings.warn(
                "no row has two votes, so nothing can be held out to compare the models by; took "
                f"the first, {table.models[0]}. Pass gold labels to compare them by",
                WeakLabelWarning,
                stacklevel=2,
            )
        warn_unless(getattr(best, "converged_", True), best, getattr(best, "max_iter", 0))
        return self

    def _posteriors(self, L: LabelMatrix) -> FloatArray:
        return self.best_.predict_proba(L)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the winner, and how it was chosen, to one file, atomically; no pickle.

        Raises
        ------
        NotFittedError
            Before `fit`.
        TypeError
            When a candidate holds a model itself, as `CalibratedModel` does.
        """
        self._check_fitted("class_balance_")
        table = self.table_
        header = {
            "candidates": None if self.candidates is None else list(map(_named, self.candidates)),
            "params": {"folds": self.folds, "max_rows": self.max_rows},
            "best": type(self.best_).__name__,
            "models": table.models,
            "chosen": table.chosen,
            "n_judged": table.n_judged,
            "n_rows": table.n_rows,
            "by": table.by,
            "left_out": table.left_out,
        }
        scores = np.stack([table.log_score, table.behind, table.error])
        arrays: dict[str, IntArray] = {"best": packed(self.best_), "scores": scores}
        kind = type(self).__name__
        save_arrays(path, kind=kind, version=_VERSION, header=header, arrays=arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a model that `save` wrote; it predicts the same, bit for bit.

        Raises
        ------
        FileNotFoundError
            When there is no such file.
        FileFormatError
            When the file is damaged, altered, of another kind or from a newer version, or holds a
            kind of model that is not known.
        """
        header, arrays = load_arrays(path, kind=cls.__name__, version=_VERSION)
        with damage_named(Path(path), cls.__name__):
            named = header["candidates"]
            candidates = None
            if named is not None:
                candidates = [kind_of(kind, path)(**params) for kind, params in named]
            model = cls(candidates, **header["params"])
            model.best_ = unpacked(kind_of(header["best"], path), arrays["best"], path)
            log_score, behind, error = (read_only(row) for row in arrays["scores"])
            model.table_ = Comparison(
                models=tuple(header["models"]),
                log_score=log_score,
                behind=behind,
                error=error,
                chosen=header["chosen"],
                n_judged=header["n_judged"],
                n_rows=header["n_rows"],
                by=header["by"],
                left_out=tuple(header["left_out"]),
            )
        for name in ("class_balance_", "class_names_", "lf_names_", "class_sets_"):
            setattr(model, name, getattr(model.best_, name))
        return model

    def _checked_candidates(self) -> list[VoteModel]:
        for name, least in (("folds", 2), ("max_rows", 1)):
            value = getattr(self, name)
            if not (isinstance(value, int | np.integer) and value >= least):
                raise ValueError(f"{name} must be an int of at least {least}, got {value!r}")
        if self.candidates is None:
            from weaklabel import label_model

            return [getattr(label_model, name)() for name in _DEFAULT]
        given: object = self.candidates
        if not isinstance(given, Sequence) or not given:
            raise ValueError(
                f"candidates must be label models, the simplest first, got {given!r}; "
                "write e.g. candidates=[MajorityVote(), LabelModel()]"
            )
        for candidate in self.candidates:
            if not isinstance(candidate, VoteModel):
                raise TypeError(
                    f"candidates must be label models, got {shorten(candidate)}; write e.g. "
                    "candidates=[MajorityVote(), LabelModel()]"
                )
        return list(self.candidates)


def _suited(candidates: list[VoteModel], held: HeldOut) -> tuple[list[VoteModel], list[VoteModel]]:
    """Return the candidates that can be judged by such votes, and those that cannot."""
    if held.single_class[held.lf].mean() <= 0.5:
        return candidates, []
    suited = [c for c in candidates if type(c).__name__ not in _FOR_CROWDS]
    if not suited:
        return candidates, []
    return suited, [c for c in candidates if type(c).__name__ in _FOR_CROWDS]


def _compared_by_votes(
    candidates: Sequence[VoteModel], held: HeldOut, truth: IntArray
) -> Comparison:
    """Compare models by votes that they have not seen."""
    judged = held.judged()
    posteriors = [np.zeros((len(held.row), held.L.k)) for _ in candidates]
    for fold in range(held.folds):
        asked = judged & (held.fold == fold)
        if asked.any():
            rest = held.rest(fold)
            for candidate, posterior in zip(candidates, posteriors, strict=True):
                fitted = _quietly_fitted(candidate, rest, truth)
                posterior[asked] = fitted.predict_proba(rest)[held.row[asked]]
    scores = [held.log_scores(posterior, judged) for posterior in posteriors]
    return compared(candidates, scores, held.row[judged], by="votes")


def _compared_by_gold(
    candidates: Sequence[VoteModel],
    L: LabelMatrix,
    truth: IntArray,
    known: IntArray,
    folds: int,
) -> Comparison:
    """Compare models by gold labels that they have not seen."""
    fold_of = hash_folds(L, known, truth, folds)
    scores = [np.zeros(len(known)) for _ in candidates]
    for fold in range(folds):
        asked = known[fold_of == fold]
        shown = truth.copy()
        shown[asked] = -1
        for candidate, score in zip(candidates, scores, strict=True):
            probs = _quietly_fitted(candidate, L, shown).predict_proba(L[asked])
            probs = (1 - _DOUBT) * probs + _DOUBT / L.k
            score[fold_of == fold] = np.log(probs[np.arange(len(asked)), truth[asked]])
    return compared(candidates, scores, known, by="gold")


def _quietly_fitted(candidate: VoteModel, L: LabelMatrix, truth: IntArray) -> VoteModel:
    """Return a fitted copy; what a part of the votes lacks is nothing to warn of."""
    copy = type(candidate)(**candidate.get_params())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WeakLabelWarning)
        return copy.fit(L, truth if (truth >= 0).any() else None)


def _some_rows(L: LabelMatrix, truth: IntArray, most: int) -> IntArray:
    """Return the positions of the covered rows, or of some by their hashes; in their order."""
    rows = np.flatnonzero(L.covered)
    if len(rows) > most:
        rows = np.sort(rows[np.argsort(row_hashes(L, truth)[rows], kind="stable")[:most]])
    return rows


def _named(model: VoteModel) -> tuple[str, dict[str, Any]]:
    params = model.get_params()
    if any(isinstance(value, VoteModel) for value in params.values()):
        raise TypeError(
            f"a candidate that holds a model cannot be saved, got {shorten(model)}; save the "
            "winner alone, model.best_.save(path)"
        )
    return type(model).__name__, params

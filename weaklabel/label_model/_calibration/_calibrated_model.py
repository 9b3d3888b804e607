"""Calibration: probabilities of a fitted label model, rescaled until gold labels agree."""

from __future__ import annotations

import copy
import os
from pathlib import Path
from typing import Any, Self, final

import numpy as np

from weaklabel._checks import nearest, read_only, shorten
from weaklabel._files import damage_named, load_arrays, save_arrays
from weaklabel.errors import NotFittedError
from weaklabel.gold import encode_gold
from weaklabel.label_model._base._nested import kind_of, packed, unpacked
from weaklabel.label_model._base._vote_model import VoteModel, votes_of
from weaklabel.label_model._calibration._calibration_error import calibration_error
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray, IntArray

_VERSION = 1
# The fewest gold labels on covered rows. A curve a class takes more than one number does.
_LEAST = {"temperature": 5, "isotonic": 20}
# What holds the probabilities as they are while gold labels are few: the curvature of the penalty
# on the inverse temperature, and the rows' worth of weight in the curves.
_PRIOR = {"temperature": 5.0, "isotonic": 20.0}
_BOUNDS = (0.05, 20.0)
# Added to each probability: where one is 0, a single wrong row would else decide the temperature.
_FLOOR = 1e-4
# Probabilities that differ by rounding alone must stand at the same place of a curve.
_DIGITS = 9
# So much of the model's own probability stays: it orders classes that a curve makes equal.
_KEPT = 1e-6

Curve = tuple[FloatArray, FloatArray]


@final
class CalibratedModel(VoteModel):
    """Rescale the probabilities of a fitted label model until gold labels agree with them.

    When to use: the probabilities themselves matter (a threshold, a training set with soft
    labels, a budget for review), and some covered rows have gold labels *that the model was not
    fitted with*: on labels that it has learned from it looks better than it is. A few dozen are
    enough for the temperature; isotonic curves want hundreds in each class.

    ``"temperature"`` raises all probabilities to the power 1/T and normalises them. One number T
    is learned: above 1 where the model is too sure, below 1 where it is not sure enough. It
    minimises the log loss on the gold rows in nats, plus ``5 (1/T - 1 + log T)``, which holds it
    near 1 while there are few of them, and stays in 0.05..20. The order of the classes within a
    row stays as it is. 0.0001 is added to each probability first, so that none is 0.

    ``"isotonic"`` learns a curve for each class that never falls, from the model's probability of
    the class to the share of rows that are of it, and normalises the values of the curves. A
    weight of 20 rows, spread over the gold rows, says that the probabilities are right as they
    are, and that of one row more says nothing, so that few rows do not make 0 and 1. A class of
    which no gold label is known has the straight curve. It suits models whose probabilities take
    few values, and those with exact zeros, such as `MajorityVote`. The order of the classes
    within a row may change.

    Rows without votes keep the class balance of the model.

    Parameters
    ----------
    model : VoteModel
        A fitted label model. It is not changed.
    method : {"temperature", "isotonic"}, optional
        How the probabilities are rescaled.

    Attributes
    ----------
    model_ : VoteModel
        The model as it was when it was calibrated.
    temperature_ : float
        T; 1 with ``method="isotonic"``.
    curves_ : tuple of pairs of ndarray of float64
        Places and values of each class's curve, straight between them and level outside; empty
        with ``method="temperature"``.
    n_gold_ : int
        Covered rows with a gold label, from which it was learned.
    ece_before_, ece_after_ : float
        Expected calibration error (`calibration_error`) on these rows before and after. They are
        in sample: on new rows expect more, above all with isotonic curves.
    class_balance_ : ndarray of float64, shape (k,)
        P(class) of the model.

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger (2017). On calibration of modern neural
    networks. ICML, PMLR 70, 1321-1330. https://proceedings.mlr.press/v70/guo17a.html

    B. Zadrozny and C. Elkan (2002). Transforming classifier scores into accurate multiclass
    probability estimates. KDD, 694-699. https://doi.org/10.1145/775047.775151

    Examples
    --------
    The votes of one LF were taken down four times, so that the model is too sure:

    >>> import numpy as np
    >>> import weaklabel as wl
    >>> from weaklabel.label_model._calibration._calibrated_model import CalibratedModel
    >>> data = wl.datasets.synthetic(400, 3, 2, coverage=1.0, accuracy=0.7)
    >>> votes = np.asarray(data.L)[:, [0, 0, 0, 0, 1, 2]]
    >>> L = wl.LabelMatrix.from_array(votes)
    >>> model = wl.WeightedVote(np.full(6, 0.85)).fit(L)
    >>> calibrated = CalibratedModel(model).fit(L, data.gold)
    >>> calibrated.temperature_ > 1.5
    True
    >>> calibrated.ece_after_ < calibrated.ece_before_ / 2
    True
    """

    model_: VoteModel
    temperature_: float
    curves_: tuple[Curve, ...]
    n_gold_: int
    ece_before_: float
    ece_after_: float

    def __init__(self, model: VoteModel, *, method: str = "temperature") -> None:
        self.model = model
        self.method = method

    def fit(self, L: Any, gold: Any = None) -> Self:
        """Find the calibration; the model itself is not fitted again.

        Parameters
        ----------
        L : LabelMatrix or table of crowd data, n rows
            Votes of the LFs that the model was fitted on. They need not be the rows of that fit.
        gold : array-like, shape (n,)
            Gold labels, missing or -1 where unknown. It needs 5 known ones on covered rows for the
            temperature, 20 for isotonic curves.

        Returns
        -------
        CalibratedModel
            Itself.

        Raises
        ------
        NotFittedError
            When the model is not fitted.
        TypeError
            When the model is no label model.
        ValueError
            When there are too few gold labels, or they, the method, the LFs or the classes do not
            fit.
        """
        self._check_params()
        if gold is None:
            raise ValueError(
                "calibration needs gold labels, got none; call fit(L, gold) with -1 or None where "
                "the label is unknown"
            )
        model = copy.copy(self.model)
        L = votes_of(L, model)
        truth = encode_gold(gold, L)
        rows = np.flatnonzero((truth >= 0) & L.covered)
        if len(rows) < _LEAST[self.method]:
            raise ValueError(
                f"method={self.method!r} needs gold labels on at least {_LEAST[self.method]} "
                f"covered rows, got {len(rows)} ({np.count_nonzero(truth >= 0)} known in all); "
                "label more rows, or use the model as it is"
            )
        truth, probs = truth[rows], model.predict_proba(L[rows])
        self.model_, self.n_gold_ = model, len(rows)
        self.temperature_, self.curves_ = 1.0, ()
        if self.method == "temperature":
            self.temperature_ = _temperature(_logs(probs), truth)
        else:
            self.curves_ = tuple(_curve(probs, truth, y) for y in range(L.k))
        self._take_names()
        self.ece_before_ = calibration_error(probs, truth)
        self.ece_after_ = calibration_error(self._calibrated(probs), truth)
        return self

    def _posteriors(self, L: LabelMatrix) -> FloatArray:
        return self._calibrated(self.model_.predict_proba(L))

    def _calibrated(self, probs: FloatArray) -> FloatArray:
        if not self.curves_:
            logs = _logs(probs) / self.temperature_
            scaled = np.exp(logs - logs.max(axis=1, keepdims=True))
        else:
            places = np.round(probs, _DIGITS)
            curves = [np.interp(places[:, y], *curve) for y, curve in enumerate(self.curves_)]
            scaled = np.stack(curves, axis=1) + _KEPT * probs
        return np.asarray(scaled / scaled.sum(axis=1, keepdims=True))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the calibration and the model in it to one file, atomically; no pickle.

        Raises
        ------
        NotFittedError
            Before `fit`.
        """
        self._check_fitted("class_balance_")
        header = {
            "method": self.method,
            "model": type(self.model_).__name__,
            "n_gold": self.n_gold_,
            "curves": len(self.curves_),
        }
        arrays = {
            "model": packed(self.model_),
            "numbers": np.array([self.temperature_, self.ece_before_, self.ece_after_]),
        }
        for y, curve in enumerate(self.curves_):
            arrays[f"curve_{y}"] = np.stack(curve)
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
            inner = unpacked(kind_of(header["model"], path), arrays["model"], path)
            model = cls(inner, method=header["method"])
            model.model_, model.n_gold_ = inner, header["n_gold"]
            model.temperature_, model.ece_before_, model.ece_after_ = arrays["numbers"].tolist()
            stacked = (arrays[f"curve_{y}"] for y in range(header["curves"]))
            model.curves_ = tuple((read_only(x), read_only(value)) for x, value in stacked)
            model._take_names()
        return model

    def __sklearn_clone__(self) -> CalibratedModel:
        # The model is what is calibrated: an unfitted copy of it would be of no use.
        return CalibratedModel(self.model, method=self.method)

    def _take_names(self) -> None:
        for name in ("class_balance_", "class_names_", "lf_names_", "class_sets_"):
            setattr(self, name, getattr(self.model_, name))

    def _check_params(self) -> None:
        if self.method not in _LEAST:
            raise ValueError(
                f"method must be 'temperature' or 'isotonic', got {self.method!r}"
                f"{nearest(self.method, _LEAST)}"
            )
        model: object = self.model
        if not isinstance(model, VoteModel):
            raise TypeError(
                "model must be a fitted label model of class votes, e.g. LabelModel().fit(L), got "
                f"{shorten(model)}"
            )
        if not hasattr(model, "class_balance_"):
            raise NotFittedError(
                f"the model to calibrate, {model!r}, is not fitted; call its fit first, with other "
                "gold labels or none"
            )


def _logs(probs: FloatArray) -> FloatArray:
    return np.asarray(np.log(probs + _FLOOR))


def _temperature(logs: FloatArray, truth: IntArray) -> float:
    """Return the temperature with the least penalised log loss.

    In the inverse temperature the loss is convex, and its slope rises. The root of the slope is
    exact to rounding; the least of the loss itself could be told to half the digits only.
    """
    from scipy.optimize import brentq

    logs = logs - logs.max(axis=1, keepdims=True)
    hit = logs[np.arange(len(logs)), truth]

    def slope(inverse: float) -> float:
        weight = np.exp(inverse * logs)
        mean = (weight * logs).sum(axis=1) / weight.sum(axis=1)
        return float((mean - hit).sum()) + _PRIOR["temperature"] * (1 - 1 / inverse)

    least, most = 1 / _BOUNDS[1], 1 / _BOUNDS[0]
    if slope(least) >= 0:
        return _BOUNDS[1]
    if slope(most) <= 0:
        return _BOUNDS[0]
    return 1 / float(brentq(slope, least, most, xtol=1e-14, rtol=1e-14))


def _curve(probs: FloatArray, truth: IntArray, y: int) -> Curve:
    """Return the places and values of the curve of class y."""
    from sklearn.isotonic import IsotonicRegression

    if not (truth == y).any():
        return read_only(np.array([0.0, 1.0])), read_only(np.array([0.0, 1.0]))
    weight = _PRIOR["isotonic"]
    prior = weight * probs[:, y] + 1 / probs.shape[1]
    share = ((truth == y) + prior / len(truth)) / (1 + (weight + 1) / len(truth))
    curve = IsotonicRegression().fit(np.round(probs[:, y], _DIGITS), share)
    return read_only(curve.X_thresholds_), read_only(curve.y_thresholds_)

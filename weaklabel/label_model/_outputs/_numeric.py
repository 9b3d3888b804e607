"""Numeric votes: each LF has a bias and a variance."""

from __future__ import annotations

from typing import Any, ClassVar, Self, final

import numpy as np

from weaklabel.label_model._base._climb import climb
from weaklabel.label_model._base._params import check_ending, check_positive
from weaklabel.label_model._base._saved_model import SavedModel, places
from weaklabel.label_model._base._voted_em import warn_unless
from weaklabel.label_model._outputs._numbers import numeric_gold, numeric_votes
from weaklabel.label_model._outputs._numeric_rows import NumericRows
from weaklabel.types import FloatArray, Uncovered


@final
class NumericModel(SavedModel):
    r"""Average numeric votes, each LF by its precision and after its bias is taken off.

    When to use: the truth of a row is a number (a price, a duration, a score on a fine scale) and
    LFs vote numbers, NaN to abstain. For grades of a few steps use `OrdinalModel`.

    The story: the truth of a row is drawn from a normal distribution, and LF j votes
    ``truth + bias_j + noise``, with noise of variance ``variance_j``. Biases and variances are the
    most probable ones: EM for the variances under a prior that keeps each away from 0, and the
    biases exactly, given the variances.

    Without gold nobody knows the bias that all LFs share. The biases then balance by precision:
    ``Σ_j bias_j / variance_j = 0``. Gold rows tell the shared bias.

    Parameters
    ----------
    prior_strength : float, optional
        How many votes the prior of a variance counts for; positive.
    tol : float, optional
        EM ends when a pass changes no variance by more than this share.
    max_iter : int, optional
        Most passes; a fit that has not ended by then says so in a `WeakLabelWarning`.

    Attributes
    ----------
    bias_ : ndarray of float64, shape (m,)
        Mean error of each LF.
    variance_ : ndarray of float64, shape (m,)
        Variance of each LF's error around its bias; positive.
    prior_mean_, prior_variance_ : float
        Of the truth, before any vote: what a row without votes gets.
    lf_names_ : tuple of str
        The LFs it was fitted on.
    n_iter_ : int
        Passes over the votes.
    converged_ : bool
        Whether the last pass changed less than `tol`.

    References
    ----------
    F. E. Grubbs (1948). On estimating precision of measuring instruments and product variability.
    Journal of the American Statistical Association 43(242), 243-264.
    doi:10.1080/01621459.1948.10483261

    Examples
    --------
    >>> import numpy as np
    >>> from weaklabel import NumericModel
    >>> votes = [[1.0, 1.4, 0.1], [2.1, 2.5, 3.8], [3.0, 3.3, np.nan], [4.0, 4.4, 4.9]]
    >>> model = NumericModel().fit(votes)
    >>> bool(model.variance_[2] > model.variance_[0])
    True
    >>> model.predict(votes).round(1).tolist()
    [1.2, 2.5, 3.2, 4.2]
    """

    _learned: ClassVar[tuple[str, ...]] = (
        "bias_",
        "variance_",
        "prior_mean_",
        "prior_variance_",
        "n_iter_",
        "converged_",
    )
    _names: ClassVar[tuple[str, ...]] = ("lf_names_",)
    bias_: FloatArray
    variance_: FloatArray
    prior_mean_: float
    prior_variance_: float
    lf_names_: tuple[str, ...]
    n_iter_: int
    converged_: bool

    def __init__(
        self, *, prior_strength: float = 2.0, tol: float = 1e-8, max_iter: int = 1000
    ) -> None:
        self.prior_strength = prior_strength
        self.tol = tol
        self.max_iter = max_iter

    def fit(self, votes: Any, gold: Any = None) -> Self:
        """Learn the bias and the variance of each LF.

        Parameters
        ----------
        votes : array-like of float or DataFrame, shape (n, m)
            NaN or None where an LF abstains. A frame's columns are the LFs.
        gold : array-like of float, shape (n,), optional
            The truth, NaN where unknown.

        Returns
        -------
        NumericModel
            Itself.

        Raises
        ------
        ValueError
            When there are no rows or no votes, a vote is infinite, or an argument does not fit.
        """
        check_positive(prior_strength=self.prior_strength)
        check_ending(self.tol, self.max_iter)
        table, names = numeric_votes(votes)
        if not len(table):
            raise ValueError("the votes have no rows; there is nothing to fit")
        if np.isnan(table).all():
            raise ValueError("no LF votes on any row, all cells are NaN; there is nothing to fit")
        truth = np.full(len(table), np.nan) if gold is None else numeric_gold(gold, len(table))
        # In units of the votes' own spread the prior is the same for metres and millimetres.
        shift = float(np.nanmean(table))
        scale = float(np.nanstd(table)) or 1.0
        rows = NumericRows((table - shift) / scale, (truth - shift) / scale, self.prior_strength)
        theta, self.n_iter_, self.converged_ = climb(
            rows.step, rows.start, tol=self.tol, max_iter=self.max_iter
        )
        bias, mean = rows.biases(np.exp(theta))
        variances = scale**2 * np.exp(theta)
        self.lf_names_ = names
        self.bias_, self.variance_ = scale * bias, variances[:-1]
        self.prior_mean_ = shift + scale * mean
        self.prior_variance_ = float(variances[-1])
        warn_unless(self.converged_, self, self.max_iter)
        return self

    def predict(self, votes: Any, *, uncovered: Uncovered = "prior") -> FloatArray:
        """Return the mean of the truth given the votes.

        Parameters
        ----------
        votes : array-like of float or DataFrame, shape (n, m)
            Votes of the LFs it was fitted on; columns of a frame in any order.
        uncovered : {"prior", "abstain"}
            What a row without votes gets: the mean of the truth, or NaN.

        Returns
        -------
        ndarray of float64, shape (n,)

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            When the votes are not those of the LFs of the fit.
        """
        if uncovered not in ("abstain", "prior"):
            raise ValueError(f"uncovered must be 'abstain' or 'prior', got {uncovered!r}")
        table = self._aligned(votes)
        mean, _ = self._posterior(table)
        if uncovered == "abstain":
            mean[np.isnan(table).all(axis=1)] = np.nan
        return mean

    def predict_std(self, votes: Any) -> FloatArray:
        """Return the standard deviation of the truth given the votes, float64 of shape (n,)."""
        return np.sqrt(self._posterior(self._aligned(votes))[1])

    def predict_interval(self, votes: Any, *, level: float = 0.95) -> FloatArray:
        """Return the interval that holds the truth with probability `level`.

        Parameters
        ----------
        votes : array-like of float or DataFrame, shape (n, m)
        level : float, optional
            Between 0 and 1.

        Returns
        -------
        ndarray of float64, shape (n, 2)
            Lower and upper ends. The learned biases and variances are taken as exact, so with
            few rows the intervals are somewhat short.
        """
        from scipy.special import ndtri

        if not 0 < level < 1:
            raise ValueError(f"level must be a number between 0 and 1, got {level!r}")
        mean, variance = self._posterior(self._aligned(votes))
        half = ndtri(0.5 + level / 2) * np.sqrt(variance)
        return np.column_stack([mean - half, mean + half])

    def score(self, votes: Any, gold: Any) -> float:
        """Return the share of the variance of the gold that `predict` explains (R²).

        Raises
        ------
        ValueError
            When fewer than two different gold values are known.
        """
        mean = self.predict(votes)
        truth = numeric_gold(gold, len(mean))
        known = ~np.isnan(truth)
        if len(np.unique(truth[known])) < 2:
            raise ValueError(
                f"score needs at least two different gold values, {int(known.sum())} are known"
            )
        truth, mean = truth[known], mean[known]
        return float(1 - ((truth - mean) ** 2).sum() / ((truth - truth.mean()) ** 2).sum())

    def _posterior(self, table: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return mean and variance of the truth of each row, both of shape (n,)."""
        weights = np.where(np.isnan(table), 0.0, 1.0 / self.variance_)
        variance = 1.0 / (1.0 / self.prior_variance_ + weights.sum(axis=1))
        off = np.nan_to_num(table) - self.bias_ - self.prior_mean_
        mean = self.prior_mean_ + variance * (weights * off).sum(axis=1)
        return np.asarray(mean), np.asarray(variance)

    def _aligned(self, votes: Any) -> FloatArray:
        """Return the votes with the LFs in the order of the fit, or say what differs."""
        self._check_fitted("lf_names_")
        table, names = numeric_votes(votes)
        return np.ascontiguousarray(table[:, places(self.lf_names_, names, "LFs")])

"""Snorkel's label model behind the interface of ours (extra ``snorkel``)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Self, final

import numpy as np

from weaklabel._checks import checked_balance, listed
from weaklabel._optional import require
from weaklabel.gold import encode_gold
from weaklabel.label_model import VoteModel
from weaklabel.label_model._base._rows import row_posteriors
from weaklabel.label_model._base._vote_model import check_votes
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray

__all__ = ["SnorkelLabelModel"]


@final
class SnorkelLabelModel(VoteModel):
    """Snorkel's ``LabelModel`` as one of our label models.

    It completes the matrix of overlaps between LFs by stochastic gradient descent (Ratner et al.,
    2019). To compare with, or to go on with what a project has: `weaklabel.LabelModel` is faster,
    takes partial votes, and needs no torch.

    The fit is Snorkel's own, on the dense matrix. Probabilities are its posterior, computed in log
    space over the votes cast, so that they stay numbers however many LFs vote.

    Parameters
    ----------
    class_balance : array-like of float, shape (k,), optional
        P(class); default from the gold labels where `fit` gets any, else uniform.
    n_epochs, lr, l2, optimizer, lr_scheduler, prec_init, mu_eps
        As in Snorkel's ``LabelModel.fit``, with its defaults.
    seed : int, optional
        Seed of the fit. Snorkel seeds the generators of Python, NumPy and torch; they are put back
        afterwards.

    Attributes
    ----------
    cond_probs_ : ndarray of float64, shape (m, k + 1, k)
        ``cond_probs_[j, v + 1, y]`` is P(LF j votes v | Y = y) as Snorkel learned it; its columns
        need not sum to 1, which is why row 0 (abstain) can be negative.
    class_balance_ : ndarray of float64, shape (k,)
        P(class); it is not learned.
    model_ : snorkel.labeling.model.LabelModel
        The fitted model itself; a loaded one lacks it.

    References
    ----------
    A. Ratner, B. Hancock, J. Dunnmon, F. Sala, S. Pandey and C. Ré (2019). Training complex models
    with multi-task weak supervision. AAAI 33(1), 4763-4771. doi:10.1609/aaai.v33i01.33014763

    Examples
    --------
    >>> import weaklabel as wl
    >>> votes = [[1, 1, 1], [1, 1, 0], [0, 0, 1], [0, 0, 0], [0, 0, -1], [1, 1, 0]] * 20
    >>> L = wl.LabelMatrix.from_array(votes, classes=("HAM", "SPAM"))
    >>> model = wl.interop.snorkel.SnorkelLabelModel(seed=1).fit(L)
    >>> model.predict(L[:4]).tolist()
    [1, 1, 0, 0]
    """

    cond_probs_: FloatArray
    model_: Any

    _learned: ClassVar[tuple[str, ...]] = ("cond_probs_", "class_balance_")

    def __init__(
        self,
        class_balance: Any = None,
        *,
        n_epochs: int = 100,
        lr: float = 0.01,
        l2: float = 0.0,
        optimizer: str = "sgd",
        lr_scheduler: str = "constant",
        prec_init: Any = 0.7,
        mu_eps: float | None = None,
        seed: int = 0,
    ) -> None:
        self.class_balance = class_balance
        self.n_epochs = n_epochs
        self.lr = lr
        self.l2 = l2
        self.optimizer = optimizer
        self.lr_scheduler = lr_scheduler
        self.prec_init = prec_init
        self.mu_eps = mu_eps
        self.seed = seed

    def fit(self, L: Any, gold: Any = None) -> Self:
        """Learn the conditional tables by Snorkel's method.

        Parameters
        ----------
        L : LabelMatrix
            At least three LFs; no partial votes.
        gold : array-like, shape (n,), optional
            Gold labels, missing or -1 where unknown. Snorkel takes the class balance from them,
            where it is not given, and nothing else.

        Returns
        -------
        SnorkelLabelModel
            Itself.

        Raises
        ------
        MissingExtraError
            When Snorkel is not installed.
        ValueError
            When there are no votes, fewer than three LFs or partial votes, or an argument does not
            fit.
        """
        require("snorkel", extra="snorkel", what="SnorkelLabelModel")
        L = check_votes(L)
        _check_whole_votes(L)
        if L.m < 3:
            raise ValueError(
                f"Snorkel's LabelModel needs at least 3 LFs, got {L.m}; use weaklabel's LabelModel"
            )
        if self.mu_eps is not None and not 0 < self.mu_eps < 0.5:
            raise ValueError(f"mu_eps must be between 0 and 0.5, got {self.mu_eps!r}")
        balance = self._balance(L, gold)
        with _random_states_kept():
            snorkel = require("snorkel.labeling.model", extra="snorkel", what="SnorkelLabelModel")
            model = snorkel.LabelModel(cardinality=L.k, verbose=False)
            model.fit(
                np.asarray(L, np.int64),
                class_balance=balance.tolist(),
                progress_bar=False,
                n_epochs=self.n_epochs,
                lr=self.lr,
                l2=self.l2,
                optimizer=self.optimizer,
                lr_scheduler=self.lr_scheduler,
                prec_init=self.prec_init,
                mu_eps=self.mu_eps,
                seed=self.seed,
            )
        self._remember(L)
        self.model_ = model
        self.cond_probs_ = model.get_conditional_probs()
        self.class_balance_ = balance
        return self

    def _posteriors(self, L: LabelMatrix) -> FloatArray:
        _check_whole_votes(L)
        # Snorkel leaves abstains out of account: a vote weighs what its own table says.
        log_votes = np.log(self.cond_probs_[:, 1:])
        return row_posteriors(L, log_votes, np.log(self.class_balance_))

    def _balance(self, L: LabelMatrix, gold: Any) -> FloatArray:
        if gold is not None:
            y = encode_gold(gold, L)
        if self.class_balance is not None:
            return checked_balance(self.class_balance, L.class_names)
        if gold is None or (y < 0).all():
            return np.full(L.k, 1 / L.k)
        counts = np.bincount(y[y >= 0], minlength=L.k)
        if not counts.all():
            unseen = [name for name, c in zip(L.class_names, counts, strict=True) if not c]
            raise ValueError(
                f"Snorkel takes the class balance from the gold labels, where {listed(unseen)} "
                "does not occur; pass class_balance="
            )
        return np.asarray(counts / counts.sum())


def _check_whole_votes(L: LabelMatrix) -> None:
    """Refuse partial votes, for which Snorkel has no code."""
    _, indices, codes = L.csr()
    partial = codes >= L.k
    if partial.any():
        raise ValueError(
            f"Snorkel's LabelModel takes no partial votes, LF "
            f"{L.lf_names[int(indices[partial.argmax()])]!r} cast some; leave it out with "
            "L.select([...]), or use weaklabel's LabelModel"
        )


@contextmanager
def _random_states_kept() -> Iterator[None]:
    """Put the global random states back: Snorkel seeds them in a fit, and draws at import."""
    python_state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        torch = require("torch", extra="snorkel", what="SnorkelLabelModel")
        with torch.random.fork_rng(devices=list(range(torch.cuda.device_count()))):
            yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)  # noqa: NPY002

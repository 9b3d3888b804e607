"""Synthetic votes of which everything is known: drawn from the model that label models assume."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from weaklabel._checks import checked_balance, read_only
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray, IntArray


@final
@dataclass(frozen=True, slots=True, eq=False)
class Synthetic:
    """Votes and the truth they were drawn from.

    Attributes
    ----------
    L : LabelMatrix
        The votes.
    gold : ndarray of int64, shape (n,)
        The class of each row.
    cond_probs : ndarray of float64, shape (m, k + 1, k)
        ``cond_probs[j, v + 1, y]`` is P(LF j votes v | Y = y); row 0 is abstain.
    class_balance : ndarray of float64, shape (k,)
        P(Y).
    """

    L: LabelMatrix
    gold: IntArray
    cond_probs: FloatArray
    class_balance: FloatArray

    def __post_init__(self) -> None:
        for name in ("gold", "cond_probs", "class_balance"):
            object.__setattr__(self, name, read_only(getattr(self, name)))


def synthetic(
    n: int,
    m: int,
    k: int = 2,
    *,
    coverage: Any = 0.5,
    accuracy: Any = 0.75,
    class_balance: Any = None,
    seed: int = 0,
) -> Synthetic:
    """Draw votes of labeling functions that are independent given the class.

    A row's class is drawn from the class balance. Each LF votes with probability `coverage`, and a
    vote is right with probability `accuracy`, else for one of the other classes, all alike.

    Parameters
    ----------
    n, m, k : int
        Numbers of rows, LFs and classes.
    coverage, accuracy : float or array-like of float, shape (m,), optional
        In 0..1; one for all LFs, or one for each.
    class_balance : array-like of float, shape (k,), optional
        P(class); default uniform.
    seed : int, optional
        Seed of the random generator: the same arguments give the same data.

    Returns
    -------
    Synthetic
        The votes, the gold labels, and the tables they were drawn from.

    Raises
    ------
    ValueError
        When a number is out of range or a length does not fit.

    Examples
    --------
    >>> import weaklabel as wl
    >>> data = synthetic(1000, 5, 3, coverage=0.6, accuracy=[0.9, 0.8, 0.7, 0.6, 0.5], seed=1)
    >>> data.L
    LabelMatrix: 1,000 rows × 5 LFs, classes 0, 1, 2; 3,023 votes, 988 rows covered
    >>> model = wl.LabelModel().fit(data.L)
    >>> model.score(data.L, data.gold) > wl.MajorityVote().fit(data.L).score(data.L, data.gold)
    True
    """
    for name, value, least in (("n", n, 0), ("m", m, 1), ("k", k, 2)):
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {value!r}")
    names = tuple(map(str, range(k)))
    balance = np.full(k, 1 / k) if class_balance is None else checked_balance(class_balance, names)
    votes = _one_each("coverage", coverage, m)
    right = _one_each("accuracy", accuracy, m)
    table = np.empty((m, k + 1, k))
    table[:, 0] = 1 - votes[:, None]
    table[:, 1:] = (votes * (1 - right) / (k - 1))[:, None, None]
    table[:, np.arange(1, k + 1), np.arange(k)] = (votes * right)[:, None]
    rng = np.random.default_rng(seed)
    gold = rng.choice(k, n, p=balance)
    L = LabelMatrix.from_array(draw_votes(rng, gold, table), classes=names)
    return Synthetic(L=L, gold=gold, cond_probs=table, class_balance=balance)


def draw_votes(rng: np.random.Generator, gold: IntArray, table: FloatArray) -> IntArray:
    """Draw votes from conditional tables.

    Parameters
    ----------
    rng : numpy.random.Generator
    gold : ndarray of int64, shape (n,)
    table : ndarray of float64, shape (m, s + 1, k)
        ``table[j, v + 1, y]`` is P(LF j votes v | Y = y); row 0 is abstain.

    Returns
    -------
    ndarray of int64, shape (n, m)
        Codes, -1 for abstain.
    """
    m, s1, k = table.shape
    draws = rng.random((len(gold), m))
    votes = np.empty((len(gold), m), np.int64)
    for y in range(k):
        rows = gold == y
        for j in range(m):
            # The last edge is 1 whatever the rounding of the sum.
            edges = np.cumsum(table[j, : s1 - 1, y])
            votes[rows, j] = np.searchsorted(edges, draws[rows, j], side="right") - 1
    return votes


def _one_each(name: str, value: Any, m: int) -> FloatArray:
    """Return one number an LF, shape (m,), each in 0..1."""
    array = np.asarray(value, np.float64)
    if array.shape not in ((), (m,)):
        raise ValueError(f"{name} must be a number or {m} of them, got shape {array.shape}")
    if not np.all((array >= 0) & (array <= 1)):
        raise ValueError(f"{name} must be in 0..1, got {array.tolist()}")
    return np.broadcast_to(array, m)

"""What a fit needs of its rows, and how it is had of rows that lie in parts, here or elsewhere.

A fit touches its rows through `RowStatistics` alone. There are two kinds of it:

- `VoteRows`: distinct rows with their weights, in memory. One matrix is always this, and so are
  parts whose distinct rows are few.
- `StreamedRows`: sums over all rows and a sample of them in memory; every pass of EM over all rows
  goes over the parts again. Its size does not depend on the number of rows.

Both give the same numbers to 1e-9, for any cut into parts: the sums are additive, and the sample is
the rows with the smallest hashes of their votes (all copies of each), whatever their order.

Parts are reached through one seam, `PartSource.map(f)`: the results of a function on each part's
rows, in part order, one after the other. The sources are

- matrices here (a list, `VoteParts`, any iterable that can be read again and again);
- parts elsewhere: an object with the method ``map_votes(f) -> iterable``, which `LabelModel.fit`
  takes in place of a label matrix. It calls ``f`` with the `LabelMatrix` of each part and returns
  (or yields, which holds fewer of them at once) the results in part order, the same parts in the
  same order at every call. ``f`` is a `functools.partial` of a module-level function of weaklabel
  with arrays, so plain pickle carries it, and so are its results: a few numbers a pair of LF and
  class. A fit calls ``map_votes`` about ten times: once or twice for counts and the sample (of
  which each part sends its share of 65,536 rows, or all its distinct rows where those of all parts
  are fewer), once for each pass of EM, once for the likelihood. Every part has the same LFs in the
  same order and the same classes; a part may be empty, and class sets may differ. Gold labels and
  weights are not taken with such an object.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from weaklabel.types import FloatArray, IntArray

if TYPE_CHECKING:
    from weaklabel.label_model._base._rows import VoteRows

T = TypeVar("T")

# EM first settles on the rows of this many distinct votes, which are drawn by their hashes.
FEW_ROWS = 1 << 16


class PartSource(Protocol):
    """Parts of the rows, wherever they lie."""

    @property
    def sampled(self) -> int | None:
        """How many distinct rows of a part its first summary may hold; None: all of them."""

    @property
    def again(self) -> str:
        """Why the parts cannot be read again; empty where they can."""

    def map(self, f: Callable[[VoteRows], T]) -> Iterable[T]:
        """Return, or yield, the results of a picklable function on each part, in part order."""


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """What votes weigh under some parameters.

    Attributes
    ----------
    log_ratio : ndarray of float64, shape (c, k)
        What each vote adds.
    log_base : ndarray of float64, shape (k,)
        What a row without votes has.
    dependence : float
        As in `em_pass`.
    """

    log_ratio: FloatArray
    log_base: FloatArray
    dependence: float


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """What the votes of the rows without gold look like beside one another.

    Attributes
    ----------
    shares : ndarray of float64, shape (k,)
        Sum over the rows of the share of its votes that each class has.
    conflicts : float
        Pairs of votes of one row for different classes.
    several : float
        Rows with two votes or more.
    """

    shares: FloatArray
    conflicts: float
    several: float

    def plus(self, other: Profile) -> Profile:
        """Return that of the rows of both."""
        return Profile(
            self.shares + other.shares,
            self.conflicts + other.conflicts,
            self.several + other.several,
        )


class RowStatistics(ABC):
    """What a fit needs of its rows.

    A vote is a *column*: one of the c pairs of LF and code that occur. Rows are covered ones, those
    with gold labels (*known*) apart from the others.

    Attributes
    ----------
    lf, code : ndarray of int64, shape (c,)
        LF and code of each column, sorted by LF, then code.
    class_sets : tuple of tuple of int
        What the codes k, k + 1, … leave possible.
    lf_names : tuple of str
    k : int
        Number of classes.
    uncovered : float
        Rows without votes, by weight.
    """

    lf: IntArray
    code: IntArray
    class_sets: tuple[tuple[int, ...], ...]
    lf_names: tuple[str, ...]
    k: int
    uncovered: float

    @property
    @abstractmethod
    def unknown(self) -> float:
        """Covered rows without gold, by weight."""

    @property
    @abstractmethod
    def known_mass(self) -> FloatArray:
        """Covered rows of each gold class, float64 of shape (k,)."""

    @property
    @abstractmethod
    def known_columns(self) -> FloatArray:
        """Rows of gold class y with each vote, float64 of shape (c, k)."""

    @property
    @abstractmethod
    def column_cast(self) -> FloatArray:
        """How often each column was voted, known rows among them, float64 of shape (c,)."""

    @property
    @abstractmethod
    def mean_amount(self) -> float:
        """How much of a vote a vote counts on the mean."""

    @property
    @abstractmethod
    def profile(self) -> Profile:
        """What the votes of the rows without gold look like."""

    @abstractmethod
    def some(self, most: int) -> VoteRows:
        """Return the rows with the `most` smallest hashes of their votes, `FEW_ROWS` at most.

        Equal rows stand once, so the same rows are had whatever their order and number of copies.
        All are returned where there are no more; else known rows are left out.
        """

    @abstractmethod
    def scaled(self, by_lf: FloatArray) -> RowStatistics:
        """Return the rows with every vote of LF j counting ``by_lf[j]`` of what it did."""

    @abstractmethod
    def right_on_known(self, one: Weights, other: Weights) -> FloatArray:
        """Compare two sets of parameters on the known rows, float64 of shape (4,).

        By weight: on how many each is right (to 1/t where t classes tie), and on how many the first
        is more so than the second, and the second than the first.
        """

    @abstractmethod
    def _passed(self, weights: Weights) -> tuple[FloatArray, FloatArray, float]:
        """Run `em_pass` over the unknown rows."""

    @abstractmethod
    def _passed_two(
        self, log_odds: FloatArray, base_odds: float, dependence: float
    ) -> tuple[FloatArray, float, float]:
        """Run `em_pass_two` over the unknown rows."""

    def em_pass(
        self, log_ratio: FloatArray, log_base: FloatArray, dependence: float
    ) -> tuple[FloatArray, FloatArray, float]:
        """Run one EM pass over the unknown rows.

        Parameters
        ----------
        log_ratio : ndarray of float64, shape (c, k)
        log_base : ndarray of float64, shape (k,)
        dependence : float
            As in the kernel.

        Returns
        -------
        counts : ndarray of float64, shape (c, k)
        mass : ndarray of float64, shape (k,)
        log_likelihood : float
        """
        # Two classes need the odds of one of them alone, unless a class is excluded.
        if self.k != 2 or not (np.isfinite(log_ratio).all() and np.isfinite(log_base).all()):
            return self._passed(Weights(log_ratio, log_base, dependence))
        base_odds = float(log_base[1] - log_base[0])
        second, mass, evidence = self._passed_two(
            log_ratio[:, 1] - log_ratio[:, 0], base_odds, dependence
        )
        cast = self.column_cast - self.known_columns.sum(axis=1)
        counts = np.stack([np.maximum(cast - second, 0.0), second], axis=1)
        # With dependence this is a score, no likelihood: the votes' own share is not scaled.
        log_likelihood = evidence + self.unknown * log_base[0] + float(cast @ log_ratio[:, 0])
        return counts, np.array([max(self.unknown - mass, 0.0), mass]), float(log_likelihood)

    @property
    def m(self) -> int:
        """Number of LFs."""
        return len(self.lf_names)

    @property
    def possible(self) -> IntArray:
        """What each code leaves possible, bool of shape (s, k)."""
        table = np.zeros((self.k + len(self.class_sets), self.k), np.bool_)
        table[np.arange(self.k), np.arange(self.k)] = True
        for t, codes in enumerate(self.class_sets):
            table[self.k + t, list(codes)] = True
        return table

    @property
    def share(self) -> FloatArray:
        """How the vote of each column is shared out among the classes, shape (c, k)."""
        possible = self.possible
        return np.asarray((possible / possible.sum(axis=1, keepdims=True))[self.code])

    @property
    def covered(self) -> float:
        """Covered rows by weight, known ones among them."""
        return self.unknown + float(self.known_mass.sum())

    @property
    def known_counts(self) -> FloatArray:
        """Rows of gold class y on which LF j voted v, float64 of shape (m, s, k)."""
        return self._spread(self.known_columns)

    @property
    def cast(self) -> FloatArray:
        """How often each LF voted each code, known rows among them, float64 of shape (m, s)."""
        return np.asarray(self._spread(self.column_cast[:, None])[:, :, 0])

    def _spread(self, by_column: FloatArray) -> FloatArray:
        """Return numbers by column, shape (c, d), as an array of shape (m, s, d)."""
        table = np.zeros((self.m, self.k + len(self.class_sets), by_column.shape[1]))
        table[self.lf, self.code] = by_column
        return table


def summed(results: Iterable[tuple[Any, ...]]) -> tuple[Any, ...]:
    """Add up tuples, entry by entry."""
    total: tuple[Any, ...] | None = None
    for result in results:
        total = (
            result if total is None else tuple(a + b for a, b in zip(total, result, strict=True))
        )
    assert total is not None  # noqa: S101 - there is always a block, if an empty one
    return total

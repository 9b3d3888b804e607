"""The rows a label model learns from: covered, equal ones counted once, known ones set apart."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self, TypeVar

import numpy as np

from weaklabel._checks import shorten
from weaklabel._kernels import (
    column_counts,
    em_pass,
    em_pass_two,
    posteriors,
    row_blocks,
    row_hashes,
    threaded,
    vote_columns,
)
from weaklabel.gold import encode_gold
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray, IntArray

# Whether rows repeat is judged on this many; where they do not, looking for copies is a waste.
_LOOK = 20_000
# Sums of heavier rows lose the lighter ones.
_HEAVIEST = 1e9

T = TypeVar("T")
_NO_AMOUNTS: FloatArray = np.zeros(0, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class KnownRows:
    """Rows whose class gold labels tell: their votes, as in `VoteRows`, and their classes.

    Attributes
    ----------
    indptr, columns, amounts, weights : ndarray
    gold : ndarray of int64, shape (rows,)
    """

    indptr: IntArray
    columns: IntArray
    amounts: FloatArray
    weights: FloatArray
    gold: IntArray


_NOTHING_KNOWN = KnownRows(
    np.zeros(1, np.int64), np.zeros(0, np.uint16), _NO_AMOUNTS, np.zeros(0), np.zeros(0, np.int64)
)


@dataclass(frozen=True, eq=False)
class VoteRows:
    """Votes to learn from, and what is known of them.

    A vote is a *column*: one of the c pairs of LF and code that occur.

    Attributes
    ----------
    indptr : ndarray of int64, shape (p + 1,)
        Row i of the p rows whose class is unknown has the votes ``indptr[i]:indptr[i + 1]``.
    columns : ndarray of uint16 or uint32, shape (votes,)
        The column of each vote.
    amounts : ndarray of float32, shape (votes,) or (0,)
        How much of a vote each counts; empty where each counts 1.
    weights : ndarray of float64, shape (p,)
        How many rows of the matrix each stands for.
    lf, code : ndarray of int64, shape (c,)
        LF and code of each column, sorted by LF, then code.
    class_sets : tuple of tuple of int
        What the codes k, k + 1, … leave possible.
    lf_names : tuple of str
    k : int
        Number of classes.
    known : KnownRows
        The covered rows with gold.
    uncovered : float
        Rows without votes, by weight.
    """

    indptr: IntArray
    columns: IntArray
    amounts: FloatArray
    weights: FloatArray
    lf: IntArray
    code: IntArray
    class_sets: tuple[tuple[int, ...], ...]
    lf_names: tuple[str, ...]
    k: int
    known: KnownRows
    uncovered: float

    @classmethod
    def of(cls, L: LabelMatrix, gold: Any = None, sample_weight: Any = None) -> VoteRows:
        """Take the covered rows of a matrix; where gold is known the row is counted as known.

        Raises
        ------
        ValueError
            When the gold labels or the weights do not fit the matrix.
        """
        indptr, indices, codes = L.csr()
        truth = None if gold is None else encode_gold(gold, L)
        weights = row_weights(sample_weight, L.n)
        s, k = L.possible.shape
        place = np.zeros(L.m * s, np.bool_)
        for start, stop in row_blocks(len(codes)):
            place[indices[start:stop].astype(np.int64) * s + codes[start:stop]] = True
        found = np.flatnonzero(place)
        kind = np.uint16 if len(found) <= 1 << 16 else np.uint32
        number = np.zeros(L.m * s, kind)
        number[found] = np.arange(len(found))
        columns = np.empty(len(codes), kind)
        vote_columns(indices, codes, number.reshape(L.m, s), columns)
        amounts = _amounts_of(L)
        covered = np.diff(indptr) > 0
        known_rows = _NOTHING_KNOWN
        uncovered = float(weights[~covered].sum())
        keep = covered & (weights > 0)
        if truth is not None:
            known = np.flatnonzero(keep & (truth >= 0))
            taken = _take(indptr, columns, amounts, known)
            known_rows = KnownRows(*taken, weights[known], truth[known])
            keep &= truth < 0
        if not keep.all():
            if (keep == covered).all():
                indptr = np.append(indptr[:-1][keep], indptr[-1])
            else:
                indptr, columns, amounts = _take(indptr, columns, amounts, np.flatnonzero(keep))
            weights = weights[keep]
        rows = cls(
            indptr=indptr,
            columns=columns,
            amounts=amounts,
            weights=weights,
            lf=found // s,
            code=found % s,
            class_sets=L.class_sets,
            lf_names=L.lf_names,
            k=k,
            known=known_rows,
            uncovered=uncovered,
        )
        return rows._without_copies()

    @classmethod
    def joined(cls, parts: Iterable[VoteRows]) -> VoteRows:
        """Join rows of matrices with the same LFs and classes into those of one matrix."""
        found = list(parts)
        if len(found) == 1:
            return found[0]
        k = found[0].k
        sets = tuple(sorted({codes for rows in found for codes in rows.class_sets}))
        s = k + len(sets)
        keys = []
        for rows in found:
            code = np.array([*range(k), *(k + sets.index(codes) for codes in rows.class_sets)])
            keys.append(rows.lf * s + code[rows.code])
        pairs = np.unique(np.concatenate(keys))
        kind = np.uint16 if len(pairs) <= 1 << 16 else np.uint32
        places = [np.searchsorted(pairs, key).astype(kind) for key in keys]
        known = [rows.known for rows in found]
        joined = cls(
            **_stacked(found, places),
            lf=pairs // s,
            code=pairs % s,
            class_sets=sets,
            lf_names=found[0].lf_names,
            k=k,
            known=KnownRows(
                **_stacked(known, places), gold=np.concatenate([part.gold for part in known])
            ),
            uncovered=sum(rows.uncovered for rows in found),
        )
        return joined._without_copies()

    @property
    def m(self) -> int:
        """Number of LFs."""
        return len(self.lf_names)

    @cached_property
    def known_columns(self) -> FloatArray:
        """Rows of gold class y with each vote, float64 of shape (c, k)."""
        counts = np.zeros((len(self.lf), self.k))
        row = np.repeat(np.arange(len(self.known.gold)), np.diff(self.known.indptr))
        each = self.known.weights[row]
        if len(self.known.amounts):
            each = each * self.known.amounts
        np.add.at(counts, (self.known.columns, self.known.gold[row]), each)
        return counts

    @cached_property
    def known_mass(self) -> FloatArray:
        """Covered rows of each gold class, float64 of shape (k,)."""
        mass = np.bincount(self.known.gold, self.known.weights, minlength=self.k)
        return np.asarray(mass, np.float64)

    @property
    def possible(self) -> IntArray:
        """What each code leaves possible, bool of shape (s, k)."""
        table = np.zeros((self.k + len(self.class_sets), self.k), np.bool_)
        table[np.arange(self.k), np.arange(self.k)] = True
        for t, codes in enumerate(self.class_sets):
            table[self.k + t, list(codes)] = True
        return table

    @property
    def covered(self) -> float:
        """Covered rows by weight, known ones among them."""
        return float(self.weights.sum() + self.known_mass.sum())

    @property
    def known_counts(self) -> FloatArray:
        """Rows of gold class y on which LF j voted v, float64 of shape (m, s, k)."""
        return self._spread(self.known_columns)

    @cached_property
    def column_cast(self) -> FloatArray:
        """How often each column was voted, known rows among them, float64 of shape (c,)."""
        c = len(self.lf)
        counts = self.blocks(
            lambda indptr, columns, amounts, weights: (
                column_counts(indptr, columns, amounts, weights, c),
            )
        )
        return np.asarray(_summed(counts)[0] + self.known_columns.sum(axis=1))

    @property
    def cast(self) -> FloatArray:
        """How often each LF voted each code, known rows among them, float64 of shape (m, s)."""
        return np.asarray(self._spread(self.column_cast[:, None])[:, :, 0])

    def expected_counts(
        self, log_ratio: FloatArray, log_base: FloatArray, dependence: float = 0.0
    ) -> tuple[FloatArray, FloatArray, float]:
        """Run one EM pass over the unknown rows; known rows are not in it.

        Parameters
        ----------
        log_ratio : ndarray of float64, shape (m, s, k)
        log_base : ndarray of float64, shape (k,)
        dependence : float, optional
            As in `em_pass`.

        Returns
        -------
        counts : ndarray of float64, shape (m, s, k)
        mass : ndarray of float64, shape (k,)
        log_likelihood : float
        """
        counts, mass, log_likelihood = self.em_pass(
            log_ratio[self.lf, self.code], log_base, dependence
        )
        return self._spread(counts), mass, log_likelihood

    def em_pass(
        self, log_ratio: FloatArray, log_base: FloatArray, dependence: float
    ) -> tuple[FloatArray, FloatArray, float]:
        """Run one EM pass by column: `log_ratio` and the counts have shape (c, k)."""
        # Two classes need the odds of one of them alone, unless a class is excluded.
        if self.k == 2 and np.isfinite(log_ratio).all() and np.isfinite(log_base).all():
            return self._em_pass_two(log_ratio, log_base, dependence)
        return _summed(
            self.blocks(
                lambda indptr, columns, amounts, weights: em_pass(
                    indptr, columns, amounts, weights, log_ratio, log_base, dependence
                )
            )
        )

    def _em_pass_two(
        self, log_ratio: FloatArray, log_base: FloatArray, dependence: float
    ) -> tuple[FloatArray, FloatArray, float]:
        log_odds = log_ratio[:, 1] - log_ratio[:, 0]
        base_odds = float(log_base[1] - log_base[0])
        second, mass, evidence = _summed(
            self.blocks(
                lambda indptr, columns, amounts, weights: em_pass_two(
                    indptr, columns, amounts, weights, log_odds, base_odds, dependence
                )
            )
        )
        cast = self.column_cast - self.known_columns.sum(axis=1)
        total = float(self.weights.sum())
        counts = np.stack([np.maximum(cast - second, 0.0), second], axis=1)
        # With dependence this is a score, no likelihood: the votes' own share is not scaled.
        log_likelihood = evidence + total * log_base[0] + float(cast @ log_ratio[:, 0])
        return counts, np.array([max(total - mass, 0.0), mass]), log_likelihood

    def blocks(self, call: Callable[..., T]) -> Iterable[T]:
        """Yield the result of ``call(indptr, columns, amounts, weights)`` on blocks of rows.

        The blocks are run in threads and yielded in order, so that sums are the same on any
        number of them.
        """

        def on_block(start: int, stop: int) -> T:
            return call(
                self.indptr[start : stop + 1],
                self.columns,
                self.amounts,
                self.weights[start:stop],
            )

        return threaded(on_block, row_blocks(len(self.weights)))

    def some(self, most: int) -> VoteRows:
        """Return about `most` of the rows, the same ones whatever their order.

        Rows are chosen by a hash of their votes; where there are more, known rows are left out.
        """
        p = len(self.weights)
        if p <= most:
            return self
        hashes = self._hashes
        chosen = np.flatnonzero((hashes >> np.uint64(20)) % np.uint64(p) < np.uint64(most))
        if len(chosen) == 0:
            return self
        indptr, columns, amounts = _take(self.indptr, self.columns, self.amounts, chosen)
        share = float(self.weights[chosen].sum() / self.weights.sum())
        return replace(
            self,
            indptr=indptr,
            columns=columns,
            amounts=amounts,
            weights=self.weights[chosen],
            known=_NOTHING_KNOWN,
            uncovered=self.uncovered * share,
        )

    def scaled(self, by_lf: FloatArray) -> VoteRows:
        """Return the rows with every vote of LF j counting ``by_lf[j]`` of what it did."""
        by_column: FloatArray = by_lf[self.lf].astype(np.float32)

        def amounts(columns: IntArray, before: FloatArray) -> FloatArray:
            return by_column[columns] * before if len(before) else by_column[columns]

        known = self.known
        return replace(
            self,
            amounts=amounts(self.columns, self.amounts),
            known=replace(known, amounts=amounts(known.columns, known.amounts)),
        )

    @property
    def mean_amount(self) -> float:
        """How much of a vote a vote counts on the mean."""
        if not len(self.amounts) and not len(self.known.amounts):
            return 1.0
        whole = replace(self, amounts=_NO_AMOUNTS, known=replace(self.known, amounts=_NO_AMOUNTS))
        return float(self.column_cast.sum() / whole.column_cast.sum())

    def decayed(self, decay: float) -> VoteRows:
        """Return the rows with all weights times a number."""
        return replace(
            self,
            weights=self.weights * decay,
            known=replace(self.known, weights=self.known.weights * decay),
            uncovered=self.uncovered * decay,
        )

    def _spread(self, by_column: FloatArray) -> FloatArray:
        """Return numbers by column, shape (c, d), as an array of shape (m, s, d)."""
        table = np.zeros((self.m, self.k + len(self.class_sets), by_column.shape[1]))
        table[self.lf, self.code] = by_column
        return table

    @cached_property
    def _hashes(self) -> IntArray:
        """Return a number a row that depends on the names of the LFs, not on their order."""
        names = np.array([_name_number(name) for name in self.lf_names], np.uint64)
        salt = _mixed(names[self.lf] + _mixed(self.code.astype(np.uint64)))
        blocks = self.blocks(
            lambda indptr, columns, amounts, _: row_hashes(indptr, columns, amounts, salt)
        )
        return _mixed(np.concatenate(list(blocks)))

    def _without_copies(self) -> Self:
        """Return equal rows once, with their weights summed, where many are equal."""
        p = len(self.weights)
        if p < 2:
            return self
        hashes = self._hashes
        look = hashes[:_LOOK]
        if p > _LOOK and len(np.unique(look)) > 0.7 * len(look):
            return self
        _, first, copy_of = np.unique(hashes, return_index=True, return_inverse=True)
        if len(first) == p:
            return self
        weights = np.asarray(np.bincount(copy_of, self.weights), np.float64)
        indptr, columns, amounts = _take(self.indptr, self.columns, self.amounts, first)
        return replace(self, indptr=indptr, columns=columns, amounts=amounts, weights=weights)


def row_posteriors(
    L: LabelMatrix, log_ratio: FloatArray, log_base: FloatArray, dependence: float = 0.0
) -> FloatArray:
    """Return P(y | votes) of every row of a matrix, float64 of shape (n, k).

    `log_ratio` has shape (m, s, k); see `posteriors`.
    """
    m, s, k = log_ratio.shape
    number = np.arange(m * s).reshape(m, s)
    return column_posteriors(L, number, log_ratio.reshape(m * s, k), log_base, dependence)


def column_posteriors(
    L: LabelMatrix,
    number: IntArray,
    log_ratio: FloatArray,
    log_base: FloatArray,
    dependence: float,
    by_lf: FloatArray | None = None,
) -> FloatArray:
    """Return P(y | votes) of every row of a matrix, float64 of shape (n, k).

    Parameters
    ----------
    L : LabelMatrix
    number : ndarray of int, shape (m, s)
        The column of each vote.
    log_ratio : ndarray of float64, shape (c, k)
    log_base : ndarray of float64, shape (k,)
    dependence : float
    by_lf : ndarray of float64, shape (m,), optional
        How much of a vote each LF's votes count; default 1.
    """
    indptr, indices, codes = L.csr()
    number = number.astype(np.uint32)
    given = _amounts_of(L)

    def block(start: int, stop: int) -> FloatArray:
        votes = slice(indptr[start], indptr[stop])
        columns = np.empty(indptr[stop] - indptr[start], np.uint32)
        vote_columns(indices[votes], codes[votes], number, columns)
        amounts = given[votes] if len(given) else given
        if by_lf is not None:
            scale: FloatArray = by_lf[indices[votes]].astype(np.float32)
            amounts = scale * amounts if len(amounts) else scale
        ends = indptr[start : stop + 1] - indptr[start]
        probs: FloatArray = posteriors(ends, columns, amounts, log_ratio, log_base, dependence)
        return probs

    blocks = threaded(block, row_blocks(L.n))
    first = next(blocks)
    if len(first) == L.n:
        return first
    probs = np.empty((L.n, first.shape[1]))
    probs[: len(first)] = first
    at = len(first)
    for more in blocks:
        probs[at : at + len(more)] = more
        at += len(more)
    return probs


def row_weights(sample_weight: Any, n: int) -> FloatArray:
    """Return one weight a row, float64 of shape (n,).

    Raises
    ------
    ValueError
        When the length differs, or a weight is negative, missing or infinite, or all are 0.
    """
    if sample_weight is None:
        return np.ones(n)
    try:
        weights = np.asarray(sample_weight, np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"sample_weight must be numbers, got {shorten(sample_weight)}") from None
    if weights.shape != (n,):
        raise ValueError(
            f"sample_weight has shape {weights.shape}, the label matrix has {n} rows; give one "
            "weight a row"
        )
    wrong = np.flatnonzero(~((weights >= 0) & (weights <= _HEAVIEST)))
    if wrong.size:
        raise ValueError(
            f"sample_weight is {weights[wrong[0]]} at position {wrong[0]}; weights are numbers of "
            f"0 to {_HEAVIEST:g}"
        )
    if not weights.any():
        raise ValueError("sample_weight is 0 everywhere; give at least one row a weight")
    return weights


def _amounts_of(L: LabelMatrix) -> FloatArray:
    confidence = L.confidence
    return _NO_AMOUNTS if confidence is None else confidence


def _summed(results: Iterable[tuple[Any, ...]]) -> tuple[Any, ...]:
    """Add up tuples, entry by entry."""
    total: tuple[Any, ...] | None = None
    for result in results:
        total = (
            result if total is None else tuple(a + b for a, b in zip(total, result, strict=True))
        )
    assert total is not None  # noqa: S101 - there is always a block, if an empty one
    return total


def _stacked(parts: Sequence[VoteRows | KnownRows], places: Sequence[IntArray]) -> dict[str, Any]:
    """Return the votes of all parts under the numbers that `places` gives their columns."""
    ends = np.cumsum([0, *(part.indptr[-1] for part in parts)])
    starts = [part.indptr[:-1] + end for part, end in zip(parts, ends[:-1], strict=True)]
    amounts: FloatArray = _NO_AMOUNTS
    if any(len(part.amounts) for part in parts):
        ones = [np.ones(len(part.columns), np.float32) for part in parts]
        amounts = np.concatenate(
            [
                part.amounts if len(part.amounts) else one
                for part, one in zip(parts, ones, strict=True)
            ]
        )
    return {
        "indptr": np.concatenate([*starts, ends[-1:]]),
        "columns": np.concatenate(
            [place[part.columns] for part, place in zip(parts, places, strict=True)]
        ),
        "amounts": amounts,
        "weights": np.concatenate([part.weights for part in parts]),
    }


def _take(
    indptr: IntArray, columns: IntArray, amounts: FloatArray, rows: IntArray
) -> tuple[IntArray, IntArray, FloatArray]:
    """Return the votes of some rows, as compressed rows."""
    lengths = (indptr[1:] - indptr[:-1])[rows]
    ends = np.concatenate([[0], np.cumsum(lengths)])
    at = np.arange(ends[-1]) + np.repeat(indptr[:-1][rows] - ends[:-1], lengths)
    return ends, columns[at], amounts[at] if len(amounts) else amounts


def _name_number(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


def _mixed(numbers: IntArray) -> IntArray:
    """Scatter 64-bit numbers (the finaliser of splitmix64)."""
    with np.errstate(over="ignore"):
        x = numbers.astype(np.uint64)
        x ^= x >> np.uint64(30)
        x *= np.uint64(0xBF58476D1CE4E5B9)
        x ^= x >> np.uint64(27)
        x *= np.uint64(0x94D049BB133111EB)
        x ^= x >> np.uint64(31)
    return np.asarray(x)

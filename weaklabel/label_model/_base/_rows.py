"""The rows a label model learns from: covered, equal ones counted once, known ones set apart."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self, TypeVar, final

import numpy as np

from weaklabel._checks import shorten
from weaklabel._kernels import (
    column_counts,
    em_pass,
    em_pass_two,
    mark_columns,
    posteriors,
    row_blocks,
    row_hashes,
    threaded,
    vote_columns,
    vote_profile,
)
from weaklabel.gold import encode_gold
from weaklabel.label_model._base._columns import Columns
from weaklabel.label_model._base._statistics import (
    FEW_ROWS,
    Profile,
    RowStatistics,
    Weights,
    summed,
)
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray, IntArray

# Whether rows repeat is judged on this many; where they do not, looking for copies is a waste.
_LOOK = 20_000
# Sums of heavier rows lose the lighter ones.
_HEAVIEST = 1e9

T = TypeVar("T")
NO_AMOUNTS: FloatArray = np.zeros(0, np.float32)


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


NOTHING_KNOWN = KnownRows(
    np.zeros(1, np.int64), np.zeros(0, np.uint16), NO_AMOUNTS, np.zeros(0), np.zeros(0, np.int64)
)


@final
@dataclass(frozen=True, eq=False)
class VoteRows(RowStatistics):
    """Votes to learn from, and what is known of them.

    Besides what `RowStatistics` has:

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
    known : KnownRows
        The covered rows with gold.
    given_hashes : ndarray of uint64, shape (p,), optional
        Hashes of the rows before they were scaled.
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
    given_hashes: IntArray | None = None

    @classmethod
    def of(cls, L: LabelMatrix, gold: Any = None, sample_weight: Any = None) -> VoteRows:
        """Take the covered rows of a matrix, equal ones once; known ones are counted as known.

        Raises
        ------
        ValueError
            When the gold labels or the weights do not fit the matrix.
        """
        if sample_weight is not None and not row_weights(sample_weight, L.n).any():
            raise ValueError("sample_weight is 0 everywhere; give at least one row a weight")
        return cls.raw(L, gold, sample_weight).distinct()

    @classmethod
    def raw(cls, L: LabelMatrix, gold: Any = None, sample_weight: Any = None) -> VoteRows:
        """Take the covered rows of a matrix as they stand; see `of`."""
        indptr, indices, codes = L.csr()
        truth = None if gold is None else encode_gold(gold, L)
        weights = row_weights(sample_weight, L.n)
        s, k = L.possible.shape
        cast = np.zeros((L.m, s), np.bool_)
        mark_columns(indices, codes, cast)
        found = np.flatnonzero(cast)
        kind = np.uint16 if len(found) <= 1 << 16 else np.uint32
        number = np.zeros(L.m * s, kind)
        number[found] = np.arange(len(found))
        columns = np.empty(len(codes), kind)
        vote_columns(indices, codes, number.reshape(L.m, s), columns)
        amounts = _amounts_of(L)
        covered = np.diff(indptr) > 0
        known_rows = NOTHING_KNOWN
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
        return cls(
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

    @classmethod
    def joined(cls, parts: Iterable[VoteRows]) -> VoteRows:
        """Join rows of matrices with the same LFs and classes into those of one matrix."""
        return cls.stacked(list(parts)).distinct()

    @classmethod
    def stacked(cls, found: Sequence[VoteRows]) -> VoteRows:
        """Put rows one after the other; see `joined`."""
        if len(found) == 1:
            return found[0]
        columns = Columns.union([Columns.of(rows) for rows in found])
        kind = np.uint16 if len(columns.lf) <= 1 << 16 else np.uint32
        places = [columns.places(Columns.of(rows)).astype(kind) for rows in found]
        known = [rows.known for rows in found]
        return cls(
            **_stacked(found, places),
            lf=columns.lf,
            code=columns.code,
            class_sets=columns.class_sets,
            lf_names=found[0].lf_names,
            k=columns.k,
            known=KnownRows(
                **_stacked(known, places), gold=np.concatenate([part.gold for part in known])
            ),
            uncovered=sum(rows.uncovered for rows in found),
            given_hashes=np.concatenate([rows.hashes for rows in found]),
        )

    @cached_property
    def unknown(self) -> float:
        """Covered rows without gold, by weight."""
        return float(self.weights.sum())

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

    @cached_property
    def column_cast(self) -> FloatArray:
        """How often each column was voted, known rows among them, float64 of shape (c,)."""
        c = len(self.lf)
        counts = self.blocks(
            lambda indptr, columns, amounts, weights: (
                column_counts(indptr, columns, amounts, weights, c),
            )
        )
        return np.asarray(summed(counts)[0] + self.known_columns.sum(axis=1))

    @cached_property
    def profile(self) -> Profile:
        """What the votes of the rows without gold look like."""
        share = self.share
        shares, conflicts = summed(
            self.blocks(
                lambda indptr, columns, amounts, weights: vote_profile(
                    indptr, columns, amounts, weights, share
                )
            )
        )
        several = float(self.weights[np.diff(self.indptr) >= 2].sum())
        return Profile(shares, float(conflicts), several)

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

    def _passed(self, weights: Weights) -> tuple[FloatArray, FloatArray, float]:
        return summed(
            self.blocks(
                lambda indptr, columns, amounts, each: em_pass(
                    indptr,
                    columns,
                    amounts,
                    each,
                    weights.log_ratio,
                    weights.log_base,
                    weights.dependence,
                )
            )
        )

    def _passed_two(
        self, log_odds: FloatArray, base_odds: float, dependence: float
    ) -> tuple[FloatArray, float, float]:
        return summed(
            self.blocks(
                lambda indptr, columns, amounts, weights: em_pass_two(
                    indptr, columns, amounts, weights, log_odds, base_odds, dependence
                )
            )
        )

    def right_on_known(self, one: Weights, other: Weights) -> FloatArray:
        """Compare two sets of parameters on the known rows; see `RowStatistics`."""
        known = self.known
        right = []
        for given in (one, other):
            q = posteriors(
                known.indptr,
                known.columns,
                known.amounts,
                given.log_ratio,
                given.log_base,
                given.dependence,
            )
            best = q >= q.max(axis=1, keepdims=True) - 1e-9
            right.append(best[np.arange(len(q)), known.gold] / best.sum(axis=1))
        ahead = right[0] - right[1]
        return np.array(
            [float(known.weights @ part) for part in (*right, ahead > 0, ahead < 0)], np.float64
        )

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
        """Return the rows with the `most` smallest hashes; see `RowStatistics`."""
        if len(self.weights) <= most:
            return self
        if most < FEW_ROWS:
            return self._few.some(most) if self._few is not self else self._first(most)
        return self._few

    @cached_property
    def _few(self) -> VoteRows:
        if len(self.weights) <= FEW_ROWS:
            return self
        chosen, limit = smallest(self.hashes, FEW_ROWS)
        few = self._merged(chosen)
        return few if limit is None else self._lacking_some(few)

    def _first(self, most: int) -> VoteRows:
        """Return the first of rows that are distinct and in order of their hashes."""
        end = self.indptr[most]
        few = replace(
            self,
            indptr=self.indptr[: most + 1],
            columns=self.columns[:end],
            amounts=self.amounts[:end],
            weights=self.weights[:most],
            given_hashes=self.hashes[:most],
        )
        return self._lacking_some(few)

    def _lacking_some(self, few: VoteRows) -> VoteRows:
        share = few.unknown / self.unknown
        return replace(few, known=NOTHING_KNOWN, uncovered=self.uncovered * share)

    def below(self, limit: int) -> VoteRows:
        """Return the unknown rows whose hash is below a number, with nothing else."""
        # The largest hash is below 2^64, which is no hash itself.
        chosen = np.flatnonzero(self.hashes <= np.uint64(limit - 1)) if limit else np.arange(0)
        return replace(self._merged(chosen), known=NOTHING_KNOWN, uncovered=0.0)

    def scaled(self, by_lf: FloatArray) -> VoteRows:
        """Return the rows with every vote of LF j counting ``by_lf[j]`` of what it did."""
        by_column: FloatArray = by_lf[self.lf].astype(np.float32)

        def amounts(columns: IntArray, before: FloatArray) -> FloatArray:
            return by_column[columns] * before if len(before) else by_column[columns]

        known = self.known
        scaled = replace(
            self,
            amounts=amounts(self.columns, self.amounts),
            known=replace(known, amounts=amounts(known.columns, known.amounts)),
            given_hashes=self.hashes,
        )
        if "_few" in self.__dict__ and self._few is not self:
            scaled.__dict__["_few"] = self._few.scaled(by_lf)
        return scaled

    @property
    def weighed(self) -> bool:
        """Whether some votes count less than one."""
        return bool(len(self.amounts) or len(self.known.amounts))

    @property
    def votes(self) -> float:
        """Votes cast, known rows among them, each counting one."""
        whole = replace(self, amounts=NO_AMOUNTS, known=replace(self.known, amounts=NO_AMOUNTS))
        return float(whole.column_cast.sum())

    @property
    def mean_amount(self) -> float:
        """How much of a vote a vote counts on the mean."""
        return float(self.column_cast.sum() / self.votes) if self.weighed else 1.0

    def decayed(self, decay: float) -> VoteRows:
        """Return the rows with all weights times a number."""
        return replace(
            self,
            weights=self.weights * decay,
            known=replace(self.known, weights=self.known.weights * decay),
            uncovered=self.uncovered * decay,
        )

    @property
    def nbytes(self) -> int:
        """Bytes that the rows take, known ones among them."""
        known = self.known
        arrays = (self.indptr, self.columns, self.amounts, self.weights, self.hashes)
        more = (known.indptr, known.columns, known.amounts, known.weights, known.gold)
        return sum(array.nbytes for array in (*arrays, *more))

    @cached_property
    def hashes(self) -> IntArray:
        """A number a row: of the names of the LFs and what they vote, whatever their order."""
        if self.given_hashes is not None:
            return self.given_hashes
        salt = self._salt
        blocks = self.blocks(
            lambda indptr, columns, amounts, _: row_hashes(indptr, columns, amounts, salt)
        )
        return _mixed(np.concatenate(list(blocks)))

    @property
    def _salt(self) -> IntArray:
        names = np.array([_name_number(name) for name in self.lf_names], np.uint64)
        sets = [_name_number(str(sorted(codes))) for codes in self.class_sets]
        codes = np.array([*range(self.k), *sets], np.uint64)
        return _mixed(names[self.lf] + _mixed(codes[self.code]))

    def distinct(self) -> Self:
        """Return equal rows once, with their weights summed, where many are or the rows are few."""
        look = self.hashes[:_LOOK]
        if len(self.weights) > FEW_ROWS and len(np.unique(look)) > 0.7 * len(look):
            return self._known_merged()
        return self.merged()

    def merged(self) -> Self:
        """Return equal rows once, in order of their hashes, with their weights summed."""
        return self._merged(np.arange(len(self.weights)))._known_merged()

    def _merged(self, rows: IntArray) -> Self:
        """Return some rows in order of their hashes, equal ones once."""
        hashes, first, copy_of = np.unique(
            self.hashes[rows], return_index=True, return_inverse=True
        )
        weights = np.asarray(
            np.bincount(copy_of, self.weights[rows], minlength=len(hashes)), np.float64
        )
        indptr, columns, amounts = _take(self.indptr, self.columns, self.amounts, rows[first])
        return replace(
            self,
            indptr=indptr,
            columns=columns,
            amounts=amounts,
            weights=weights,
            given_hashes=hashes,
        )

    def _known_merged(self) -> Self:
        """Return the rows with equal known ones of one class once."""
        known = self.known
        if len(known.gold) < 2:
            return self
        hashes = row_hashes(known.indptr, known.columns, known.amounts, self._salt)
        hashes = _mixed(hashes + _mixed(known.gold.astype(np.uint64)))
        _, first, copy_of = np.unique(hashes, return_index=True, return_inverse=True)
        votes = _take(known.indptr, known.columns, known.amounts, first)
        weights = np.asarray(np.bincount(copy_of, known.weights), np.float64)
        return replace(self, known=KnownRows(*votes, weights, known.gold[first]))


def smallest(hashes: IntArray, most: int) -> tuple[IntArray, int | None]:
    """Return where the `most` smallest of the distinct hashes are, and the largest of them.

    The largest is None where there are no more than `most`, and all are returned.
    """
    # Hashes are spread evenly over 64 bits, so a few more than enough are soon found.
    bound = (most + 5 * most**0.5 + 1) / max(len(hashes), 1) * 2.0**64
    while True:
        near = np.flatnonzero(hashes < np.uint64(bound)) if bound < 2.0**64 else None
        found = np.sort(hashes if near is None else hashes[near])
        found = found[np.append(found[:-1] != found[1:], True)[: len(found)]]
        if len(found) > most:
            limit = found[most - 1]
            if near is None:
                near = np.arange(len(hashes))
            return near[hashes[near] <= limit], int(limit)
        if near is None:
            return np.arange(len(hashes)), None
        bound *= 1.5


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
        When the length differs, or a weight is negative, missing or infinite.
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
    return weights


def _amounts_of(L: LabelMatrix) -> FloatArray:
    confidence = L.confidence
    return NO_AMOUNTS if confidence is None else confidence


def _stacked(parts: Sequence[VoteRows | KnownRows], places: Sequence[IntArray]) -> dict[str, Any]:
    """Return the votes of all parts under the numbers that `places` gives their columns."""
    ends = np.cumsum([0, *(part.indptr[-1] for part in parts)])
    starts = [part.indptr[:-1] + end for part, end in zip(parts, ends[:-1], strict=True)]
    amounts: FloatArray = NO_AMOUNTS
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
    starts = indptr[:-1][rows]
    ends = np.concatenate([[0], np.cumsum(indptr[1:][rows] - starts)])
    taken = np.empty(ends[-1], columns.dtype)
    weighed = np.empty(ends[-1] if len(amounts) else 0, amounts.dtype)
    # The places of all votes at once would take more memory than the votes.
    for start, stop in row_blocks(len(rows)):
        votes = slice(ends[start], ends[stop])
        lengths = np.diff(ends[start : stop + 1])
        at = np.arange(votes.start, votes.stop)
        at += np.repeat(starts[start:stop] - ends[start:stop], lengths)
        taken[votes] = columns[at]
        if len(amounts):
            weighed[votes] = amounts[at]
    return ends, taken, weighed


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

"""Rows that are too many for memory: sums over the parts, a sample, and passes over the parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property, partial, reduce
from typing import TypeVar, final

import numpy as np

from weaklabel.label_model._base._columns import Columns
from weaklabel.label_model._base._rows import VoteRows, smallest
from weaklabel.label_model._base._statistics import (
    FEW_ROWS,
    PartSource,
    Profile,
    RowStatistics,
    Weights,
    summed,
)
from weaklabel.types import FloatArray

# Bytes of distinct rows that are kept before a sample of them has to do.
MOST_BYTES = 1 << 27
# How far the limit of a sample is raised beyond what its rows so far promise.
_AMPLE = 1.25
_HASHES = 1 << 64

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Sums over rows; see `RowStatistics`, whose names these are.

    Attributes
    ----------
    columns : Columns
    cast, known_columns : ndarray of float64, shape (c,) and (c, k)
    known_mass : ndarray of float64, shape (k,)
    profile : Profile
    unknown, uncovered : float
    votes : float
        Votes cast, each counting one.
    weighed : bool
        Whether some votes count less than one.
    """

    columns: Columns
    cast: FloatArray
    known_columns: FloatArray
    known_mass: FloatArray
    profile: Profile
    unknown: float
    uncovered: float
    votes: float
    weighed: bool

    @classmethod
    def of(cls, rows: VoteRows) -> Counts:
        """Count rows."""
        cast = rows.column_cast
        return cls(
            columns=Columns.of(rows),
            cast=cast,
            known_columns=rows.known_columns,
            known_mass=rows.known_mass,
            profile=rows.profile,
            unknown=rows.unknown,
            uncovered=rows.uncovered,
            votes=rows.votes if rows.weighed else float(cast.sum()),
            weighed=rows.weighed,
        )

    def plus(self, other: Counts) -> Counts:
        """Return the counts of the rows of both."""
        columns = Columns.union([self.columns, other.columns])
        cast, known_columns = (
            columns.spread(self.columns, mine) + columns.spread(other.columns, theirs)
            for mine, theirs in (
                (self.cast, other.cast),
                (self.known_columns, other.known_columns),
            )
        )
        return Counts(
            columns,
            cast,
            known_columns,
            known_mass=self.known_mass + other.known_mass,
            profile=self.profile.plus(other.profile),
            unknown=self.unknown + other.unknown,
            uncovered=self.uncovered + other.uncovered,
            votes=self.votes + other.votes,
            weighed=self.weighed or other.weighed,
        )


@final
class Sketch:
    """The distinct rows with the smallest hashes: all of them while they fit.

    Sketches of parts, put together in any order, are that of the whole (Z. Bar-Yossef and others
    (2002), Counting distinct elements in a data stream. doi:10.1007/3-540-45726-7_1).
    """

    def __init__(self) -> None:
        self._held: list[VoteRows] = []
        self._bytes, self._most = 0, MOST_BYTES
        # All rows with hashes below this are held.
        self.limit = _HASHES

    @property
    def complete(self) -> bool:
        """Whether no row was left out."""
        return self.limit == _HASHES

    def add(self, rows: VoteRows, limit: int = _HASHES) -> None:
        """Take more rows: all with hashes below `limit` that a part has."""
        self.limit = min(self.limit, limit)
        if not self.complete:
            rows = rows.below(self.limit)
        self._hold([*self._held, rows], self._bytes + rows.nbytes)
        if self._bytes > self._most:
            self._settle()

    def rows(self) -> VoteRows:
        """Return the rows: distinct, in order of their hashes; `FEW_ROWS` where some are lacking.

        Known rows and uncovered ones are there only while it is complete.
        """
        rows = VoteRows.stacked(self._held).merged()
        if not self.complete:
            rows = self._cut(rows.below(self.limit))
        self._hold([rows], rows.nbytes)
        return rows

    def _settle(self) -> None:
        """Merge what is held; leave rows out where that is not enough."""
        hashes = np.concatenate([rows.hashes for rows in self._held])
        distinct = len(np.unique(hashes))
        if distinct > FEW_ROWS and self._bytes * distinct > MOST_BYTES // 2 * len(hashes):
            # Cut first: put together, they would take twice the memory.
            largest = smallest(hashes, FEW_ROWS)[1]
            assert largest is not None  # noqa: S101
            self.limit = min(self.limit, largest + 1)
            self._held = [rows.below(self.limit) for rows in self._held]
        self.rows()
        # Merging takes a while, so what is held may double before the next time.
        self._most = max(MOST_BYTES if self.complete else MOST_BYTES // 8, 2 * self._bytes)

    def _cut(self, rows: VoteRows) -> VoteRows:
        if len(rows.weights) <= FEW_ROWS:
            return rows
        self.limit = int(rows.hashes[FEW_ROWS])
        return rows.below(self.limit)

    def _hold(self, rows: list[VoteRows], size: int) -> None:
        self._held, self._bytes = rows, size


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """What the first look at a part tells.

    Attributes
    ----------
    counts : Counts
    rows : VoteRows
        The part's distinct rows with hashes below `limit`.
    limit : int
    """

    counts: Counts
    rows: VoteRows
    limit: int


def summarised(rows: VoteRows, *, most: int | None) -> Summary:
    """Return the counts of a part, and its distinct rows or the `most` of smallest hashes."""
    rows = rows.merged()
    counts = Counts.of(rows)
    if most is None or len(rows.weights) <= most:
        return Summary(counts, rows, _HASHES)
    limit = int(rows.hashes[most])
    return Summary(counts, rows.below(limit), limit)


def gathered(source: PartSource) -> RowStatistics:
    """Read all parts, and return their rows: in memory where they are few, else streamed.

    Raises
    ------
    ValueError
        When they are not few, and the parts cannot be read again.
    """
    sketch, counts = Sketch(), None
    for summary in source.map(partial(summarised, most=source.sampled)):
        counts = summary.counts if counts is None else counts.plus(summary.counts)
        sketch.add(summary.rows, summary.limit)
        if not sketch.complete and source.again:
            raise ValueError(source.again)
    assert counts is not None  # noqa: S101 - a source without parts says so itself
    rows = sketch.rows()
    while not sketch.complete and len(rows.weights) < FEW_ROWS:
        # Each part sent few rows; now that their density is known, it can send its share.
        need = _AMPLE * FEW_ROWS / max(len(rows.weights), 1)
        limit = min(int(sketch.limit * need), _HASHES)
        sketch = Sketch()
        for some in source.map(partial(VoteRows.below, limit=limit)):
            sketch.add(some, limit)
        rows = sketch.rows()
    if sketch.complete:
        return replace(rows, uncovered=counts.uncovered)
    columns = counts.columns
    place = columns.places(Columns.of(rows)).astype(rows.columns.dtype)
    sample = replace(
        rows,
        columns=place[rows.columns],
        lf=columns.lf,
        code=columns.code,
        class_sets=columns.class_sets,
    )
    return StreamedRows(source, sample, counts)


@final
class StreamedRows(RowStatistics):
    """Rows of parts that are read again for each pass of EM over all of them."""

    def __init__(
        self,
        source: PartSource,
        sample: VoteRows,
        unscaled: Counts,
        scales: tuple[FloatArray, ...] = (),
    ) -> None:
        """Note the parts.

        Parameters
        ----------
        source : PartSource
        sample : VoteRows
            The `FEW_ROWS` rows with the smallest hashes, scaled.
        unscaled : Counts
            Of all rows, before they were scaled.
        scales : tuple of ndarray of float64, shape (m,)
            What the votes of each LF were scaled by, one after the other.
        """
        self._source, self._sample = source, sample
        self._unscaled, self._scales = unscaled, scales
        columns = unscaled.columns
        self.lf, self.code, self.class_sets = columns.lf, columns.code, columns.class_sets
        self.k, self.lf_names, self.uncovered = columns.k, sample.lf_names, unscaled.uncovered

    @cached_property
    def _counts(self) -> Counts:
        if not self._scales:
            return self._unscaled
        return reduce(Counts.plus, self._map(partial(_counted, columns=self._columns)))

    @property
    def unknown(self) -> float:
        """Covered rows without gold, by weight."""
        return self._unscaled.unknown

    @property
    def known_mass(self) -> FloatArray:
        """Covered rows of each gold class, float64 of shape (k,)."""
        return self._unscaled.known_mass

    @property
    def known_columns(self) -> FloatArray:
        """Rows of gold class y with each vote, float64 of shape (c, k)."""
        return self._counts.known_columns

    @property
    def column_cast(self) -> FloatArray:
        """How often each column was voted, known rows among them, float64 of shape (c,)."""
        return self._counts.cast

    @property
    def mean_amount(self) -> float:
        """How much of a vote a vote counts on the mean."""
        counts = self._counts
        return float(counts.cast.sum() / counts.votes) if counts.weighed else 1.0

    @property
    def profile(self) -> Profile:
        """What the votes of the rows without gold look like."""
        return self._counts.profile

    def some(self, most: int) -> VoteRows:
        """Return the rows with the `most` smallest hashes; see `RowStatistics`."""
        few = self._sample.some(most)
        share = few.unknown / self.unknown
        return replace(few, uncovered=self.uncovered * share)

    def scaled(self, by_lf: FloatArray) -> StreamedRows:
        """Return the rows with every vote of LF j counting ``by_lf[j]`` of what it did."""
        scales = (*self._scales, by_lf)
        return StreamedRows(self._source, self._sample.scaled(by_lf), self._unscaled, scales)

    def right_on_known(self, one: Weights, other: Weights) -> FloatArray:
        """Compare two sets of parameters on the known rows; see `RowStatistics`."""
        found = self._map(partial(_right, columns=self._columns, one=one, other=other))
        return reduce(np.add, found)

    def _passed(self, weights: Weights) -> tuple[FloatArray, FloatArray, float]:
        return summed(self._map(partial(_passed, columns=self._columns, weights=weights)))

    def _passed_two(
        self, log_odds: FloatArray, base_odds: float, dependence: float
    ) -> tuple[FloatArray, float, float]:
        return summed(
            self._map(
                partial(
                    _passed_two,
                    columns=self._columns,
                    log_odds=log_odds,
                    base_odds=base_odds,
                    dependence=dependence,
                )
            )
        )

    @property
    def _columns(self) -> Columns:
        return self._unscaled.columns

    def _map(self, f: Callable[[VoteRows], T]) -> Iterable[T]:
        return self._source.map(partial(_scaled, scales=self._scales, f=f))


def _scaled(rows: VoteRows, *, scales: tuple[FloatArray, ...], f: Callable[[VoteRows], T]) -> T:
    for by_lf in scales:
        rows = rows.scaled(by_lf)
    return f(rows)


def _counted(rows: VoteRows, *, columns: Columns) -> Counts:
    counts = Counts.of(rows)
    cast, known = (columns.spread(counts.columns, v) for v in (counts.cast, counts.known_columns))
    return replace(counts, columns=columns, cast=cast, known_columns=known)


def _on(rows: VoteRows, columns: Columns, weights: Weights) -> Weights:
    """Return what the votes weigh by the columns of some rows."""
    at = columns.places(Columns.of(rows))
    return replace(weights, log_ratio=weights.log_ratio[at])


def _right(rows: VoteRows, *, columns: Columns, one: Weights, other: Weights) -> FloatArray:
    return rows.right_on_known(_on(rows, columns, one), _on(rows, columns, other))


def _passed(
    rows: VoteRows, *, columns: Columns, weights: Weights
) -> tuple[FloatArray, FloatArray, float]:
    counts, mass, log_likelihood = rows._passed(_on(rows, columns, weights))
    return columns.spread(Columns.of(rows), counts), mass, log_likelihood


def _passed_two(
    rows: VoteRows, *, columns: Columns, log_odds: FloatArray, base_odds: float, dependence: float
) -> tuple[FloatArray, float, float]:
    own = Columns.of(rows)
    second, mass, evidence = rows._passed_two(log_odds[columns.places(own)], base_odds, dependence)
    return columns.spread(own, second), mass, evidence

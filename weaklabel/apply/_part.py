"""The part function: from rows to votes. Serial, parallel and distributed runs all call this."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from time import perf_counter
from typing import Any

import numpy as np

from weaklabel._classes import ClassTable
from weaklabel.apply._rules import run_rules
from weaklabel.apply._source import Part
from weaklabel.apply._stored import StoredPart, StoredRun
from weaklabel.apply._timeout import OutOfTime, time_limit
from weaklabel.apply._votes import Failure, LFVotes, PartVotes
from weaklabel.lf import (
    BatchContractError,
    LabelingFunction,
    Preprocessor,
    VoteCoder,
    as_fault,
    extended,
    isolated,
)
from weaklabel.types import ABSTAIN, ClassSet, IntArray

# Makes the codes of class sets, which are negative, positive.
_SHIFT = 1 << 30


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done with every part of a run; travels once to each worker.

    Attributes
    ----------
    lfs : tuple of LabelingFunction
    table : ClassTable or None
        The classes, None when nothing declares them.
    stop : bool
        True to end at the first labeling function that fails.
    timeout : float or None
        Seconds that one labeling function may take on a part.
    stored : StoredRun or None
        Where votes are kept.
    """

    lfs: tuple[LabelingFunction, ...]
    table: ClassTable | None
    stop: bool
    timeout: float | None = None
    stored: StoredRun | None = None
    _declared: dict[int, tuple[int, list[frozenset[int]], list[ClassTable]]] = field(
        default_factory=dict, repr=False
    )

    def declared(self, j: int) -> tuple[int, list[frozenset[int]], list[ClassTable]]:
        """Return the code of what an LF declares to vote, with its class sets and Enum classes."""
        if j not in self._declared:
            coder = self.coder(self.lfs[j])
            self._declared[j] = coder.code(True), coder.sets, coder.learned
        return self._declared[j]

    def coder(self, lf: LabelingFunction) -> VoteCoder:
        """Return what codes the votes of a labeling function."""
        return VoteCoder(self.table if self.table is not None else lf.classes, lf.votes)


def vote_on(part: Part, job: Job) -> PartVotes:
    """Run every labeling function on every row of a part, those whose votes are stored excepted."""
    kept = None if job.stored is None else job.stored.on(part)
    found = {} if kept is None else kept.votes()
    todo = [j for j in range(len(job.lfs)) if j not in found]
    run = _PartRun(part, job, kept)
    try:
        computed = run.votes(todo)
    except _Broken as broken:
        return PartVotes.nothing(part.start, len(part), broken=broken.failure)
    if kept is not None:
        kept.keep({j: votes for j, votes in computed.items() if not votes.failures})
    result = PartVotes.joined(part.start, len(part), len(job.lfs), found | computed)
    result.pre_seconds = run.prepared.seconds
    return result


class _Broken(Exception):  # noqa: N818
    """A batch function is wrong, not a row."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.error)
        self.failure = failure


class _PartRun:
    """The labeling functions on one part: those with a rule by column, the others by row."""

    def __init__(self, part: Part, job: Job, kept: StoredPart | None) -> None:
        self.part, self.job = part, job
        self.prepared = _Prepared(part, job.timeout, kept)

    def votes(self, todo: Sequence[int]) -> dict[int, LFVotes]:
        """Return the votes of some labeling functions; with `stop`, of the first that fails."""
        done: dict[int, LFVotes] = {}
        lfs = self.job.lfs
        ruled = [j for j in todo if lfs[j].rule is not None and not lfs[j].pre]
        for column in dict.fromkeys(_column(lfs[j]) for j in ruled):
            done |= self._by_column(column, [j for j in ruled if _column(lfs[j]) == column])
        for j in todo:
            if j not in done:
                done[j] = self._by_row(lfs[j])
            if self.job.stop and done[j].failures:
                break
        if self.job.stop and (failing := [j for j in done if done[j].failures]):
            return {j: votes for j, votes in done.items() if j <= min(failing)}
        return done

    def _by_column(self, column: str, ruled: Sequence[int]) -> dict[int, LFVotes]:
        """Run labeling functions with a rule on one column, all in one pass over it."""
        at, values, lacking = self.prepared.column(column)
        lfs = [self.job.lfs[j] for j in ruled]
        try:
            with time_limit(self.job.timeout):
                outcomes = run_rules(lfs, values, stop=self.job.stop)
        except OutOfTime:
            # Alone, each has its own time; no vote depends on which LFs ran beside.
            return {j: self._by_row(self.job.lfs[j]) for j in ruled}
        done = {}
        for j, lf, outcome in zip(ruled, lfs, outcomes, strict=True):
            rows = outcome.at
            failures = [_failed(lf.name, i, error) for i, error in lacking.items()]
            failures += [_failed(lf.name, int(at[i]), e) for i, e in outcome.errors.items()]
            code, sets, learned = self.job.declared(j) if len(rows) else (ABSTAIN, [], [])
            codes = np.full(len(rows), code, np.int32)
            done[j] = LFVotes(at[rows], codes, sets, learned, failures, outcome.seconds)
        return done

    def _by_row(self, lf: LabelingFunction) -> LFVotes:
        coder = self.job.coder(lf)
        try:
            at, rows, failures = self.prepared.for_lf(lf)
            begun = perf_counter()
            if lf.batch:
                raw, errors = self._batch(lf, rows)
            else:
                raw, errors = _call_each(
                    lf.function, rows, timeout=self.job.timeout, first_only=self.job.stop
                )
        except BatchContractError as error:
            raise _Broken(Failure(lf.name, 0, str(error), "")) from None
        seconds = perf_counter() - begun
        codes, refused = coder.code_many(raw)
        return _lf_votes(lf, coder, at, codes, failures, errors, refused, seconds)

    def _batch(
        self, lf: LabelingFunction, rows: Sequence[Any]
    ) -> tuple[list[Any], dict[int, Exception]]:
        return _call_batch(
            lf.on_batch,
            rows,
            f"labeling function {lf.name!r}",
            timeout=self.job.timeout,
            first_only=self.job.stop,
        )


def _column(lf: LabelingFunction) -> str:
    assert lf.rule is not None  # noqa: S101
    return lf.rule.column


def _lf_votes(
    lf: LabelingFunction,
    coder: VoteCoder,
    at: IntArray,
    codes: IntArray,
    failures: list[Failure],
    errors: dict[int, Exception],
    refused: dict[int, str],
    seconds: float,
) -> LFVotes:
    failures = failures + [_failed(lf.name, int(at[i]), e) for i, e in errors.items()]
    failures += [Failure(lf.name, int(at[i]), why, "") for i, why in refused.items()]
    voted = codes != ABSTAIN
    return LFVotes(at[voted], codes[voted], coder.sets, coder.learned, failures, seconds)


def refuse_unknown(
    votes: PartVotes, lfs: Sequence[LabelingFunction], table: ClassTable
) -> list[Failure]:
    """Turn votes on classes that do not exist into abstains and failures.

    For votes that were taken as they are while nothing declared the classes, once the whole run
    has shown which there are.
    """
    coder = VoteCoder(table)
    why: dict[tuple[int, int], str] = {}
    doubtful = (votes.codes >= table.k) | (votes.codes < 0)
    lf, codes = votes.indices[doubtful].astype(np.int64), votes.codes[doubtful]
    for packed in np.unique(lf << 32 | (codes + _SHIFT)):
        j, code = int(packed >> 32), int(packed & 0xFFFFFFFF) - _SHIFT
        vote = code if code >= 0 else ClassSet(frozenset(votes.sets[j][-2 - code]))
        try:
            coder.code(vote)
        except ValueError as error:
            why[j, code] = str(error)
    if not why:
        return []
    pairs = list(zip(votes.indices.tolist(), votes.codes.tolist(), strict=True))
    kept = np.array([pair not in why for pair in pairs], np.bool_)
    row = np.repeat(np.arange(votes.n), votes.counts)
    failures = [
        Failure(lfs[pairs[at][0]].name, int(row[at]), why[pairs[at]], "")
        for at in np.flatnonzero(~kept).tolist()
    ]
    votes.indices, votes.codes = votes.indices[kept], votes.codes[kept]
    votes.counts = np.bincount(row[kept], minlength=votes.n)
    return failures


class _Prepared:
    """The rows of a part, and the same rows with what preprocessors computed, each once."""

    def __init__(self, part: Part, timeout: float | None, kept: StoredPart | None) -> None:
        self.seconds: dict[str, float] = {}
        self._part, self._timeout, self._kept = part, timeout, kept
        self._values: dict[int, tuple[list[Any], dict[int, tuple[str, Exception]]]] = {}
        self._extended: dict[
            tuple[int, ...], tuple[IntArray, list[Any], dict[int, tuple[str, Exception]]]
        ] = {}

    @cached_property
    def rows(self) -> list[Any]:
        """The rows as labeling functions see them; a run by column alone never makes them."""
        return self._part.rows()

    def column(self, name: str) -> tuple[IntArray, list[Any], dict[int, Exception]]:
        """Return positions and values of the rows that have a column, and what the others raise."""
        if self._part.table:
            return np.arange(len(self._part)), self._part.column(name), {}
        values, lacking = _call_each(lambda row: getattr(row, name), self.rows)
        at = np.array([i for i in range(len(values)) if i not in lacking], np.int64)
        return at, [values[i] for i in at.tolist()] if lacking else values, lacking

    def for_lf(self, lf: LabelingFunction) -> tuple[IntArray, list[Any], list[Failure]]:
        """Return the positions and rows on which the LF can run, and the failures elsewhere."""
        at, rows, errors = self._with(lf.pre)
        return (
            at,
            rows,
            [
                _failed(lf.name, i, error, f"preprocessor {name!r}: ")
                for i, (name, error) in errors.items()
            ],
        )

    def _with(
        self, pre: tuple[Preprocessor, ...]
    ) -> tuple[IntArray, list[Any], dict[int, tuple[str, Exception]]]:
        if not pre:
            return np.arange(len(self.rows)), self.rows, {}
        key = tuple(map(id, pre))
        if key not in self._extended:
            errors: dict[int, tuple[str, Exception]] = {}
            columns: dict[str, list[Any]] = {}
            for p in pre:
                columns[p.name], failed = self._run(p)
                errors = failed | errors
            at = np.array([i for i in range(len(self.rows)) if i not in errors], np.int64)
            rows = [
                extended(self.rows[i], {name: values[i] for name, values in columns.items()})
                for i in at.tolist()
            ]
            self._extended[key] = at, rows, errors
        return self._extended[key]

    def _run(self, p: Preprocessor) -> tuple[list[Any], dict[int, tuple[str, Exception]]]:
        if id(p) not in self._values:
            at, rows, upstream = self._with(p.pre)
            begun = perf_counter()
            values, failed = self._kept_or_made(p, rows, whole=not upstream)
            self.seconds[p.name] = self.seconds.get(p.name, 0.0) + perf_counter() - begun
            everywhere: list[Any] = [None] * len(self.rows)
            for i, value in zip(at.tolist(), values, strict=True):
                everywhere[i] = value
            errors = {int(at[i]): (p.name, error) for i, error in failed.items()}
            self._values[id(p)] = everywhere, upstream | errors
        return self._values[id(p)]

    def _kept_or_made(
        self, p: Preprocessor, rows: Sequence[Any], *, whole: bool
    ) -> tuple[list[Any], dict[int, Exception]]:
        """Return the values of a preprocessor, from the store where it keeps them there."""
        kept = self._kept if whole and p.keep is not None else None
        stored = None if kept is None else kept.docs(p)
        if stored is not None:
            return stored, {}
        if p.batch:
            what = f"preprocessor {p.name!r}"
            values, failed = _call_batch(p.on_batch, rows, what, timeout=self._timeout)
        else:
            values, failed = _call_each(p.on_row, rows, timeout=self._timeout)
        if kept is not None and not failed:
            kept.keep_docs(p, values)
        return values, failed


def _call_each(
    f: Callable[[Any], Any],
    rows: Sequence[Any],
    *,
    timeout: float | None = None,
    first_only: bool = False,
) -> tuple[list[Any], dict[int, Exception]]:
    """Call a function on each row; an exception leaves None there and the loop goes on."""
    values: list[Any] = []
    errors: dict[int, Exception] = {}
    append = values.append
    remaining = iter(rows)
    # Both stand outside the loop, so that a row that does not fail pays nothing for them.
    try:
        with time_limit(timeout):
            while len(values) < len(rows):
                try:
                    for row in remaining:
                        append(f(row))
                except (Exception, SystemExit) as error:  # noqa: BLE001 - it is the row's fault
                    errors[len(values)] = as_fault(error)
                    append(None)
                    if first_only:
                        values += [None] * (len(rows) - len(values))
    except OutOfTime:
        errors |= _late(range(len(values), len(rows)), timeout)
        values += [None] * (len(rows) - len(values))
    return values, errors


def _call_batch(
    f: Callable[[Any], Sequence[Any]],
    rows: Sequence[Any],
    what: str,
    *,
    timeout: float | None = None,
    first_only: bool = False,
) -> tuple[list[Any], dict[int, Exception]]:
    """Call a function of a batch; out of time, all of its rows fail."""
    try:
        with time_limit(timeout):
            return isolated(f, rows, what, first_only=first_only)
    except OutOfTime:
        return [None] * len(rows), _late(range(len(rows)), timeout)


def _late(rows: range, timeout: float | None) -> dict[int, Exception]:
    """Return the errors of rows that a timeout cut off; the first is the one it was at."""
    errors: dict[int, Exception] = {
        i: TimeoutError(f"not reached within timeout={timeout:g} s for a group of rows")
        for i in rows
    }
    if rows:
        errors[rows[0]] = TimeoutError(
            f"still at work on this row after timeout={timeout:g} s for a group of rows"
        )
    return errors


def _failed(lf: str, at: int, error: Exception, where: str = "") -> Failure:
    try:
        told = f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001 - an exception of user code may fail to say what it is
        told = f"{type(error).__name__} (its message cannot be made)"
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    return Failure(lf, at, f"{where}{told}", "".join(lines), error)

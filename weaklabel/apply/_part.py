"""The part function: from rows to votes. Serial, parallel and distributed runs all call this."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from weaklabel._classes import ClassTable
from weaklabel.apply._source import Part
from weaklabel.lf import (
    BatchContractError,
    LabelingFunction,
    Preprocessor,
    VoteCoder,
    extended,
    isolated,
)
from weaklabel.types import ABSTAIN, ClassSet, IntArray


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that failed: what a `Fault` is made of once the row's key is known."""

    lf: str
    at: int
    error: str
    traceback: str
    cause: BaseException | None = None


@dataclass(slots=True)
class PartVotes:
    """What a part comes back as.

    Attributes
    ----------
    start, n : int
        Which rows.
    counts : ndarray of int64, shape (n,)
        Votes on each row.
    indices, codes : ndarray, shape (votes,)
        LF and code of each vote, row after row; codes below -1 point into `sets` of that LF.
    sets : list of list of frozenset
        Class sets that each LF voted, by its local code.
    learned : list of list of ClassTable
        The classes of the Enums that each LF voted with, where nothing declares any.
    failures : list of Failure
        In row order, then LF order.
    broken : Failure or None
        A batch function that does not return one value a row, which ends the run.
    """

    start: int
    n: int
    counts: IntArray
    indices: IntArray
    codes: IntArray
    sets: list[list[frozenset[int]]] = field(default_factory=list)
    learned: list[list[ClassTable]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    broken: Failure | None = None


def vote_on(
    part: Part, lfs: Sequence[LabelingFunction], table: ClassTable | None, *, stop: bool
) -> PartVotes:
    """Run every labeling function on every row of a part.

    Parameters
    ----------
    part : Part
        The rows.
    lfs : sequence of LabelingFunction
        The labeling functions.
    table : ClassTable or None
        The classes, None when nothing declares them.
    stop : bool
        True to end at the first labeling function that fails.

    Returns
    -------
    PartVotes
    """
    prepared = _Prepared(part.rows())
    n = len(prepared.rows)
    votes = np.full((n, len(lfs)), ABSTAIN, np.int32)
    result = PartVotes(part.start, n, np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    for j, lf in enumerate(lfs):
        coder = VoteCoder(table if table is not None else lf.classes, lf.votes)
        try:
            at, rows, failures = prepared.for_lf(lf)
            if lf.batch:
                what = f"labeling function {lf.name!r}"
                raw, errors = isolated(lf.on_batch, rows, what, first_only=stop)
            else:
                raw, errors = _call_each(lf.function, rows, first_only=stop)
        except BatchContractError as error:
            result.broken = Failure(lf.name, 0, str(error), "")
            return result
        codes, refused = coder.code_many(raw)
        votes[at, j] = codes
        failures += [_failed(lf.name, int(at[i]), e) for i, e in errors.items()]
        failures += [Failure(lf.name, int(at[i]), why, "") for i, why in refused.items()]
        result.sets.append(coder.sets)
        result.learned.append(coder.learned)
        result.failures += failures
        if stop and failures:
            break
    result.failures.sort(key=lambda f: f.at)
    voted = votes != ABSTAIN
    result.counts = voted.sum(axis=1)
    result.indices = np.nonzero(voted)[1].astype(np.uint32)
    result.codes = votes[voted]
    return result


def refuse_unknown(
    votes: PartVotes, lfs: Sequence[LabelingFunction], table: ClassTable
) -> list[Failure]:
    """Turn votes on classes that do not exist into abstains and failures.

    For votes that were taken as they are while nothing declared the classes, once the whole run
    has shown which there are.
    """
    coder = VoteCoder(table)
    why: dict[tuple[int, int], str] = {}
    for j, sets in enumerate(votes.sets):
        mine = np.unique(votes.codes[votes.indices == j]).tolist()
        for code in mine:
            vote = code if code >= 0 else ClassSet(frozenset(sets[-2 - code]))
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

    def __init__(self, rows: list[Any]) -> None:
        self.rows = rows
        self._values: dict[int, tuple[list[Any], dict[int, tuple[str, Exception]]]] = {}
        self._extended: dict[
            tuple[int, ...], tuple[IntArray, list[Any], dict[int, tuple[str, Exception]]]
        ] = {}

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
            if p.batch:
                values, failed = isolated(p.on_batch, rows, f"preprocessor {p.name!r}")
            else:
                values, failed = _call_each(p.on_row, rows)
            everywhere: list[Any] = [None] * len(self.rows)
            for i, value in zip(at.tolist(), values, strict=True):
                everywhere[i] = value
            errors = {int(at[i]): (p.name, error) for i, error in failed.items()}
            self._values[id(p)] = everywhere, upstream | errors
        return self._values[id(p)]


def _call_each(
    f: Callable[[Any], Any], rows: Sequence[Any], *, first_only: bool = False
) -> tuple[list[Any], dict[int, Exception]]:
    """Call a function on each row; an exception leaves None there and the loop goes on."""
    values: list[Any] = []
    errors: dict[int, Exception] = {}
    append = values.append
    remaining = iter(rows)
    # The try stands outside the loop, so that a row that does not fail pays nothing for it.
    while len(values) < len(rows):
        try:
            for row in remaining:
                append(f(row))
        except Exception as error:  # noqa: BLE001 - whatever user code raises is the row's fault
            errors[len(values)] = error
            append(None)
            if first_only:
                values += [None] * (len(rows) - len(values))
    return values, errors


def _failed(lf: str, at: int, error: Exception, where: str = "") -> Failure:
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    return Failure(lf, at, f"{where}{type(error).__name__}: {error}", "".join(lines), error)

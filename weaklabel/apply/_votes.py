"""What the labeling functions made of a part: votes, failures and what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from weaklabel._classes import ClassTable
from weaklabel.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that failed: what a `Fault` is made of once the row's key is known."""

    lf: str
    at: int
    error: str
    traceback: str
    cause: BaseException | None = None


@dataclass(frozen=True, slots=True, eq=False)
class LFVotes:
    """What one labeling function voted on a part.

    Attributes
    ----------
    at, codes : ndarray, shape (votes,)
        Row, ascending, and code of each vote; codes below -1 point into `sets`.
    sets : list of frozenset
        Class sets that it voted, by local code.
    learned : list of ClassTable
        The classes of the Enums that it voted with, where nothing declares any.
    failures : list of Failure
    seconds : float
    reused : bool
        Whether they come from the vote store.
    """

    at: IntArray
    codes: IntArray
    sets: list[frozenset[int]]
    learned: list[ClassTable]
    failures: list[Failure]
    seconds: float = 0.0
    reused: bool = False


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
    seconds : ndarray of float64, shape (m,)
        Time in each LF.
    reused : ndarray of bool, shape (m,)
        Whether its votes come from the vote store.
    pre_seconds : dict of str to float
        Time in each preprocessor.
    broken : Failure or None
        A batch function that does not return one value a row, which ends the run.
    """

    start: int
    n: int
    counts: IntArray
    indices: IntArray
    codes: IntArray
    sets: list[list[frozenset[int]]]
    learned: list[list[ClassTable]]
    failures: list[Failure]
    seconds: FloatArray
    reused: IntArray
    pre_seconds: dict[str, float] = field(default_factory=dict)
    broken: Failure | None = None

    @classmethod
    def joined(cls, start: int, n: int, m: int, by_lf: Mapping[int, LFVotes]) -> Self:
        """Put the votes of the labeling functions together, row after row."""
        lfs = sorted(by_lf)
        none = np.zeros(0, np.int64)
        rows = np.concatenate([none, *(by_lf[j].at for j in lfs)])
        indices = np.repeat(np.array(lfs, np.uint32), [len(by_lf[j].at) for j in lfs])
        codes = np.concatenate([np.zeros(0, np.int32), *(by_lf[j].codes for j in lfs)])
        # Stable, so that the votes of a row stay in the order of the labeling functions.
        order = np.argsort(rows.astype(np.uint16 if n <= 1 << 16 else np.int64), kind="stable")
        seconds, reused = np.zeros(m), np.zeros(m, np.bool_)
        for j in lfs:
            seconds[j], reused[j] = by_lf[j].seconds, by_lf[j].reused
        failures = [failure for j in lfs for failure in by_lf[j].failures]
        return cls(
            start=start,
            n=n,
            counts=np.bincount(rows, minlength=n),
            indices=indices[order],
            codes=codes[order],
            sets=[by_lf[j].sets if j in by_lf else [] for j in range(m)],
            learned=[by_lf[j].learned if j in by_lf else [] for j in range(m)],
            failures=sorted(failures, key=lambda failure: failure.at),
            seconds=seconds,
            reused=reused,
        )

    @classmethod
    def nothing(cls, start: int, n: int, *, broken: Failure) -> Self:
        """Return what a part comes back as when the run cannot go on."""
        part = cls.joined(start, n, 0, {})
        part.broken = broken
        return part

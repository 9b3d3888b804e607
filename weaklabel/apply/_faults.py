"""The failures of a run: kept with their keys, and the run stopped when they are too many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from weaklabel.apply._votes import Failure
from weaklabel.errors import FaultRateError, LFError
from weaklabel.lf import LabelingFunction
from weaklabel.types import Fault, IntArray


class Faults:
    """The failures of a run: kept with their keys, and the run stopped when they are too many.

    Parameters
    ----------
    lfs : sequence of LabelingFunction
        The labeling functions.
    n : int or None
        Number of rows, where it is known.
    max_rate : float or None
        The share of rows on which an LF may fail; None to stop at the first failure.
    """

    def __init__(
        self, lfs: Sequence[LabelingFunction], n: int | None, max_rate: float | None
    ) -> None:
        self.stop = max_rate is None
        self._place = {lf.name: j for j, lf in enumerate(lfs)}
        self._found: list[Fault] = []
        self._first: dict[str, Fault] = {}
        self._n = n
        self._max_rate = max_rate
        self._by_lf: dict[str, int] = {}

    def add(self, failures: Sequence[Failure], start: int, keys: IntArray) -> None:
        """Take in the failures of a part; stop as soon as an LF is sure to fail too often."""
        for f in failures:
            key = _plain(keys[f.at])
            fault = Fault(f.lf, start + f.at, key, f.error, f.traceback)
            if self.stop:
                raise _error(fault, f.cause) from f.cause
            self._found.append(fault)
            self._first.setdefault(f.lf, fault)
            self._by_lf[f.lf] = self._by_lf.get(f.lf, 0) + 1
        if self._n is not None:
            self.check(self._n)

    def in_order(self) -> list[Fault]:
        """Return the faults in row order, then LF order."""
        return sorted(self._found, key=lambda fault: (fault.row, self._place[fault.lf]))

    def taken(self) -> list[Fault]:
        """Return the faults in order and forget them, all but the first of each LF."""
        faults, self._found = self.in_order(), []
        return faults

    def check(self, n: int) -> None:
        """Raise when an LF failed on more than the allowed share of n rows."""
        for lf, count in self._by_lf.items():
            # Not count > rate * n: 0.29 * 100 is less than 29.
            if self._max_rate is not None and count / n > self._max_rate:
                own = [f for f in self.in_order() if f.lf == lf] or [self._first[lf]]
                raise FaultRateError(
                    f"labeling function {lf!r} failed on at least {count:,} of {n:,} rows, above "
                    f"max_fault_rate={self._max_rate:g}; mend it or raise the rate. First on row "
                    f"{self._first[lf].key!r}: {self._first[lf].error}",
                    lf=lf,
                    faults=own,
                )


def _error(fault: Fault, cause: BaseException | None) -> LFError:
    """Return the error for a fault, naming LF, row and what happened."""
    if fault.traceback:
        text = f"labeling function {fault.lf!r} failed on row {fault.key!r}: {fault.error}"
    else:
        # What was voted may hold any text, what was expected does not begin so twice.
        voted, expected, rest = fault.error.rpartition("; expected abstain")
        text = f"labeling function {fault.lf!r} {voted} on row {fault.key!r}{expected}{rest}"
    error = LFError(text, lf=fault.lf, key=fault.key, fault=fault)
    if cause is None and fault.traceback:
        error.add_note(f"in a worker process:\n{fault.traceback}")
    return error


def _plain(key: Any) -> object:
    return key.item() if isinstance(key, np.generic) else key

"""One LF tried on a few rows: what it votes, how long it takes, and where it fails."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, final

import numpy as np

from weaklabel._render import html_table, terminal_width
from weaklabel.analysis._data_rows import DataRows, check_sample, spread
from weaklabel.analysis._row_sample import RowSample, sample_of
from weaklabel.apply import apply_lfs
from weaklabel.types import ABSTAIN, Classes, Fault, IntArray

if TYPE_CHECKING:
    from weaklabel.lf import LabelingFunction
    from weaklabel.matrix import LabelMatrix


@final
@dataclass(frozen=True, slots=True, eq=False)
class Preview:
    """What an LF does on a sample of rows; prints as text.

    Attributes
    ----------
    lf : str
        Its name.
    rows : RowSample
        The rows of the sample with its vote.
    votes : ndarray of int64, shape (s,)
        How often it voted each code of ``rows.code_names``.
    share : float
        Fraction of the rows on which it votes.
    seconds_per_row : float
        Its own time, without that of its preprocessors.
    pre_seconds_per_row : float
        Time in its preprocessors.
    n_faults : int
        Rows on which it failed, or voted what is no vote.
    fault : Fault or None
        The first of them, with its traceback; ``fault.row`` is the position in the data.
    """

    lf: str
    rows: RowSample
    votes: IntArray
    share: float
    seconds_per_row: float
    pre_seconds_per_row: float
    n_faults: int
    fault: Fault | None

    def _told(self) -> str:
        cast = ", ".join(
            f"{name} {count:,}"
            for name, count in zip(self.rows.code_names, self.votes.tolist(), strict=True)
            if count
        )
        text = (
            f"{self.lf} votes on {int(self.votes.sum()):,} of {len(self.rows):,} rows "
            f"({self.share:.0%}){': ' if cast else ''}{cast}; {_time(self.seconds_per_row)} a row"
        )
        if self.pre_seconds_per_row:
            text += f" and {_time(self.pre_seconds_per_row)} in preprocessors"
        return f"{text}; fails on {self.n_faults:,}" if self.n_faults else text

    def __str__(self) -> str:
        lines = [textwrap.fill(self._told(), terminal_width())]
        if self.fault is not None:
            lines.append(f"first fault, on row {self.fault.row} [{self.fault.key}]:")
            lines.append(textwrap.indent(self.fault.traceback or self.fault.error, "  ").rstrip())
        return "\n".join([*lines, str(self.rows)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        page = html_table(["LF", ""], [[self.lf, self._told()]])
        if self.fault is not None:
            told = self.fault.traceback or self.fault.error
            page += html_table([f"first fault, on row {self.fault.row}"], [[told]])
        return page + self.rows._repr_html_()


def preview(
    lf: LabelingFunction,
    data: Any,
    n: int = 20,
    *,
    classes: Classes | None = None,
    text: str | None = None,
    seed: int = 0,
) -> Preview:
    """Try an LF on a few rows; see `LabelingFunction.preview`."""
    check_sample(n, seed)
    source = DataRows(data)
    positions = spread(source.n, n, seed)
    table = source.part(positions).data
    L = apply_lfs(
        [lf], table, classes=classes, on_error="abstain", max_fault_rate=1.0, progress=False
    )
    count = max(L.n, 1)
    codes = np.asarray(L)[:, 0]
    shown = sample_of(
        L,
        np.arange(L.n),
        told="",
        n_matching=L.n,
        gold=None,
        data=DataRows(table),
        text=text,
        lfs={lf.name: lf},
    )
    cast = codes[codes != ABSTAIN]
    faults = [replace(f, row=int(positions[f.row]), key=int(positions[f.row])) for f in L.faults]
    return Preview(
        lf=lf.name,
        rows=replace(shown, n_matching=source.n, n=source.n, positions=positions, keys=positions),
        votes=np.bincount(cast, minlength=len(L.code_names)),
        share=len(cast) / count,
        seconds_per_row=_seconds(lf, L, source.rows(positions)) / count,
        pre_seconds_per_row=sum(spent for _, spent in L.profile().preprocessors) / count,
        n_faults=len(faults),
        fault=faults[0] if faults else None,
    )


def _seconds(lf: LabelingFunction, L: LabelMatrix, rows: Sequence[Any]) -> float:
    """Return the time that the LF itself takes on these rows."""
    if lf.rule is None:
        return float(L.profile().seconds[0])
    # Rules run together, and what they share is made ready once a run: on a few rows that would be
    # most of the time.
    vote = lf.function
    begun = perf_counter()
    for row in rows:
        with suppress(Exception):
            vote(row)
    return perf_counter() - begun


def _time(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"

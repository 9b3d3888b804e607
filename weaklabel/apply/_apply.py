"""``apply_lfs``: labeling functions and data in, label matrix out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from typing import Any, Literal

import numpy as np

from weaklabel._checks import repeated
from weaklabel._classes import ClassTable, numbered_classes
from weaklabel._progress import progress_bar
from weaklabel.apply._part import Failure, PartVotes, refuse_unknown
from weaklabel.apply._source import Part, Source
from weaklabel.apply._workers import run_parts
from weaklabel.errors import FaultRateError, LFError
from weaklabel.lf import LabelingFunction, VoteCoder, as_labeling_function
from weaklabel.matrix import LabelMatrix
from weaklabel.matrix._keys import check_keys, key_array
from weaklabel.matrix._storage import Votes
from weaklabel.types import Classes, Fault, IntArray


def apply_lfs(
    lfs: Iterable[Any],
    data: Any,
    *,
    key: str | None = None,
    classes: Classes | None = None,
    n_jobs: int = 1,
    on_error: Literal["raise", "abstain"] = "raise",
    max_fault_rate: float = 0.1,
    progress: bool = True,
) -> LabelMatrix:
    """Run labeling functions over data.

    Parameters
    ----------
    lfs : iterable of LabelingFunction
        Labeling functions of distinct names; Snorkel's are taken as they are.
    data : table, sequence or iterable
        A pandas or polars DataFrame, an Arrow table, or rows: dicts, texts, or any objects. The
        same data gives the same votes in every container.
    key : str, optional
        The column (or field) that holds the row keys; default the positions 0..n-1.
    classes : Enum type or sequence of str, optional
        The classes. Default: what the labeling functions declare, else the Enum they vote with,
        else as many as the largest int voted asks for.
    n_jobs : int, optional
        Worker processes; -1 for one a core. The result is the same, bit for bit.
    on_error : {"raise", "abstain"}, optional
        What to do when a call fails or votes something illegal: stop with an `LFError` that names
        the labeling function and the row, or abstain there and keep the fault (``L.faults``).
    max_fault_rate : float, optional
        With ``on_error="abstain"``: the share of rows, in 0..1, on which one labeling function may
        fail before the run is stopped.
    progress : bool, optional
        Show a progress bar in a terminal or notebook.

    Returns
    -------
    LabelMatrix
        Rows in input order, columns in the order of `lfs`.

    Raises
    ------
    LFError
        When a labeling function fails or votes something illegal.
    FaultRateError
        When one fails on more than `max_fault_rate` of the rows.
    ValueError, TypeError
        When there are no labeling functions or two of one name, a declared column is missing, row
        keys are missing or repeated, or an argument is not what it should be.

    Examples
    --------
    >>> import numpy as np, weaklabel as wl
    >>> @wl.labeling_function(votes="SPAM")
    ... def has_link(x):
    ...     return "http" in x.text
    >>> @wl.labeling_function
    ... def is_short(x):
    ...     return "HAM" if len(x.text) < 12 else None
    >>> texts = ["http://x.y", "hello", "how are you today"]
    >>> L = wl.apply_lfs([has_link, is_short], texts, classes=("HAM", "SPAM"))
    >>> np.asarray(L).tolist()
    [[1, 0], [-1, 0], [-1, -1]]
    """
    functions = _checked_lfs(lfs)
    if on_error not in ("raise", "abstain"):
        raise ValueError(f"on_error must be 'raise' or 'abstain', got {on_error!r}")
    if not 0 <= max_fault_rate <= 1:
        raise ValueError(f"max_fault_rate must be a share in 0..1, got {max_fault_rate!r}")
    if n_jobs == 0 or isinstance(n_jobs, bool) or not isinstance(n_jobs, int):
        raise ValueError(
            f"n_jobs must be a number of processes, or -1 for all cores, got {n_jobs!r}"
        )
    table = _common_table(functions, classes)
    source = Source.of(data)
    for lf in functions:
        for column in lf.columns:
            source.check_column(column, f"labeling function {lf.name!r}")
    if key is not None:
        source.check_column(key, "the row key")

    all_keys = None if key is None or source.columns is None else source.whole().keys(key)
    if all_keys is not None:
        check_keys(all_keys, len(all_keys))  # before the run rather than after it

    keys: list[IntArray] = []
    done: list[PartVotes] = []
    faults = _Faults(functions, source.n, None if on_error == "raise" else max_fault_rate)
    parts = _with_keys(source.parts(), key, all_keys, keys)
    with (
        closing(run_parts(parts, functions, table, stop=faults.stop, n_jobs=n_jobs)) as voted,
        progress_bar(total=source.n, desc="labeling", unit="rows", enabled=progress) as bar,
    ):
        for votes in voted:
            if votes.broken is not None:
                raise LFError(votes.broken.error, lf=votes.broken.lf)
            faults.add(votes.failures, votes.start, keys[len(done)])
            done.append(votes)
            bar.update(votes.n)
    if table is None:
        table = _found_table(done, functions)
        for votes, part_keys in zip(done, keys, strict=True):
            faults.add(refuse_unknown(votes, functions, table), votes.start, part_keys)
    faults.check(sum(votes.n for votes in done))
    if key is not None and all_keys is None:
        all_keys = key_array([k for part in keys for k in part.tolist()])
    return _assemble(done, functions, table, all_keys, faults.in_order())


class _Faults:
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
            self._by_lf[f.lf] = self._by_lf.get(f.lf, 0) + 1
        if self._n is not None:
            self.check(self._n)

    def in_order(self) -> list[Fault]:
        """Return the faults in row order, then LF order."""
        return sorted(self._found, key=lambda fault: (fault.row, self._place[fault.lf]))

    def check(self, n: int) -> None:
        """Raise when an LF failed on more than the allowed share of n rows."""
        for lf, count in self._by_lf.items():
            # Not count > rate * n: 0.29 * 100 is less than 29.
            if self._max_rate is not None and count / n > self._max_rate:
                own = [f for f in self.in_order() if f.lf == lf]
                raise FaultRateError(
                    f"labeling function {lf!r} failed on at least {count:,} of {n:,} rows, above "
                    f"max_fault_rate={self._max_rate:g}; mend it or raise the rate. First on row "
                    f"{own[0].key!r}: {own[0].error}",
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


def _checked_lfs(lfs: Any) -> list[LabelingFunction]:
    if callable(lfs) or isinstance(lfs, str) or not hasattr(lfs, "__iter__"):
        hint = "; pass the lfs of the pack" if hasattr(lfs, "lfs") else "; put it into a list"
        raise TypeError(f"lfs must be a list of labeling functions, got {lfs!r}{hint}")
    functions = [as_labeling_function(lf) for lf in lfs]
    if not functions:
        raise ValueError("the list of labeling functions is empty; pass at least one")
    if again := repeated([lf.name for lf in functions]):
        raise ValueError(
            f"two labeling functions are named {again[0]!r}; pass name= to one of them"
        )
    return functions


def _common_table(lfs: Sequence[LabelingFunction], classes: Classes | None) -> ClassTable | None:
    """Return the classes that the caller or the LFs declare; they must agree."""
    table = None if classes is None else ClassTable.of(classes)
    who = "classes="
    for lf in lfs:
        if lf.classes is None:
            continue
        if table is None:
            table, who = lf.classes, f"labeling function {lf.name!r}"
        elif lf.classes.names != table.names:
            raise ValueError(
                f"labeling function {lf.name!r} votes on classes {lf.classes.names}, {who} on "
                f"{table.names}"
            )
    for lf in lfs:
        _check_declared_vote(lf, table)
    return table


def _check_declared_vote(lf: LabelingFunction, table: ClassTable | None) -> None:
    try:
        VoteCoder(table, lf.votes)
    except ValueError as error:
        raise ValueError(
            f"labeling function {lf.name!r} declares votes={lf.votes!r}: {error}"
        ) from None


def _with_keys(
    parts: Iterator[Part], key: str | None, all_keys: IntArray | None, keys: list[IntArray]
) -> Iterator[Part]:
    """Pass parts on and note their row keys."""
    for part in parts:
        if key is None:
            keys.append(np.arange(part.start, part.start + len(part)))
        elif all_keys is not None:
            keys.append(all_keys[part.start : part.start + len(part)])
        else:
            keys.append(part.keys(key))
        yield part


def _plain(key: Any) -> object:
    return key.item() if isinstance(key, np.generic) else key


def _assemble(
    done: Sequence[PartVotes],
    lfs: Sequence[LabelingFunction],
    table: ClassTable,
    keys: IntArray | None,
    faults: Sequence[Fault],
) -> LabelMatrix:
    n, m = sum(votes.n for votes in done), len(lfs)
    counts = np.concatenate([np.zeros(1, np.int64), *(votes.counts for votes in done)])
    indices = np.concatenate([np.zeros(0, np.uint32), *(votes.indices for votes in done)])
    met = {s for votes in done for sets in votes.sets for s in sets}
    class_sets = sorted(tuple(sorted(s)) for s in met if max(s) < table.k and len(s) < table.k)
    global_code = {frozenset(s): table.k + t for t, s in enumerate(class_sets)}
    codes = np.concatenate(
        [np.zeros(0, np.int32), *(_global(votes, global_code) for votes in done)]
    )
    return LabelMatrix(
        Votes.from_csr(np.cumsum(counts), indices, codes, (n, m), table.k + len(class_sets)),
        lf_names=[lf.name for lf in lfs],
        class_names=table.names,
        class_sets=class_sets,
        keys=keys,
        faults=faults,
    )


def _global(votes: PartVotes, global_code: dict[frozenset[int], int]) -> IntArray:
    """Return the codes of a part with class sets coded as in the whole matrix."""
    codes = votes.codes
    for j, sets in enumerate(votes.sets):
        for t, classes in enumerate(sets):
            if classes in global_code:
                codes[(votes.indices == j) & (codes == -2 - t)] = global_code[classes]
    return codes


def _found_table(done: Sequence[PartVotes], lfs: Sequence[LabelingFunction]) -> ClassTable:
    """Return the classes of the Enum voted with, else as many as the largest int asks for."""
    seen: dict[ClassTable, str] = {}
    for votes in done:
        for lf, learned in zip(lfs, votes.learned, strict=True):
            for table in learned:
                seen.setdefault(table, lf.name)
    if len(seen) > 1:
        (one, a), (other, b) = list(seen.items())[:2]
        raise ValueError(
            f"labeling function {a!r} votes on classes {one.names}, labeling function {b!r} on "
            f"{other.names}; pass classes= to apply_lfs"
        )
    if seen:
        return next(iter(seen))
    largest = [max(s) for votes in done for sets in votes.sets for s in sets]
    largest += [int(votes.codes.max(initial=1)) for votes in done]
    return ClassTable(numbered_classes(max(largest, default=1)))

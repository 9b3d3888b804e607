"""``apply_lfs``: labeling functions and data in, label matrix out."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

import numpy as np

from weaklabel._checks import repeated
from weaklabel._classes import ClassTable
from weaklabel._progress import progress_bar
from weaklabel.apply._assemble import assembled, found_table
from weaklabel.apply._faults import Faults
from weaklabel.apply._part import Job, refuse_unknown
from weaklabel.apply._source import Part, Source, is_table
from weaklabel.apply._stored import StoredRun
from weaklabel.apply._votes import PartVotes
from weaklabel.apply._workers import run_parts
from weaklabel.errors import LFError
from weaklabel.lf import LabelingFunction, VoteCoder, as_labeling_function
from weaklabel.matrix import LabelMatrix
from weaklabel.matrix._keys import check_keys, key_array
from weaklabel.types import Classes, IntArray

OnError = Literal["raise", "abstain"]


def apply_lfs(
    lfs: Iterable[Any],
    data: Any,
    *,
    key: str | None = None,
    classes: Classes | None = None,
    n_jobs: int = 1,
    on_error: OnError = "raise",
    max_fault_rate: float = 0.1,
    progress: bool = True,
    cache: str | os.PathLike[str] | None = None,
    timeout: float | None = None,
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
    cache : path, optional
        Folder of a `VoteStore`: votes of labeling functions and rows that are as they were in an
        earlier run are taken from there, the others are kept there. ``L.profile()`` says which.
        What fails, and labeling functions that cannot be fingerprinted, run every time.
    timeout : float, optional
        Seconds that one labeling function, or one preprocessor, may take on a group of 8,192 rows.
        Then the row it is at fails, and those of the group that it has not reached; for a function
        of a batch, the group.

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
    FileFormatError, OSError
        When the cache is no vote store, is from a newer version, or cannot be written.
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
    begun = perf_counter()
    functions = checked_lfs(lfs)
    _check_arguments(on_error, max_fault_rate, n_jobs, timeout)
    table = common_table(functions, classes)
    source = _checked_source(data, functions, key)
    all_keys = None if key is None or source.columns is None else source.whole().keys(key)
    if all_keys is not None:
        check_keys(all_keys, len(all_keys))  # before the run rather than after it

    keys: list[IntArray] = []
    done: list[PartVotes] = []
    job = make_job(functions, table, on_error=on_error, timeout=timeout, cache=cache)
    faults = Faults(functions, source.n, None if job.stop else max_fault_rate)
    parts = _with_keys(source.parts(), key, all_keys, keys)
    with (
        closing(run_parts(parts, job, n_jobs=n_jobs)) as voted,
        progress_bar(total=source.n, desc="labeling", unit="rows", enabled=progress) as bar,
    ):
        for votes in voted:
            _refuse_broken(votes)
            faults.add(votes.failures, votes.start, keys[len(done)])
            done.append(votes)
            bar.update(votes.n)
    if table is None:
        table = found_table(done, functions)
        for votes, part_keys in zip(done, keys, strict=True):
            faults.add(refuse_unknown(votes, functions, table), votes.start, part_keys)
    faults.check(sum(votes.n for votes in done))
    if key is not None and all_keys is None:
        all_keys = key_array([k for part in keys for k in part.tolist()])
    return assembled(done, functions, table, all_keys, faults.in_order(), begun)


def apply_parts(
    lfs: Iterable[Any],
    parts: Iterable[Any],
    *,
    key: str | None = None,
    classes: Classes | None = None,
    n: int | None = None,
    n_jobs: int = 1,
    on_error: OnError = "abstain",
    max_fault_rate: float = 0.1,
    progress: bool = False,
    cache: str | os.PathLike[str] | None = None,
    timeout: float | None = None,
) -> Iterator[LabelMatrix]:
    """Run labeling functions over the parts of data that is too large for memory.

    Parameters
    ----------
    lfs, n_jobs, progress, cache, timeout
        As in `apply_lfs`.
    parts : iterable of tables (or of lists of rows)
        One after the other; only a few of them are held at a time.
    key : str, optional
        The column that holds the row keys; default the positions, counted over all parts. Keys are
        unique in each part; over all of them this is not looked at.
    classes : Enum type or sequence of str, optional
        The classes; needed unless the labeling functions declare them.
    n : int, optional
        Rows of all parts together, where it is known: a labeling function that is sure to fail too
        often then stops the run at once, not at its end.
    on_error : {"raise", "abstain"}, optional
        As in `apply_lfs`; the default differs.
    max_fault_rate : float, optional
        As in `apply_lfs`: a share of the rows of all parts.

    Yields
    ------
    LabelMatrix
        One a part, in order; the same as that of `apply_lfs` on the part, whatever stands in the
        others. In its faults, ``row`` counts from the part's first row.

    Raises
    ------
    ValueError
        When the classes are not declared; and as `apply_lfs`.
    LFError, FaultRateError, FileFormatError, OSError, TypeError
        As `apply_lfs`.

    Examples
    --------
    >>> import pandas as pd, weaklabel as wl
    >>> @wl.labeling_function(votes="SPAM", classes=("HAM", "SPAM"))
    ... def has_link(x):
    ...     return "http" in x.text
    >>> parts = [pd.DataFrame({"text": ["http://x.y", "hello"]}), pd.DataFrame({"text": ["hi"]})]
    >>> [(L.n, L.n_votes) for L in wl.apply_parts([has_link], parts)]
    [(2, 1), (1, 0)]
    """
    functions = checked_lfs(lfs)
    _check_arguments(on_error, max_fault_rate, n_jobs, timeout)
    given: Any = parts
    if not isinstance(given, Iterable) or isinstance(given, str | bytes) or is_table(given):
        raise TypeError(
            f"parts must be an iterable of tables, got one {type(parts).__name__}; pass "
            "[table], or use apply_lfs"
        )
    table = declared_table(functions, classes, "apply_parts")
    job = make_job(functions, table, on_error=on_error, timeout=timeout, cache=cache)
    faults = Faults(functions, n, None if job.stop else max_fault_rate)
    return _labeled_parts(job, table, parts, faults, key=key, n=n, n_jobs=n_jobs, progress=progress)


@dataclass(frozen=True, slots=True)
class _Table:
    """One of the tables of `apply_parts`: its row keys, and into how many parts it was cut."""

    keys: IntArray
    named: bool
    parts: int


def _labeled_parts(
    job: Job,
    table: ClassTable,
    given: Iterable[Any],
    faults: Faults,
    *,
    key: str | None,
    n: int | None,
    n_jobs: int,
    progress: bool,
) -> Iterator[LabelMatrix]:
    tables: deque[_Table] = deque()
    done: list[PartVotes] = []
    rows, begun = 0, perf_counter()

    def whole() -> Iterator[LabelMatrix]:
        """Yield the matrices of the tables whose parts are all done."""
        nonlocal begun
        while tables and tables[0].parts == len(done):
            ready = tables.popleft()
            keys = ready.keys if ready.named or ready.keys[:1].any() else None
            yield assembled(done, job.lfs, table, keys, faults.taken(), begun)
            done.clear()
            begun = perf_counter()

    with (
        closing(run_parts(_cut(given, job.lfs, key, tables), job, n_jobs=n_jobs)) as voted,
        progress_bar(total=n, desc="labeling", unit="rows", enabled=progress) as bar,
    ):
        for votes in voted:
            _refuse_broken(votes)
            yield from whole()  # tables without rows have no parts
            faults.add(votes.failures, votes.start, tables[0].keys[votes.start :])
            done.append(votes)
            rows += votes.n
            bar.update(votes.n)
            yield from whole()
        yield from whole()
    if rows:
        faults.check(rows)


def _cut(
    given: Iterable[Any], lfs: Sequence[LabelingFunction], key: str | None, tables: deque[_Table]
) -> Iterator[Part]:
    """Cut tables into parts, and note their keys."""
    first = 0
    for data in given:
        source = _checked_source(data, lfs, key)
        parts = list(source.parts())
        size = sum(map(len, parts))
        keys = np.arange(first, first + size)
        if key is not None:
            own = [k for part in parts for k in part.keys(key).tolist()]
            keys = key_array(own)
            check_keys(keys, size)
        tables.append(_Table(keys, key is not None, len(parts)))
        first += size
        yield from parts


def make_job(
    lfs: Sequence[LabelingFunction],
    table: ClassTable | None,
    *,
    on_error: OnError,
    timeout: float | None,
    cache: str | os.PathLike[str] | None,
) -> Job:
    """Return what is to be done with every part."""
    stored = None
    if cache is not None:
        given: Any = cache
        if not isinstance(given, str | os.PathLike) or not os.fspath(given):
            raise TypeError(f"cache must be the path of a folder, got {cache!r}")
        stored = StoredRun.of(os.fspath(Path(cache).absolute()), lfs, table)
    return Job(tuple(lfs), table, on_error == "raise", timeout, stored)


def declared_table(
    lfs: Sequence[LabelingFunction], classes: Classes | None, who: str
) -> ClassTable:
    """Return the classes that the caller or the LFs declare.

    Raises
    ------
    ValueError
        When nobody does, or they do not agree.
    """
    table = common_table(lfs, classes)
    if table is None:
        raise ValueError(
            f"{who} sees the data part by part and must know the classes beforehand; pass "
            'classes=, e.g. classes=("HAM", "SPAM")'
        )
    return table


def _check_arguments(
    on_error: str, max_fault_rate: Any, n_jobs: int, timeout: float | None
) -> None:
    if on_error not in ("raise", "abstain"):
        raise ValueError(f"on_error must be 'raise' or 'abstain', got {on_error!r}")
    number = isinstance(max_fault_rate, int | float) and not isinstance(max_fault_rate, bool)
    if not (number and 0 <= max_fault_rate <= 1):
        raise ValueError(f"max_fault_rate must be a share in 0..1, got {max_fault_rate!r}")
    if n_jobs == 0 or isinstance(n_jobs, bool) or not isinstance(n_jobs, int):
        raise ValueError(
            f"n_jobs must be a number of processes, or -1 for all cores, got {n_jobs!r}"
        )
    check_timeout(timeout)


def check_timeout(timeout: object) -> None:
    """Refuse a timeout that is no number of seconds."""
    number = isinstance(timeout, int | float) and not isinstance(timeout, bool)
    if timeout is not None and not (number and 0 < timeout < float("inf")):  # type: ignore[operator]
        raise ValueError(f"timeout must be a positive number of seconds, got {timeout!r}")


def _checked_source(data: Any, lfs: Sequence[LabelingFunction], key: str | None) -> Source:
    """Recognise the data and refuse it where a column is missing."""
    source = Source.of(data)
    for lf in lfs:
        for column in lf.columns:
            source.check_column(column, f"labeling function {lf.name!r}")
    if key is not None:
        source.check_column(key, "the row key")
    return source


def _refuse_broken(votes: PartVotes) -> None:
    if votes.broken is not None:
        raise LFError(votes.broken.error, lf=votes.broken.lf)


def checked_lfs(lfs: Any) -> list[LabelingFunction]:
    """Return labeling functions of distinct names, or say what is none."""
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


def common_table(lfs: Sequence[LabelingFunction], classes: Classes | None) -> ClassTable | None:
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

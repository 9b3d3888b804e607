"""``diff``: which rows two runs label otherwise, and which labeling functions did it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from weaklabel._checks import shorten
from weaklabel._render import terminal_width, text_table
from weaklabel.errors import RunError
from weaklabel.matrix import LabelMatrix, read_votes
from weaklabel.relabel._counted import counted
from weaklabel.relabel._directory import RunDirectory
from weaklabel.relabel._manifest import identity
from weaklabel.relabel._result import RunResult, load_run
from weaklabel.types import IntArray

_EXAMPLES = 5
# Bytes that the rows of one pass may take where keys are joined.
_BUDGET = 256 * 2**20
_NONE = "none"


@final
@dataclass(frozen=True, slots=True)
class LFChange:
    """What changed in the votes of one labeling function.

    Attributes
    ----------
    lf : str
        Its name.
    status : str
        ``"same"``, ``"edited"``, ``"added"``, ``"removed"``, or ``"unknown"`` where it has no
        fingerprint.
    changed : int
        Common rows on which its vote differs.
    among_changed : int
        Those of them whose label changed.
    """

    lf: str
    status: str
    changed: int
    among_changed: int


@final
@dataclass(frozen=True, slots=True)
class Move:
    """Rows that went from one label to another.

    Attributes
    ----------
    before, after : str or None
        The labels; None where there is none.
    rows : int
        How many.
    examples : tuple
        The keys of a few of them.
    """

    before: str | None
    after: str | None
    rows: int
    examples: tuple[Any, ...]


@final
@dataclass(frozen=True, slots=True)
class RunDiff:
    """What two runs label otherwise; prints as a table.

    Attributes
    ----------
    a, b : str
        The ids of the runs.
    rows_a, rows_b, common : int
        Rows of each, and rows whose key stands in both.
    only_a, only_b : tuple
        A few keys of rows that stand in one alone.
    changed : int
        Common rows whose label differs.
    by_model_alone : int
        Those of them on which no labeling function votes otherwise: the label model learned
        something else from the other rows.
    moves : tuple of Move
        The changed labels, the most frequent first.
    lfs : tuple of LFChange
        Every labeling function of either run, those that did most first.
    """

    a: str
    b: str
    rows_a: int
    rows_b: int
    common: int
    only_a: tuple[Any, ...]
    only_b: tuple[Any, ...]
    changed: int
    by_model_alone: int
    moves: tuple[Move, ...]
    lfs: tuple[LFChange, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        return {
            "a": self.a,
            "b": self.b,
            "rows": {
                "a": self.rows_a,
                "b": self.rows_b,
                "common": self.common,
                "only_a": self.rows_a - self.common,
                "only_b": self.rows_b - self.common,
            },
            "only_a": [_plain(key) for key in self.only_a],
            "only_b": [_plain(key) for key in self.only_b],
            "changed": self.changed,
            "by_model_alone": self.by_model_alone,
            "moves": [
                {
                    "from": move.before,
                    "to": move.after,
                    "rows": move.rows,
                    "examples": [_plain(key) for key in move.examples],
                }
                for move in self.moves
            ],
            "lfs": [
                {
                    "lf": lf.lf,
                    "status": lf.status,
                    "changed": lf.changed,
                    "among_changed": lf.among_changed,
                }
                for lf in self.lfs
            ],
        }

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        width = terminal_width()
        yield _fit(f"{self.a} → {self.b}", width)
        share = f" ({self.changed / self.common:.2%})" if self.common else ""
        yield f"{self.changed:,} of {self.common:,} common rows have another label{share}"
        for what, keys, count in (
            (self.a, self.only_a, self.rows_a - self.common),
            (self.b, self.only_b, self.rows_b - self.common),
        ):
            if count:
                yield _fit(f"{counted(count, 'row')} only in {what}: {_listed(keys)}", width)
        if self.moves:
            yield ""
            cells = [
                [f"{m.before or _NONE} → {m.after or _NONE}", f"{m.rows:,}", _listed(m.examples)]
                for m in self.moves
            ]
            yield _moves_table(cells, width)
        touched = [lf for lf in self.lfs if lf.changed or lf.status != "same"]
        if touched:
            yield ""
            yield text_table(
                ("LF", "code", "votes changed", "on changed rows"),
                [[lf.lf, lf.status, f"{lf.changed:,}", f"{lf.among_changed:,}"] for lf in touched],
                width=width,
            )
        if self.by_model_alone:
            yield (
                f"{self.by_model_alone:,} changed rows have the same votes: the label model "
                "weighs them otherwise"
            )


def diff(a: str | os.PathLike[str], b: str | os.PathLike[str]) -> RunDiff:
    """Compare two runs: which rows changed, and which labeling functions did it.

    Rows are matched by key. Memory does not grow with the rows where the parts of both runs hold
    the same keys; else the rows are read several times, a share of the keys at a time.

    Parameters
    ----------
    a, b : path
        The run directories, the earlier first.

    Returns
    -------
    RunDiff

    Raises
    ------
    RunError
        When one is no run directory, or has no labels yet.
    FileFormatError
        When a part is damaged.
    """
    runs = _Run(load_run(a)), _Run(load_run(b))
    common = _Common(runs)
    at = 0
    while at < min(len(runs[0]), len(runs[1])):
        sides = runs[0].part(at, common), runs[1].part(at, common)
        if not _same_keys(sides[0].keys, sides[1].keys):
            break
        common.compare(sides[0], sides[1])
        at += 1
    rest = [sum(run.rows[at:]) for run in runs]
    passes = max(1, -(-sum(rest) * common.row_bytes // _BUDGET)) if any(rest) else 0
    for bucket in range(passes):
        left, right = (run.bucket(at, bucket, passes, common) for run in runs)
        common.join(left, right)
    return common.found()


@dataclass(frozen=True, slots=True)
class _Side:
    """Rows of one run: keys, labels and votes, coded as both runs share it."""

    keys: IntArray
    labels: IntArray
    votes: IntArray

    def take(self, rows: IntArray) -> _Side:
        return _Side(self.keys[rows], self.labels[rows], self.votes[rows])


class _Run:
    """The parts of one run."""

    def __init__(self, result: RunResult) -> None:
        self.result = result
        place = RunDirectory(result.directory)
        self.votes = list(place.finished("votes").values())
        self.labels = list(place.finished("labels").values())
        if "label" not in result.manifest["stages"] or len(self.votes) != len(self.labels):
            raise RunError(
                f"run {result.run!r} in {result.directory} has not written all its labels (status "
                f"{result.status}); resume it, then compare"
            )
        self.rows = [_row_count(path) for path in self.votes]

    def __len__(self) -> int:
        return len(self.votes)

    def part(self, i: int, common: _Common) -> _Side:
        """Return a part in the codes of both runs."""
        from weaklabel.relabel._outputs import read_labels

        L = read_votes(self.votes[i])
        safe = self.result.manifest["config"]["output"]["safe_csv"]
        names = read_labels(self.labels[i], safe_csv=safe).column("label").to_pylist()
        if len(names) != L.n:
            raise RunError(
                f"{self.labels[i]} has {len(names):,} rows, {self.votes[i]} has {L.n:,}; one of "
                "them was changed after the run"
            )
        return _Side(_keys(L.keys), common.label_codes(names), common.vote_codes(L))

    def bucket(self, start: int, bucket: int, buckets: int, common: _Common) -> _Side:
        """Return the rows from a part on whose key falls into one of so many buckets."""
        found = []
        for i in range(start, len(self)):
            side = self.part(i, common)
            if buckets > 1:
                side = side.take(np.flatnonzero(_hashed(side.keys) % buckets == bucket))
            found.append(side)
        if not found:
            return common.no_rows()
        return _Side(
            _joined_keys([side.keys for side in found]),
            np.concatenate([side.labels for side in found]),
            np.concatenate([side.votes for side in found]),
        )


class _Common:
    """What both runs share, and what is counted over their common rows."""

    def __init__(self, runs: tuple[_Run, _Run]) -> None:
        self.runs = runs
        manifests = [run.result.manifest for run in runs]
        self._lfs = [{lf["name"]: identity(lf) for lf in m["lfs"]} for m in manifests]
        self.names = list(dict.fromkeys([*self._lfs[0], *self._lfs[1]]))
        # Codes of labels and of votes are given out as names are met; -1 is none, -2 no such LF.
        self._codes: dict[str, int] = {}
        for manifest in manifests:
            for name in manifest["classes"]:
                self._code(name)
        self.row_bytes = 2 * (len(self.names) + 1) + 64
        self.common = self.changed = self.by_model_alone = 0
        self.only: tuple[list[Any], list[Any]] = ([], [])
        self.votes_changed = np.zeros(len(self.names), np.int64)
        self.among_changed = np.zeros(len(self.names), np.int64)
        self.moves: Counter[tuple[int, int]] = Counter()
        self.examples: dict[tuple[int, int], list[Any]] = {}

    def _code(self, name: str) -> int:
        return self._codes.setdefault(name, len(self._codes))

    def no_rows(self) -> _Side:
        return _Side(
            np.empty(0, np.int64),
            np.empty(0, np.int16),
            np.empty((0, len(self.names)), np.int16),
        )

    def label_codes(self, names: Sequence[str | None]) -> IntArray:
        return np.fromiter(
            (-1 if name is None else self._code(name) for name in names), np.int16, len(names)
        )

    def vote_codes(self, L: LabelMatrix) -> IntArray:
        """Return dense votes with one column for each LF of either run."""
        table = np.array([*(self._code(name) for name in L.code_names), -1], np.int16)
        votes = np.full((L.n, len(self.names)), -1, np.int16)
        dense = np.asarray(L)
        for j, name in enumerate(L.lf_names):
            votes[:, self.names.index(name)] = table[dense[:, j]]
        return votes

    def compare(self, a: _Side, b: _Side) -> None:
        """Count over rows that are the same ones on both sides."""
        moved = a.labels != b.labels
        other = a.votes != b.votes
        self.common += len(moved)
        self.votes_changed += other.sum(axis=0)
        self.changed += int(moved.sum())
        rows = np.flatnonzero(moved)
        self.among_changed += other[rows].sum(axis=0)
        self.by_model_alone += int((~other[rows].any(axis=1)).sum())
        pairs = np.stack([a.labels[rows], b.labels[rows]], axis=1)
        for pair, count in zip(*np.unique(pairs, axis=0, return_counts=True), strict=True):
            move = int(pair[0]), int(pair[1])
            self.moves[move] += int(count)
            kept = self.examples.setdefault(move, [])
            if len(kept) < _EXAMPLES:
                here = rows[(pairs == pair).all(axis=1)][: _EXAMPLES - len(kept)]
                kept += a.keys[here].tolist()

    def join(self, a: _Side, b: _Side) -> None:
        """Count over rows of both sides in any order, matched by key."""
        import pandas as pd

        at = pd.Index(a.keys, tupleize_cols=False).get_indexer(
            pd.Index(b.keys, tupleize_cols=False)
        )
        both = np.flatnonzero(at >= 0)
        self.compare(a.take(at[both]), b.take(both))
        alone = np.ones(len(a.keys), np.bool_)
        alone[at[both]] = False
        for kept, keys in ((self.only[0], a.keys[alone]), (self.only[1], b.keys[at < 0])):
            kept += keys[: _EXAMPLES - len(kept)].tolist()

    def found(self) -> RunDiff:
        """Return what was counted."""
        names: dict[int, str | None] = {code: name for name, code in self._codes.items()}
        names[-1] = None
        lfs = [
            LFChange(name, self._status(name), int(changed), int(among))
            for name, changed, among in zip(
                self.names, self.votes_changed, self.among_changed, strict=True
            )
        ]
        lfs.sort(key=lambda lf: (-lf.among_changed, -lf.changed))
        return RunDiff(
            a=self.runs[0].result.run,
            b=self.runs[1].result.run,
            rows_a=sum(self.runs[0].rows),
            rows_b=sum(self.runs[1].rows),
            common=self.common,
            only_a=tuple(self.only[0]),
            only_b=tuple(self.only[1]),
            changed=self.changed,
            by_model_alone=self.by_model_alone,
            moves=tuple(
                Move(names[a], names[b], rows, tuple(self.examples[a, b]))
                for (a, b), rows in sorted(self.moves.items(), key=lambda pair: (-pair[1], pair[0]))
            ),
            lfs=tuple(lfs),
        )

    def _status(self, name: str) -> str:
        a, b = self._lfs
        if name not in a:
            return "added"
        if name not in b:
            return "removed"
        if a[name] is None or b[name] is None:
            return "unknown"
        return "same" if a[name] == b[name] else "edited"


def _row_count(path: Path) -> int:
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows)


def _keys(keys: IntArray) -> IntArray:
    """Return keys of one type for one kind, whatever the part held."""
    return keys.astype(np.int64) if keys.dtype.kind in "iu" else keys.astype(object)


def _same_keys(a: IntArray, b: IntArray) -> bool:
    return a.dtype == b.dtype and np.array_equal(a, b)


def _joined_keys(many: Sequence[IntArray]) -> IntArray:
    if len({keys.dtype for keys in many}) > 1:
        many = [keys.astype(object) for keys in many]
    return np.concatenate(many)


def _hashed(keys: IntArray) -> IntArray:
    import pandas as pd

    # A tuple as a key has no hash there; its text has one.
    if keys.dtype == object and any(type(key) is not str for key in keys[:1]):
        keys = np.array([repr(key) for key in keys.tolist()], object)
    return np.asarray(pd.util.hash_array(keys, categorize=False))


def _listed(keys: Sequence[Any]) -> str:
    return ", ".join(shorten(key, 20) for key in keys)


def _moves_table(cells: Sequence[Sequence[str]], width: int) -> str:
    wide = max(len("label"), *(len(cell[0]) for cell in cells))
    count = max(len("rows"), *(len(cell[1]) for cell in cells))
    lines = [f"{'label':{wide}}  {'rows':>{count}}  for example"]
    lines += [f"{move:{wide}}  {rows:>{count}}  {keys}" for move, rows, keys in cells]
    shown = [_fit(line, width) for line in lines]
    return "\n".join([shown[0], "-" * max(map(len, shown)), *shown[1:]])


def _fit(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _plain(key: Any) -> Any:
    return key if isinstance(key, str | int | float | bool) else str(key)

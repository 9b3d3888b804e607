"""What a frame of votes holds, noted on the frame itself: key, LFs and classes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from weaklabel._checks import listed, nearest, repeated
from weaklabel._classes import ClassTable
from weaklabel.apply import matrix_of
from weaklabel.distributed._engine import Engine, engine_of
from weaklabel.matrix import LabelMatrix
from weaklabel.types import Classes

FAULTS = "_faults"


@dataclass(frozen=True, slots=True)
class VotesNote:
    """What the columns of a frame of votes are.

    Attributes
    ----------
    key : str
        The column of the row keys.
    lf_names : tuple of str
        The columns of votes.
    class_names : tuple of str
        What the votes 0..k-1 mean.
    """

    key: str
    lf_names: tuple[str, ...]
    class_names: tuple[str, ...]

    @classmethod
    def of(cls, meta: Mapping[str, Any]) -> VotesNote:
        """Take it from the ``meta`` of a part function, or from what `text` wrote."""
        return cls(str(meta["key"]), tuple(meta["lf_names"]), tuple(meta["class_names"]))

    @property
    def meta(self) -> dict[str, Any]:
        """It as `matrix_of` wants it."""
        return {
            "key": self.key,
            "lf_names": list(self.lf_names),
            "class_names": list(self.class_names),
        }

    @property
    def text(self) -> str:
        """It as text, to be put on a frame."""
        return json.dumps(self.meta)

    def matrix(self, table: pa.Table) -> LabelMatrix:
        """Return a part of the frame as a label matrix, with keys and faults."""
        return matrix_of(table, self.meta)

    def votes_alone(self, table: pa.Table) -> LabelMatrix:
        """Return the votes of a part as a label matrix; rows are known by their position."""
        columns = {name: table[name] for name in self.lf_names}
        keys = pa.array(range(table.num_rows), pa.int64())
        faults = pa.nulls(table.num_rows, pa.string())
        return matrix_of(pa.table({self.key: keys, **columns, FAULTS: faults}), self.meta)


def noted_votes(votes: Any) -> tuple[Engine, VotesNote, Any]:
    """Return engine and note of a frame of votes, and the frame with the columns of votes alone.

    Raises
    ------
    TypeError
        When it is no Dask or Spark DataFrame.
    ValueError
        When nothing tells what its columns are, or one of them is missing.
    """
    engine = engine_of(votes, what="votes")
    text = engine.note(votes)
    columns = list(engine.schema(votes).names)
    if text is None:
        raise ValueError(
            "nothing tells which columns of this frame are votes, and of which classes (files and "
            "joins may lose it); say it with as_votes(frame, key=..., classes=...). Its columns "
            f"are {listed(columns)}"
        )
    note = VotesNote.of(json.loads(text))
    wanted = [note.key, *note.lf_names, FAULTS]
    for name in wanted:
        if name not in columns:
            raise ValueError(
                f"the votes lack column {name!r}{nearest(name, columns)}; keep the key, all "
                f"labeling functions and {FAULTS!r} of what dask_apply or spark_apply returned, or "
                "say with as_votes what the columns are"
            )
    return engine, note, engine.chosen(votes, wanted)


def as_votes(
    frame: Any, *, key: str, classes: Classes, lf_names: Sequence[str] | None = None
) -> Any:
    """Say which columns of a frame are votes.

    What `dask_apply` and `spark_apply` return need it only where a file or a join has lost the
    note, and for votes that come from elsewhere.

    Parameters
    ----------
    frame : Dask or Spark DataFrame
        One row a data point; votes are ints: -1 abstains, 0..k-1 are the classes, from k on
        k + bitmask of the classes that a partial vote leaves possible.
    key : str
        The column of the row keys.
    classes : Enum type or sequence of str
        The classes.
    lf_names : sequence of str, optional
        The columns of votes; default all but the key and ``_faults``.

    Returns
    -------
    Dask or Spark DataFrame
        Key, votes and ``_faults`` (null where the frame has no such column).

    Raises
    ------
    TypeError
        When it is no Dask or Spark DataFrame, or votes are no ints.
    ValueError
        When a column is missing, or named twice.
    """
    engine = engine_of(frame, what="votes")
    schema = engine.schema(frame)
    columns = list(schema.names)
    if lf_names is None:
        lf_names = [name for name in columns if name not in (key, FAULTS)]
    if again := repeated([key, *lf_names]):
        raise ValueError(f"column {again[0]!r} is named twice; each is the key or one LF")
    for name in (key, *lf_names):
        if name not in columns:
            raise ValueError(
                f"the frame has no column {name!r}{nearest(name, columns)}; its columns are "
                f"{listed(columns)}"
            )
    for name in lf_names:
        if not pa.types.is_integer(schema.field(name).type):
            raise TypeError(
                f"column {name!r} holds {schema.field(name).type}, votes are ints; name the "
                "columns of votes with lf_names="
            )
    note = VotesNote(key, tuple(lf_names), ClassTable.of(classes).names)
    wanted = [key, *lf_names, *([FAULTS] if FAULTS in columns else [])]
    chosen = engine.chosen(frame, wanted)
    if FAULTS in columns:
        return engine.noted(chosen, note.text, key=key)
    own = pa.schema([*(schema.field(name) for name in wanted), pa.field(FAULTS, pa.string())])
    return engine.mapped(chosen, _without_faults, own, note=note.text)


def _without_faults(table: pa.Table) -> pa.Table:
    return table.append_column(FAULTS, pa.nulls(table.num_rows, pa.string()))

"""Labels of votes that stay where they are."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from weaklabel._checks import repeated
from weaklabel.distributed._notes import VotesNote, noted_votes
from weaklabel.label_model import VoteModel


def label(model: VoteModel, votes: Any) -> Any:
    """Label a Dask or Spark DataFrame of votes.

    Parameters
    ----------
    model : LabelModel or other model of votes
        A fitted model, on the same labeling functions and classes. It travels to the workers.
    votes : Dask or Spark DataFrame
        What `dask_apply`, `spark_apply` or `as_votes` returned.

    Returns
    -------
    Dask or Spark DataFrame
        Nothing is computed before it is used. A row for each of `votes`: the key; ``label``, the
        name of the class or null for abstain; ``confidence``, the largest probability;
        ``covered``, whether any labeling function voted; and ``p_<class>`` for each class.

    Raises
    ------
    TypeError
        When `votes` is no Dask or Spark DataFrame.
    NotFittedError
        When the model is not fitted.
    ValueError
        When the labeling functions or classes are not those of the fit, nothing tells what the
        columns are, or a column of the result would be there twice.

    Examples
    --------
    >>> import pandas as pd, dask.dataframe as dd, weaklabel as wl
    >>> frame = pd.DataFrame({"id": range(60), "a": [1, 0, 1] * 20, "b": [1, 0, -1] * 20})
    >>> votes = wl.distributed.as_votes(
    ...     dd.from_pandas(frame, npartitions=2), key="id", classes=("HAM", "SPAM")
    ... )
    >>> wl.distributed.label(wl.distributed.fit(votes), votes)[["id", "label"]].head(2)
       id label
    0   0  SPAM
    1   1   HAM
    """
    engine, note, frame = noted_votes(votes)
    schema = _schema(engine.schema(frame).field(note.key), note.class_names)
    if again := repeated(schema.names):
        raise ValueError(
            f"the labels would have two columns {again[0]!r}: the key is called {note.key!r}; "
            "rename it and say so with as_votes(frame, key=..., classes=...)"
        )
    work = partial(_labels, model=model, note=note)
    work(engine.schema(frame).empty_table())  # says here, not on a worker, what does not fit
    return engine.mapped(frame, work, schema)


def _schema(key: pa.Field, class_names: tuple[str, ...]) -> pa.Schema:
    return pa.schema(
        [
            key.remove_metadata(),
            pa.field("label", pa.string()),
            pa.field("confidence", pa.float64()),
            pa.field("covered", pa.bool_()),
            *(pa.field(f"p_{name}", pa.float64()) for name in class_names),
        ]
    )


def _labels(table: pa.Table, model: VoteModel, note: VotesNote) -> pa.Table:
    labels = model.label(note.matrix(table))
    names = np.array([*labels.class_names, None], object)
    columns = [
        table[note.key],
        pa.array(names[labels.predict()], pa.string()),
        pa.array(labels.confidence),
        pa.array(labels.covered),
        *(pa.array(labels.probs[:, y]) for y in range(labels.k)),
    ]
    return pa.table(columns, schema=_schema(table.schema.field(note.key), labels.class_names))

"""Fitting a label model on votes that stay where they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from weaklabel.distributed._engine import Sweep
from weaklabel.distributed._notes import noted_votes
from weaklabel.label_model import LabelModel
from weaklabel.matrix import LabelMatrix

T = TypeVar("T")


def fit(votes: Any, model: LabelModel | None = None) -> LabelModel:
    """Fit a label model on a Dask or Spark DataFrame of votes.

    The votes stay on the workers: they are kept there for the time of the fit, so that the
    labeling functions run once, and what comes back are sums over the parts, whose size does not
    depend on the number of rows.

    Parameters
    ----------
    votes : Dask or Spark DataFrame
        What `dask_apply`, `spark_apply` or `as_votes` returned.
    model : LabelModel, optional
        The model to fit; default ``LabelModel()``.

    Returns
    -------
    LabelModel
        The model, fitted: the same as on the votes in memory, to 1e-9.

    Raises
    ------
    TypeError
        When `votes` is no Dask or Spark DataFrame, or `model` no LabelModel.
    ValueError
        When nothing tells what its columns are, one is missing, or there is nothing to fit.

    Examples
    --------
    >>> import pandas as pd, dask.dataframe as dd, weaklabel as wl
    >>> frame = pd.DataFrame({"id": range(60), "a": [1, 0, 1] * 20, "b": [1, 0, -1] * 20})
    >>> votes = wl.distributed.as_votes(
    ...     dd.from_pandas(frame, npartitions=2), key="id", classes=("HAM", "SPAM")
    ... )
    >>> wl.distributed.fit(votes).lf_names_
    ('a', 'b')
    """
    engine, note, frame = noted_votes(votes)
    model = LabelModel() if model is None else model
    if not isinstance(model, LabelModel):
        raise TypeError(
            f"only a LabelModel is fitted where the votes are, got {type(model).__name__}; fit it "
            "on a label matrix of some of the rows, then label(model, votes) labels them all"
        )
    alone = engine.chosen(frame, list(note.lf_names))
    with engine.held(alone, note.votes_alone) as sweep:
        model.fit(_VotesElsewhere(sweep))
    return model


class _VotesElsewhere:
    """Parts of votes on workers; what a function makes of each comes back, in their order."""

    def __init__(self, sweep: Sweep) -> None:
        self._sweep = sweep

    def map_votes(self, function: Callable[[LabelMatrix], T]) -> list[T]:
        """Return what the function returns of each part.

        Raises
        ------
        ValueError
            When there are no rows.
        """
        found = self._sweep(function)
        if not found:
            raise ValueError("the votes have no rows; there is nothing to fit")
        return found

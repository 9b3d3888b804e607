"""The matrices of a fit, one after the other, checked against the first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from weaklabel._checks import listed
from weaklabel.label_model._base._crowd import crowd_matrix, is_crowd_frame
from weaklabel.label_model._base._rows import VoteRows
from weaklabel.label_model._base._vote_model import check_votes
from weaklabel.matrix import LabelMatrix


class Parts:
    """The matrices of a fit, one after the other, checked against the first."""

    def __init__(
        self,
        L: Any,
        gold: Any,
        sample_weight: Any,
        first: tuple[tuple[str, ...], tuple[str, ...]] | None = None,
    ) -> None:
        """Note the parts; `first` holds LF names and class names where they are fixed."""
        self._lf_names = None if first is None else first[0]
        self.class_names: tuple[str, ...] = () if first is None else first[1]
        self._many = first is not None or _is_many(L)
        self._given = _listed_parts(L, gold, sample_weight)

    def rows(self) -> Iterable[VoteRows]:
        """Yield what there is to learn from each part."""
        count = 0
        for L, gold, sample_weight in self._given:
            if is_crowd_frame(L) and self._lf_names is not None:
                L = crowd_matrix(L, self.class_names, self._lf_names)
            L = check_votes(L, empty=self._many)
            if self._lf_names is None:
                self._lf_names, self.class_names = L.lf_names, L.class_names
            part = self._like_first(L, count)
            count += 1
            yield VoteRows.of(part, gold, sample_weight)
        if count == 0:
            raise ValueError("there are no label matrices to fit on; give at least one")

    def contradicted(self, rows: VoteRows) -> bool:
        """Tell whether no LF with gold is right as often as it would be by guessing."""
        judged = rows.known_columns.sum(axis=1)
        right = (rows.known_columns * rows.possible[rows.code]).sum(axis=1)
        by_lf = np.bincount(rows.lf, judged, minlength=rows.m)
        enough = by_lf >= 5
        if not enough.any():
            return False
        share = np.bincount(rows.lf, right, minlength=rows.m)[enough] / by_lf[enough]
        return bool((share < 1 / rows.k).all())

    def _like_first(self, L: LabelMatrix, number: int) -> LabelMatrix:
        if L.class_names != self.class_names:
            raise ValueError(
                f"part {number} has classes {L.class_names}, the first has {self.class_names}"
            )
        assert self._lf_names is not None  # noqa: S101
        if L.lf_names == self._lf_names:
            return L
        if set(L.lf_names) != set(self._lf_names):
            other = sorted(set(L.lf_names) ^ set(self._lf_names))
            raise ValueError(
                f"part {number} has other LFs than the first: {listed(other)} are in one alone; "
                "choose the same LFs with L.select([...])"
            )
        return L.select(self._lf_names)


def _listed_parts(L: Any, gold: Any, sample_weight: Any) -> Iterable[tuple[LabelMatrix, Any, Any]]:
    """Return matrices with their gold labels and weights."""
    if _is_many(L):
        return _zipped(L, gold, sample_weight)
    return [(L, gold, sample_weight)]


def _is_many(L: Any) -> bool:
    """Tell whether these are several matrices, not one, nor something that is none."""
    if isinstance(L, LabelMatrix | np.ndarray) or not isinstance(L, Iterable):
        return False
    return not hasattr(L, "columns")


def _zipped(
    parts: Iterable[Any], gold: Any, sample_weight: Any
) -> Iterable[tuple[LabelMatrix, Any, Any]]:
    golds = None if gold is None else iter(gold)
    weights = None if sample_weight is None else iter(sample_weight)
    end = object()
    for number, part in enumerate(parts):
        given = []
        for what, values in (("gold", golds), ("sample_weight", weights)):
            value = None if values is None else next(values, end)
            if value is end:
                raise ValueError(
                    f"{what} ends at part {number}; give one array or None for each part"
                )
            given.append(value)
        yield part, given[0], given[1]
    for what, values in (("gold", golds), ("sample_weight", weights)):
        if values is not None and next(values, end) is not end:
            raise ValueError(f"{what} has more parts than there are label matrices")

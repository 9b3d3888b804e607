"""The matrices of a fit: one, several, or parts elsewhere, checked against the first."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar, final

import numpy as np

from weaklabel._checks import listed
from weaklabel.label_model._base._crowd import crowd_matrix, is_crowd_frame
from weaklabel.label_model._base._rows import VoteRows
from weaklabel.label_model._base._statistics import RowStatistics
from weaklabel.label_model._base._streamed import gathered
from weaklabel.label_model._base._vote_model import check_votes
from weaklabel.matrix import LabelMatrix, VoteParts

# Distinct rows that each part elsewhere sends at first: from them its share is known.
_SENT = 1024

T = TypeVar("T")
Names = tuple[tuple[str, ...], tuple[str, ...]]


@final
class Parts:
    """The matrices of a fit, one after the other; a `PartSource`."""

    sampled = None

    def __init__(self, L: Any, gold: Any, sample_weight: Any, first: Names | None = None) -> None:
        """Note the parts; `first` holds LF names and class names where they are fixed."""
        self._lf_names = None if first is None else first[0]
        self.class_names: tuple[str, ...] = () if first is None else first[1]
        self._one = not _is_many(L)
        self._checked = self._one and first is None
        self.again = ""
        if self._one:
            self._given: Callable[[], Iterable[tuple[Any, Any, Any]]] = lambda: [
                (L, gold, sample_weight)
            ]
            return
        if iter(L) is L:
            self.again = (
                "the parts have more distinct rows than fit in memory, and an iterator can be read "
                "only once; pass what can be read again and again, as a list or VoteParts(folder)"
            )
        else:
            gold, sample_weight = _kept(gold), _kept(sample_weight)
        # Without gold nobody looks at the keys.
        parts = L.votes if isinstance(L, VoteParts) and gold is None else partial(iter, L)
        self._given = lambda: _zipped(parts(), gold, sample_weight)

    def statistics(self) -> RowStatistics:
        """Read the parts; return what there is to learn from them."""
        if self._one:
            return next(iter(self.rows()))
        return gathered(self)

    def rows(self) -> Iterable[VoteRows]:
        """Yield the distinct rows of each part."""
        for L, gold, sample_weight in self._matrices():
            made = VoteRows.of if self._one else VoteRows.raw
            yield made(L, gold, sample_weight).distinct()

    def map(self, f: Callable[[VoteRows], T]) -> Iterator[T]:
        """Yield the results of a function on each part, in part order, side by side in threads."""
        cores = os.cpu_count() or 1
        with ThreadPoolExecutor(max_workers=cores) as pool:
            waiting: deque[Future[T]] = deque()
            for given in self._matrices():
                waiting.append(pool.submit(_on_matrix, f, *given))
                if len(waiting) > cores:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def _matrices(self) -> Iterator[tuple[LabelMatrix, Any, Any]]:
        count = 0
        for L, gold, sample_weight in self._given():
            if is_crowd_frame(L) and self._lf_names is not None:
                L = crowd_matrix(L, self.class_names, self._lf_names)
            L = check_votes(L, empty=not self._checked)
            if self._lf_names is None:
                self._lf_names, self.class_names = L.lf_names, L.class_names
            part = _like_first(L, (self._lf_names, self.class_names), count)
            count += 1
            yield part, gold, sample_weight
        if count == 0:
            raise ValueError("there are no label matrices to fit on; give at least one")


@final
class PartsElsewhere:
    """Parts that an object with ``map_votes`` keeps; a `PartSource`."""

    sampled, again = _SENT, ""

    def __init__(self, source: Any, gold: Any, sample_weight: Any) -> None:
        """Note the source; gold labels and weights are not taken."""
        for what, values in (("gold", gold), ("sample_weight", sample_weight)):
            if values is not None:
                raise ValueError(
                    f"{what} cannot be given with {type(source).__name__}, whose rows lie "
                    "elsewhere; leave it out"
                )
        self._source = source
        self._names: Names | None = None

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes, once a part was read."""
        return self._names[1] if self._names is not None else ()

    def statistics(self) -> RowStatistics:
        """Read the parts; return what there is to learn from them."""
        return gathered(self)

    def map(self, f: Callable[[VoteRows], T]) -> Iterator[T]:
        """Yield the results of a function on each part, in part order."""
        count = 0
        for names, result in self._source.map_votes(partial(_named, f=f)):
            self._names = self._names or names
            if names != self._names:
                raise ValueError(
                    f"part {count} has LFs {listed(names[0])} and classes {listed(names[1])}, the "
                    f"first has {listed(self._names[0])} and {listed(self._names[1])}; all parts "
                    "must come from the same LFs, in the same order"
                )
            count += 1
            yield result
        if count == 0:
            raise ValueError("there are no label matrices to fit on; give at least one")


def opened(L: Any, gold: Any, sample_weight: Any) -> Parts | PartsElsewhere:
    """Return the parts that `fit` was given."""
    if hasattr(L, "map_votes"):
        return PartsElsewhere(L, gold, sample_weight)
    return Parts(L, gold, sample_weight)


def contradicted(rows: RowStatistics) -> bool:
    """Tell whether no LF with gold is right as often as it would be by guessing."""
    judged = rows.known_columns.sum(axis=1)
    right = (rows.known_columns * rows.possible[rows.code]).sum(axis=1)
    by_lf = np.bincount(rows.lf, judged, minlength=rows.m)
    enough = by_lf >= 5
    if not enough.any():
        return False
    share = np.bincount(rows.lf, right, minlength=rows.m)[enough] / by_lf[enough]
    return bool((share < 1 / rows.k).all())


def _on_matrix(f: Callable[[VoteRows], T], L: LabelMatrix, gold: Any, sample_weight: Any) -> T:
    return f(VoteRows.raw(L, gold, sample_weight))


def _named(L: LabelMatrix, *, f: Callable[[VoteRows], T]) -> tuple[Names, T]:
    L = check_votes(L, empty=True)
    return (L.lf_names, L.class_names), f(VoteRows.raw(L))


def _like_first(L: LabelMatrix, first: Names, number: int) -> LabelMatrix:
    lf_names, class_names = first
    if L.class_names != class_names:
        raise ValueError(f"part {number} has classes {L.class_names}, the first has {class_names}")
    if L.lf_names == lf_names:
        return L
    if set(L.lf_names) != set(lf_names):
        other = sorted(set(L.lf_names) ^ set(lf_names))
        raise ValueError(
            f"part {number} has other LFs than the first: {listed(other)} are in one alone; "
            "choose the same LFs with L.select([...])"
        )
    return L.select(lf_names)


@final
class _Kept:
    """What an iterator gives, kept as it comes, so that it can be read again."""

    def __init__(self, values: Iterator[Any]) -> None:
        self._values = values
        self._seen: list[Any] = []

    def __iter__(self) -> Iterator[Any]:
        yield from self._seen
        for value in self._values:
            self._seen.append(value)
            yield value


def _kept(values: Any) -> Any:
    return _Kept(values) if values is not None and iter(values) is values else values


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

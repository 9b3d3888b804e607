"""Hypothesis strategies that the tests share: label matrices, and what they are made of."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

import weaklabel as wl
from weaklabel.types import IntArray


class VoteArray(NamedTuple):
    """What ``LabelMatrix.from_array`` takes."""

    votes: IntArray
    classes: tuple[str, ...]
    class_sets: tuple[tuple[int, ...], ...]


@st.composite
def vote_arrays(
    draw: st.DrawFn,
    *,
    min_rows: int = 0,
    max_rows: int = 12,
    min_lfs: int = 0,
    max_lfs: int = 5,
    max_classes: int = 4,
    class_sets: bool = True,
) -> VoteArray:
    """Draw dense votes with -1 for abstain, the class names, and the class sets."""
    n = draw(st.integers(min_rows, max_rows))
    m = draw(st.integers(min_lfs, max_lfs))
    k = draw(st.integers(2, max_classes))
    sets: list[tuple[int, ...]] = []
    if class_sets and k > 2:
        some = st.sets(st.integers(0, k - 1), min_size=2, max_size=k - 1).map(sorted).map(tuple)
        sets = draw(st.lists(some, max_size=3, unique=True))
    code = st.integers(-1, k + len(sets) - 1)
    # Rows that abstain everywhere are likely in life and rare in random numbers.
    row = st.one_of(st.just([-1] * m), st.lists(code, min_size=m, max_size=m))
    rows = draw(st.lists(row, min_size=n, max_size=n))
    votes = np.array(rows, np.int64).reshape(n, m)
    return VoteArray(votes, tuple(f"class_{y}" for y in range(k)), tuple(sets))


@st.composite
def row_keys(draw: st.DrawFn, n: int) -> list[int] | list[str] | None:
    """Draw n row keys: positions, ints or texts."""
    kind = draw(st.sampled_from(["positions", "int", "str"]))
    if kind == "positions":
        return None
    if kind == "int":
        ints = st.integers(-(2**63), 2**63 - 1)
        return draw(st.lists(ints, min_size=n, max_size=n, unique=True))
    return draw(st.lists(st.text(max_size=5), min_size=n, max_size=n, unique=True))


@st.composite
def label_matrices(
    draw: st.DrawFn,
    *,
    min_rows: int = 0,
    max_rows: int = 12,
    min_lfs: int = 0,
    max_lfs: int = 5,
    max_classes: int = 4,
    class_sets: bool = True,
    keys: bool = True,
) -> wl.LabelMatrix:
    """Draw a label matrix."""
    votes, classes, sets = draw(
        vote_arrays(
            min_rows=min_rows,
            max_rows=max_rows,
            min_lfs=min_lfs,
            max_lfs=max_lfs,
            max_classes=max_classes,
            class_sets=class_sets,
        )
    )
    own = draw(row_keys(len(votes))) if keys else None
    return wl.LabelMatrix.from_array(votes, classes, keys=own, class_sets=sets)

"""Advice on slices: where an LF, or the model, is right less often than elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from weaklabel._checks import shorten
from weaklabel.analysis._advice_seen import Seen, Spotted
from weaklabel.analysis._summary import wilson
from weaklabel.types import IntArray

# Precision falls where its 95 % interval inside the slice lies below that outside, by so much
# between the two shares. Intervals that do not overlap are rarer than one in a hundred by chance.
_FALL = 0.1


def checked_slices(slices: Any, n: int) -> dict[str, IntArray]:
    """Return the masks by name, bool of shape (n,), sorted by name.

    Raises
    ------
    TypeError
        When it is no mapping.
    ValueError
        When a mask is none, or has another length.
    """
    if not isinstance(slices, Mapping):
        raise TypeError(
            f"slices must map names to masks, as in {{'short': lengths < 20}}, got "
            f"{shorten(slices)}"
        )
    masks = {}
    for name in sorted(slices, key=str):
        mask = np.asarray(slices[name])
        if mask.dtype != np.bool_:
            raise ValueError(
                f"slice {name!r} is of {mask.dtype}, expected a mask of bool: one True or False a "
                "row"
            )
        if mask.shape != (n,):
            raise ValueError(
                f"slice {name!r} has shape {mask.shape}, the label matrix has {n} rows; give one "
                "True or False a row"
            )
        masks[str(name)] = mask
    return masks


def precision_falls(seen: Seen, slices: Mapping[str, IntArray]) -> list[Spotted]:
    """WL111: LFs, and the model, whose precision is lower in a slice."""
    assert seen.truth is not None  # noqa: S101
    judged: list[tuple[str | None, IntArray, IntArray]] = [
        (name, *_judged(seen, j)) for j, name in enumerate(seen.L.lf_names)
    ]
    if seen.model is not None:
        judged.append((None, *_model_judged(seen)))
    falls = (
        _fall(slice_name, mask[rows], rows, right, name)
        for slice_name, mask in slices.items()
        for name, rows, right in judged
    )
    return [fall for fall in falls if fall is not None]


def _judged(seen: Seen, j: int) -> tuple[IntArray, IntArray]:
    """Return the rows with gold that an LF votes on, and whether it is right."""
    assert seen.truth is not None  # noqa: S101
    rows, codes = seen.votes_of(j)
    known = seen.truth[rows] >= 0
    rows = rows[known]
    return rows, seen.possible[codes[known], seen.truth[rows]]


def _model_judged(seen: Seen) -> tuple[IntArray, IntArray]:
    """Return the covered rows with gold, and whether their most probable class is it."""
    assert seen.truth is not None  # noqa: S101
    rows = np.flatnonzero((seen.truth >= 0) & (seen.lengths > 0))
    probs = np.asarray(seen.model.predict_proba(seen.L[rows]))
    best = probs >= probs.max(axis=1, keepdims=True, initial=0.0) - 1e-9
    single = best.sum(axis=1) == 1
    return rows, best[np.arange(len(rows)), seen.truth[rows]] & single


def _fall(
    slice_name: str, inside: IntArray, rows: IntArray, right: IntArray, name: str | None
) -> Spotted | None:
    """Return that precision falls inside; the name is the LF's, None for the model."""
    hits = np.array([right[inside].sum(), right[~inside].sum()])
    of = np.array([inside.sum(), (~inside).sum()])
    share, low, high = wilson(hits, of)
    if not (of > 0).all() or not high[0] < low[1] or share[1] - share[0] < _FALL:
        return None
    whose = "labels of the model" if name is None else f"votes of {name!r}"
    step = f"look at the wrong rows of slice {slice_name!r}; write an LF for it"
    return Spotted(
        f"in slice {slice_name!r} {int(hits[0]):,} of {int(of[0]):,} {whose} are right "
        f"({share[0]:.0%}), elsewhere {share[1]:.0%}",
        {
            "inside": float(share[0]),
            "outside": float(share[1]),
            "high_inside": float(high[0]),
            "low_outside": float(low[1]),
            "judged": int(of[0]),
        },
        step if name is None else f"{step}, or keep this one out of it",
        lfs=() if name is None else (name,),
        rows=rows[inside & ~right],
        weight=float(of[0] - hits[0]),
    )

"""Advice on cost: an LF that takes much of the run's time and covers little of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from weaklabel.analysis._advice_seen import Seen, Spotted
from weaklabel.types import IntArray

if TYPE_CHECKING:
    from weaklabel.matrix._profile import Profile

# An LF is slow where it takes a second and this share of the time of all LFs; for what it adds,
# where that is so many times the share of the covered rows that no other LF covers.
_SECONDS, _SHARE, _TIMES = 1.0, 0.2, 10.0


def slow(seen: Seen, profile: Profile) -> list[Spotted]:
    """WL109: LFs that take long and alone cover few rows."""
    total = float(profile.seconds.sum())
    found = []
    for j, name in enumerate(seen.L.lf_names):
        seconds = float(profile.seconds[profile.lf_names.index(name)])
        if seconds < _SECONDS or seconds < _SHARE * total:
            continue
        alone = int(seen.alone[j])
        adds = alone / max(seen.n_covered, 1)
        if seconds < _TIMES * adds * total:
            continue
        found.append(
            Spotted(
                f"{name!r} takes {seconds:,.1f} s, {seconds / total:.0%} of the time of all LFs, "
                f"and {alone:,} of {seen.n_covered:,} covered rows have no vote but its own",
                {"seconds": seconds, "share": seconds / total, "alone": alone},
                "make it a rule or a batch LF, give it a preprocessor that others share, or leave "
                "it out",
                lfs=(name,),
                rows=_alone_rows(seen, j),
                weight=seconds,
            )
        )
    return found


def _alone_rows(seen: Seen, j: int) -> IntArray:
    rows, _ = seen.votes_of(j)
    return np.asarray(rows[seen.lengths[rows] == 1])

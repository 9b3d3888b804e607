"""Advice on classes: nobody votes for one, or the votes for it are out of proportion."""

from __future__ import annotations

import numpy as np

from weaklabel.analysis._advice_seen import Seen, Spotted
from weaklabel.analysis._summary import wilson
from weaklabel.types import FloatArray

# Votes are out of proportion where their share is this many times the class's, or this part of it,
# and differs by so much: less is what LFs of unlike coverage make anyway.
_TIMES, _APART = 2.0, 0.05


def no_lf(seen: Seen) -> list[Spotted]:
    """WL106: classes that no vote leaves possible."""
    if not seen.n_covered:
        return []
    cast = seen.votes.sum(axis=0) > 0
    voted = seen.possible[cast].any(axis=0)
    found = []
    for y in np.flatnonzero(~voted):
        name = seen.L.class_names[y]
        evidence: dict[str, float] = {"votes": 0}
        message = f"no LF votes for class {name!r}, so no label model can predict it"
        rows = None
        if seen.truth is not None:
            rows = np.flatnonzero(seen.truth == y)
            evidence["gold"] = len(rows)
            message += f"; {len(rows):,} rows are of it by gold"
        found.append(
            Spotted(
                message,
                evidence,
                f"write an LF for {name!r}, or leave it out of classes=",
                classes=(name,),
                rows=rows,
                weight=evidence.get("gold", 0),
            )
        )
    return found


def imbalance(seen: Seen) -> list[Spotted]:
    """WL107: classes whose share of the votes is far from their share of the rows."""
    if not seen.n_covered:
        return []
    share = vote_shares(seen)
    low, high, whose = _balance(seen)
    found = []
    for y in np.flatnonzero(share > 0):
        nearest = float(np.clip(share[y], low[y], high[y]))
        often = share[y] > nearest
        apart = abs(share[y] - nearest) >= _APART
        if not apart or max(share[y], nearest) < _TIMES * min(share[y], nearest):
            continue
        name = seen.L.class_names[y]
        interval = f"{low[y]:.0%}" if low[y] == high[y] else f"{low[y]:.0%} to {high[y]:.0%}"
        found.append(
            Spotted(
                f"{share[y]:.0%} of the votes are for {name!r}, and {interval} of the rows are of "
                f"it by {whose}",
                {"votes": float(share[y]), "low": float(low[y]), "high": float(high[y])},
                f"{'narrow the LFs' if often else 'write more LFs'} for {name!r}, or give the "
                "model class_balance=",
                classes=(name,),
                weight=float(abs(share[y] - nearest) * seen.L.n),
            )
        )
    return found


def vote_shares(seen: Seen) -> FloatArray:
    """Return the share of the votes for each class, each covered row counting once, shape (k,)."""
    codes = seen.csr[2]
    each = 1 / np.repeat(seen.lengths, seen.lengths)
    mass = np.bincount(codes, each, minlength=len(seen.possible))
    split = seen.possible / seen.possible.sum(axis=1, keepdims=True)
    return np.asarray(mass @ split / seen.n_covered)


def _balance(seen: Seen) -> tuple[FloatArray, FloatArray, str]:
    """Return the interval of each class's share of the rows, and who says so."""
    if seen.truth is None:
        balance = np.asarray(seen.model.class_balance_, np.float64)
        return balance, balance, "the model"
    known = seen.truth[seen.truth >= 0]
    counts = np.bincount(known, minlength=seen.L.k)
    _, low, high = wilson(counts, np.full(seen.L.k, len(known)))
    return low, high, "gold"

"""Advice on LFs one by one: they never fire, fire everywhere, or are worse than chance."""

from __future__ import annotations

import numpy as np

from weaklabel._checks import listed
from weaklabel.analysis._advice_seen import Seen, Spotted
from weaklabel.types import FloatArray, IntArray

# An LF that votes the same on this share of the rows tells no row from another; of few rows that
# may be so by chance.
_EVERYWHERE, _ROWS = 0.95, 20


def never_fires(seen: Seen) -> list[Spotted]:
    """WL101: LFs without a vote, all in one finding."""
    if not seen.L.n:
        return []
    silent = np.flatnonzero(seen.cast == 0)
    names = tuple(sorted(seen.L.lf_names[j] for j in silent))
    if not names:
        return []
    faults = int(seen.summary.n_faults[silent].sum())
    verb = "votes" if len(names) == 1 else "vote"
    message = f"{listed(names)} {verb} on none of {seen.L.n:,} rows"
    if faults:
        message += f"; {faults:,} calls failed, see L.faults"
    return [
        Spotted(
            message,
            {"lfs": len(names), "rows": seen.L.n, "faults": faults},
            "run it on a row that it should vote on: lf.preview(data), or give the LF examples",
            lfs=names,
        )
    ]


def fires_everywhere(seen: Seen) -> list[Spotted]:
    """WL102: LFs that vote the same nearly everywhere."""
    n = seen.L.n
    if n < _ROWS or seen.L.k < 2:
        return []
    found = []
    for j in np.flatnonzero(seen.votes.max(axis=1, initial=0) >= _EVERYWHERE * n):
        code = int(seen.votes[j].argmax())
        count = int(seen.votes[j, code])
        name, vote = seen.L.lf_names[j], seen.L.code_names[code]
        found.append(
            Spotted(
                f"{name!r} votes {vote} on {count / n:.1%} of the rows, so it tells none of them "
                "from the others",
                {"share": count / n, "votes": count},
                f"narrow it; if most rows are {vote}, say so with class_balance= of the model",
                lfs=(name,),
                weight=count,
            )
        )
    return found


def worse_than_chance(seen: Seen) -> list[Spotted]:
    """WL103: LFs whose precision, at the upper end of its interval, is below chance."""
    if seen.truth is not None:
        s = seen.summary
        judged = np.repeat(seen.truth >= 0, seen.lengths)
        counts = np.bincount(seen.column[judged], minlength=seen.votes.size)
        cast = counts.reshape(seen.votes.shape)
        chance = _chance(seen, cast, seen.gold_shares)
        return _below(
            seen, s.precision, s.precision_high, chance, (s.correct, s.correct + s.incorrect)
        )
    order = [seen.model.lf_names_.index(name) for name in seen.L.lf_names]
    high = np.asarray(seen.model.lf_precision_interval_)[order, 1]
    precision = np.asarray(seen.model.lf_precision_)[order]
    chance = _chance(seen, seen.votes, np.asarray(seen.model.class_balance_))
    return _below(seen, precision, high, chance, None)


def _chance(seen: Seen, cast: IntArray, balance: FloatArray) -> FloatArray:
    """Return how often such votes would be right on rows drawn at random, shape (m,)."""
    right = cast @ (seen.possible @ balance)
    return np.asarray(right / np.maximum(cast.sum(axis=1), 1))


def _below(
    seen: Seen,
    precision: FloatArray,
    high: FloatArray,
    chance: FloatArray,
    counts: tuple[FloatArray, FloatArray] | None,
) -> list[Spotted]:
    found = []
    for j in np.flatnonzero((seen.cast > 0) & (high < chance)):
        name = seen.L.lf_names[j]
        numbers = {"precision": precision[j], "high": high[j], "chance": chance[j]}
        evidence: dict[str, float] = {what: float(number) for what, number in numbers.items()}
        if counts is None:
            told = f"by the model {precision[j]:.0%} of the votes of {name!r} are right"
        else:
            right, of = int(counts[0][j]), int(counts[1][j])
            told = f"{right:,} of {of:,} votes of {name!r} on rows with gold are right"
            evidence |= {"correct": right, "judged": of}
        found.append(
            Spotted(
                f"{told} (at most {high[j]:.0%} at 95 %); votes on random rows would be right "
                f"on {chance[j]:.0%}",
                evidence,
                "look at rows it is wrong on; does it vote for the class it means?",
                lfs=(name,),
                rows=None if counts is None else seen.wrong_rows(int(j)),
                weight=float(seen.cast[j]),
            )
        )
    return found

"""What a label model saw in the votes that their author should know."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from weaklabel._checks import listed
from weaklabel.label_model._anchored._dependence import Dependence
from weaklabel.label_model._anchored._guard import Guard
from weaklabel.label_model._anchored._quality import Quality
from weaklabel.label_model._base._statistics import RowStatistics
from weaklabel.types import FloatArray, IntArray

# Shares of the covered rows with two votes below which the votes hardly tell LFs apart.
_OVERLAP = 0.05
# Dependence worth a line, and how many lines.
_EXCESS, _LINES = 0.5, 10


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the model saw.

    Attributes
    ----------
    kind : str
        ``"overlap"``, ``"silent class"``, ``"copies"``, ``"dependence"``, ``"worse than chance"``,
        ``"guard"`` or ``"independent"``.
    message : str
        What it is and what to do about it.
    lfs, classes : tuple of str
        Whom it concerns.
    """

    kind: str
    message: str
    lfs: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"{self.kind}: {self.message}"


def findings(
    rows: RowStatistics,
    class_names: tuple[str, ...],
    *,
    groups: IntArray,
    dependence: tuple[Dependence, ...],
    quality: Quality,
    balance: FloatArray,
    guard: Guard,
    independent: bool,
) -> tuple[Finding, ...]:
    """Say what is worth saying of a fit, the gravest first."""
    return (
        *_guarded(guard),
        *_silent_classes(rows, class_names),
        *_overlap(rows),
        *_copies(rows, groups),
        *_dependent(dependence, rows, groups),
        *_worse_than_chance(rows, quality, balance),
        *_independent(independent),
    )


def _guarded(guard: Guard) -> list[Finding]:
    if guard.kept == "model":
        return []
    judge = (
        f"the gold labels it is right on {guard.gold:.0%} of the rows, majority vote on "
        f"{guard.gold_majority:.0%}"
        if guard.gold < guard.gold_majority
        else f"held-out votes it tells {guard.held_out:.0%} right, majority vote "
        f"{guard.held_out_majority:.0%}"
    )
    did = {
        "cautious": "the accuracies are held closer to equal",
        "majority": "every vote counts the same, as in majority vote",
    }[guard.kept]
    return [Finding("guard", f"on {judge}; so {did}")]


def _silent_classes(rows: RowStatistics, class_names: tuple[str, ...]) -> list[Finding]:
    voted = rows.possible[np.unique(rows.code)].any(axis=0)
    silent = tuple(name for name, v in zip(class_names, voted, strict=True) if not v)
    if not silent:
        return []
    message = (
        f"no LF votes for {'class' if len(silent) == 1 else 'classes'} {listed(silent)}; the model "
        "cannot predict what nobody votes for. Write an LF for it, or leave it out of classes="
    )
    return [Finding("silent class", message, classes=silent)]


def _overlap(rows: RowStatistics) -> list[Finding]:
    several, total = rows.profile.several, rows.unknown
    if rows.m < 2 or total == 0 or several >= _OVERLAP * total:
        return []
    message = (
        f"{several / total:.1%} of the covered rows have two votes or more; how good each LF is "
        "can hardly be told from so few. Write broader LFs, or give gold labels or priors"
    )
    return [Finding("overlap", message)]


def _copies(rows: RowStatistics, groups: IntArray) -> list[Finding]:
    found = []
    for number in np.flatnonzero(np.bincount(groups) > 1):
        names = tuple(sorted(rows.lf_names[j] for j in np.flatnonzero(groups == number)))
        message = f"{listed(names)} vote alike on nearly every row; together they have one vote"
        found.append(Finding("copies", message, lfs=names))
    return found


def _dependent(
    dependence: tuple[Dependence, ...], rows: RowStatistics, groups: IntArray
) -> list[Finding]:
    number = dict(zip(rows.lf_names, groups.tolist(), strict=True))
    strong = [
        pair
        for pair in dependence
        if pair.excess >= _EXCESS and number[pair.lfs[0]] != number[pair.lfs[1]]
    ]
    return [
        Finding(
            "dependence",
            f"{listed(pair.lfs)} share {pair.excess:.0%} of the votes that their classes do not "
            "explain; if one was written after the other, name them in group=",
            lfs=pair.lfs,
        )
        for pair in strong[:_LINES]
    ]


def _worse_than_chance(rows: RowStatistics, quality: Quality, balance: FloatArray) -> list[Finding]:
    chance = np.zeros(rows.m)
    votes = np.zeros(rows.m)
    cast = rows.column_cast
    np.add.at(votes, rows.lf, cast)
    np.add.at(chance, rows.lf, cast * (rows.possible[rows.code] @ balance))
    worse = quality.precision_interval[:, 1] * votes < chance
    names = tuple(rows.lf_names[j] for j in np.flatnonzero(worse & (votes > 0)))
    if not names:
        return []
    message = f"{listed(names)} seem right less often than chance; look at rows they vote on"
    return [Finding("worse than chance", message, lfs=names)]


def _independent(independent: bool) -> list[Finding]:
    if not independent:
        return []
    message = (
        "the votes meet as independent ones would; so the accuracies are free, and nothing holds "
        "them near equal"
    )
    return [Finding("independent", message)]

"""Advice on how LFs meet: they say the same, they fight, or they hardly meet at all."""

from __future__ import annotations

import numpy as np

from weaklabel._checks import listed
from weaklabel.analysis._advice_seen import Seen, Spotted
from weaklabel.analysis._summary import wilson
from weaklabel.types import FloatArray, IntArray

# Two LFs are duplicates where they vote the same on this share of the rows of either; one is a
# subset where the other votes the same on this share of its rows. Fewer votes may do so by chance.
_DUPLICATE, _SUBSET, _VOTES = 0.95, 0.98, 20
# Two LFs fight where so many of the votes of the rarer one clash with the other's, and more than
# would if each voted wherever: by this many standard errors.
_CLASHES, _SHARE, _SIGMA = 20, 0.2, 3.0
# Below this share of covered rows with two votes, and this many meetings of an LF, how good an LF
# is can hardly be told from the votes.
_OVERLAP, _MEETINGS = 0.05, 10


def says_the_same(seen: Seen) -> list[Spotted]:
    """WL104: duplicates, in groups, and LFs whose votes another casts too."""
    same = seen.pairs[0]
    cast = seen.cast.astype(np.float64)
    enough = cast >= _VOTES
    union = cast[:, None] + cast - same
    twins = (same >= _DUPLICATE * union) & enough[:, None] & enough
    group = _groups(twins)
    found = [
        _duplicates(seen, np.flatnonzero(group == number))
        for number in np.flatnonzero(np.bincount(group, minlength=1) > 1)
    ]
    inside = (same >= _SUBSET * cast[:, None]) & enough[:, None] & (cast > cast[:, None])
    # What is voted everywhere holds every vote, and that says nothing of those.
    inside[:, seen.votes.max(axis=1, initial=0) > 0.5 * max(seen.L.n, 1)] = False
    inside[group[:, None] == group] = False
    names = seen.L.lf_names
    for j in np.flatnonzero(inside.any(axis=1)):
        holder = min(np.flatnonzero(inside[j]), key=lambda b: (-same[j, b], cast[b], names[b]))
        found.append(_subset(seen, int(j), int(holder), int(same[j, holder])))
    return found


def _groups(linked: IntArray) -> IntArray:
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    return np.asarray(connected_components(csr_matrix(linked), directed=False)[1])


def _duplicates(seen: Seen, members: IntArray) -> Spotted:
    names = tuple(sorted(seen.L.lf_names[j] for j in members))
    same = seen.pairs[0]
    met = [same[a, b] for a in members for b in members if a < b and same[a, b] > 0]
    rows, _ = seen.votes_of(int(members[0]))
    votes = int(seen.cast[members].max())
    return Spotted(
        f"{listed(names)} vote alike on nearly every row that any of them votes on; a label "
        "model that took them for independent would count one vote several times",
        {"lfs": len(names), "same": float(min(met)), "votes": votes},
        "keep one of them, or name them in group= of LabelModel",
        lfs=names,
        rows=rows,
        weight=votes,
    )


def _subset(seen: Seen, j: int, holder: int, same: int) -> Spotted:
    name, other = seen.L.lf_names[j], seen.L.lf_names[holder]
    cast = int(seen.cast[j])
    return Spotted(
        f"{other!r} casts {same:,} of the {cast:,} votes of {name!r} too, and "
        f"{int(seen.cast[holder]):,} in all; so {name!r} covers nothing more",
        {"same": same, "votes": cast, "votes_of_other": int(seen.cast[holder])},
        f"leave {name!r} out, or let it vote where {other!r} does not",
        lfs=(name, other),
        rows=seen.votes_of(j)[0],
        weight=cast,
    )


def conflict(seen: Seen) -> list[Spotted]:
    """WL105: pairs that clash on many rows, and on more than LFs without knowledge would."""
    clashes = seen.pairs[1]
    n = max(seen.L.n, 1)
    cast = seen.cast
    expected = seen.votes @ seen.clash.astype(np.float64) @ seen.votes.T / n
    found = []
    a, b = np.nonzero(np.triu(clashes >= _CLASHES, 1))
    fewer = np.minimum(cast[a], cast[b])
    count = np.rint(clashes[a, b]).astype(np.int64)
    _, low, _ = wilson(count, fewer)
    by_chance = expected[a, b]
    fights = (low >= _SHARE) & (count > by_chance + _SIGMA * np.sqrt(by_chance))
    for at in np.flatnonzero(fights):
        pair = sorted((int(a[at]), int(b[at])), key=lambda j: seen.L.lf_names[j])
        found.append(_fight(seen, pair, int(count[at]), int(fewer[at]), float(by_chance[at])))
    return found


def _fight(seen: Seen, pair: list[int], count: int, fewer: int, by_chance: float) -> Spotted:
    one, other = (seen.L.lf_names[j] for j in pair)
    rows, first, second = _together(seen, pair)
    there = seen.clash[first, second]
    rows, first, second = rows[there], first[there], second[there]
    evidence: dict[str, float] = {"clashes": count, "votes": fewer, "by_chance": by_chance}
    message = (
        f"{one!r} and {other!r} clash on {count:,} rows, {count / fewer:.0%} of the votes of the "
        f"rarer one; LFs that know nothing of the class would on {by_chance:,.0f}"
    )
    if seen.truth is not None:
        y = seen.truth[rows]
        known = y >= 0
        right = [int(seen.possible[codes[known], y[known]].sum()) for codes in (first, second)]
        evidence |= {"first_right": right[0], "second_right": right[1]}
        if known.any():
            message += (
                f". Gold is with {one!r} on {right[0]:,} and with {other!r} on {right[1]:,} of "
                f"{int(known.sum()):,}"
            )
    return Spotted(
        message,
        evidence,
        "look at these rows: one of them is wrong on them, or they need a class of their own",
        lfs=(one, other),
        rows=rows,
        weight=count,
    )


def _together(seen: Seen, pair: list[int]) -> tuple[IntArray, IntArray, IntArray]:
    """Return the rows on which both vote, and what each votes there."""
    (one, first), (other, second) = (seen.votes_of(j) for j in pair)
    rows, at, there = np.intersect1d(one, other, assume_unique=True, return_indices=True)
    return rows, first[at], second[there]


def too_few_overlaps(seen: Seen) -> list[Spotted]:
    """WL110: rows with two votes are rare, or some LFs meet hardly any other."""
    covered = seen.n_covered
    if not covered:
        return []
    several = int((seen.lengths > 1).sum())
    step = "write broader LFs, or give the model gold labels or priors="
    if several < _OVERLAP * covered:
        return [
            Spotted(
                f"{several:,} of {covered:,} covered rows have two votes or more "
                f"({several / covered:.1%}); how good each LF is can hardly be told from so few",
                {"overlap": several / covered, "rows": several},
                step,
                lfs=tuple(sorted(seen.L.lf_names)),
                weight=covered,
            )
        ]
    meets = seen.cast - seen.alone
    lonely = np.flatnonzero((seen.cast > 0) & (meets < _MEETINGS))
    if not len(lonely):
        return []
    names = tuple(sorted(seen.L.lf_names[j] for j in lonely))
    verb = "meets" if len(names) == 1 else "meet"
    return [
        Spotted(
            f"{listed(names)} {verb} another LF on fewer than {_MEETINGS} rows; how good they are "
            "is a guess of the model",
            {"lfs": len(names), "most_meetings": _most(meets[lonely])},
            step,
            lfs=names,
            weight=float(seen.cast[lonely].sum()),
        )
    ]


def _most(counts: FloatArray) -> int:
    return int(counts.max())

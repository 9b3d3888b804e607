"""The slow obvious twin of the counts of pairs."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations

import numpy as np

import weaklabel as wl
from weaklabel.types import FloatArray


def pair_counts(L: wl.LabelMatrix) -> dict[tuple[int, int], list[int]]:
    """Overlap, agreement and conflict of each pair of LFs that meet."""
    votes, possible = np.asarray(L), L.possible
    counts: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in votes:
        for a, b in combinations(range(L.m), 2):
            if row[a] < 0 or row[b] < 0:
                continue
            found = counts[a, b]
            found[0] += 1
            found[1] += int(row[a] == row[b])
            found[2] += int(not (possible[row[a]] & possible[row[b]]).any())
    return dict(counts)


def vote_share(L: wl.LabelMatrix) -> FloatArray:
    """P(class) by the shares of a row's votes, their mean where nobody votes."""
    votes, possible = np.asarray(L), L.possible
    probs = np.full((L.n, L.k), np.nan)
    for i, row in enumerate(votes):
        cast = [possible[code] / possible[code].sum() for code in row if code >= 0]
        if cast:
            probs[i] = np.mean(cast, axis=0)
    covered = ~np.isnan(probs[:, 0])
    probs[~covered] = probs[covered].mean(axis=0) if covered.any() else 1 / L.k
    return probs


def expected_agreement(L: wl.LabelMatrix, probs: FloatArray, a: int, b: int) -> float:
    """Rows on which two LFs would vote the same if votes were independent given the class."""
    votes = np.asarray(L)
    total = 0.0
    for y in range(L.k):
        rows = probs[:, y].sum()
        for code in range(len(L.possible)):
            one, two = (probs[votes[:, lf] == code, y].sum() for lf in (a, b))
            total += one * two / rows if rows > 0 else 0.0
    return float(total)

"""Which LFs vote together more often than their classes explain, and whether any do.

All pairs of LFs are tested at once: the number of rows on which both vote the same is compared
with what the model expects, by a Poisson test, and the false discovery rate is held by the
procedure of Benjamini and Hochberg (1995, doi:10.1111/j.2517-6161.1995.tb02031.x).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from weaklabel.label_model._base._statistics import RowStatistics
from weaklabel.types import FloatArray, IntArray

# Of the pairs called dependent, at most this share is so by chance.
FALSE_DISCOVERY_RATE = 0.01
# LFs that vote the same on this share of the rows of either are looked at as copies, and are
# copies where this share of the votes they could share beyond what is expected is shared.
_ALIKE, _COPY = 0.9, 0.8
# LFs that vote for several classes are looked at too where they vote the same on that share of the
# rows on which both vote, if those are so many: one may echo the other and vote less often.
_ECHO = 30.0
_SECOND = 0.1
# A group of copies counts this much more than one LF, so that it wins where it meets one as good.
_TIE = 0.1
# Votes count as independent where the squared error of the expected pairs is this many standard
# errors below that of chance (a fit always takes some of the noise), the total is right to this
# share, and the standard error is small enough for an error of one in a hundred to be seen.
_BELOW_CHANCE, _LIFT, _POWER = 2.0, 0.02, 0.01
# Rows looked at, and pairs of votes among them.
_ROWS, _PAIRS = 1 << 15, 3e7
_DENSE = 512


@dataclass(frozen=True, slots=True)
class Dependence:
    """Two LFs that vote together more often than their classes explain.

    Attributes
    ----------
    lfs : tuple of str
        The pair.
    excess : float
        Share of the votes they could share beyond what is expected that they do share: 0 where
        they are independent given the class, 1 where they are copies.
    q_value : float
        The smallest false discovery rate at which the pair is called dependent.
    """

    lfs: tuple[str, str]
    excess: float
    q_value: float


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """How often pairs of votes meet on a row.

    Attributes
    ----------
    first, second : ndarray of int64, shape (q,)
        Columns of the pairs that meet, first before second, of different LFs.
    met : ndarray of float64, shape (q,)
        Rows on which they meet.
    rows : float
        Rows looked at, uncovered ones among them.
    votes : ndarray of float64, shape (c,)
        Rows looked at on which each column is voted.
    lf, code : ndarray of int64, shape (c,)
    """

    first: IntArray
    second: IntArray
    met: FloatArray
    rows: float
    votes: FloatArray
    lf: IntArray
    code: IntArray

    def without(self, lfs: IntArray) -> Pairs:
        """Return the pairs without those of some LFs (a mask of shape (m,))."""
        kept = ~(lfs[self.lf[self.first]] | lfs[self.lf[self.second]])
        return replace(
            self,
            first=self.first[kept],
            second=self.second[kept],
            met=self.met[kept],
            votes=np.where(lfs[self.lf], 0.0, self.votes),
        )


def count_pairs(rows: RowStatistics) -> Pairs:
    """Count the pairs of votes on some of the rows."""
    from scipy import sparse

    some = rows.some(_ROWS)
    lengths = np.diff(some.indptr).astype(float)
    squares = float((lengths**2).mean()) if len(lengths) else 0.0
    if squares * len(lengths) > _PAIRS:
        some = some.some(max(int(_PAIRS / squares), 1))
    c = len(rows.lf)
    weights = some.weights
    votes = sparse.csr_matrix(
        (np.ones(len(some.columns), np.float32), some.columns.astype(np.int32), some.indptr),
        shape=(len(weights), c),
    )
    if c <= _DENSE:
        table = np.zeros((c, c))
        for start in range(0, len(weights), 8192):
            part = votes[start : start + 8192].toarray()
            table += part.T @ (part * weights[start : start + 8192, None].astype(np.float32))
        met = sparse.csr_matrix(np.triu(table, 1)).tocoo()
        cast = np.diag(table).copy()
    else:
        by_weight = votes.multiply(weights[:, None]).tocsr()
        table = votes.T.tocsr() @ by_weight
        met = sparse.triu(table, 1).tocoo()
        cast = np.asarray(table.diagonal(), np.float64)
    other = rows.lf[met.row] != rows.lf[met.col]
    return Pairs(
        first=met.row[other].astype(np.int64),
        second=met.col[other].astype(np.int64),
        met=met.data[other].astype(np.float64),
        rows=float(weights.sum() + some.uncovered),
        votes=cast,
        lf=rows.lf,
        code=rows.code,
    )


def expected(pairs: Pairs, precision: FloatArray, balance: FloatArray) -> FloatArray:
    """Return how often each pair would meet if votes were independent given the class.

    `precision` is P(y | vote), shape (c, k), `balance` P(y) of all rows, shape (k,).
    """
    by_class = precision * pairs.votes[:, None]
    ratio = by_class / (max(pairs.rows, 1e-12) * balance)
    out = np.empty(len(pairs.first))
    for start in range(0, len(out), 1 << 18):
        part = slice(start, start + (1 << 18))
        out[part] = (by_class[pairs.first[part]] * ratio[pairs.second[part]]).sum(axis=1)
    return out


def has_power(pairs: Pairs, precision: FloatArray, balance: FloatArray) -> bool:
    """Tell whether there are enough pairs for dependence to be seen."""
    squares, _ = _expected_sums(pairs, precision, balance)
    return bool(squares > 0 and np.sqrt(2 * squares) < _POWER * squares)


def looks_independent(pairs: Pairs, precision: FloatArray, balance: FloatArray) -> bool:
    """Tell whether the votes meet as the parameters of a free fit say, to within chance.

    The squared error of the numbers of meetings, over all pairs, is compared with what Poisson
    noise makes. Real rule sets never pass; votes drawn from the model do.
    """
    squares, total = _expected_sums(pairs, precision, balance)
    if squares <= 0 or total <= 0 or pairs.met.sum() == 0:
        return False
    expects = expected(pairs, precision, balance)
    error = float(((pairs.met - expects) ** 2 - expects**2).sum()) + squares
    error -= float(pairs.met.sum())
    chance = np.sqrt(2 * squares)
    return bool(
        error < -_BELOW_CHANCE * chance
        and chance < _POWER * squares
        and abs(np.log(pairs.met.sum() / total)) < _LIFT
    )


def _expected_sums(pairs: Pairs, precision: FloatArray, balance: FloatArray) -> tuple[float, float]:
    """Return the sums of the squares of the expected meetings and of the meetings, all pairs."""
    by_class = precision * pairs.votes[:, None]
    ratio = by_class / (max(pairs.rows, 1e-12) * balance)
    # Over all pairs, met or not, the sum of squares is that of a product of thin matrices.
    squares = float(((by_class.T @ by_class) * (ratio.T @ ratio)).sum())
    total = float(by_class.sum(axis=0) @ ratio.sum(axis=0))
    ends = np.flatnonzero(np.diff(pairs.lf, prepend=-1, append=-1))
    for start, stop in pairwise(ends.tolist()):
        own = by_class[start:stop] @ ratio[start:stop].T
        squares -= float((own**2).sum())
        total -= float(own.sum())
    return squares / 2, total / 2


def dependent_pairs(
    pairs: Pairs, precision: FloatArray, balance: FloatArray, names: Sequence[str]
) -> tuple[Dependence, ...]:
    """Return the pairs of LFs that are dependent, the strongest first."""
    tested = _alike(pairs, expected(pairs, precision, balance), len(names))
    order = np.lexsort((tested.second, tested.first, -tested.excess))
    return tuple(
        Dependence(
            _pair(names[tested.first[i]], names[tested.second[i]]),
            float(tested.excess[i]),
            float(tested.q_value[i]),
        )
        for i in order
        if tested.q_value[i] <= FALSE_DISCOVERY_RATE
    )


def candidate_copies(pairs: Pairs, m: int) -> IntArray:
    """Return the LFs in groups of look-alikes, int64 of shape (m,): the same number, one group."""
    tested = _alike(pairs, np.zeros(len(pairs.met)), m)
    return _components(tested, tested.excess >= _ALIKE, m)


def copies(pairs: Pairs, precision: FloatArray, balance: FloatArray, groups: IntArray) -> IntArray:
    """Return the groups that are left when look-alikes that may be right together are let go.

    `precision` comes from a fit in which each group has one vote: what that does not explain is
    copied.
    """
    m = len(groups)
    tested = _alike(pairs, expected(pairs, precision, balance), m)
    together = groups[tested.first] == groups[tested.second]
    kept = together & (tested.excess >= _COPY) & (tested.q_value <= FALSE_DISCOVERY_RATE)
    return _components(tested, kept, m)


def shared_weight(pairs: Pairs, groups: IntArray) -> FloatArray:
    """Return what each LF's vote counts when copies share one, shape (m,); see `together`."""
    m = len(groups)
    members = [np.flatnonzero(groups == g) for g in np.flatnonzero(np.bincount(groups) > 1)]
    weight = together(pairs, members, m)
    return np.asarray(np.where(weight < 1, weight * (1 + _TIE * (1 - weight)), 1.0))


def together(pairs: Pairs, members: Sequence[IntArray], m: int) -> FloatArray:
    """Return what each LF's vote counts when LFs that are said to depend share one.

    Where d members of a group vote on a row, they share one vote: an LF's weight is 1 over 1 plus
    how many others of its group vote where it does, on the mean.
    """
    weight = np.ones(m)
    if not members:
        return weight
    lf_votes = np.bincount(pairs.lf, pairs.votes, minlength=m)
    first, second = pairs.lf[pairs.first], pairs.lf[pairs.second]
    group = np.full(m, -1)
    for number, lfs in enumerate(members):
        group[lfs] = number
    same = (group[first] == group[second]) & (group[first] >= 0)
    others = np.bincount(first[same], pairs.met[same], minlength=m)
    others += np.bincount(second[same], pairs.met[same], minlength=m)
    return np.asarray(1 / (1 + others / np.maximum(lf_votes, 1.0)))


@dataclass(frozen=True, slots=True, eq=False)
class _Tested:
    first: IntArray
    second: IntArray
    excess: FloatArray
    q_value: FloatArray


def _alike(pairs: Pairs, expects: FloatArray, m: int) -> _Tested:
    """Sum the pairs of equal votes by pair of LFs, and test each."""
    from scipy.stats import poisson

    same = pairs.code[pairs.first] == pairs.code[pairs.second]
    key = pairs.lf[pairs.first[same]] * m + pairs.lf[pairs.second[same]]
    found, number = np.unique(key, return_inverse=True)
    met = np.asarray(np.bincount(number, pairs.met[same], minlength=len(found)), np.float64)
    expects = np.asarray(np.bincount(number, expects[same], minlength=len(found)), np.float64)
    first, second = found // m, found % m
    lf_votes = np.asarray(np.bincount(pairs.lf, pairs.votes, minlength=m), np.float64)
    most = np.maximum(lf_votes[first], lf_votes[second])
    excess = _beyond(met, expects, most)
    every = pairs.lf[pairs.first] * m + pairs.lf[pairs.second]
    at = np.minimum(np.searchsorted(found, every), max(len(found) - 1, 0))
    there = (found[at] == every) if len(found) else np.zeros(0, np.bool_)
    both = np.asarray(np.bincount(at[there], pairs.met[there], minlength=len(found)), np.float64)
    several = _several(pairs, lf_votes)
    echo = several[first] & several[second] & (both >= _ECHO)
    excess = np.where(echo, np.maximum(excess, _beyond(met, expects, both)), excess)
    p_value = poisson.sf(met - 1, np.maximum(expects, 1e-12))
    return _Tested(first, second, excess, _q_values(p_value, m * (m - 1) // 2))


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one <= other else (other, one)


def _beyond(met: FloatArray, expects: FloatArray, most: FloatArray) -> FloatArray:
    """Return the share of what could be met beyond the expected that is met, 0 to 1."""
    share = np.clip((met - expects) / np.maximum(most - expects, 1e-9), 0.0, 1.0)
    # Where hardly anything is left to share there is nothing to tell.
    return np.asarray(np.where(most - expects < 1e-6 * most, 0.0, share))


def _several(pairs: Pairs, lf_votes: FloatArray) -> IntArray:
    """Mark the LFs that vote for several classes: their first takes 90 % of their votes at most."""
    largest = np.zeros(len(lf_votes))
    np.maximum.at(largest, pairs.lf, pairs.votes)
    return np.asarray(largest <= (1 - _SECOND) * lf_votes)


def _q_values(p_values: FloatArray, tests: int) -> FloatArray:
    """Return the Benjamini-Hochberg q-values of some of `tests` p-values, the others being 1."""
    if len(p_values) == 0:
        return p_values
    order = np.argsort(p_values, kind="stable")
    scaled = p_values[order] * max(tests, 1) / np.arange(1, len(order) + 1)
    out = np.empty(len(order))
    out[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return out


def _components(tested: _Tested, kept: IntArray, m: int) -> IntArray:
    """Return connected LFs under one number."""
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    links = sparse.coo_matrix(
        (np.ones(int(kept.sum())), (tested.first[kept], tested.second[kept])), shape=(m, m)
    )
    return np.asarray(connected_components(links, directed=False)[1], np.int64)

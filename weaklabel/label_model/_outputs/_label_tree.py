"""Which yes/no labels occur together, learned from their probabilities one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Self, final

import numpy as np

from weaklabel.types import FloatArray, IntArray

# A share this close to 0 or 1 leaves a label nothing to tell of others.
_LEAST_SHARE = 1e-6
# Nats that a pair must gain, besides the logarithm of the number of pairs tried. Independent
# labels are then linked in one set of labels among some hundreds.
_EVIDENCE = 4.0
# Sign of the covariance in the cells of a pair's table.
_SIGNS = np.array([[1.0, -1.0], [-1.0, 1.0]])


@final
@dataclass(frozen=True, slots=True, eq=False)
class LabelTree:
    """Pairs of labels that depend on each other, without a circle (Chow and Liu, 1968).

    The evidence on a label is what its probability says beyond the label's share, so a pair's
    table is the one under which the evidence of all rows is most probable. Unlike the correlation
    of the probabilities this is not weakened by votes that say little. The strongest pairs without
    a circle are kept, each only where it gains more than the many pairs tried would by chance.

    Attributes
    ----------
    pairs : ndarray of int64, shape (e, 2)
        Positions of the labels of each pair.
    joint : ndarray of float64, shape (e, 2, 2)
        ``joint[t, a, b]`` is P(first label is a, second label is b).
    share : ndarray of float64, shape (labels,)
        P(label is 1).

    References
    ----------
    C. K. Chow and C. N. Liu (1968). Approximating discrete probability distributions with
    dependence trees. IEEE Transactions on Information Theory 14(3), 462-467.
    doi:10.1109/TIT.1968.1054142

    Examples
    --------
    >>> import numpy as np
    >>> probs = np.array([[0.9, 0.8], [0.1, 0.2], [0.8, 0.5], [0.2, 0.1]] * 25)
    >>> tree = LabelTree.learn(probs, ("rain", "wet"))
    >>> tree.pairs.tolist()
    [[0, 1]]
    >>> tree.update(np.array([[0.9, 0.4]])).round(2).tolist()
    [[0.9, 0.72]]
    """

    pairs: IntArray
    joint: FloatArray
    share: FloatArray

    @classmethod
    def learn(cls, probs: FloatArray, names: Sequence[str], *, links: bool = True) -> Self:
        """Learn the pairs.

        Parameters
        ----------
        probs : ndarray of float64, shape (n, labels)
            Probability of each label from its own votes.
        names : sequence of str
            Names of the labels, which decide between equally strong pairs.
        links : bool, optional
            Whether to look for pairs at all.
        """
        share = np.clip(probs.mean(axis=0), _LEAST_SHARE, 1 - _LEAST_SHARE)
        evidence = (probs - share) / (share * (1 - share))
        telling = np.flatnonzero((share > _LEAST_SHARE) & (share < 1 - _LEAST_SHARE))
        found = []
        for a, b in combinations(telling.tolist(), 2) if links else ():
            gain, covariance = _dependence(evidence[:, a] * evidence[:, b], share[a], share[b])
            if gain > _EVIDENCE + np.log(len(telling) * (len(telling) - 1) / 2):
                # Gains that differ by rounding alone are equal.
                order = -round(gain, 6), *sorted((names[a], names[b]))
                found.append((order, a, b, covariance))
        trees = list(range(len(share)))
        pairs, joint = [], []
        for _, a, b, covariance in sorted(found):
            if trees[a] != trees[b]:
                trees = [trees[a] if tree == trees[b] else tree for tree in trees]
                pairs.append((a, b))
                joint.append(_product(share[a], share[b]) + covariance * _SIGNS)
        return cls(
            np.array(pairs, np.int64).reshape(-1, 2), np.array(joint).reshape(-1, 2, 2), share
        )

    def update(self, probs: FloatArray) -> FloatArray:
        """Return P(label | all labels' votes) from P(label | its own votes), shape (n, labels)."""
        posterior = probs.copy()
        # Evidence of each label and of what hangs below it, for no and yes.
        local = {
            at: np.stack([(1 - probs[:, at]) / (1 - self.share[at]), probs[:, at] / self.share[at]])
            for at in set(self.pairs.ravel().tolist())
        }
        order, tables = self._downwards()
        messages = {}
        for child, parent in reversed(order):
            message = tables[child] @ local[child]
            messages[child] = message / message.sum(axis=0)
            local[parent] = local[parent] * messages[child]
        beliefs: dict[int, FloatArray] = {}
        for child, parent in order:
            if parent not in beliefs:
                share = np.array([[1 - self.share[parent]], [self.share[parent]]])
                beliefs[parent] = _normalised(share * local[parent])
            above = beliefs[parent] / messages[child]
            beliefs[child] = _normalised(local[child] * (tables[child].T @ above))
        for at, belief in beliefs.items():
            posterior[:, at] = belief[1]
        return posterior

    def _downwards(self) -> tuple[list[tuple[int, int]], dict[int, FloatArray]]:
        """Return (child, parent) pairs, parents first, and P(child | parent) of shape (2, 2).

        Rows of a table are the parent's answer.
        """
        order: list[tuple[int, int]] = []
        tables: dict[int, FloatArray] = {}
        met: set[int] = set()
        for root in sorted(set(self.pairs.ravel().tolist())):
            waiting = [] if root in met else [root]
            met.add(root)
            while waiting:
                parent = waiting.pop(0)
                for (a, b), joint in zip(self.pairs.tolist(), self.joint, strict=True):
                    if parent in (a, b) and (child := a + b - parent) not in met:
                        table = joint if parent == a else joint.T
                        tables[child] = table / table.sum(axis=1, keepdims=True)
                        order.append((child, parent))
                        met.add(child)
                        waiting.append(child)
        return order, tables


def _product(a: float, b: float) -> FloatArray:
    """Return the table of two independent labels, shape (2, 2)."""
    return np.outer([1 - a, a], [1 - b, b])


def _dependence(product: FloatArray, a: float, b: float) -> tuple[float, float]:
    """Return what dependence gains in nats, and the covariance of two labels of share a and b.

    The probability of a row's evidence is ``1 + covariance * product``, so the log-likelihood is
    concave. One row of two independent labels is the prior, which keeps every cell above 0.
    """
    alone = _product(a, b)
    low = -float(np.minimum(alone[0, 0], alone[1, 1]))
    high = float(np.minimum(alone[0, 1], alone[1, 0]))
    at = 0.0
    for _ in range(100):
        ratio = product / (1 + at * product)
        cells = _SIGNS / (alone + at * _SIGNS)
        slope = float(ratio.sum() + (alone * cells).sum())
        low, high = (at, high) if slope > 0 else (low, at)
        step = slope / float((ratio**2).sum() + (alone * cells**2).sum())
        # Newton's step where it stays between what is too low and too high, else the middle.
        after = at + step if low < at + step < high else (low + high) / 2
        if abs(after - at) <= 1e-12:
            break
        at = after
    gain = np.log1p(at * product).sum() + (alone * np.log1p(at * _SIGNS / alone)).sum()
    return float(gain), at


def _normalised(table: FloatArray) -> FloatArray:
    return np.asarray(table / table.sum(axis=0))

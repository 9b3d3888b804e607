"""Why a row has its label: what each vote adds to the log-odds, found by asking the model itself.

The model is asked about the row with its votes at a small part of their confidence, together and
one by one. Where a model adds votes up, its log-odds are straight lines in the confidence: the
slopes are the contributions, and where all lines begin is what a row has without votes. So this
holds for every model that adds votes up, and finds out those that do not.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from weaklabel._checks import read_only
from weaklabel._render import html_table, terminal_width, text_table
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray, IntArray

if TYPE_CHECKING:
    from weaklabel.label_model._base._vote_model import VoteModel

# Part of the confidence at which a model is asked, for each vote: so little that all votes together
# count as one at most, where dependence does not yet damp them; and a power of two, so that it
# rounds nothing.
_PART = 2.0**-12
# Rounding of a straight line, and of the whole against its parts.
_STRAIGHT, _PARALLEL, _SAME = 1e-12, 1e-6, 1e-9
_MOST_CLASSES = 4


@final
@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """Why a row has its label; prints as a table, ``to_frame()`` is a DataFrame.

    All terms are log-odds of each class against the others: the log-probability of the class less
    the mean of the others', in nats; with two classes the ordinary log-odds. They add up, term by
    term, to those of the posterior. A model that counts votes, as `MajorityVote`, adds shares
    instead, and they add up to the posterior itself.

    Attributes
    ----------
    row : int
        Position of the row.
    key : object
        Its key.
    class_names : tuple of str
    lf_names, votes : tuple of str
        The d LFs that vote on the row, the weightiest first, and what they vote.
    confidence : ndarray of float64, shape (d,)
        How much of a vote each counts.
    contributions : ndarray of float64, shape (d, k)
        What each vote adds, against the LF's silence.
    class_balance : ndarray of float64, shape (k,)
        What the class balance adds; 0 where the model favours no class.
    silence : ndarray of float64, shape (k,)
        What it adds that LFs are silent: all of them, for a vote counts against silence.
    dependence : ndarray of float64, shape (k,)
        What votes that depend on one another lose of their sum.
    probs : ndarray of float64, shape (k,)
        The posterior, as `predict_proba` gives it.
    n_silent : int
        LFs that abstain.
    scale : {"log-odds", "share"}
    """

    row: int
    key: Any
    class_names: tuple[str, ...]
    lf_names: tuple[str, ...]
    votes: tuple[str, ...]
    confidence: FloatArray
    contributions: FloatArray
    class_balance: FloatArray
    silence: FloatArray
    dependence: FloatArray
    probs: FloatArray
    n_silent: int
    scale: str

    @property
    def total(self) -> FloatArray:
        """The sum of all terms, shape (k,)."""
        start = self.class_balance + self.silence + self.dependence
        return np.asarray(start + self.contributions.sum(axis=0))

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with one row a term: class balance, votes, silence, sum."""
        import pandas as pd

        terms = self._terms()
        index = pd.Index([name for name, _, _ in terms], name="term")
        table = np.array([numbers for _, _, numbers in terms])
        frame = pd.DataFrame(table, columns=list(self.class_names), index=index)
        frame.insert(0, "vote", [vote for _, vote, _ in terms])
        return frame

    def _terms(self) -> list[tuple[str, str, FloatArray]]:
        """Return name, vote and numbers of each term that says something, and of the sum."""
        start = [("class balance", "", self.class_balance)]
        cast = zip(self.lf_names, self.votes, self.contributions, strict=True)
        rest = [("silence", "", self.silence), ("dependence", "", self.dependence)]
        said = [term for term in (*start, *rest) if term[2].any()]
        first = [term for term in said if term[0] == "class balance"]
        return [*first, *cast, *said[len(first) :], ("sum", "", self.total)]

    def _cells(self, classes: list[int]) -> tuple[list[str], list[list[str]]]:
        form = "{:+.2f}" if self.scale == "log-odds" else "{:.2f}"
        rows = [
            [name, vote, *(form.format(numbers[y] + 0.0) for y in classes)]
            for name, vote, numbers in self._terms()
        ]
        if self.scale == "log-odds":
            rows.append(["probability", "", *(f"{self.probs[y]:.2f}" for y in classes)])
        return ["term", "vote", *(self.class_names[y] for y in classes)], rows

    def _shown(self) -> list[int]:
        """Return the classes there is room for: all, or the most probable ones."""
        if len(self.class_names) <= _MOST_CLASSES:
            return list(range(len(self.class_names)))
        return sorted(np.argsort(-self.probs, kind="stable")[:_MOST_CLASSES].tolist())

    def _caption(self) -> str:
        best = int(self.probs.argmax())
        text = f"row {self.row}"
        if not _is_position(self.key, self.row):
            text += f" (key {self.key!r})"
        text += f": {self.class_names[best]} {self.probs[best]:.2f}"
        if not self.lf_names:
            return f"{text}; no LF votes on it, so it has the class balance"
        silent = ""
        if self.n_silent:
            silent = f"; {self.n_silent:,} {'LF is' if self.n_silent == 1 else 'LFs are'} silent"
        if self.scale == "share":
            return f"{text}{silent}. Shares of the votes, which add up to the probability"
        return f"{text}{silent}. Log-odds of each class against the others, in nats"

    def __str__(self) -> str:
        width = terminal_width()
        table = text_table(*self._cells(self._shown()), width=width, cut=2)
        return f"{table}\n{textwrap.fill(self._caption(), width)}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html_table(*self._cells(list(range(len(self.class_names)))), caption=self._caption())


def explained(model: VoteModel, L: LabelMatrix, row: int) -> Explanation:
    """Return what each vote of one row adds to its posterior.

    Parameters
    ----------
    model : VoteModel
        Fitted.
    L : LabelMatrix
        With the LFs and classes of the fit.
    row : int
        Position, 0..n-1.

    Raises
    ------
    ValueError
        When the model does not add votes up.
    """
    one = L[[row]]
    _, lfs, codes = one.csr()
    given = one.confidence
    amounts = np.ones(len(lfs)) if given is None else given.astype(np.float64)
    ask = _Asked(model, one, lfs, codes)
    probs = model.predict_proba(one)[0]
    terms = _no_votes(model) if not len(lfs) else _by_log_odds(model, ask, amounts, probs)
    terms = terms or _by_shares(model, ask, amounts, probs)
    if terms is None:
        raise ValueError(
            f"{type(model).__name__} does not add votes up: what a vote counts depends on the "
            "other votes of the row, or on more than votes, so no LF has a contribution of its "
            "own. Explain a LabelModel, or the model that it was made of"
        )
    best = int(probs.argmax())
    names = [L.lf_names[j] for j in lfs]
    order = sorted(range(len(lfs)), key=lambda at: (-abs(terms.votes[at, best]), names[at]))
    return Explanation(
        row=row,
        key=one.keys[0],
        class_names=L.class_names,
        lf_names=tuple(names[at] for at in order),
        votes=tuple(L.code_names[codes[at]] for at in order),
        confidence=read_only(amounts[order]),
        contributions=read_only(terms.votes[order]),
        class_balance=read_only(terms.balance),
        silence=read_only(terms.silence),
        dependence=read_only(terms.dependence),
        probs=read_only(probs),
        n_silent=L.m - len(lfs),
        scale=terms.scale,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Terms:
    balance: FloatArray
    votes: FloatArray
    silence: FloatArray
    dependence: FloatArray
    scale: str


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """A model that is asked about some of the votes of a row, at other confidences."""

    model: VoteModel
    row: LabelMatrix
    lfs: IntArray
    codes: IntArray

    def probs(self, amounts: FloatArray) -> FloatArray:
        """Return P(class), shape (r, k), for confidences of shape (r, d); NaN leaves a vote out."""
        row, r = self.row, len(amounts)
        votes = np.full((r, row.m), -1, np.int64)
        sure = np.zeros((r, row.m))
        cast = ~np.isnan(amounts)
        votes[:, self.lfs] = np.where(cast, self.codes.astype(np.int64), -1)
        sure[:, self.lfs] = np.where(cast, amounts, 0.0)
        asked = LabelMatrix.from_array(
            votes,
            classes=row.class_names,
            lf_names=row.lf_names,
            class_sets=row.class_sets,
            confidence=sure,
        )
        return self.model.predict_proba(asked)


def _no_votes(model: VoteModel) -> _Terms:
    k = len(model.class_names_)
    zero = np.zeros(k)
    return _Terms(_against(_logs(model.class_balance_)), np.zeros((0, k)), zero, zero, "log-odds")


def _by_log_odds(
    model: VoteModel, ask: _Asked, amounts: FloatArray, probs: FloatArray
) -> _Terms | None:
    """Return the terms of a model whose log-odds are sums over the votes, None of another."""
    d, k = len(amounts), len(probs)
    part = _PART / 2.0 ** np.ceil(np.log2(d))
    scales = part * np.array([1.0, 2.0, 4.0])
    together = ask.probs(scales[:, None] * amounts)
    alone = np.where(np.eye(d, dtype=np.bool_), amounts, np.nan)
    low, high = ask.probs(scales[0] * alone), ask.probs(scales[1] * alone)
    if not (together > 0).all() or not (low > 0).all() or not (high > 0).all():
        return None
    line = _against(np.log(together))
    slope = line[1] - line[0]
    start = line[0] - slope
    votes = _against(np.log(high)) - _against(np.log(low))
    rounding = _STRAIGHT * (1 + np.abs(line).max())
    if np.abs(line[2] - line[1] - 2 * slope).max() > rounding:
        return None
    if np.abs(votes.sum(axis=0) - slope).max() > rounding * d:
        return None
    votes = votes / part
    total = votes.sum(axis=0)
    dependence = np.zeros(k)
    there = probs > 0
    if there.all():
        whole = _against(np.log(probs)) - start
        dependence = whole - total
        if not _parallel(whole, total):
            return None
    elif np.abs(_softmax(start + total) - probs).max() > _SAME:
        return None
    dependence[np.abs(dependence) <= _SAME * (1 + np.abs(total).max())] = 0.0
    votes[np.abs(votes).max(axis=1) <= rounding / part] = 0.0
    balance = _against(_logs(model.class_balance_))
    if np.abs(start).max() <= _SAME:
        balance = np.zeros(k)
    silence = start - balance
    silence[np.abs(silence) <= _SAME] = 0.0
    return _Terms(balance, votes, silence, dependence, "log-odds")


def _by_shares(
    model: VoteModel, ask: _Asked, amounts: FloatArray, probs: FloatArray
) -> _Terms | None:
    """Return the terms of a model whose probabilities are mean votes, None of another."""
    d, k = len(amounts), len(probs)
    zero = np.zeros(k)
    if not amounts.sum() > 0:
        same = np.abs(model.class_balance_ - probs).max() <= _SAME
        return _Terms(model.class_balance_, np.zeros((d, k)), zero, zero, "share") if same else None
    alone = np.where(np.eye(d, dtype=np.bool_), amounts, np.nan)[amounts > 0]
    each = np.zeros((d, k))
    each[amounts > 0] = ask.probs(alone)
    less = np.zeros((d, k))
    less[amounts > 0] = ask.probs(alone / 4)
    votes = amounts[:, None] / amounts.sum() * each
    if np.abs(each - less).max() > _SAME or np.abs(votes.sum(axis=0) - probs).max() > _SAME:
        return None
    return _Terms(zero, votes, zero, zero, "share")


def _parallel(whole: FloatArray, total: FloatArray) -> bool:
    """Tell whether a sum is the other one, damped."""
    size = float(total @ total)
    weight = float(whole @ total) / size if size > _SAME**2 else 1.0
    off = np.abs(whole - weight * total).max()
    return bool(0 <= weight <= 1 + _PARALLEL and off <= _PARALLEL * (1 + np.abs(total).max()))


def _against(log_probs: FloatArray) -> FloatArray:
    """Return each class's log-probability less the mean of the others', along the last axis."""
    k = log_probs.shape[-1]
    if k == 1:
        return np.zeros_like(log_probs)
    mean = log_probs.mean(axis=-1, keepdims=True)
    return np.asarray((log_probs - mean) * k / (k - 1))


def _softmax(log_odds: FloatArray) -> FloatArray:
    """Return the probabilities that log-odds against the others stand for."""
    k = len(log_odds)
    logs = log_odds * (k - 1) / k
    odds = np.exp(logs - logs.max())
    return np.asarray(odds / odds.sum())


def _logs(balance: FloatArray) -> FloatArray:
    return np.asarray(np.log(np.maximum(balance, np.finfo(np.float64).tiny)))


def _is_position(key: Any, row: int) -> bool:
    return isinstance(key, int | np.integer) and int(key) == row

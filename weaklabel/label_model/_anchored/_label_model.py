"""The generative label model: who is right how often, learned from the votes alone."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, ClassVar, Self, final

import numpy as np

from weaklabel._checks import checked_balance, listed, read_only
from weaklabel.errors import WeakLabelWarning
from weaklabel.label_model._anchored._anchor import Anchor
from weaklabel.label_model._anchored._dependence import (
    Dependence,
    Pairs,
    candidate_copies,
    copies,
    count_pairs,
    dependent_pairs,
    shared_weight,
    together,
)
from weaklabel.label_model._anchored._em import GUARDED, Estimate, no_learning
from weaklabel.label_model._anchored._findings import Finding, findings
from weaklabel.label_model._anchored._fitter import Fitter, check_lfs
from weaklabel.label_model._anchored._guard import Guard, gold_is_worse, held_out, is_worse
from weaklabel.label_model._anchored._parts import (
    Parts,
    PartsElsewhere,
    contradicted,
    opened,
)
from weaklabel.label_model._anchored._quality import LFQuality, Quality, quality
from weaklabel.label_model._anchored._uncertainty import Uncertainty, entropy, margin
from weaklabel.label_model._base._rows import KnownRows, VoteRows, column_posteriors
from weaklabel.label_model._base._statistics import FEW_ROWS, RowStatistics, Weights
from weaklabel.label_model._base._vote_model import VoteModel
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray, IntArray

_ROWS_ARRAYS = ("indptr", "columns", "amounts", "weights", "lf", "code", "uncovered")
_KNOWN_ARRAYS = ("indptr", "columns", "amounts", "weights", "gold")


@final
class LabelModel(VoteModel):
    r"""Learn how far each labeling function can be trusted, and weigh its votes by that.

    The story: a row's class is drawn from the class balance, then each LF votes or abstains by its
    own conditional table (Dawid and Skene, 1979). What is learned is P(class | LF j voted v), by
    expectation-maximisation that is held near an anchor: an LF knows the answer with a probability
    that the lack of conflicts tells, and guesses otherwise. The anchor counts in proportion to the
    votes, because real votes are never independent given the class and the likelihood alone is
    highest where all rows fall into one class. Where votes do meet as independent ones would, it is
    let go.

    Needs no tuning: use it by default. Copies of an LF share one vote. A guard compares it with
    majority vote on held-out votes, and on gold labels where there are some.

    Parameters
    ----------
    class_balance : array-like of float, shape (k,), optional
        P(class) over all rows, where it is known; default learned.
    balance_strength : float, optional
        Pseudo-rows that stand for the class balance, given or read off the votes, for each row; a
        tenth of it where LFs vote for several classes. Not used where the votes are independent
        and no balance is given.
    priors : mapping of str to float, optional
        Expected precision of some LFs, in (0, 1): how often a vote of theirs is right.
    group : sequence of sequences of str, optional
        LFs known to depend on one another: where several of a group vote, they share one vote.
    tol : float, optional
        EM ends when a pass moves less than this share of the votes to another class.
    max_iter : int, optional
        Most passes; a fit that has not ended by then says so in a `WeakLabelWarning`.
    guard : bool, optional
        Compare with majority vote, and give way where the evidence is against the model.

    Attributes
    ----------
    cond_probs_ : ndarray of float64, shape (m, s + 1, k)
        ``cond_probs_[j, v + 1, y]`` is P(LF j votes v | Y = y); row 0 is abstain, rows from k + 1
        on are the class sets. Uncovered rows are taken to be of each class as covered ones are.
    class_balance_ : ndarray of float64, shape (k,)
        P(Y).
    lf_precision_, lf_recall_ : ndarray of float64, shape (m,)
        How often an LF's vote is right; how many rows of the classes it votes for it votes right
        on. NaN for an LF that never votes.
    lf_precision_interval_, lf_recall_interval_ : ndarray of float64, shape (m, 2)
        Their 95 % intervals.
    alpha_ : float
        Probability that a vote is cast by knowledge, read off the conflicts.
    independent_ : bool
        Whether the votes meet as independent ones would.
    dependence_ : tuple of Dependence
        Pairs of LFs that vote together more than their classes explain, at a false discovery rate
        of 1 %, the strongest first.
    guard_ : Guard
        How the model compares with majority vote, and what was kept.
    findings_ : tuple of Finding
        What is worth knowing of these votes.
    log_likelihood_ : float
        Of all rows' votes under `cond_probs_` and `class_balance_`, in nats.
    n_iter_ : int
        Passes over the votes.
    converged_ : bool
        Whether the last pass changed less than `tol`.

    References
    ----------
    A. P. Dawid and A. M. Skene (1979). Maximum likelihood estimation of observer error-rates using
    the EM algorithm. Applied Statistics 28(1), 20-28. doi:10.2307/2346806

    Examples
    --------
    >>> import weaklabel as wl
    >>> votes = [[1, 1, 1], [1, 0, 1], [0, 0, 1], [0, 0, 0], [0, 0, -1], [1, 1, 0]] * 20
    >>> L = wl.LabelMatrix.from_array(votes, classes=("HAM", "SPAM"), lf_names=["a", "b", "c"])
    >>> model = wl.LabelModel().fit(L)
    >>> model.predict(L[:4]).tolist()
    [1, 1, 0, 0]
    >>> model.lf_quality_
    LF  votes  precision (95 %)     recall (95 %)
    ---------------------------------------------
    a     120  0.82 (0.11–0.99)  0.82 (0.63–0.93)
    b     120  0.78 (0.45–0.94)  0.78 (0.61–0.89)
    c     100  0.72 (0.64–0.80)  0.60 (0.52–0.68)
    """

    _learned: ClassVar[tuple[str, ...]] = (
        *("class_balance_", "alpha_", "independent_", "log_likelihood_", "n_iter_", "converged_"),
        *("lf_precision_", "lf_recall_", "lf_precision_interval_", "lf_recall_interval_"),
        *("_lf", "_code", "_cast", "_evidence", "_precision", "_row_balance", "_log_ratio"),
        *("_log_base", "_dependence", "_by_lf", "_total", "_per_amount"),
    )
    alpha_: float
    independent_: bool
    log_likelihood_: float
    n_iter_: int
    converged_: bool
    lf_precision_: FloatArray
    lf_recall_: FloatArray
    lf_precision_interval_: FloatArray
    lf_recall_interval_: FloatArray
    dependence_: tuple[Dependence, ...]
    findings_: tuple[Finding, ...]
    guard_: Guard
    _lf: IntArray
    _code: IntArray
    _cast: FloatArray
    _evidence: FloatArray
    _precision: FloatArray
    _row_balance: FloatArray
    _log_ratio: FloatArray
    _log_base: FloatArray
    _dependence: float
    _by_lf: FloatArray
    _total: float
    _per_amount: float
    _rows: VoteRows | None = None

    def __init__(
        self,
        class_balance: Any = None,
        *,
        balance_strength: float = 1.0,
        priors: Mapping[str, float] | None = None,
        group: Sequence[Sequence[str]] | None = None,
        tol: float = 1e-4,
        max_iter: int = 500,
        guard: bool = True,
    ) -> None:
        self.class_balance = class_balance
        self.balance_strength = balance_strength
        self.priors = priors
        self.group = group
        self.tol = tol
        self.max_iter = max_iter
        self.guard = guard

    def fit(self, L: Any, gold: Any = None, sample_weight: Any = None) -> Self:
        """Learn how good each LF is, and the class balance.

        Parameters
        ----------
        L : LabelMatrix, long-form table, VoteParts, or iterable of LabelMatrix
            The votes. Parts give what one matrix of all their rows would. They are read one at a
            time, in constant memory: where their distinct rows are more than memory should hold,
            each pass reads them again, so they must be what can be read again and again, as
            `VoteParts` and a list, not a generator.
        gold : array-like, shape (n,), optional
            Gold labels, missing or -1 where unknown; for parts, one array or None a part. Those
            rows are known instead of guessed; they also move the anchor and the class balance,
            so they should be a fair sample.
        sample_weight : array-like of float, shape (n,), optional
            How many rows each row counts for; for parts, one array or None a part.

        Returns
        -------
        LabelModel
            Itself.

        Raises
        ------
        ValueError
            When there are no rows or no votes, or an argument does not fit.
        """
        self._check_params()
        parts = opened(L, gold, sample_weight)
        rows = parts.statistics()
        self._rows = None
        self._learn(rows, parts)
        return self

    def partial_fit(
        self, L: Any, gold: Any = None, sample_weight: Any = None, *, decay: float = 1.0
    ) -> Self:
        """Learn from more rows, beside those seen before.

        The distinct rows of votes are kept with their weights, in memory and in `save`, so any
        number of calls gives what one `fit` on all the rows would.

        Parameters
        ----------
        L, gold, sample_weight
            As in `fit`; LFs and classes must be those of the first call.
        decay : float, optional
            What the rows seen before count for from now on, in (0, 1].

        Returns
        -------
        LabelModel
            Itself.

        Raises
        ------
        ValueError
            When an argument does not fit, or LFs or classes are other ones.
        """
        self._check_params()
        if not (_is_number(decay) and 0 < decay <= 1):
            raise ValueError(f"decay must be a number above 0 and at most 1, got {decay!r}")
        before = self._rows
        if before is None and hasattr(self, "class_balance_"):
            raise ValueError(
                "this model was fitted with fit, which keeps no rows; begin with partial_fit to go "
                "on with it"
            )
        parts = Parts(
            L,
            gold,
            sample_weight,
            None if before is None else (self.lf_names_, self.class_names_),
        )
        rows = list(parts.rows())
        if before is not None:
            rows.insert(0, before.decayed(decay))
        joined = VoteRows.joined(rows)
        self._learn(joined, parts)
        self._rows = joined
        return self

    @property
    def cond_probs_(self) -> FloatArray:
        """P(LF j votes v | Y = y) at ``[j, v + 1, y]``, float64 of shape (m, s + 1, k)."""
        self._check_fitted("class_balance_")
        m, s = len(self.lf_names_), len(self.class_names_) + len(self.class_sets_)
        table = np.zeros((m, s + 1, len(self.class_names_)))
        rate = self._precision * self._cast[:, None] / (self._total * self._row_balance)
        table[self._lf, self._code + 1] = rate
        # The anchor may ask for more right votes than a class has rows.
        table /= np.maximum(table.sum(axis=1, keepdims=True), 1.0)
        table[:, 0] = np.maximum(1 - table[:, 1:].sum(axis=1), 0.0)
        return table

    @property
    def lf_quality_(self) -> LFQuality:
        """Precision and recall of each LF with their intervals; prints as a table."""
        self._check_fitted("class_balance_")
        votes = np.zeros(len(self.lf_names_))
        np.add.at(votes, self._lf, self._cast)
        return LFQuality(
            self.lf_names_,
            votes,
            Quality(
                self.lf_precision_,
                self.lf_recall_,
                self.lf_precision_interval_,
                self.lf_recall_interval_,
                self._evidence,
            ),
        )

    def uncertainty(self, L: Any, *, draws: int = 32, seed: int = 0) -> Uncertainty:
        """Return how sure each row's label is, and how much of the doubt comes from the LFs.

        Parameters
        ----------
        L : LabelMatrix, n rows
            Votes of the LFs it was fitted on.
        draws : int, optional
            Draws of the LFs' accuracies, each from what the votes tell of it.
        seed : int, optional
            Seed of the draws: the same arguments give the same numbers.

        Returns
        -------
        Uncertainty
            Rows without votes have the doubt of the class balance, none of it from the LFs.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            When the LFs or classes are not those of the fit, or there are too few draws.
        """
        L = self._aligned(L)
        if not (_is_count(draws) and draws >= 2):
            raise ValueError(f"draws must be an int of at least 2, got {draws!r}")
        rng = np.random.default_rng(seed)
        mean, inner = np.zeros((L.n, L.k)), np.zeros(L.n)
        alpha = np.maximum(self._precision * self._evidence[:, None], 1e-3)
        # The draws follow the names of the LFs, so that their order does not matter.
        order = np.lexsort((self._code, np.array(self.lf_names_)[self._lf]))
        for _ in range(draws):
            drawn = np.empty_like(alpha)
            drawn[order] = rng.standard_gamma(alpha[order])
            drawn = np.maximum(drawn / drawn.sum(axis=1, keepdims=True), 1e-9)
            shift = np.log(drawn) - np.log(self._precision)
            q = self._with_ratio(L, self._log_ratio + shift)
            mean += q / draws
            inner += entropy(q) / draws
        mean[~L.covered] = self.class_balance_
        total = entropy(mean)
        from_lfs = np.clip(total - inner, 0.0, total)
        from_lfs[~L.covered] = 0.0
        return Uncertainty(total, margin(mean), from_lfs)

    def _posteriors(self, L: LabelMatrix) -> FloatArray:
        return self._with_ratio(L, self._log_ratio)

    def _with_ratio(self, L: LabelMatrix, log_ratio: FloatArray) -> FloatArray:
        """Return the posteriors when each known vote adds `log_ratio`, shape (c, k)."""
        k, c = L.k, len(self._lf)
        codes = k + len(L.class_sets)
        unseen = self._anchored.given_vote(self._row_balance, L.possible)
        number = np.tile(c + np.arange(codes), (L.m, 1))
        place = np.full(k + len(self.class_sets_), -1)
        place[:k] = np.arange(k)
        for t, members in enumerate(L.class_sets):
            if members in self.class_sets_:
                place[k + self.class_sets_.index(members)] = k + t
        there = place[self._code] >= 0
        number[self._lf[there], place[self._code[there]]] = np.flatnonzero(there)
        ratio = np.concatenate([log_ratio, np.log(unseen) - np.log(self._row_balance)])
        counts = self._by_lf * self._per_amount
        by_lf = None if (counts == 1).all() else counts
        return column_posteriors(L, number, ratio, self._log_base, self._dependence, by_lf)

    @property
    def _anchored(self) -> Anchor:
        """The anchor as it is in the end, for votes that were never seen."""
        k = len(self.class_names_)
        lone = np.zeros(len(self.lf_names_), np.bool_)
        even = np.full(k, 1 / k)
        return Anchor(self.alpha_, even, even, lone, 0.0)

    def _learn(self, rows: RowStatistics, parts: Parts | PartsElsewhere) -> None:
        """Find the parameters that the rows tell, and all that is said of them."""
        names = rows.lf_names
        if rows.column_cast.sum() <= 0:
            raise ValueError(
                "no LF votes on any row that has a weight, or all confidences are 0; there is "
                "nothing to fit. Look at L.summary() and at the labeling functions' examples"
            )
        # What matters is how sure a vote is beside the others: were all worth half a vote, the
        # precisions that are learned would be too low by as much.
        self._per_amount = 1 / rows.mean_amount
        if self._per_amount != 1:
            rows = rows.scaled(np.full(rows.m, self._per_amount))
        balance = self._given_balance(parts.class_names, rows.known_mass)
        members = self._groups(names)
        pairs = count_pairs(rows) if rows.m > 1 else None
        given = np.ones(rows.m) if pairs is None else together(pairs, members, rows.m)
        groups = self._find_copies(rows, pairs, given, balance)
        by_lf = given if pairs is None else given * shared_weight(pairs, groups)
        fitted = self._fitter(rows, by_lf, balance)
        found, independent = fitted.guarded(), False
        if pairs is not None and not self.group and not self.priors:
            free = fitted.free(found, pairs.without(~_one_each(groups, pairs, names)))
            if free is not None:
                found, independent = free, True
        found = fitted.settled(found, free=independent)
        found, guard = self._guarded(fitted, found)
        independent = independent and guard.kept == "model"
        self._keep(rows, parts, fitted, found, independent)
        self.independent_, self.guard_ = independent, guard
        self.dependence_ = (
            ()
            if pairs is None
            else dependent_pairs(pairs, found.observed, self._row_balance, names)
        )
        self.findings_ = findings(
            rows,
            parts.class_names,
            groups=groups,
            dependence=self.dependence_,
            quality=self.lf_quality_.quality,
            balance=self._row_balance,
            guard=guard,
            independent=independent,
        )
        self._warn(rows)

    def _fitter(self, rows: RowStatistics, by_lf: FloatArray, balance: FloatArray | None) -> Fitter:
        return Fitter(
            rows,
            by_lf,
            balance,
            balance_strength=self.balance_strength,
            priors=self.priors,
            tol=self.tol,
            max_iter=self.max_iter,
        )

    def _find_copies(
        self,
        rows: RowStatistics,
        pairs: Pairs | None,
        given: FloatArray,
        balance: FloatArray | None,
    ) -> IntArray:
        """Return the LFs in groups of copies, shape (m,)."""
        alone = np.arange(rows.m)
        if pairs is None:
            return alone
        groups = candidate_copies(pairs, rows.m)
        if len(np.unique(groups)) == rows.m:
            return alone
        few = self._fitter(rows.some(FEW_ROWS), given * shared_weight(pairs, groups), balance)
        found = few.guarded()
        return copies(pairs, found.observed, found.balance, groups)

    def _guarded(self, fitted: Fitter, found: Estimate) -> tuple[Estimate, Guard]:
        """Compare with majority vote; hold the model closer, or give it up, where it is worse."""
        counted = no_learning(fitted.rows, fitted.anchor)
        nan = float("nan")
        if not self.guard:
            return found, Guard(nan, nan, nan, nan, "model")
        majority = held_out(fitted.rows, counted)
        first = held_out(fitted.rows, found)
        gold = self._gold_right(fitted, found, counted)
        speaks = gold is not None and gold_is_worse(gold[2], gold[3])
        kept = "model"
        if is_worse(first, majority) or speaks:
            weight = 4 * GUARDED.weight
            cautious = fitted.settled(fitted.guarded(weight), weight=weight)
            judged = held_out(fitted.rows, cautious)
            kept, found = "cautious", cautious
            again = self._gold_right(fitted, cautious, counted)
            if is_worse(judged, majority) or (
                again is not None and gold_is_worse(again[2], again[3])
            ):
                kept, found = "majority", counted
        right = (nan, nan) if gold is None else gold[:2]
        return found, Guard(first, majority, *right, kept)

    def _gold_right(
        self, fitted: Fitter, found: Estimate, counted: Estimate
    ) -> tuple[float, float, int, int] | None:
        """Return accuracies of model and majority vote on gold, and rows on which one is right.

        A tie of t classes is right to 1/t.
        """
        known = float(fitted.rows.known_mass.sum())
        if not known:
            return None
        one, other = (
            Weights(each.log_ratio, each.log_base, each.dependence) for each in (found, counted)
        )
        right, majority_right, ahead, behind = fitted.rows.right_on_known(one, other).tolist()
        return right / known, majority_right / known, round(ahead), round(behind)

    def _keep(
        self,
        rows: RowStatistics,
        parts: Parts | PartsElsewhere,
        fitted: Fitter,
        found: Estimate,
        independent: bool,
    ) -> None:
        """Note the parameters, and what can be read off them."""
        self.class_names_, self.lf_names_ = parts.class_names, rows.lf_names
        self.class_sets_ = rows.class_sets
        total = rows.covered + rows.uncovered
        self._lf, self._code = rows.lf, rows.code
        self._cast = rows.column_cast
        self._precision, self._row_balance = found.precision, found.balance / found.balance.sum()
        self._log_ratio, self._log_base = found.log_ratio, found.log_base
        self._dependence, self._by_lf, self._total = found.dependence, fitted.by_lf, total
        self.alpha_ = fitted.anchor.alpha
        balance = self._row_balance if fitted.balance is None else fitted.balance
        self.class_balance_ = read_only(balance.copy())
        self.n_iter_, self.converged_ = found.n_iter, found.converged
        rows_of_class = self._row_balance * (total if independent else rows.covered)
        seen = quality(fitted.rows, self._cast, found, rows_of_class)
        self.lf_precision_, self.lf_recall_ = seen.precision, seen.recall
        self.lf_precision_interval_ = seen.precision_interval
        self.lf_recall_interval_ = seen.recall_interval
        self._evidence = seen.evidence
        self.log_likelihood_ = self._log_likelihood(rows)

    def _log_likelihood(self, rows: RowStatistics) -> float:
        """Return the log-likelihood of the votes, and of the gold labels, under the tables."""
        table = np.maximum(self.cond_probs_, 1e-12)
        silent = np.log(table[:, 0])
        log_ratio = np.log(table[rows.lf, rows.code + 1]) - silent[rows.lf]
        log_base = np.log(np.maximum(self.class_balance_, 1e-300)) + silent.sum(axis=0)
        found = rows.em_pass(log_ratio, log_base, 0.0)[2]
        found += float((rows.known_columns * log_ratio).sum() + rows.known_mass @ log_base)
        top = log_base.max()
        return float(found + rows.uncovered * (top + np.log(np.exp(log_base - top).sum())))

    def _warn(self, rows: RowStatistics) -> None:
        """Warn of what makes the labels doubtful."""
        messages = [
            f"{finding.message}"
            for finding in self.findings_
            if finding.kind in ("silent class", "guard")
        ]
        if contradicted(rows):
            messages.append(
                "the gold labels contradict every LF that votes on their rows; are the classes in "
                "the same order?"
            )
        if not self.converged_:
            messages.append(
                f"LabelModel has not converged after {self.max_iter} passes; raise max_iter or tol"
            )
        for message in messages:
            warnings.warn(message, WeakLabelWarning, stacklevel=4)

    def _given_balance(
        self, class_names: tuple[str, ...], known_mass: FloatArray
    ) -> FloatArray | None:
        if self.class_balance is None:
            return None
        given = np.asarray(self.class_balance)
        if given.shape == known_mass.shape and given.dtype.kind in "fiu":
            lacking = np.flatnonzero((given == 0) & (known_mass > 0))
            if lacking.size:
                name = class_names[lacking[0]]
                raise ValueError(
                    f"class_balance is 0 for class {name!r}, but gold has "
                    f"{known_mass[lacking[0]]:g} rows of it; give it a share"
                )
        return checked_balance(self.class_balance, class_names)

    def _groups(self, names: tuple[str, ...]) -> list[IntArray]:
        """Return the positions of the LFs of each group."""
        groups = []
        seen: set[str] = set()
        for members in self.group or ():
            if isinstance(members, str) or not isinstance(members, Sequence):
                raise ValueError(
                    f"group holds {members!r}; each group is a list of LF names, as in "
                    "group=[['lf_a', 'lf_b']]"
                )
            check_lfs("group", members, names)
            if again := [name for name in members if name in seen]:
                raise ValueError(f"group names {listed(again)} twice; an LF is in one group")
            seen.update(members)
            groups.append(np.array([names.index(name) for name in members], np.int64))
        return groups

    def _check_params(self) -> None:
        if not (_is_number(self.balance_strength) and 0 < self.balance_strength < np.inf):
            raise ValueError(
                f"balance_strength must be a positive number, got {self.balance_strength!r}"
            )
        if not (self.priors is None or isinstance(self.priors, Mapping)):
            raise ValueError(
                "priors must map LF names to precisions, as in {'lf_a': 0.9}, got "
                f"{self.priors!r}"
            )
        if not (self.group is None or isinstance(self.group, Sequence)):
            raise ValueError(
                "group must be a list of lists of LF names, as in [['lf_a', 'lf_b']], got "
                f"{self.group!r}"
            )
        for name, value in (self.priors or {}).items():
            if not (_is_number(value) and 0 < value < 1):
                raise ValueError(
                    f"priors[{name!r}] must be a precision between 0 and 1, got {value!r}"
                )
        if not (_is_number(self.tol) and self.tol >= 0):
            raise ValueError(f"tol must be a number that is not negative, got {self.tol!r}")
        if not (_is_count(self.max_iter) and self.max_iter >= 1):
            raise ValueError(f"max_iter must be an int of at least 1, got {self.max_iter!r}")

    def _notes(self) -> dict[str, Any]:
        return {
            "findings": [asdict(finding) for finding in self.findings_],
            "dependence": [asdict(pair) for pair in self.dependence_],
            "guard": asdict(self.guard_),
        }

    def _take_notes(self, notes: Mapping[str, Any]) -> None:
        self.findings_ = tuple(
            Finding(f["kind"], f["message"], tuple(f["lfs"]), tuple(f["classes"]))
            for f in notes["findings"]
        )
        self.dependence_ = tuple(
            Dependence((d["lfs"][0], d["lfs"][1]), d["excess"], d["q_value"])
            for d in notes["dependence"]
        )
        self.guard_ = Guard(**notes["guard"])

    def _arrays(self) -> dict[str, Any]:
        arrays = super()._arrays()
        if self._rows is not None:
            arrays |= {f"rows.{name}": getattr(self._rows, name) for name in _ROWS_ARRAYS}
            known = self._rows.known
            arrays |= {f"known.{name}": getattr(known, name) for name in _KNOWN_ARRAYS}
        return arrays

    def _set_arrays(self, arrays: Mapping[str, Any]) -> None:
        named = {name: value for name, value in arrays.items() if "." not in name}
        super()._set_arrays(named)
        rows = {name[5:]: value for name, value in arrays.items() if name.startswith("rows.")}
        known = {name[6:]: value for name, value in arrays.items() if name.startswith("known.")}
        if rows:
            self._rows = VoteRows(
                **rows | {"uncovered": float(rows["uncovered"])},
                known=KnownRows(**known),
                k=len(self.class_names_),
                lf_names=self.lf_names_,
                class_sets=self.class_sets_,
            )


def _one_each(groups: IntArray, pairs: Pairs, names: tuple[str, ...]) -> IntArray:
    """Mark one LF of each group: the one that votes most, then by name, whatever their order."""
    votes = np.zeros(len(names))
    np.add.at(votes, pairs.lf, pairs.votes)
    order = np.lexsort((np.array(names), -votes))
    chosen = np.zeros(len(names), np.bool_)
    chosen[order[np.unique(groups[order], return_index=True)[1]]] = True
    return chosen


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _is_count(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)

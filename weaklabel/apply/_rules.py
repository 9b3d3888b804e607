"""Labeling functions with a rule on one column, run together on the values of that column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from weaklabel.apply._literals import SEPARATOR, find_literals
from weaklabel.apply._superset import Filter
from weaklabel.lf import ColumnRule, LabelingFunction, answer, as_fault
from weaklabel.types import IntArray


@final
@dataclass(frozen=True, slots=True)
class RuleVotes:
    """What the rule of one labeling function comes to on some values.

    Attributes
    ----------
    voted : ndarray of bool, shape (n,)
        Where the rule holds.
    at : ndarray of int64
        The same as positions, ascending.
    errors : dict of int to Exception
        What it raised, by position.
    seconds : float
        Its own calls, and its share of the pass that all of them have in common.
    """

    voted: NDArray[np.bool_]
    at: IntArray
    errors: dict[int, Exception]
    seconds: float


def run_rules(
    lfs: Sequence[LabelingFunction], values: Sequence[Any], *, stop: bool
) -> list[RuleVotes]:
    """Run rules on one column, as if each were asked about each value alone.

    Parameters
    ----------
    lfs : sequence of LabelingFunction
        Each has a rule, all on one column.
    values : sequence
        The values of that column, at most some thousand at a time.
    stop : bool
        True to leave a rule at the first value on which it raises; it votes on none after that.

    Returns
    -------
    list of RuleVotes
        One for each labeling function. What is no `Exception` passes through.
    """
    begun = perf_counter()
    rules = [_rule(lf) for lf in lfs]
    voted = np.zeros((len(rules), len(values)), np.bool_)
    asked = _decide(rules, values, voted) if any(rule.literals for rule in rules) else {}
    share = (perf_counter() - begun) / len(asked) if asked else 0.0
    begun = perf_counter()
    filtered = sum(rule.superset is not None for rule in rules)
    possible = Filter(values).possible if filtered else None
    filter_share = (perf_counter() - begun) / max(filtered, 1)
    everywhere = range(len(values))
    outcomes = []
    for j, rule in enumerate(rules):
        begun = perf_counter()
        seconds = share if j in asked else 0.0
        positions = asked.get(j, everywhere)
        if possible is not None and rule.superset is not None:
            seconds += filter_share
            positions = possible(rule.superset)
        errors = _ask(rule, positions, values, voted[j], stop=stop) if positions else {}
        seconds += perf_counter() - begun
        outcomes.append((errors, seconds))
    # All at once: to look through each rule's votes alone takes longer than most rules do.
    which, at = np.nonzero(voted)
    cuts = np.searchsorted(which, np.arange(len(rules) + 1)).tolist()
    return [
        RuleVotes(voted[j], at[cuts[j] : cuts[j + 1]], errors, seconds)
        for j, (errors, seconds) in enumerate(outcomes)
    ]


def _rule(lf: LabelingFunction) -> ColumnRule:
    if lf.rule is None:
        raise TypeError(f"labeling function {lf.name!r} has no rule; run it row by row")
    return lf.rule


def _decide(
    rules: Sequence[ColumnRule], values: Sequence[Any], voted: NDArray[np.bool_]
) -> dict[int, Sequence[int]]:
    """Note the votes that literals decide; return where rules with literals must still be asked."""
    texts, at, others = _texts(values)
    n = len(values)
    asked: dict[int, Sequence[int]] = {}
    for fold in (False, True):
        group = [j for j, rule in enumerate(rules) if rule.literals and rule.fold is fold]
        if not group:
            continue
        wanted = tuple((rules[j].literals, rules[j].whole_word, rules[j].decisive) for j in group)
        found, text, sure = find_literals(texts, wanted, fold=fold)
        rule, row = np.array(group)[found], at[text]
        voted[rule[sure], row[sure]] = True
        doubtful = ~voted[rule, row]
        cells = np.unique(rule[doubtful] * n + row[doubtful])
        cuts = np.searchsorted(cells, np.array([group[0], *(j + 1 for j in group)]) * n).tolist()
        rows = (cells - cells // max(n, 1) * n).tolist()
        for j, low, high in zip(group, cuts, cuts[1:], strict=False):
            mine = rows[low:high]
            asked[j] = sorted([*mine, *others]) if others else mine
    return asked


def _texts(values: Sequence[Any]) -> tuple[Sequence[str], IntArray, list[int]]:
    """Return the texts that can be joined, where they stand, and where something else stands."""
    if set(map(type, values)) <= {str} and SEPARATOR not in "".join(values):
        return values, np.arange(len(values)), []
    fits = np.array([type(v) is str and SEPARATOR not in v for v in values], np.bool_)
    at = np.flatnonzero(fits)
    return [values[i] for i in at.tolist()], at, np.flatnonzero(~fits).tolist()


def _ask(
    rule: ColumnRule,
    positions: Sequence[int],
    values: Sequence[Any],
    voted: NDArray[np.bool_],
    *,
    stop: bool,
) -> dict[int, Exception]:
    """Ask the rule about some values and note where it holds; return what it raised."""
    holds = rule.holds
    errors: dict[int, Exception] = {}
    hits: list[int] = []
    remaining = iter(positions)
    at = -1
    while True:
        # The try stands outside the loop, so that a value that does not raise pays nothing.
        try:
            for at in remaining:
                held = holds(values[at])
                if held is not False and held is not None and answer(held):
                    hits.append(at)
            break
        except (Exception, SystemExit) as error:  # noqa: BLE001 - it is the row's fault
            errors[at] = as_fault(error)
            if stop:
                voted[at:] = False
                break
    voted[hits] = True
    return errors

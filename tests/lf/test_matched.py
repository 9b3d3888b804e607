from __future__ import annotations

from typing import Any

import pytest

import weaklabel as wl
from weaklabel.lf import fingerprint


def rule(column: str = "text") -> wl.ColumnRule:
    return wl.ColumnRule(column, lambda text: "a" in text)


def find(text: str) -> list[tuple[int, int]]:
    return [(i, i + 1) for i, letter in enumerate(text) if letter == "a"]


def test_an_lf_with_a_rule_may_say_what_it_matched() -> None:
    lf = wl.LabelingFunction(rule=rule(), name="a", votes=1, matched=find)
    assert lf.matched("banana") == [(1, 2), (3, 4), (5, 6)]
    assert lf.matched({"text": "xa"}) == [(1, 2)]
    assert lf.matched({"text": None}) == []


def test_an_lf_made_of_a_function_cannot() -> None:
    assert wl.LabelingFunction(lambda x: 1, name="lf").matched("banana") == []
    assert wl.LabelingFunction(rule=rule(), name="a", votes=1).matched("banana") == []


def test_what_it_matched_is_no_part_of_its_fingerprint() -> None:
    holds = rule()
    lfs = [wl.LabelingFunction(rule=holds, name="a", votes=1, matched=f) for f in (None, find)]
    assert fingerprint(lfs[0]) == fingerprint(lfs[1])


@pytest.mark.parametrize(
    "given", [{"rule": rule(), "votes": 1, "matched": "text"}, {"f": len, "matched": find}]
)
def test_matched_without_a_rule_or_no_function_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="matched= takes a function of a value beside rule="):
        wl.LabelingFunction(**given, name="lf")

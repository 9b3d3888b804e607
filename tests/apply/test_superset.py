"""Rules with a superset pattern are asked only where it leaves open whether they hold."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weaklabel as wl
from tests.apply.test_rules import Text, alone, asked, plain
from tests.weaklabel_lfs.test_re2_superset import flags, patterns, texts
from weaklabel.apply._rules import run_rules
from weaklabel_lfs import text

values = st.one_of(
    texts, texts, texts, st.sampled_from([None, float("nan"), 3, b"ab", Text("ab"), "\ud800", ""])
)


def rule(superset: str | None, pattern: str = "x") -> wl.LabelingFunction:
    search = re.compile(pattern).search
    made = wl.ColumnRule("text", lambda value: search(value) is not None, superset=superset)
    return wl.LabelingFunction(rule=made, votes=1)


@st.composite
def regexes(draw: st.DrawFn) -> wl.LabelingFunction:
    inline = "".join(
        letter
        for letter, flag in zip("amsxi", (re.A, re.M, re.S, re.X, re.I), strict=True)
        if draw(flags) & flag
    )
    pattern = draw(patterns)
    pattern = f"(?{inline}:{pattern}\n)" if inline else pattern
    try:
        return text.regex(1, pattern, case=draw(st.booleans()), at_least=draw(st.integers(1, 2)))
    except ValueError:
        return text.regex(1, "[a-f]{2,}")


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
@settings(max_examples=500)
@given(
    st.lists(regexes(), min_size=1, max_size=4),
    st.lists(values, max_size=12) | st.lists(texts.filter(str.isascii), max_size=12),
    st.booleans(),
)
def test_together_they_say_what_each_says_alone(
    lfs: list[wl.LabelingFunction], many: list[Any], stop: bool
) -> None:
    for lf, outcome in zip(lfs, run_rules(lfs, many, stop=stop), strict=True):
        voted, errors = alone(lf, many)
        if stop and errors:
            first = min(errors)
            voted[first:] = [False] * (len(many) - first)
            errors = {first: errors[first]}
        assert plain(outcome) == (voted, errors)


def test_only_where_it_is_found_and_beyond_ascii_it_is_asked() -> None:
    many = ["abc", "face", "facades", "é", None, Text("b"), "decade\0", "\ud800", "x\nDeface", ""]
    lf = text.regex(1, "[a-f]{4,}", missing="abstain")
    assert asked(lf, many) == [
        *("face", "facades", "é", None, "b", "decade\0", "\ud800", "x\nDeface"),
    ]
    plain_texts = [value for value in many if type(value) is str and value.isascii()]
    assert asked(lf, plain_texts) == ["face", "facades", "decade\0", "x\nDeface"]


def test_where_a_pattern_has_literals_they_stay() -> None:
    made = text.regex(1, "[a-f]{4,}%").rule
    assert made is not None
    assert (made.literals, made.superset) == (("%",), None)


@pytest.mark.parametrize(
    "refused",
    [
        "(",
        r"(a)\1",
        "(?=x)",
        "a{1001}",
        "(?:(?:[a-z]{11}){11}){11}",
        "\ud800",
        "[[:none:]]",
        "(?:" * 3000,
        "|".join(f"[ab]{i}{{900}}" for i in range(900)),
    ],
)
def test_every_text_is_asked_where_the_pattern_is_refused(refused: str) -> None:
    many = ["a", "x", "é"]
    lf = rule(refused)
    assert asked(lf, many) == many
    assert run_rules([lf], many, stop=False)[0].voted.tolist() == [False, True, False]


def test_rules_of_all_kinds_run_together() -> None:
    lfs = [rule("[xy]"), rule(None, "b"), text.keyword(1, "x"), rule("(", "y"), rule("[x]")]
    many = ["x", "bx b", "y", "é x", ""]
    together = run_rules(lfs, many, stop=False)
    assert [outcome.voted.tolist() for outcome in together] == [
        [True, True, False, True, False],
        [False, True, False, False, False],
        [True, False, False, True, False],
        [False, False, True, False, False],
        [True, True, False, True, False],
    ]
    assert all(outcome.seconds > 0 for outcome in together)


def test_a_promise_that_is_broken_loses_votes() -> None:
    assert run_rules([rule("[y]")], ["x", "xy", "xé"], stop=False)[0].voted.tolist() == [
        *(False, True, True),
    ]


def test_it_votes_the_same_in_a_run() -> None:
    many = [{"text": f"{'deface ' * (i % 3)}{'é' * (i % 2)}{i}"} for i in range(500)]
    lf = text.regex("A", r"(?:[a-f]{6,}\W){2}", name="one", classes=("A", "B"))
    assert lf.rule is not None
    assert lf.rule.superset
    unaided = dataclasses.replace(lf.rule, superset=None)
    other = wl.LabelingFunction(rule=unaided, name="two", votes="A", classes=("A", "B"))
    L = wl.apply_lfs([lf, other], many, progress=False)
    _, columns, _ = L.csr()
    assert sorted(columns.tolist()) == [0] * 166 + [1] * 166

# ruff: noqa: RUF001 - these letters are what is tested
"""Rules that run together come to what each of them says about each value alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

import cloudpickle
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weaklabel as wl
from weaklabel.apply import _literals
from weaklabel.apply._rules import RuleVotes, run_rules
from weaklabel_lfs import numeric, text

# Letters whose case is peculiar, marks, signs, separators, and what is no character at all.
LETTERS = "abABsSkKiIſKİıΣσςßẞéÉ中ﬁﬆ\u0301\u0307\u0345_1٣"
OTHERS = " \n\t\u2003\x1c\x00\ud800\udc00-—$+.%\"'"
letters = st.sampled_from(LETTERS + OTHERS)
pieces = st.one_of(
    st.sampled_from(["ab", "ΑΣ", "ας", "is", "c++", "$$$", "a b", "ab c", "kiß"]),
    st.text(letters, max_size=3),
)
texts = st.lists(pieces, max_size=6).map("".join) | st.lists(pieces, max_size=5).map(" ".join)


class Text(str):
    pass


values = st.one_of(
    texts,
    texts,
    texts,
    texts,
    st.sampled_from([None, float("nan"), 3, 2.5, b"ab", ["ab"], np.str_("ab is"), Text("ab is")]),
)
answers: list[Literal["raise", "abstain"]] = ["raise", "abstain"]
missing = st.sampled_from(answers)
words = pieces.filter(str.strip)


@st.composite
def keywords(draw: st.DrawFn) -> wl.LabelingFunction:
    some = draw(st.lists(words, min_size=1, max_size=4))
    return text.keyword(
        1,
        *some,
        whole_word=draw(st.booleans()),
        case=draw(st.booleans()),
        at_least=draw(st.integers(1, len(set(some)))),
        missing=draw(missing),
    )


@st.composite
def gazetteers(draw: st.DrawFn) -> wl.LabelingFunction:
    entry = words.filter(lambda word: re.search(r"\w", word.lower()) is not None)
    case = draw(st.booleans())
    some = draw(st.lists(entry, min_size=1, max_size=4))
    at_least = 2 if len({tuple(re.findall(r"\w+", e.lower())) for e in some}) > 1 else 1
    at_least = draw(st.integers(1, at_least))
    return text.gazetteer(1, some, case=case, at_least=at_least, missing=draw(missing))


def repeated(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    times = st.sampled_from(["?", "*", "+", "{2}", "{1,2}", "+?", "*?", "??", "++", "{0}"])
    return st.builds("(?:{}){}".format, inner, times)


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.lists(inner, min_size=2, max_size=4).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda some: f"({'|'.join(some)})"),
        repeated(inner),
        st.builds(
            "{}{})".format, st.sampled_from(["(?i:", "(?-i:", "(?=", "(?!", "(?>", "(?:"]), inner
        ),
    )


patterns = st.recursive(
    st.one_of(
        letters.map(re.escape),
        letters.map(re.escape),
        pieces.map(re.escape),
        st.sampled_from(
            [".", r"\w", r"\d", r"\s", r"\b", "^", "$", "[ab]", "[sk]", "[^a]", "[a-kΑ-Ω]", ""]
        ),
    ),
    grown,
    max_leaves=6,
)


def compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return bool(pattern)


@st.composite
def regexes(draw: st.DrawFn) -> wl.LabelingFunction:
    pattern = draw(st.sampled_from(["", "", "(?i)", "(?a)"])) + draw(patterns.filter(compiles))
    case, at_least = draw(st.booleans()), draw(st.integers(1, 2))
    return text.regex(1, pattern, case=case, at_least=at_least, missing=draw(missing))


lengths = st.builds(
    lambda most, skip: text.length(1, at_most=most, missing=skip), st.integers(0, 3), missing
)
thresholds = st.builds(
    lambda low, skip: numeric.threshold(1, "text", at_least=low, missing=skip),
    st.integers(2, 3),
    missing,
)
functions = st.one_of(
    keywords(), keywords(), regexes(), regexes(), gazetteers(), lengths, thresholds
)


def told(error: Exception) -> tuple[type, str]:
    return type(error), str(error)


def alone(lf: wl.LabelingFunction, many: Sequence[Any]) -> tuple[list[bool], dict[int, Any]]:
    """Ask the rule about each value: the slow obvious twin."""
    assert lf.rule is not None
    voted, errors = [], {}
    for i, value in enumerate(many):
        try:
            voted.append(bool(lf.rule.holds(value)))
        except Exception as error:  # noqa: BLE001
            voted.append(False)
            errors[i] = told(error)
    return voted, errors


def plain(outcome: RuleVotes) -> tuple[list[bool], dict[int, Any]]:
    return outcome.voted.tolist(), {i: told(error) for i, error in outcome.errors.items()}


@pytest.fixture(params=[1, 200], ids=["words looked up", "words scanned"])
def many_words(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_literals, "_MANY_WORDS", request.param)
    _literals._search.cache_clear()


@pytest.mark.usefixtures("many_words")
@given(st.lists(functions, min_size=1, max_size=5), st.lists(values, max_size=12))
def test_together_they_say_what_each_says_alone(
    lfs: list[wl.LabelingFunction], many: list[Any]
) -> None:
    together = run_rules(lfs, many, stop=False)
    assert [plain(outcome) for outcome in together] == [alone(lf, many) for lf in lfs]


@pytest.mark.usefixtures("many_words")
@given(st.lists(functions, min_size=1, max_size=3), st.lists(values, max_size=8))
def test_stop_leaves_a_rule_at_its_first_error(
    lfs: list[wl.LabelingFunction], many: list[Any]
) -> None:
    for lf, outcome in zip(lfs, run_rules(lfs, many, stop=True), strict=True):
        voted, errors = alone(lf, many)
        first = min(errors, default=len(many))
        expected = voted[:first] + [False] * (len(many) - first)
        assert plain(outcome) == (expected, {i: e for i, e in errors.items() if i == first})


def asked(lf: wl.LabelingFunction, many: Sequence[Any]) -> list[Any]:
    """Return the values that a rule is asked about when it runs on some."""
    rule = lf.rule
    assert rule is not None
    seen = []

    def holds(value: Any) -> bool | None:
        seen.append(value)
        return rule.holds(value)

    noted = wl.ColumnRule(
        rule.column,
        holds,
        literals=rule.literals,
        fold=rule.fold,
        whole_word=rule.whole_word,
        decisive=rule.decisive,
        superset=rule.superset,
    )
    run_rules([wl.LabelingFunction(rule=noted, votes=1)], many, stop=False)
    return seen


@pytest.mark.usefixtures("many_words")
def test_only_what_literals_leave_open_is_asked() -> None:
    many = ["Free cash", "freedom", "free—", "", None, "f\0", "not so free", "free_", "fre\0e free"]
    one = text.keyword(1, "free", missing="abstain")
    assert asked(one, many) == ["free—", None, "f\0", "fre\0e free"]
    phrase = text.keyword(1, "free cash", missing="abstain")
    assert asked(phrase, many) == ["Free cash", "free—", None, "f\0", "not so free", "fre\0e free"]
    pattern = text.regex(1, r"free\w+", missing="abstain")
    assert asked(pattern, many)[:3] == ["Free cash", "freedom", "free—"]


def test_a_rule_without_literals_is_asked_about_every_value() -> None:
    assert asked(text.length(1, at_most=1), ["a", "b c", None]) == ["a", "b c", None]


def test_a_text_of_another_type_is_asked() -> None:
    assert asked(text.keyword(1, "free"), [Text("free"), "free", np.str_("x")]) == ["free", "x"]


@pytest.mark.usefixtures("many_words")
@pytest.mark.parametrize(
    ("word", "many", "expected"),
    [
        ("b", ["a\0b", "b", "a", "\0", "b\0"], [True, True, False, False, True]),
        ("\ud800", ["\udc00", "\ud800", "?", "\ud800\udc00"], [False, True, False, True]),
        ("ας", ["ΑΣ", "ΑΣΑ", "ΑΣ.", "Α"], [True, False, True, False]),
        ("a\0b", ["a", "b", "a\0b"], [False, False, True]),
        ("i\u0307", ["İ", "I", "i\u0307"], [True, False, True]),
    ],
)
def test_strange_characters_end_no_text_early(
    word: str, many: list[str], expected: list[bool]
) -> None:
    lf = text.keyword(1, word)
    assert run_rules([lf], many, stop=False)[0].voted.tolist() == expected
    assert alone(lf, many) == (expected, {})


def test_literals_that_overlap_are_all_found() -> None:
    lfs = [text.keyword(1, word, whole_word=False) for word in ("she", "her", "hers", "shersa")]
    together = run_rules(lfs, ["shers", "sherpa", "shersa"], stop=False)
    assert [outcome.voted.tolist() for outcome in together] == [
        [True, True, True],
        [True, True, True],
        [True, False, True],
        [False, False, True],
    ]


@pytest.mark.usefixtures("many_words")
def test_a_literal_of_several_rules_counts_for_each() -> None:
    lfs = [
        text.keyword(1, "free", "cash"),
        text.keyword(1, "free", whole_word=False),
        text.keyword(1, "cash", "free", at_least=2),
        text.keyword(1, "FREE", case=True),
        text.regex(1, "free$"),
    ]
    together = run_rules(lfs, ["free", "freedom", "cash FREE", "cash"], stop=False)
    assert [outcome.voted.tolist() for outcome in together] == [
        [True, False, True, True],
        [True, True, True, False],
        [False, False, True, False],
        [False, False, True, False],
        [True, False, True, False],
    ]


def test_gazetteers_of_many_thousand_entries_are_found_beyond_ascii_too() -> None:
    entries = [f"entry{i}" for i in range(40_000)]
    lf = text.gazetteer(1, entries)
    many = ["entry39999", "entry40000", "“entry7” é", "éentry7", "Entry1-entry2"]
    assert run_rules([lf], many, stop=False)[0].voted.tolist() == [True, False, True, False, True]


def test_errors_are_those_of_the_rule_on_the_value() -> None:
    outcome = run_rules([text.keyword(1, "free")], ["free", None, 3, "x"], stop=False)[0]
    assert outcome.voted.tolist() == [True, False, False, False]
    assert [str(outcome.errors[i]).split(",")[0] for i in (1, 2)] == [
        "column 'text' is None",
        "column 'text' holds 3 of type int",
    ]
    assert list(outcome.errors) == [1, 2]


def test_an_answer_that_is_no_bool_is_an_error_as_in_the_row_alone() -> None:
    lf = wl.LabelingFunction(rule=wl.ColumnRule("text", lambda value: value), votes=1)
    outcome = run_rules([lf], [True, 1, None, np.bool_(True), 0], stop=False)[0]
    assert outcome.voted.tolist() == [True, False, False, True, False]
    assert list(outcome.errors) == [1, 4]
    with pytest.raises(TypeError, match=re.escape(str(outcome.errors[1]))):
        lf({"text": 1})


class Interrupt(BaseException):
    pass


def test_what_is_no_exception_passes_through() -> None:
    def holds(value: object) -> bool:
        raise Interrupt

    lf = wl.LabelingFunction(rule=wl.ColumnRule("text", holds), votes=1)
    with pytest.raises(Interrupt):
        run_rules([lf], ["a"], stop=False)


def test_no_value_gives_no_vote() -> None:
    lfs = [text.keyword(1, "free"), text.regex(1, "a", case=True), text.length(1, at_most=1)]
    assert [outcome.voted.tolist() for outcome in run_rules(lfs, [], stop=False)] == [[], [], []]


def test_the_time_of_the_pass_is_shared_by_those_that_took_part() -> None:
    lfs = [text.keyword(1, "free"), text.keyword(1, "cash"), text.length(1, at_most=1)]
    outcomes = run_rules(lfs, ["free cash"] * 100, stop=False)
    assert all(outcome.seconds > 0 for outcome in outcomes)


def test_a_labeling_function_without_a_rule_is_refused() -> None:
    lf = wl.LabelingFunction(lambda x: True, name="mine", votes=1)
    with pytest.raises(TypeError, match=r"'mine' has no rule; run it row by row"):
        run_rules([lf], ["a"], stop=False)


def test_automata_do_not_travel() -> None:
    lf = text.keyword(1, *(f"word{i}" for i in range(500)))
    before = len(cloudpickle.dumps(lf))
    run_rules([lf], ["word7"], stop=False)
    packed = cloudpickle.dumps(lf)
    assert len(packed) == before
    assert run_rules([cloudpickle.loads(packed)], ["word7"], stop=False)[0].voted.tolist() == [True]

# ruff: noqa: RUF001 - these letters are what is tested
from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from weaklabel_lfs.text._re2_superset import re2_superset

CHARACTERS = "abkKsSzZ_019 .-[^]\\\n\r\t\x0b\x0c\x1c\x1d\x1e\x1f\x00\x7fſKıİéÉß中"
letters = st.sampled_from(CHARACTERS)
ascii_texts = st.text(letters.filter(str.isascii), max_size=12)
texts = ascii_texts | st.text(letters, max_size=8)

members = st.one_of(
    letters.map(re.escape),
    st.sampled_from([r"\w", r"\W", r"\d", r"\D", r"\s", r"\S", "a-k", "K-S", "\x1b-\x1d", "ſ-K"]),
)
classes = st.builds(
    "[{}{}]".format, st.sampled_from(["", "^"]), st.lists(members, min_size=1).map("".join)
)
single = st.one_of(
    letters.map(re.escape),
    classes,
    st.sampled_from([".", r"\w", r"\W", r"\d", r"\D", r"\s", r"\S", "[^a]", "[^s]"]),
    st.sampled_from(["^", "$", r"\A", r"\Z", r"\b", r"\B", ""]),
)
times = st.sampled_from(
    ["?", "*", "+", "*?", "++", "{0}", "{2}", "{1,3}", "{2,}", "{,2}", "{9}", "{7,1200}", "{1001,}"]
)
openings = st.one_of(
    st.sampled_from(["(", "(?:", "(?i:", "(?-i:", "(?m:", "(?s:", "(?-s:", "(?a:", "(?u:"]),
    st.sampled_from(["(?x:", "(?>", "(?=", "(?!", "(?<!a", "(?<=k"]),
)


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.lists(inner, min_size=2, max_size=4).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda some: f"({'|'.join(some)})"),
        st.builds("(?:{}){}".format, inner, times),
        st.builds("{}{})".format, openings, inner),
        st.builds(r"({}){}\1".format, inner, inner),
        st.builds(r"({})?{}(?(1){}|{})".format, inner, inner, inner, inner),
        st.builds(r"({})?{}(?(1){})".format, inner, inner, inner),
    )


def compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except (re.error, OverflowError):
        return False
    return bool(pattern)


patterns = st.recursive(single, grown, max_leaves=6).filter(compiles)
flags = st.sets(
    st.sampled_from([re.IGNORECASE, re.MULTILINE, re.DOTALL, re.ASCII, re.VERBOSE])
).map(lambda some: re.RegexFlag(sum(some)))


def found(superset: str, text: str) -> bool:
    return bool(pc.match_substring_regex(pa.array([text], pa.large_string()), superset)[0].as_py())


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
@settings(max_examples=1000)
@given(patterns, flags, st.lists(texts, max_size=8), st.data())
def test_it_is_found_in_every_ascii_text_in_which_the_pattern_is_found(
    pattern: str, flag: re.RegexFlag, some: list[str], data: st.DataObject
) -> None:
    compiled = re.compile(pattern, flag)
    superset = re2_superset(compiled)
    assume(superset)
    assert superset is not None
    try:
        made = data.draw(st.from_regex(compiled))
        some = [*some, made, made.swapcase(), f"{made}\n", made.encode("ascii", "ignore").decode()]
    except InvalidArgument:
        pass  # it makes no texts for atomic groups
    for text in some:
        if text.isascii() and compiled.search(text):
            assert found(superset, text), (superset, text)


@settings(max_examples=500)
@given(st.lists(single, max_size=5).map("".join).filter(compiles), ascii_texts)
def test_without_line_ends_it_is_found_nowhere_else(pattern: str, text: str) -> None:
    superset = re2_superset(re.compile(pattern))
    assume(superset and "$" not in pattern and text)
    assert superset is not None
    assert found(superset, text) == (re.search(pattern, text) is not None)


@pytest.mark.parametrize(
    ("pattern", "superset"),
    [
        ("[a-f]{6,}", "(?:[a-f]){6,}"),
        (r"\d{5,7}", "(?:[0-9]){5,7}"),
        (r"\s\S", r"[\x09-\x0d\x1c-\x20][\x00-\x08\x0e-\x1b\x21-\x7f]"),
        ("(?i)[ks]é?a", r"[KSks](?:[^\x00-\x{10FFFF}])?[Aa]"),
        ("(?i)[ſ\u212a]", "[KSks]"),  # the long s and the sign of kelvin
        ("(?a:[a-c])|d.", r"(?:(?:[a-c])|d[\x00-\x09\x0b-\x7f])"),
        ("(?i)(?-i:a)b", "(?:a)[Bb]"),
        ("(?i)b(?a:ſ)", r"[Bb](?:[^\x00-\x{10FFFF}])"),
        ("(?s)a.", r"a[\x00-\x7f]"),
        (r"^a$", r"\Aa(?m:$)"),
        (r"(?m)^\Aa\b\B\Z", r"(?m:^)\Aa\b\B\z"),
        ("(?>a)b++", "(?:a)(?:b)+"),
        (r"(a)\1b", "(?:a)(?s:.)*b"),
        ("x(a)?b(?(1)c|d)", "x(?:(?:a))?b(?:c|d)"),
        ("x(a)?b(?(1)c)x", "x(?:(?:a))?b(?:c|(?:))x"),
        ("a(?=b)(?!c)(?<=a)b", "a(?:)(?:)(?:)b"),
        (r"\s*(?!b)(a)\1.*", "(?:a)"),
    ],
)
def test_the_superset_of_a_pattern(pattern: str, superset: str) -> None:
    assert re2_superset(re.compile(pattern)) == superset


@pytest.mark.parametrize(
    "pattern", ["a*", "(?=a)", "(?!a)", "a|", r"(a*)\1", "(?:a{0}|b)", "(?#x)"]
)
def test_where_every_text_would_match_there_is_none(pattern: str) -> None:
    assert re2_superset(re.compile(pattern)) is None


@pytest.mark.parametrize(
    ("pattern", "superset"),
    [
        ("a{1001}", "(?:a){8,}"),
        ("a{3,5000}", "(?:a){3,}"),
        ("(?:a{5}){5}", "(?:(?:a)+){5,5}"),
        ("(?:(?:a{2,3}){2}){2}", "(?:(?:(?:a){2,}){2,2}){2,2}"),
    ],
)
def test_many_times_are_left_open(pattern: str, superset: str) -> None:
    assert re2_superset(re.compile(pattern)) == superset
    assert found(superset, "a" * 2000)


def test_a_pattern_may_be_nested_deeply_or_be_long() -> None:
    assert re2_superset(re.compile("(" * 200 + "a" + ")" * 200)) is not None
    assert re2_superset(re.compile("|".join(f"[ab]{i}" for i in range(5000)))) is not None

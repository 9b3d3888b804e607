# ruff: noqa: RUF001 - these letters are what is tested
from __future__ import annotations

import re
import sys

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from tests.apply.test_rules import compiles, patterns
from weaklabel_lfs.text._required_literals import required_literals

flags = st.sampled_from([0, re.IGNORECASE, re.IGNORECASE | re.ASCII])


@pytest.mark.filterwarnings("ignore::FutureWarning")
@given(patterns.filter(compiles), flags, st.data())
def test_every_text_that_matches_contains_one(pattern: str, flag: int, data: st.DataObject) -> None:
    compiled = re.compile(pattern, flag)
    literals = required_literals(compiled)
    assume(literals)
    try:
        made = data.draw(st.from_regex(compiled))
    except InvalidArgument:
        assume(False)  # it makes no texts with lone surrogates
    peculiar = made.translate(str.maketrans("siksσ", "ſİKſΣ"))
    for text in (made, made.upper(), made.swapcase(), peculiar, f"Σ{made}Σ"):
        if compiled.search(text):
            searched = text.lower() if flag & re.IGNORECASE else text
            assert any(literal in searched for literal in literals)


@pytest.mark.parametrize(
    ("pattern", "literals"),
    [
        (r"\bword\w*\b", ["word"]),
        (r"\d+%", ["%"]),
        ("free|cart|cat", ["cart", "cat", "free"]),
        ("fre+dom", ["edom"]),
        ("colou?r", ["color", "colour"]),
        (r"(?:won|gone)\s+(?:a|the) car", ["a car", "the car"]),
        ("(?P<x>ab)(?P=x)", ["ab"]),
        ("gr[ae]y", ["gray", "grey"]),
        ("(?>ab)c", ["abc"]),
        ("[A-Z]{3}", []),
        ("(?:ab)?", []),
        ("ab|", []),
        (r"ab|\d", []),
        ("(?!ab)", []),
        ("[^a]", []),
    ],
)
def test_the_literals_of_a_pattern(pattern: str, literals: list[str]) -> None:
    assert list(required_literals(re.compile(pattern))) == literals
    assert set(required_literals(re.compile(pattern, re.IGNORECASE))) >= set(literals)


def test_the_peculiar_ways_to_write_a_letter_are_among_them() -> None:
    assert required_literals(re.compile("is", re.I)) == ("is", "iſ", "i̇s", "i̇ſ", "ıs", "ıſ")
    assert required_literals(re.compile("ΑΣ", re.I)) == ("ας", "ασ")


def test_no_character_beyond_those_looked_at_has_another_case() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    for letter in "aikszß_1Σςüжı":
        found = re.compile(letter, re.IGNORECASE).findall(everything)
        lower = required_literals(re.compile(letter, re.IGNORECASE))
        assert {other.lower() for other in found} == set(lower)
    beyond = everything[0x20000:]
    assert beyond.lower() == beyond.upper() == beyond


def test_where_a_group_alone_ignores_case_nothing_is_known_of_it() -> None:
    assert required_literals(re.compile("(?i:ab)c")) == ("c",)
    assert required_literals(re.compile("(?-i:AB)c", re.IGNORECASE)) == ("abc",)


def test_long_patterns_with_many_spellings_give_few_literals() -> None:
    assert len(required_literals(re.compile("mississippi" * 20, re.IGNORECASE))) <= 32
    assert required_literals(re.compile("|".join(f"w{i}" for i in range(2000)))) == ("w",)
    assert len(required_literals(re.compile("|".join(f"{i}w" for i in range(900))))) == 900

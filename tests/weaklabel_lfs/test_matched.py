from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import weaklabel as wl
from weaklabel_lfs import text

BUILT = [
    text.keyword(1, "free", "click here", name="words"),
    text.keyword(1, "ee", whole_word=False, name="inside"),
    text.keyword(1, "Free", case=True, name="case"),
    text.keyword(1, "İ", "i", "ß", whole_word=False, name="letters"),
    text.regex(1, r"fr[e]+|\d{2,}", name="regex"),
    text.regex(1, r"İ|i", name="dotted"),
    text.gazetteer(1, ["free", "New York", "İx"], name="names"),
    text.gazetteer(1, ["Free"], case=True, name="case names"),
]
WORDS = st.lists(
    st.sampled_from(
        ["free", "FREE", "freedom", "click", "here", "New-York", "new york", "İx", "İİİ", "ß", "12"]
    )
).map(" ".join)


@pytest.mark.parametrize("lf", BUILT, ids=lambda lf: lf.name)
@given(x=WORDS | st.text())
def test_it_votes_where_it_matches_and_on_what_it_matches(lf: Any, x: str) -> None:
    spans = lf.matched(x)
    assert (lf(x) != wl.ABSTAIN) == bool(spans)
    for start, end in spans:
        assert 0 <= start < end <= len(x)
        if lf.name != "words" and not lf.name.endswith("names"):
            assert lf(x[start:end]) != wl.ABSTAIN


@pytest.mark.parametrize(
    ("lf", "x", "found"),
    [
        (BUILT[0], "FREE! click \n here", ["FREE", "click \n here"]),
        (BUILT[0], "freedom", []),
        (BUILT[1], "freedom", ["ee"]),
        (BUILT[4], "freeee 123", ["freeee", "123"]),
        (BUILT[6], "İİİ free in new-york", ["free", "new-york"]),
        (BUILT[0], "İİİ free", ["free"]),
    ],
)
def test_matches_stand_where_the_text_has_them(lf: Any, x: str, found: list[str]) -> None:
    assert [x[start:end] for start, end in lf.matched(x)] == found


def test_what_needs_several_words_shows_each() -> None:
    lf = text.keyword(1, "free", "win", at_least=2)
    assert lf.matched("win free") == [(0, 3), (4, 8)]


def test_other_builders_cannot_say() -> None:
    assert text.length(1, at_most=3).matched("a b") == []

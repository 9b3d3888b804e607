from __future__ import annotations

from typing import Any

import pytest

from weaklabel_lfs import text


def test_both_bounds_are_included() -> None:
    lf = text.length(0, at_least=2, at_most=3)
    assert [lf("a"), lf("a b"), lf("a  b c"), lf("a b c d")] == [-1, 0, 0, -1]


def test_characters_can_be_counted() -> None:
    lf = text.length(0, at_most=3, unit="characters")
    assert [lf(""), lf("abc"), lf("abcd")] == [0, 0, -1]


def test_the_default_name_tells_the_bounds() -> None:
    assert text.length(0, at_least=2, at_most=3).name == "length_0_at_least_2_at_most_3_words"


@pytest.mark.parametrize("unit", ["words", "characters"])
def test_a_missing_text_raises_or_abstains(unit: Any) -> None:
    with pytest.raises(TypeError, match=r"column 'text' is nan"):
        text.length(0, at_most=3, unit=unit)({"text": float("nan")})
    assert text.length(0, at_most=3, unit=unit, missing="abstain")({"text": None}) == -1


@pytest.mark.parametrize("unit", ["words", "characters"])
def test_a_list_is_no_text(unit: Any) -> None:
    with pytest.raises(TypeError, match=r"column 'text' holds \['a'\] of type list"):
        text.length(0, at_most=3, unit=unit)({"text": ["a"]})


def test_no_bound_is_refused() -> None:
    with pytest.raises(ValueError, match=r"length\(\) needs at_least= or at_most="):
        text.length(0)


@pytest.mark.parametrize("bound", [-1, 2.5, True])
def test_a_bound_that_is_no_count_is_refused(bound: Any) -> None:
    with pytest.raises(ValueError, match=r"at_most=.*; expected an int from 0"):
        text.length(0, at_most=bound)


def test_bounds_that_no_text_meets_are_refused() -> None:
    with pytest.raises(ValueError, match=r"at_least=4 above at_most=3: no text can be both"):
        text.length(0, at_least=4, at_most=3)


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"unit='lines'; expected 'words' or 'characters'"):
        text.length(0, at_most=3, unit="lines")  # type: ignore[arg-type]

from __future__ import annotations

import enum

import cloudpickle
import numpy as np
import pandas as pd
import pytest

import weaklabel as wl
from weaklabel_lfs import text


class Kind(enum.Enum):
    HAM = 0
    SPAM = 1


def test_a_word_counts_only_as_a_whole_word() -> None:
    lf = text.keyword(Kind.SPAM, "free")
    assert [lf("free!"), lf("FREE"), lf("freedom"), lf("carefree"), lf("")] == [1, 1, -1, -1, -1]


def test_whole_word_false_finds_parts_of_words() -> None:
    assert text.keyword(Kind.SPAM, "free", whole_word=False)("freedom") == 1


def test_case_true_tells_upper_from_lower_case() -> None:
    lf = text.keyword(Kind.SPAM, "FREE", case=True)
    assert [lf("FREE"), lf("free")] == [1, -1]


def test_words_given_in_capitals_are_found_in_any_case() -> None:
    assert text.keyword(Kind.SPAM, "Free")("free") == 1


def test_a_space_in_a_phrase_stands_for_any_white_space() -> None:
    lf = text.keyword(Kind.SPAM, "click here")
    assert [lf("Click\n  here"), lf("click there"), lf("clickhere")] == [1, -1, -1]


def test_words_may_be_signs() -> None:
    lf = text.keyword(Kind.SPAM, "$$$", "c++", "a.b")
    assert [lf("win $$$"), lf("in C++."), lf("axb"), lf("$$")] == [1, 1, -1, -1]


def test_a_word_inside_another_one_does_not_hide_a_whole_one() -> None:
    assert text.keyword(Kind.SPAM, "cash", "free")("cashew for free") == 1


def test_at_least_counts_different_words() -> None:
    lf = text.keyword(Kind.SPAM, "free", "cash", "new york", "york", at_least=2)
    assert [lf("free free"), lf("free cash"), lf("new york")] == [-1, 1, 1]


def test_votes_may_be_a_name_a_code_or_a_partial_vote() -> None:
    assert text.keyword("SPAM", "free", classes=("HAM", "SPAM"))("free") == 1
    assert text.keyword(0, "free")("free") == 0
    partial = text.keyword(wl.any_of("A", "B"), "free", classes=("A", "B", "C"))
    assert partial("free") == wl.any_of(0, 1)


def test_examples_are_checked() -> None:
    text.keyword(Kind.SPAM, "free", examples={"free": Kind.SPAM, "fee": None}).check()
    with pytest.raises(wl.errors.LFError, match=r"'fee': expected SPAM, voted abstain"):
        text.keyword(Kind.SPAM, "free", examples={"fee": Kind.SPAM}).check()


def test_another_column_is_read_and_declared() -> None:
    lf = text.keyword(Kind.SPAM, "free", column="the body", examples={"free": Kind.SPAM})
    lf.check()
    assert lf.columns == ("the body",)
    assert lf({"the body": "free"}) == 1


def test_the_default_name_tells_class_and_words() -> None:
    assert text.keyword(Kind.SPAM, "free", "click here").name == "keyword_SPAM_free_click_here"
    assert text.keyword(Kind.SPAM, "free", name="mine").name == "mine"


def test_long_and_unspeakable_default_names_stay_apart() -> None:
    many = [f"word{i}" for i in range(40)]
    names = [
        text.keyword(0, *words).name
        for words in (many, many[:-1], ["$$$"], ["!!!"], ["$$$", "a"], ["\ud800"])
    ]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 60 and name.isidentifier() for name in names)
    assert text.keyword(0, *many).name == names[0]


@pytest.mark.parametrize("absent", [None, float("nan"), np.float32("nan"), pd.NA, pd.NaT])
def test_a_missing_text_is_an_error_that_names_the_column(absent: object) -> None:
    lf = text.keyword(Kind.SPAM, "free", column="body")
    with pytest.raises(TypeError, match=r"column 'body' is .* pass missing='abstain'"):
        lf({"body": absent})
    assert text.keyword(Kind.SPAM, "free", column="body", missing="abstain")({"body": absent}) == -1


@pytest.mark.parametrize("wrong", [3, b"free", ["free"]])
def test_a_value_that_is_no_text_is_an_error_even_when_missing_abstains(wrong: object) -> None:
    lf = text.keyword(Kind.SPAM, "free", missing="abstain")
    with pytest.raises(TypeError, match=r"column 'text' holds .* of type .*, expected str"):
        lf({"text": wrong})


def test_the_engine_names_the_lf_and_the_row_of_a_missing_text() -> None:
    data = pd.DataFrame({"id": ["a", "b"], "text": ["free", None]})
    with pytest.raises(wl.errors.LFError, match=r"'keyword_SPAM_free'.*'b'.*missing='abstain'"):
        wl.apply_lfs([text.keyword(Kind.SPAM, "free")], data, key="id", progress=False)
    lf = text.keyword(Kind.SPAM, "free", missing="abstain")
    assert np.asarray(wl.apply_lfs([lf], data, progress=False)).tolist() == [[1], [-1]]


def test_it_survives_the_way_to_another_process() -> None:
    lf = cloudpickle.loads(cloudpickle.dumps(text.keyword(Kind.SPAM, "free", "cash", at_least=2)))
    assert [lf("free cash"), lf("free")] == [1, -1]


def test_no_word_is_refused() -> None:
    with pytest.raises(ValueError, match=r"keyword\(\) needs at least one word"):
        text.keyword(Kind.SPAM)


def test_an_empty_word_is_refused() -> None:
    with pytest.raises(ValueError, match=r"empty word '  ', which every text contains"):
        text.keyword(Kind.SPAM, "free", "  ")


def test_a_list_of_words_is_refused_with_the_right_call() -> None:
    with pytest.raises(TypeError, match=r"write keyword\(SPAM, \*words\) to pass a list"):
        text.keyword(Kind.SPAM, ["free", "cash"])  # type: ignore[arg-type]


def test_an_unknown_missing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"missing='skip'; expected 'raise' or 'abstain'"):
        text.keyword(Kind.SPAM, "free", missing="skip")  # type: ignore[arg-type]


@pytest.mark.parametrize("at_least", [0, -1, True, 1.5])
def test_at_least_must_be_a_count(at_least: int) -> None:
    with pytest.raises(ValueError, match=r"at_least=.*; expected an int from 1"):
        text.keyword(Kind.SPAM, "free", at_least=at_least)


def test_at_least_beyond_the_words_is_refused() -> None:
    with pytest.raises(ValueError, match=r"at_least=3 can never be reached; only 2 were given"):
        text.keyword(Kind.SPAM, "free", "cash", "free", at_least=3)


def test_a_column_that_is_no_name_is_refused() -> None:
    with pytest.raises(TypeError, match=r"column= takes the name of a column, got 3"):
        text.keyword(Kind.SPAM, "free", column=3)  # type: ignore[arg-type]

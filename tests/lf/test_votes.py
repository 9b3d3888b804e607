from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weaklabel as wl
from weaklabel._classes import ClassTable
from weaklabel.lf import VoteCoder

TABLE = ClassTable(("HAM", "SPAM", "NEWS"))


class Label(Enum):
    HAM = "ham"
    SPAM = "spam"
    NEWS = "news"
    ABSTAIN = "none"


class Code(IntEnum):
    ABSTAIN = -1
    HAM = 0
    SPAM = 1
    NEWS = 2


class Text(StrEnum):
    HAM = "HAM"
    SPAM = "spam"
    NEWS = "x"


class Silent(IntEnum):
    HAM = 0
    SPAM = 1
    NOTHING = -1


class Other(Enum):
    CAT = 0
    DOG = 1


LEGAL: list[tuple[Any, int]] = [
    (None, -1),
    (wl.ABSTAIN, -1),
    (np.int64(-1), -1),
    (np.int8(-1), -1),
    (pd.NA, -1),
    (Label.ABSTAIN, -1),
    (Code.ABSTAIN, -1),
    (Silent.NOTHING, -1),
    (0, 0),
    (2, 2),
    (np.int8(1), 1),
    (np.uint64(2), 2),
    ("HAM", 0),
    (np.str_("SPAM"), 1),
    (Label.NEWS, 2),
    (Code.SPAM, 1),
    (Text.SPAM, 1),
    (wl.any_of("SPAM"), 1),
    (wl.any_of(Code.NEWS), 2),
    (wl.none_of("HAM", 2), 1),
]

ILLEGAL: list[Any] = [
    1.0,
    0.0,
    np.float32(1),
    float("nan"),
    float("inf"),
    np.float64("nan"),
    pd.NaT,
    Decimal(1),
    1 + 0j,
    True,
    False,
    np.True_,
    3,
    -2,
    np.int64(-5),
    10**30,
    "spam",
    "",
    "ABSTAIN",
    b"SPAM",
    Other.DOG,
    [1],
    (1,),
    (1, [2]),
    {"SPAM"},
    np.array([1]),
    object(),
    wl.any_of("HAM", "SPAM", "NEWS"),
    wl.none_of("HAM", "SPAM", "NEWS"),
    wl.any_of("HAM", "CAT"),
    wl.any_of(0, 3),
    wl.any_of(-1, 0),
]


@pytest.mark.parametrize(("vote", "code"), LEGAL, ids=repr)
def test_a_legal_vote_has_its_code(vote: Any, code: int) -> None:
    assert VoteCoder(TABLE).code(vote) == code


@pytest.mark.parametrize("vote", ILLEGAL, ids=lambda v: f"{type(v).__name__} {v!r}"[:40])
def test_anything_else_is_refused_with_the_value_and_what_was_expected(vote: Any) -> None:
    with pytest.raises(ValueError, match=r"^voted .*; expected abstain or 0\.\.2 for classes") as e:
        VoteCoder(TABLE).code(vote)
    assert f"voted {vote!r};" in str(e.value)
    assert "('HAM', 'SPAM', 'NEWS')" in str(e.value)


def test_the_refusal_says_the_next_step() -> None:
    coder = VoteCoder(TABLE)
    with pytest.raises(ValueError, match=r"\(return None to abstain\)$"):
        coder.code(1.0)
    with pytest.raises(ValueError, match=r"a bare bool needs labeling_function\(votes=<class>\)"):
        coder.code(True)
    with pytest.raises(ValueError, match=r"leaves every class .*; return ABSTAIN instead"):
        coder.code(wl.any_of(0, 1, 2))
    with pytest.raises(ValueError, match=r"leaves no class of .*; return ABSTAIN instead"):
        coder.code(wl.none_of(0, 1, 2))


def test_a_long_vote_is_shortened_in_the_refusal() -> None:
    with pytest.raises(ValueError, match=r"voted 'aaa.* … ") as e:
        VoteCoder(TABLE).code("a" * 5000)
    assert len(str(e.value)) < 300


def test_an_enum_member_counts_by_its_name_not_by_its_value() -> None:
    class Reversed(IntEnum):
        SPAM = 0
        HAM = 1

    coder = VoteCoder(ClassTable(("HAM", "SPAM")))
    codes, refused = coder.code_many([Reversed.SPAM, 0, Reversed.HAM, 1])
    assert codes.tolist() == [1, 0, 0, 1]
    assert not refused


def test_class_sets_are_coded_once_however_they_are_written() -> None:
    coder = VoteCoder(TABLE)
    written = [wl.any_of("HAM", "SPAM"), wl.any_of(1, 0), wl.none_of(Label.NEWS)]
    assert [coder.code(vote) for vote in written] == [-2, -2, -2]
    assert coder.code(wl.none_of(0)) == -3
    assert coder.sets == [{0, 1}, {1, 2}]


def test_none_of_in_a_binary_task_is_a_vote_for_the_other_class() -> None:
    coder = VoteCoder(ClassTable(("HAM", "SPAM")))
    assert coder.code(wl.none_of("SPAM")) == 0
    assert coder.sets == []


# With votes= ------------------------------------------------------------------------------------


@pytest.mark.parametrize("true", [True, np.True_])
def test_true_votes_the_declared_class_and_false_abstains(true: Any) -> None:
    coder = VoteCoder(TABLE, "SPAM")
    assert [coder.code(v) for v in (true, False, np.False_, None, pd.NA)] == [1, -1, -1, -1, -1]


@pytest.mark.parametrize("same", ["SPAM", 1, Label.SPAM, Code.SPAM, wl.any_of("SPAM")])
def test_the_declared_class_itself_may_be_returned(same: Any) -> None:
    assert VoteCoder(TABLE, "SPAM").code(same) == 1


@pytest.mark.parametrize("other", ["HAM", 0, Label.NEWS, wl.any_of("HAM", "SPAM")])
def test_another_class_than_the_declared_one_is_refused(other: Any) -> None:
    coder = VoteCoder(TABLE, "SPAM")
    with pytest.raises(ValueError, match=r"by its votes= it may return True, False or None"):
        coder.code(other)
    assert coder.sets == [], "a refused partial vote founds no class set"


@pytest.mark.parametrize("value", [1.0, float("nan"), [True], "True"])
def test_votes_does_not_open_the_door_to_other_values(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^voted"):
        VoteCoder(TABLE, "SPAM").code(value)


def test_a_class_set_may_be_declared() -> None:
    coder = VoteCoder(TABLE, wl.none_of("HAM"))
    assert coder.code(True) == -2
    assert coder.code(wl.any_of("SPAM", "NEWS")) == -2
    assert coder.sets == [{1, 2}]


@pytest.mark.parametrize("votes", [Code.SPAM, wl.any_of(Code.SPAM, Code.HAM)])
def test_an_enum_in_votes_declares_its_classes(votes: Any) -> None:
    assert VoteCoder(None, votes).table == TABLE


@pytest.mark.parametrize("votes", [True, 1.0, -1, "CAT", 7, Label.ABSTAIN])
def test_what_is_no_class_cannot_be_declared(votes: Any) -> None:
    with pytest.raises(ValueError, match=r"is no class"):
        VoteCoder(TABLE, votes)


# Without declared classes -----------------------------------------------------------------------


def test_undeclared_ints_are_taken_as_they_are() -> None:
    coder = VoteCoder(None)
    assert [coder.code(v) for v in (0, 7, np.int16(3), -1)] == [0, 7, 3, -1]
    assert coder.learned == []


@pytest.mark.parametrize("vote", [1_000_000, "SPAM", True, 1.0, wl.none_of(0), wl.any_of("A", "B")])
def test_undeclared_votes_that_need_classes_are_refused(vote: Any) -> None:
    with pytest.raises(ValueError, match=r"an int from 0, or declare classes= to vote by name"):
        VoteCoder(None).code(vote)


def test_an_enum_brings_its_own_classes() -> None:
    coder = VoteCoder(None)
    assert coder.code(Label.SPAM) == 1
    assert coder.code(wl.none_of(Label.SPAM)) == -2
    assert coder.learned == [TABLE]
    assert coder.sets == [{0, 2}]


def test_a_name_is_refused_without_declared_classes_even_beside_the_enum() -> None:
    codes, refused = VoteCoder(None).code_many([Label.SPAM, "SPAM"])
    assert codes.tolist() == [1, -1]
    assert list(refused) == [1]


def test_an_enum_that_can_be_no_classes_is_refused_with_the_reason() -> None:
    class Gap(IntEnum):
        A = 1
        B = 2

    with pytest.raises(ValueError, match=r"voted <Gap.A: 1>; .*values of Gap are \[1, 2\], exp"):
        VoteCoder(None).code(Gap.A)


# Many at once -----------------------------------------------------------------------------------

ANYTHING = st.lists(
    st.sampled_from([v for v, _ in LEGAL] + ILLEGAL + [wl.any_of(0, 1), wl.none_of(Code.HAM)]),
    max_size=30,
)
CODERS = st.sampled_from([(TABLE, None), (TABLE, "SPAM"), (TABLE, wl.any_of(0, 1)), (None, None)])


def _meaning(code: int, coder: VoteCoder) -> object:
    return code if code >= -1 else coder.sets[-2 - code]


@settings(deadline=None)
@given(ANYTHING, CODERS)
def test_many_at_once_are_coded_as_one_by_one(
    votes: list[Any], made_of: tuple[ClassTable | None, Any]
) -> None:
    many, single = VoteCoder(*made_of), VoteCoder(*made_of)
    codes, refused = many.code_many(votes)
    for i, vote in enumerate(votes):
        try:
            expected = single.code(vote)
            why = None
        except ValueError as error:
            expected, why = wl.ABSTAIN, str(error)
        assert codes[i] == expected
        assert refused.get(i) == why
    assert many.sets == single.sets
    assert codes.dtype == np.int32


@settings(deadline=None)
@given(ANYTHING, CODERS)
def test_a_vote_means_the_same_whatever_was_voted_before(
    votes: list[Any], made_of: tuple[ClassTable | None, Any]
) -> None:
    coder = VoteCoder(*made_of)
    half = len(votes) // 2
    for part in (votes[:half], votes[half:]):
        codes, refused = coder.code_many(part)
        for i, vote in enumerate(part):
            alone = VoteCoder(*made_of)
            code, why = alone.code_many([vote])
            assert why.get(0) == refused.get(i)
            assert _meaning(code[0], alone) == _meaning(codes[i], coder)


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    "alike", [[1, True, 1.0], [0, False, 0.0, -0.0], [np.int64(1), np.True_, np.float64(1)]]
)
def test_values_that_hash_alike_are_told_apart(alike: Sequence[Any], order: int) -> None:
    votes = list(alike)[::order]
    coder = VoteCoder(TABLE)
    for _ in range(2):
        codes, refused = coder.code_many(votes)
        accepted = [type(v) for i, v in enumerate(votes) if i not in refused]
        assert len(accepted) == 1
        assert issubclass(accepted[0], int | np.integer)
        assert (codes >= 0).sum() == 1


def test_partial_votes_that_hash_alike_are_told_apart() -> None:
    class Reversed(IntEnum):
        NEWS = 0
        SPAM = 1
        HAM = 2

    coder = VoteCoder(TABLE)
    votes = [wl.any_of(0, 1), wl.any_of(Reversed.NEWS, Reversed.SPAM)]
    codes, _ = coder.code_many(votes)
    assert [_meaning(c, coder) for c in codes] == [{0, 1}, {1, 2}]


def test_nan_is_refused_wherever_it_stands() -> None:
    codes, refused = VoteCoder(TABLE).code_many([1, math.nan, None, float("nan")])
    assert codes.tolist() == [1, -1, -1, -1]
    assert list(refused) == [1, 3]


def test_no_votes_are_no_codes() -> None:
    codes, refused = VoteCoder(TABLE).code_many([])
    assert codes.shape == (0,)
    assert refused == {}

from __future__ import annotations

from enum import Enum, IntEnum
from typing import Any

import numpy as np
import pytest

import weaklabel as wl
from weaklabel.types import ClassSet


class Label(Enum):
    HAM = "h"
    SPAM = "s"


class Code(IntEnum):
    HAM = 0
    SPAM = 1


def test_partial_votes_are_equal_when_they_name_the_same_classes() -> None:
    assert wl.any_of(Label.HAM, Label.SPAM) == wl.any_of(Label.SPAM, Label.HAM)
    assert wl.any_of(0, 1) == wl.any_of(np.int8(1), 0, 0)
    assert hash(wl.any_of(0, 1)) == hash(wl.any_of(1, 0))
    assert wl.any_of("A") != wl.none_of("A")
    assert wl.any_of("A") != wl.any_of("B")
    assert wl.any_of("A") != "A"


def test_a_member_a_name_and_a_code_are_not_taken_for_each_other() -> None:
    ways = {wl.any_of(Code.SPAM), wl.any_of(1), wl.any_of("SPAM"), wl.any_of(Label.SPAM)}
    assert len(ways) == 4


@pytest.mark.parametrize("function", [wl.any_of, wl.none_of])
def test_no_class_is_refused(function: Any) -> None:
    with pytest.raises(
        ValueError, match=rf"{function.__name__}\(\) needs at least one class, e.g."
    ):
        function()


@pytest.mark.parametrize("bad", [True, np.False_, 1.0, None, float("nan"), ("A", "B"), ["A", "B"]])
@pytest.mark.parametrize("function", [wl.any_of, wl.none_of])
def test_what_can_be_no_class_is_refused_beside_what_it_equals(function: Any, bad: Any) -> None:
    with pytest.raises(
        TypeError, match=r"takes classes \(Enum members, names or codes\), one by one"
    ):
        function(1, bad)
    with pytest.raises(TypeError, match=r"one by one, got "):
        function(bad, 1)


def test_a_partial_vote_is_shown_as_it_is_written() -> None:
    assert repr(wl.any_of(Label.SPAM, Label.HAM)) == "any_of(HAM, SPAM)"
    assert repr(wl.none_of("SPAM")) == "none_of('SPAM')"
    assert repr(ClassSet(frozenset({2, 0}))) == "any_of(0, 2)"

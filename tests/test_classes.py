from __future__ import annotations

from enum import Enum, IntEnum, StrEnum
from typing import Any

import pytest

from weaklabel._classes import ClassTable, is_abstain


def _enum(kind: Any, **members: Any) -> Any:
    return kind("Label", members)


@pytest.mark.parametrize(
    "classes",
    [
        ("HAM", "SPAM"),
        ["HAM", "SPAM"],
        _enum(Enum, HAM="h", SPAM="s"),
        _enum(Enum, HAM=0, SPAM=1),
        _enum(IntEnum, SPAM=1, HAM=0),
        _enum(IntEnum, ABSTAIN=-1, HAM=0, SPAM=1),
        _enum(IntEnum, NOTHING=-1, HAM=0, SPAM=1),
        _enum(Enum, HAM="h", ABSTAIN="a", SPAM="s"),
        _enum(StrEnum, HAM="x", SPAM="y"),
        _enum(Enum, HAM=0, SPAM=1, AN_ALIAS=1),
    ],
    ids=repr,
)  # fmt: skip
def test_an_enum_or_names_give_the_classes_in_order_of_their_codes(classes: Any) -> None:
    assert ClassTable.of(classes).names == ("HAM", "SPAM")


@pytest.mark.parametrize(
    ("classes", "error", "message"),
    [
        (
            _enum(IntEnum, A=1, B=2),
            ValueError,
            r"the values of Label are \[1, 2\], expected 0..1 \(",
        ),
        (
            _enum(IntEnum, A=0, B=2),
            ValueError,
            r"values of Label are \[0, 2\], expected 0..1 \(ABST",
        ),
        (
            _enum(IntEnum, ABSTAIN=-1, A=0),
            ValueError,
            r"at least two classes are needed, got \('A'",
        ),
        (("A",), ValueError, r"at least two classes are needed, got \('A',\)"),
        ((), ValueError, r"at least two classes are needed, got \(\)"),
        (("A", "B", "A"), ValueError, r"class name 'A' is given twice"),
        (("A", 1), TypeError, r"class names must be str, got 1"),
        ("AB", TypeError, r"classes must be an Enum or a sequence of names, got 'AB'; write e.g."),
        ({"A", "B"}, TypeError, r"classes must be an Enum or a sequence of names, got \{"),
        (3, TypeError, r"classes must be an Enum or a sequence of names, got 3"),
    ],
)
def test_what_is_no_classes_is_refused(classes: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ClassTable.of(classes)


@pytest.mark.parametrize(
    ("member", "abstains"),
    [
        (_enum(Enum, ABSTAIN=7, A=0).ABSTAIN, True),
        (_enum(IntEnum, NOTHING=-1, A=0).NOTHING, True),
        (_enum(Enum, A=-1.0, B=0).A, False),
        (_enum(Enum, A="-1", B=0).A, False),
        (_enum(Enum, A=0, B=1).A, False),
    ],
)
def test_a_member_abstains_by_its_name_or_by_minus_one(member: Any, abstains: bool) -> None:
    assert is_abstain(member) is abstains

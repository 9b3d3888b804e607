from __future__ import annotations

from typing import Any

import cloudpickle
import numpy as np
import pytest

import weaklabel as wl


def says_free(text: str) -> bool:
    """Hold where a text says free."""
    return "free" in text


def rule(**options: Any) -> wl.ColumnRule:
    return wl.ColumnRule("text", says_free, **options)


def test_a_rule_makes_a_labeling_function() -> None:
    lf = wl.LabelingFunction(rule=rule(), votes=1, examples={"free money": 1, "hello": None})
    lf.check()
    assert (lf.name, lf.columns, lf.__doc__) == ("says_free", ("text",), says_free.__doc__)
    assert [lf("free"), lf({"text": "fee"})] == [1, -1]
    assert lf.rule == rule()


def test_a_labeling_function_of_a_function_has_no_rule() -> None:
    assert wl.labeling_function(votes=1)(says_free).rule is None


def test_none_and_numpy_bools_are_answers() -> None:
    for held, vote in ((None, -1), (np.bool_(True), 1), (np.bool_(False), -1)):
        holds = lambda value, held=held: held  # noqa: E731
        assert wl.LabelingFunction(rule=wl.ColumnRule("text", holds), votes=1)("x") == vote


@pytest.mark.parametrize("held", [0, 1, "yes", 1.0, [True]])
def test_any_other_answer_is_an_error(held: object) -> None:
    lf = wl.LabelingFunction(rule=wl.ColumnRule("text", lambda text: held), votes=1)  # type: ignore[arg-type, return-value]
    with pytest.raises(TypeError, match=r"holds= returned .*, expected True, False or None; bool"):
        lf("x")


def test_what_the_rule_raises_passes_through() -> None:
    with pytest.raises(TypeError, match="argument of type 'int' is not iterable"):
        wl.LabelingFunction(rule=rule(), votes=1)({"text": 3})


def test_it_survives_the_way_to_another_process() -> None:
    word = "free"
    made = wl.ColumnRule("text", lambda text: word in text, literals=(word,), decisive=True)
    lf = cloudpickle.loads(cloudpickle.dumps(wl.LabelingFunction(rule=made, name="x", votes=1)))
    assert [lf("free"), lf("fee")] == [1, -1]
    assert lf.rule.literals == ("free",)


def test_a_rule_needs_to_be_told_what_true_means() -> None:
    with pytest.raises(TypeError, match=r"with rule= needs votes=, the class that True means"):
        wl.LabelingFunction(rule=rule())


@pytest.mark.parametrize("other", [{"f": says_free}, {"batch": True}, {"resources": {"a": 1}}])
def test_a_rule_takes_the_place_of_a_function(other: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=r"takes no function, batch= or resources="):
        wl.LabelingFunction(rule=rule(), votes=1, **other)


def test_what_is_no_rule_is_refused() -> None:
    with pytest.raises(TypeError, match=r"rule= takes a ColumnRule, got 'free'"):
        wl.LabelingFunction(rule="free", votes=1)  # type: ignore[arg-type]


def test_neither_a_function_nor_a_rule_is_refused() -> None:
    with pytest.raises(TypeError, match=r"wraps a function, got None"):
        wl.LabelingFunction(votes=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"column": ""}, r"column= takes the name of a column, got ''"),
        ({"holds": "free"}, r"holds= takes a function of a value, got 'free'"),
        ({"literals": "free"}, r"literals= takes a tuple of str, got 'free'"),
        ({"literals": ("free", "")}, r"literals= takes str that are not empty, got ''"),
        ({"literals": (3,)}, r"literals= takes str that are not empty, got 3"),
        ({"literals": ("Free",), "fold": True}, r"has 'Free', .* with fold=True write 'free'"),
        ({"superset": b"fr"}, r"superset= takes an RE2 pattern, a str not empty, got b'fr'"),
        ({"superset": ""}, r"superset= takes an RE2 pattern, a str not empty, got ''"),
        (
            {"superset": "fre+", "literals": ("free",)},
            r"superset= takes the place of literals=, got 'fre\+' beside \('free',\); leave one",
        ),
        ({"decisive": True}, r"whole_word= and decisive= speak of literals, got literals=\(\)"),
    ],
)
def test_a_wrong_argument_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        wl.ColumnRule(**{"column": "text", "holds": says_free, **options})

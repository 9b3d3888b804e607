from __future__ import annotations

import functools
from collections import namedtuple
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Any

import cloudpickle
import numpy as np
import pytest

import weaklabel as wl
from weaklabel.errors import LFError


class Label(IntEnum):
    ABSTAIN = -1
    HAM = 0
    SPAM = 1


class Topic(Enum):
    SPORT = "s"
    NEWS = "n"
    ART = "a"


@dataclass
class Message:
    text: str


Pair = namedtuple("Pair", ["text", "n"])


@wl.labeling_function(votes=Label.SPAM)
def says_free(x: Any) -> Any:
    """Spam is free of charge."""
    return "free" in x.text


def test_the_bare_decorator_takes_the_name_and_the_docstring_of_the_function() -> None:
    @wl.labeling_function
    def has_link(x: Any) -> Any:
        """Links are for spammers."""

    assert isinstance(has_link, wl.LabelingFunction)
    assert has_link.name == "has_link"
    assert has_link.__doc__ == "Links are for spammers."
    assert repr(has_link) == "LabelingFunction('has_link')"


def test_the_decorator_with_arguments_and_the_constructor_make_the_same() -> None:
    def f(x: Any, floor: int) -> Any:
        return floor

    one = wl.labeling_function(name="g", classes=("A", "B"), resources={"floor": 1})(f)
    other = wl.LabelingFunction(f, name="g", classes=("A", "B"), resources={"floor": 1})
    assert one.name == other.name == "g"
    assert one("t") == other("t") == 1


@pytest.mark.parametrize(
    "x",
    [{"text": "free"}, "free", Message("free"), Pair("free", 1)],
    ids=lambda x: type(x).__name__,
)
def test_it_is_called_on_a_dict_a_text_or_an_object(x: Any) -> None:
    assert says_free(x) == 1
    assert isinstance(says_free(x), int)


def test_a_call_returns_the_code_abstain_or_the_class_set() -> None:
    def vote(v: Any) -> Any:
        return wl.LabelingFunction(lambda x: v, name="f", classes=Topic)("x")

    assert vote(Topic.ART) == 2
    assert vote(None) == -1
    assert vote(wl.any_of("NEWS")) == 1
    assert vote(wl.none_of(Topic.NEWS)) == wl.any_of(0, 2)


@pytest.mark.parametrize("vote", [1.0, True, "CAT", 5, [1]], ids=repr)
def test_a_call_that_votes_something_illegal_names_the_function_and_the_value(vote: Any) -> None:
    lf = wl.LabelingFunction(lambda x: vote, name="odd", classes=("HAM", "SPAM"))
    with pytest.raises(LFError, match=r"^labeling function 'odd' voted ") as e:
        lf("text")
    assert repr(vote) in str(e.value)
    assert e.value.lf == "odd"


def test_its_own_exception_passes_through_a_call() -> None:
    with pytest.raises(AttributeError, match=r"no column 'text'; columns are \('txt',\)"):
        says_free({"txt": "free"})


def test_resources_arrive_as_keyword_arguments_and_are_not_shared_with_the_caller() -> None:
    resources = {"words": {"free"}}

    @wl.labeling_function(resources=resources)
    def says(x: Any, words: set[str]) -> Any:
        return int(x.text in words)

    resources.clear()
    assert says("free") == 1
    assert says.function(x := wl.lf.TextRow("free")) == says.on_row(x) == 1


def test_a_batch_function_is_called_on_one_row() -> None:
    @wl.labeling_function(batch=True, votes=1)
    def short(x: Any) -> Any:
        return x.text.str.len() < 3

    assert short("ab") == 1
    assert short({"text": "abc"}) == -1


def test_a_batch_function_must_return_one_vote_a_row() -> None:
    lf = wl.LabelingFunction(lambda x: [0, 1], name="two", batch=True)
    with pytest.raises(LFError, match=r"'two' takes a batch and returned 2 values for 1 rows"):
        lf("a")


def test_what_a_callable_object_holds_does_not_overwrite_the_labeling_function() -> None:
    class Rule:
        def __init__(self) -> None:
            self.name, self.votes, self.pre, self._f = "inner", "inner", "inner", "inner"

        def __call__(self, x: Any) -> Any:
            return len(x)

    lf = wl.LabelingFunction(Rule(), name="outer")
    assert lf.name == "outer"
    assert lf.votes is None
    assert lf("x") == 1
    assert wl.LabelingFunction(Rule()).name == "Rule"


def test_a_partial_has_the_name_of_its_type_unless_one_is_given() -> None:
    f = functools.partial(lambda word, x: int(word in x.text), "free")
    assert wl.LabelingFunction(f, name="free")("free") == 1
    assert wl.LabelingFunction(f).name == "partial"


def test_a_labeling_function_travels_to_another_process() -> None:
    word = "free"
    lf = wl.LabelingFunction(lambda x: word in x.text, name="closure", votes=Label.SPAM)
    copy = cloudpickle.loads(cloudpickle.dumps(lf))
    assert copy.name == "closure"
    assert copy("free") == 1


# Arguments that are not what they should be -----------------------------------------------------


def test_what_is_no_function_is_refused() -> None:
    with pytest.raises(TypeError, match=r"a labeling function wraps a function, got 'name'"):
        wl.LabelingFunction("name")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [3, ""])
def test_a_name_that_is_no_text_is_refused(name: Any) -> None:
    with pytest.raises(TypeError, match=r"the name of a labeling function must be a text, got "):
        wl.LabelingFunction(lambda x: 1, name=name)


@pytest.mark.parametrize("votes", ["CAT", 2, -1, True, 1.0, wl.any_of("HAM", "CAT")], ids=repr)
def test_votes_that_is_no_class_is_refused_at_once(votes: Any) -> None:
    with pytest.raises(ValueError, match=r"^labeling function 'f' declares votes=") as e:
        wl.LabelingFunction(lambda x: True, name="f", votes=votes, classes=("HAM", "SPAM"))
    assert "is no class; expected 0..1 for classes ('HAM', 'SPAM')" in str(e.value)


@pytest.mark.parametrize("votes", [True, False, 1.0, -1, Label.ABSTAIN], ids=repr)
def test_votes_that_can_never_be_a_class_is_refused_even_without_classes(votes: Any) -> None:
    with pytest.raises(ValueError, match=r"^labeling function 'f' declares votes=.* is no class"):
        wl.LabelingFunction(lambda x: True, name="f", votes=votes)


def test_a_misspelt_class_is_guessed() -> None:
    with pytest.raises(ValueError, match=r"'SPAN' is no class; .*; did you mean 'SPAM'\?"):
        wl.LabelingFunction(lambda x: True, name="f", votes="SPAN", classes=("HAM", "SPAM"))


def test_votes_by_name_wait_for_classes_and_a_call_without_them_says_so() -> None:
    lf = wl.LabelingFunction(lambda x: True, name="f", votes="SPAM")
    with pytest.raises(LFError, match=r"'f' declares votes='SPAM': .* declare classes= to vote by"):
        lf("a")
    L = wl.apply_lfs([lf], ["a"], classes=("HAM", "SPAM"))
    assert np.asarray(L).tolist() == [[1]]


def test_an_enum_in_votes_declares_the_classes() -> None:
    assert says_free.classes is not None
    assert says_free.classes.names == ("HAM", "SPAM")


# Examples ---------------------------------------------------------------------------------------


def test_examples_that_hold_pass() -> None:
    wl.LabelingFunction(
        lambda x: Label.SPAM if "free" in x.text else None,
        name="f",
        examples=[("free", Label.SPAM), ({"text": "free"}, 1), ("no", wl.ABSTAIN), ("no", None)],
    ).check()


def test_examples_may_be_written_as_bool_where_votes_is_declared() -> None:
    wl.LabelingFunction(
        lambda x: "free" in x.text, name="f", votes="SPAM", classes=("HAM", "SPAM"),
        examples={"free": True, "no": False},
    ).check()  # fmt: skip


def test_examples_of_partial_votes_are_compared_as_sets() -> None:
    wl.LabelingFunction(
        lambda x: wl.none_of(Topic.ART),
        name="f",
        classes=Topic,
        examples={"a": wl.any_of("NEWS", "SPORT")},
    ).check()


def test_failing_examples_are_all_listed() -> None:
    def f(x: Any) -> Any:
        return {"a": Topic.ART, "b": None, "c": wl.any_of(Topic.NEWS, Topic.ART), "d": 1.0}[x.text]

    lf = wl.LabelingFunction(
        f,
        name="f",
        classes=Topic,
        examples={"a": "NEWS", "b": Topic.NEWS, "c": wl.ABSTAIN, "d": 1, "e": 1, "a ": "CAT"},
    )
    with pytest.raises(LFError) as e:
        lf.check()
    assert str(e.value).splitlines() == [
        "labeling function 'f' fails 6 of 6 examples:",
        "  'a': expected NEWS, voted ART",
        "  'b': expected NEWS, voted abstain",
        "  'c': expected abstain, voted any_of(NEWS, ART)",
        "  'd': LFError: labeling function 'f' voted 1.0; expected abstain or 0..2 for classes "
        "('SPORT', 'NEWS', 'ART') (return None to abstain)",
        "  'e': KeyError: 'e'",
        "  'a ': ValueError: voted 'CAT'; expected abstain or 0..2 for classes "
        "('SPORT', 'NEWS', 'ART') (did you mean 'ART'?)",
    ]
    assert e.value.lf == "f"


def test_examples_of_undeclared_codes_are_shown_by_number() -> None:
    lf = wl.LabelingFunction(lambda x: 7, name="f", examples={"a": 3})
    with pytest.raises(LFError, match=r"'a': expected 3, voted 7"):
        lf.check()
    lf = wl.LabelingFunction(lambda x: 7, name="f", examples={"a": Label.SPAM})
    with pytest.raises(LFError, match=r"'a': expected SPAM, voted 7"):
        lf.check()


@pytest.mark.parametrize("columns", ["title", ("title",)])
def test_a_text_example_goes_to_the_one_declared_column(columns: Any) -> None:
    lf = wl.LabelingFunction(
        lambda x: int(x.title == "free"), name="f", columns=columns, examples={"free": 1}
    )
    lf.check()
    assert lf.columns == ("title",)


@pytest.mark.parametrize("examples", [("ab", 1), [("a", 1, 2)], ["a"]])
def test_examples_that_are_no_pairs_are_refused(examples: Any) -> None:
    with pytest.raises(
        TypeError, match=r"examples of 'f' must be a mapping or \(data point, vote\)"
    ):
        wl.LabelingFunction(lambda x: 1, name="f", examples=examples)


def test_no_examples_always_pass() -> None:
    wl.LabelingFunction(lambda x: 1, name="f").check()


def test_check_takes_the_classes_where_the_function_declares_none() -> None:
    lf = wl.LabelingFunction(lambda x: 1, name="f", examples={"x": "SPAM"})
    lf.check(("HAM", "SPAM"))
    with pytest.raises(LFError, match="expected HAM, voted SPAM"):
        wl.LabelingFunction(lambda x: 1, name="f", examples={"x": "HAM"}).check(("HAM", "SPAM"))

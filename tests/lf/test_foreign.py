from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import weaklabel as wl
from weaklabel.lf import as_labeling_function


class Foreign:
    """Shaped like a labeling function of Snorkel: callable, with a name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.seen: list[Any] = []

    def __call__(self, x: Any) -> int:
        self.seen.append(x)
        x.note = "set on the data point"
        return 1 if "free" in x.text else -1


@dataclass
class Message:
    text: str


def test_ours_are_taken_as_they_are() -> None:
    lf = wl.LabelingFunction(lambda x: 1, name="f")
    assert as_labeling_function(lf) is lf


@pytest.mark.parametrize(
    "data",
    [
        ["free", "no"],
        [{"text": "free"}, {"text": "no"}],
        pd.DataFrame({"text": ["free", "no"], 7: [1, 2], "not a name": [3, 4]}),
        [Message("free"), Message("no")],
    ],
    ids=["texts", "dicts", "pandas", "objects"],
)
def test_a_foreign_function_gets_a_data_point_that_it_may_change(data: Any) -> None:
    one, two = Foreign("one"), Foreign("two")
    L = wl.apply_lfs([one, two], data)
    assert L.lf_names == ("one", "two")
    assert np.asarray(L).tolist() == [[1, 1], [-1, -1]]
    assert all(isinstance(x, SimpleNamespace | str | Message) for x in one.seen)


def test_what_it_sets_does_not_reach_the_next_one() -> None:
    seen: list[bool] = []
    ours = wl.LabelingFunction(lambda x: seen.append(hasattr(x, "note")), name="ours")
    wl.apply_lfs([Foreign("f"), ours], [{"text": "free"}, {"text": "no"}])
    assert seen == [False, False]


@pytest.mark.parametrize("thing", [3, "lf", None, object(), LookupError])
def test_what_is_no_labeling_function_is_refused(thing: Any) -> None:
    with pytest.raises(TypeError, match=r"expected labeling functions, got .*decorate functions"):
        as_labeling_function(thing)


def test_a_plain_function_is_refused_by_its_name() -> None:
    def lf_url(x: Any) -> int:
        return 1

    with pytest.raises(
        TypeError, match=r"'lf_url' is a plain function; decorate it with @wl.label"
    ):
        wl.apply_lfs([lf_url], ["a"])


def test_a_preprocessor_is_no_labeling_function() -> None:
    p = wl.preprocessor(name="words")(len)
    with pytest.raises(
        TypeError, match=r"Preprocessor\('words'\) is no labeling function; name it"
    ):
        wl.apply_lfs([p], ["a"])

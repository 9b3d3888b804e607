from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

import weaklabel as wl
from weaklabel.lf import Preprocessor


@wl.preprocessor
def words(x: Any) -> set[str]:
    """Words of the text."""
    return set(x.text.split())


def test_the_bare_decorator_takes_name_and_docstring() -> None:
    assert isinstance(words, Preprocessor)
    assert words.name == "words"
    assert words.__doc__ == "Words of the text."
    assert repr(words) == "Preprocessor('words')"
    assert words("a b a") == {"a", "b"}
    assert words({"text": "a"}) == {"a"}


def test_a_call_computes_what_it_reads_first() -> None:
    @wl.preprocessor(name="count", pre=words)
    def n_words(x: Any) -> int:
        return len(set(x.words))

    @wl.preprocessor(pre=[words, n_words], resources={"factor": 10})
    def scaled(x: Any, factor: int) -> int:
        return factor * int(x.count) + len(x.words)

    assert scaled("a b c") == 33


def test_a_batch_preprocessor_is_called_on_one_row() -> None:
    @wl.preprocessor(batch=True)
    def lower(batch: Any) -> Any:
        return batch.text.str.lower()

    assert lower("ABC") == "abc"


def test_the_rows_of_a_matrix_stay_arrays() -> None:
    @wl.preprocessor(batch=True)
    def embedding(batch: Any) -> Any:
        return np.ones((len(batch), 3))

    seen: list[Any] = []
    lf = wl.LabelingFunction(lambda x: seen.append(x.embedding), name="f", pre=embedding)
    wl.apply_lfs([lf], ["a", "b"])
    lf("c")
    assert [type(value) for value in seen] == [np.ndarray] * 3
    assert [value.shape for value in seen] == [(3,)] * 3


def test_a_name_that_cannot_be_an_attribute_is_refused() -> None:
    with pytest.raises(ValueError, match=r"preprocessor name '<lambda>' is no identifier, x.<lamb"):
        wl.preprocessor(lambda x: x)


def test_what_is_no_function_is_refused() -> None:
    with pytest.raises(TypeError, match=r"a preprocessor wraps a function, got 3"):
        wl.preprocessor(3)  # type: ignore[call-overload]


def test_a_callable_without_a_name_has_that_of_its_type() -> None:
    assert wl.preprocessor(functools.partial(len)).name == "partial"


@pytest.mark.parametrize("pre", [len, [len], "words"])
def test_pre_takes_preprocessors_only(pre: Any) -> None:
    with pytest.raises(TypeError, match=r"pre= takes preprocessors, got .*@wl\.preprocessor"):
        wl.LabelingFunction(lambda x: 1, name="f", pre=pre)
    with pytest.raises(TypeError, match=r"pre= takes preprocessors"):
        wl.preprocessor(name="p", pre=pre)(str)


def test_two_preprocessors_of_one_name_would_hide_each_other() -> None:
    one, two = (wl.preprocessor(name="doc")(f) for f in (len, str))
    with pytest.raises(ValueError, match=r"pre= names two preprocessors 'doc'; pass name= to one"):
        wl.LabelingFunction(lambda x: 1, name="f", pre=[one, two])
    wl.LabelingFunction(lambda x: 1, name="f", pre=[one, one])

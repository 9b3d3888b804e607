from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from weaklabel.datasets._scipy_docs import (
    Area,
    ScipyDocs,
    ScipyDocsSplit,
    _paragraphs,
    _read,
    load_scipy_docs,
)


@pytest.fixture(scope="module")
def corpus() -> ScipyDocs:
    return load_scipy_docs()


def splits(corpus: ScipyDocs) -> dict[str, ScipyDocsSplit]:
    return {"train": corpus.train, "valid": corpus.valid, "test": corpus.test}


def test_two_loads_give_the_same_corpus(corpus: ScipyDocs) -> None:
    again = load_scipy_docs()
    for name, split in splits(corpus).items():
        pd.testing.assert_frame_equal(split.data, splits(again)[name].data)
        assert np.array_equal(split.gold, splits(again)[name].gold)
    pd.testing.assert_frame_equal(corpus.unlabeled, again.unlabeled)


def test_the_size_is_as_documented(corpus: ScipyDocs) -> None:
    sizes = {name: len(split.data) for name, split in splits(corpus).items()}
    total = sum(sizes.values())
    assert total > 1200
    assert sizes["train"] / total == pytest.approx(0.60, abs=0.05)
    assert sizes["valid"] / total == pytest.approx(0.15, abs=0.04)
    assert sizes["test"] / total == pytest.approx(0.25, abs=0.04)
    assert len(corpus.unlabeled) > 4000


def test_all_six_classes_stand_in_every_split(corpus: ScipyDocs) -> None:
    assert corpus.classes is Area
    assert corpus.class_names == tuple(area.name for area in Area)
    for split in splits(corpus).values():
        assert set(split.gold.tolist()) == set(range(6))
        assert not split.gold.flags.writeable
        assert len(split.gold) == len(split.data)


def test_no_function_and_no_text_stands_in_two_splits(corpus: ScipyDocs) -> None:
    data = pd.concat([split.data for split in splits(corpus).values()])
    assert data["key"].is_unique
    assert data["text"].is_unique
    names = [
        {key.rpartition(".")[2] for key in split.data["key"]} for split in splits(corpus).values()
    ]
    assert len(set().union(*names)) == sum(map(len, names))


def test_the_own_name_is_masked(corpus: ScipyDocs) -> None:
    data = pd.concat([split.data for split in splits(corpus).values()])
    for key, text in data.itertuples(index=False):
        name = key.rpartition(".")[2]
        assert not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE), key
    for key, text in corpus.unlabeled.itertuples(index=False):
        name = key.partition("#")[0].rpartition(".")[2]
        assert not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text), key


def test_no_text_begins_with_a_signature_or_tells_its_module(corpus: ScipyDocs) -> None:
    data = pd.concat([split.data for split in splits(corpus).values()])
    assert not data["text"].str.match(r"(\[name\]|\w+)\([^)]*out=").any()
    assert not data["text"].str.contains(r"\bscipy\.\w+\.\w").any()
    assert (data["text"].str.len() > 0).all()


def test_unlabeled_texts_belong_to_training_functions(corpus: ScipyDocs) -> None:
    functions = set(corpus.unlabeled["key"].str.partition("#")[0])
    assert functions <= set(corpus.train.data["key"])
    assert corpus.unlabeled["key"].is_unique
    assert corpus.unlabeled["text"].is_unique
    assert not set(corpus.unlabeled["text"]) & set(corpus.test.data["text"])
    assert not corpus.unlabeled["text"].str.startswith(">>>").any()


def test_a_docstring_is_cut_into_summary_and_paragraphs() -> None:
    doc = """x = area(r, out=None)

area(r,
     unit='m')

Compute the *area* of a `circle` [1]_.

It is :math:`\\pi r^2`, see `scipy.special.sindg`.

.. deprecated:: 1.2
    Use something else.

>>> area(2)

Parameters
----------
r : float
    The radius of the circle, a long description.
unit : str
    The unit of the radius, an equally long one.

See Also
--------
volume : a function that must not be in the text at all.

Notes
-----
The fraction is::

    numerator
    ---------
    denominator

and this is its explanation, which is a paragraph.
"""
    text, *others = _paragraphs(doc, {"area"})
    assert text == "Compute the *[name]* of a circle. It is \\pi r^2, see sindg."
    assert others == [
        "r : float The radius of the circle, a long description.",
        "unit : str The unit of the radius, an equally long one.",
        "and this is its explanation, which is a paragraph.",
    ]


def test_a_docstring_without_a_summary_gives_no_text() -> None:
    assert _paragraphs("area(r, out=None)", {"area"}) == [""]


def test_python_without_docstrings_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspect.getdoc", lambda obj: None)
    assert list(_read()) == []
    with pytest.raises(RuntimeError, match=r"SciPy .* has no docstrings here.*without -OO"):
        load_scipy_docs()

"""Parsed texts in the vote store: parsed once, and the same docs come back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import weaklabel as wl
from weaklabel_lfs import nlp
from weaklabel_lfs.nlp._parsed import parsed

spacy = pytest.importorskip("spacy")
from spacy.language import Language  # noqa: E402

TEXTS = ["Ada met Grace. They spoke.", "", None, "Win 1000 pounds now!"]


@Language.component("note_parse")  # type: ignore[untyped-decorator]
def _note_parse(doc: Any) -> Any:
    folder = os.environ.get("NOTE_PARSES")
    if folder:
        with Path(folder, "parses").open("a") as file:
            file.write("1\n")
    return doc


def _pipeline() -> Any:
    english = spacy.blank("en")
    english.add_pipe("sentencizer")
    ruler = english.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "PERSON", "pattern": "Ada"}])
    english.add_pipe("note_parse")
    return english


def _facts(doc: Any) -> Any:
    if doc is None:
        return None
    return (
        doc.text,
        [(t.text, t.lemma_, t.pos_, t.tag_, t.is_sent_start, t.like_num, t.idx) for t in doc],
        [(e.text, e.label_) for e in doc.ents],
    )


def test_docs_are_parsed_once_for_all_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTE_PARSES", os.fspath(tmp_path))
    english = _pipeline()
    store = tmp_path / "votes"
    rows = [{"text": text} for text in TEXTS]

    def one(name: str, holds: Any) -> wl.LabelingFunction:
        decorate = nlp.nlp_labeling_function(
            nlp=english, name=name, votes=1, missing="abstain", keep=True
        )
        return decorate(holds)

    people = one("people", lambda x: any(e.label_ == "PERSON" for e in x.doc.ents))
    sentences = one("sentences", lambda x: len(list(x.doc.sents)) > 1)
    first = wl.apply_lfs([people], rows, cache=store)
    assert (tmp_path / "parses").read_text().split() == ["1"] * 3
    both = wl.apply_lfs([people, sentences], rows, cache=store)
    assert (tmp_path / "parses").read_text().split() == ["1"] * 3
    assert np.asarray(first).ravel().tolist() == [1, -1, -1, -1]
    assert np.asarray(both).tolist() == [[1, 1], [-1, -1], [-1, -1], [-1, -1]]
    assert "(doc)" in [entry.name for entry in wl.VoteStore(store).sizes()]


def test_what_comes_back_is_what_was_parsed() -> None:
    english = _pipeline()
    to_bytes, from_bytes = parsed(english, column="text", keep=True).keep
    docs = [None if text is None else english(text) for text in TEXTS]
    back = from_bytes(to_bytes(docs))
    assert [_facts(doc) for doc in back] == [_facts(doc) for doc in docs]


def test_docs_with_extensions_are_not_kept() -> None:
    from spacy.tokens import Doc

    english = _pipeline()
    to_bytes, _ = parsed(english, column="text", keep=True).keep
    Doc.set_extension("mine", default=None, force=True)
    doc = english("Ada")
    doc._.mine = "x"
    assert to_bytes([doc]) is None


def test_nothing_is_kept_unless_asked_for(tmp_path: Path) -> None:
    english = _pipeline()
    lf = nlp.spacy_matcher(1, "win", nlp=english, missing="abstain")
    wl.apply_lfs([lf], [{"text": text} for text in TEXTS], cache=tmp_path)
    assert [entry.name for entry in wl.VoteStore(tmp_path).sizes()] == [lf.name]

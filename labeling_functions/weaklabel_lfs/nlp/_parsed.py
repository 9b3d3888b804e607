"""One preprocessor for each pipeline and column, so that a text is parsed once for all LFs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from weakref import WeakValueDictionary

import weaklabel as wl
from weaklabel_lfs._builder import Missing, check_column, is_missing, refuse

_KEPT = ("TAG", "POS", "MORPH", "LEMMA", "NORM", "ENT_IOB", "ENT_TYPE", "ENT_KB_ID", "ENT_ID")

_parsers: WeakValueDictionary[tuple[int, str], Any] = WeakValueDictionary()


def parsed(nlp: Any, *, column: str, keep: bool = False) -> Any:
    """Return the preprocessor that makes ``x.doc`` of a column.

    The same object for the same pipeline and column: that is how `apply_lfs` knows that two LFs
    share it. Where the text is missing, the doc is None. The docs go to the vote store as soon as
    one LF asks for it.

    Raises
    ------
    TypeError
        When ``nlp`` is no pipeline.
    """
    check_column(column)
    if isinstance(nlp, str):
        raise TypeError(f"nlp= takes a pipeline, got the name {nlp!r}; pass spacy.load({nlp!r})")
    if not callable(nlp) or not callable(getattr(nlp, "pipe", None)):
        raise TypeError(f"nlp= takes a spaCy pipeline such as spacy.blank('en'), got {nlp!r}")
    # The preprocessor holds its pipeline, so the id stands for that pipeline as long as the entry
    # lives. It is weak: a pipeline that no LF uses any more is set free.
    known = _parsers.get((id(nlp), column))
    if known is None:
        known = _parsers[id(nlp), column] = _parser(nlp, column)
    if keep and known.keep is None:
        known.keep = _doc_bin(nlp)
    return known


def _parser(nlp: Any, column: str) -> Any:
    @wl.preprocessor(name="doc", batch=True)
    def doc(batch: Any) -> list[Any]:
        texts = batch[column].tolist()
        there = [i for i, text in enumerate(texts) if not is_missing(text)]
        docs: list[Any] = [None] * len(texts)
        for i, parsed_text in zip(there, nlp.pipe([texts[i] for i in there]), strict=True):
            docs[i] = parsed_text
        return docs

    return doc


def _doc_bin(nlp: Any) -> tuple[Callable[[list[Any]], bytes | None], Callable[[bytes], list[Any]]]:
    """Return how docs become bytes and bytes docs again (spaCy's `DocBin`)."""

    def to_bytes(docs: list[Any]) -> bytes | None:
        from spacy.tokens import DocBin

        there = [doc for doc in docs if doc is not None]
        if any(doc.user_data for doc in there):
            return None  # what extensions hold may be anything, a DocBin would pickle it
        # A doc has the borders of its sentences from its parse, or else noted one by one.
        parsed = any(len(doc) and doc.has_annotation("DEP") for doc in there)
        attrs = [*_KEPT, *(("HEAD", "DEP") if parsed else ("SENT_START",))]
        absent = json.dumps([i for i, doc in enumerate(docs) if doc is None]).encode()
        return absent + b"\n" + bytes(DocBin(attrs=attrs, docs=there).to_bytes())

    def from_bytes(data: bytes) -> list[Any]:
        from spacy.tokens import DocBin

        absent, _, rest = data.partition(b"\n")
        docs = list(DocBin().from_bytes(rest).get_docs(nlp.vocab))
        for i in json.loads(absent):
            docs.insert(i, None)
        return docs

    return to_bytes, from_bytes


def has_doc(x: Any, *, column: str, missing: Missing) -> bool:
    """Return whether the text of a row was there to be parsed; a missing one may be an error."""
    if x.doc is None:
        refuse(getattr(x, column), column=column, missing=missing, expected="str")
        return False
    return True

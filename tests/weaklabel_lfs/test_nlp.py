from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from typing import Any

import cloudpickle
import numpy as np
import pandas as pd
import pytest

import weaklabel as wl
from weaklabel_lfs import nlp as builders
from weaklabel_lfs.nlp._parsed import _parsers, parsed


@pytest.fixture(scope="module")
def english() -> Any:
    spacy = pytest.importorskip("spacy")
    return spacy.blank("en")


class Counting:
    """A pipeline that counts the texts it parses."""

    def __init__(self, nlp: Any) -> None:
        self.nlp = nlp
        self.vocab = nlp.vocab
        self.make_doc = nlp.make_doc
        self.seen: list[str] = []

    def __call__(self, text: str) -> Any:
        return self.nlp(text)

    def pipe(self, texts: Iterable[str]) -> Iterator[Any]:
        kept = list(texts)
        self.seen += kept
        return iter(self.nlp.pipe(kept))


def lfs_of(nlp: Any) -> list[wl.LabelingFunction]:
    @builders.nlp_labeling_function(nlp=nlp, votes=1)
    def has_number(x: Any) -> bool:
        return any(token.like_num for token in x.doc)

    @builders.nlp_labeling_function(nlp=nlp)
    def is_short(x: Any) -> int | None:
        return 0 if len(x.doc) < 3 else None

    win: list[dict[str, Any]] = [{"LOWER": "win"}, {"LIKE_NUM": True}]
    return [
        has_number,
        is_short,
        builders.spacy_matcher(1, "claim now", nlp=nlp),
        builders.spacy_matcher(1, win, nlp=nlp),
    ]


TEXTS = ["Win 1000 pounds", "CLAIM now!", "hello there", "call me later today"]
VOTES = [[1, -1, -1, 1], [-1, -1, 1, -1], [-1, 0, -1, -1], [-1, -1, -1, -1]]


def test_each_text_is_parsed_once_however_many_lfs_read_it(english: Any) -> None:
    nlp = Counting(english)
    L = wl.apply_lfs(lfs_of(nlp), TEXTS, progress=False)
    assert np.asarray(L).tolist() == VOTES
    assert nlp.seen == TEXTS


def test_processes_give_the_same_votes(english: Any) -> None:
    L = wl.apply_lfs(lfs_of(english), TEXTS * 25, progress=False, n_jobs=2)
    assert np.asarray(L).tolist() == VOTES * 25


def test_lfs_share_one_preprocessor_also_in_another_process(english: Any) -> None:
    lfs = lfs_of(english)
    assert len({id(lf.pre[0]) for lf in lfs}) == 1
    sent = cloudpickle.loads(cloudpickle.dumps(lfs))
    assert len({id(lf.pre[0]) for lf in sent}) == 1
    assert np.asarray(wl.apply_lfs(sent, TEXTS, progress=False)).tolist() == VOTES


def test_another_pipeline_or_column_has_its_own_preprocessor(english: Any) -> None:
    import spacy

    assert parsed(english, column="text") is parsed(english, column="text")
    assert parsed(english, column="text") is not parsed(english, column="title")
    assert parsed(english, column="text") is not parsed(spacy.blank("en"), column="text")


def test_a_pipeline_that_no_lf_uses_is_set_free(english: Any) -> None:
    lfs = lfs_of(Counting(english))
    key = next(key for key, parser in _parsers.items() if parser is lfs[0].pre[0])
    del lfs
    gc.collect()
    assert key not in _parsers


def test_two_columns_can_be_read_in_one_run(english: Any) -> None:
    lfs = [
        builders.spacy_matcher(1, "free", nlp=english, column="title", name="title"),
        builders.spacy_matcher(1, "free", nlp=english, column="body", name="body"),
    ]
    data = pd.DataFrame({"title": ["free", "no"], "body": ["no", "free"]})
    assert np.asarray(wl.apply_lfs(lfs, data, progress=False)).tolist() == [[1, -1], [-1, 1]]
    assert lfs[0].columns == ("title",)


def test_a_missing_text_abstains_only_where_that_was_asked_for(english: Any) -> None:
    data = pd.DataFrame({"text": ["free", None]})
    lenient = builders.spacy_matcher(1, "free", nlp=english, missing="abstain", name="lenient")
    strict = builders.spacy_matcher(1, "free", nlp=english, name="strict")
    assert np.asarray(wl.apply_lfs([lenient], data, progress=False)).tolist() == [[1], [-1]]
    with pytest.raises(wl.errors.LFError, match=r"'strict'.*row 1.*column 'text' is"):
        wl.apply_lfs([lenient, strict], data, progress=False)

    @builders.nlp_labeling_function(nlp=english, votes=1, missing="abstain")
    def reads_doc(x: Any) -> bool:
        return len(x.doc) == 1

    assert np.asarray(wl.apply_lfs([reads_doc], data, progress=False)).tolist() == [[1], [-1]]


def test_at_least_counts_matches(english: Any) -> None:
    lf = builders.spacy_matcher(1, "free", nlp=english, at_least=2)
    assert [lf("free"), lf("free, FREE")] == [-1, 1]


def test_attr_tells_how_phrases_are_compared(english: Any) -> None:
    lf = builders.spacy_matcher(1, "Free", nlp=english, attr="ORTH")
    assert [lf("Free"), lf("free")] == [1, -1]


def test_phrases_and_token_patterns_can_be_mixed(english: Any) -> None:
    lf = builders.spacy_matcher(1, "claim now", [{"LIKE_NUM": True}], nlp=english)
    assert [lf("claim now"), lf("ten"), lf("nothing")] == [1, 1, -1]


def test_names_and_examples(english: Any) -> None:
    lf = builders.spacy_matcher("SPAM", "free cash", nlp=english)
    assert lf.name == "spacy_matcher_SPAM_free_cash"
    builders.spacy_matcher(1, "free", nlp=english, examples={"free": 1, "no": None}).check()

    @builders.nlp_labeling_function(
        nlp=english,
        name="long",
        votes="SPAM",
        classes=("HAM", "SPAM"),
        resources={"n": 2},
        examples={"a b c": "SPAM", "a": None},
    )
    def longer(x: Any, n: int) -> bool:
        return len(x.doc) > n

    assert longer.name == "long"
    longer.check()


def test_a_name_instead_of_a_pipeline_is_refused_with_the_right_call() -> None:
    with pytest.raises(TypeError, match=r"got the name 'en'; pass spacy.load\('en'\)"):
        builders.spacy_matcher(1, "free", nlp="en")
    with pytest.raises(TypeError, match=r"takes a spaCy pipeline such as spacy.blank\('en'\)"):
        builders.nlp_labeling_function(nlp=3)


def test_no_pattern_is_refused(english: Any) -> None:
    with pytest.raises(ValueError, match=r"needs at least one pattern"):
        builders.spacy_matcher(1, nlp=english)


def test_an_empty_phrase_is_refused(english: Any) -> None:
    with pytest.raises(ValueError, match=r"empty phrase ' '"):
        builders.spacy_matcher(1, " ", nlp=english)


@pytest.mark.parametrize("pattern", [[], 3, ["free"], {"LOWER": "free"}])
def test_what_is_no_token_pattern_is_refused(english: Any, pattern: Any) -> None:
    with pytest.raises(TypeError, match=r"takes phrases and token patterns, got"):
        builders.spacy_matcher(1, pattern, nlp=english)


def test_a_pattern_that_spacy_refuses_is_refused_at_once(english: Any) -> None:
    with pytest.raises(ValueError, match=r"(?s)token patterns that spaCy refuses: .*LOUDER"):
        builders.spacy_matcher(1, [{"LOUDER": "free"}], nlp=english)


def test_what_is_no_function_cannot_be_decorated(english: Any) -> None:
    with pytest.raises(TypeError, match=r"a labeling function wraps a function, got 3"):
        builders.nlp_labeling_function(nlp=english)(3)  # type: ignore[arg-type]


def test_an_unknown_missing_is_refused(english: Any) -> None:
    with pytest.raises(ValueError, match=r"missing='skip'; expected 'raise' or 'abstain'"):
        builders.nlp_labeling_function(nlp=english, missing="skip")  # type: ignore[arg-type]

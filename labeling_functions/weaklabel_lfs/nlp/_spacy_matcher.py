"""Vote where spaCy's matchers find a pattern."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import weaklabel as wl
from weaklabel_lfs._builder import (
    Classes,
    Examples,
    Missing,
    check_count,
    check_missing,
    default_name,
)
from weaklabel_lfs.nlp._parsed import has_doc, parsed

# What the tokenizer alone knows of a token; for anything else a phrase must be parsed.
_OF_THE_TOKENIZER = frozenset({"ORTH", "TEXT", "LOWER", "NORM", "SHAPE", "LENGTH"})


def spacy_matcher(
    votes: Any,
    *patterns: str | Sequence[Mapping[str, Any]],
    nlp: Any,
    name: str | None = None,
    column: str = "text",
    attr: str = "LOWER",
    at_least: int = 1,
    missing: Missing = "raise",
    keep: bool = False,
    classes: Classes = None,
    examples: Examples = None,
) -> wl.LabelingFunction:
    """Build an LF that votes where one of some patterns matches a parsed text.

    However many LFs share a pipeline and a column, each text goes through ``nlp.pipe`` once.

    Parameters
    ----------
    votes : class or ClassSet
        What it votes: an Enum member, a class name, a code, or a partial vote.
    *patterns : str or sequence of mappings
        Phrases, compared by ``attr``, and token patterns as spaCy's `Matcher` takes them, e.g.
        ``[{"LOWER": "free"}, {"IS_PUNCT": True, "OP": "?"}]``.
    nlp : spacy.Language
        The pipeline, e.g. ``spacy.blank("en")``.
    name : str, optional
        Default: made of the class and the patterns.
    column : str, optional
        The column that holds the text.
    attr : str, optional
        What of a phrase's tokens must agree: ``"LOWER"``, ``"ORTH"``, ``"LEMMA"``, ...
    at_least : int, optional
        How many matches there must be.
    missing : {"raise", "abstain"}, optional
        What happens where the text is None or NaN.
    keep : bool, optional
        True to keep the parsed texts in the vote store (``apply_lfs(cache=...)``), as spaCy's
        `DocBin`: LFs that are written later find them there. Docs with custom extensions are not
        kept.
    classes : Enum type or sequence of str, optional
        The classes, to vote by name outside of ``apply_lfs(classes=...)``.
    examples : mapping or sequence of pairs, optional
        Unit tests for ``lf.check()``.

    Returns
    -------
    LabelingFunction
        Row-wise, reads ``column``.

    Raises
    ------
    TypeError, ValueError
        When there is no pattern, spaCy refuses one, or another argument is not as above.

    Examples
    --------
    >>> import spacy
    >>> from weaklabel_lfs import nlp
    >>> english = spacy.blank("en")
    >>> win = nlp.spacy_matcher(
    ...     1, "claim now", [{"LOWER": "win"}, {"LIKE_NUM": True}], nlp=english, name="win"
    ... )
    >>> win("Win 1000 pounds"), win("CLAIM now"), win("they win")
    (1, 1, -1)
    """
    if not patterns:
        raise ValueError("spacy_matcher() needs at least one pattern: a phrase or a token pattern")
    check_missing(missing)
    check_count(at_least, argument="at_least")
    parser = parsed(nlp, column=column, keep=keep)
    matches = _Matches(patterns, attr, nlp)

    def vote(x: Any) -> bool | None:
        if not has_doc(x, column=column, missing=missing):
            return None
        return matches.count(x.doc) >= at_least

    vote.__name__ = vote.__qualname__ = name = name or default_name(
        "spacy_matcher", votes, _told(patterns)
    )
    return wl.LabelingFunction(
        vote,
        name=name,
        votes=votes,
        classes=classes,
        pre=parser,
        examples=examples,
        columns=(column,),
    )


class _Matches:
    """Counts the matches in a doc.

    A matcher belongs to the vocabulary of one pipeline, and a pipeline that was sent to another
    process has a vocabulary of its own: there the matchers are made anew.
    """

    def __init__(self, patterns: Sequence[Any], attr: str, nlp: Any) -> None:
        self._phrases = [pattern for pattern in patterns if isinstance(pattern, str)]
        self._token_patterns = [
            [dict(token) for token in _token_pattern(pattern)]
            for pattern in patterns
            if not isinstance(pattern, str)
        ]
        if empty := [phrase for phrase in self._phrases if not phrase.strip()]:
            raise ValueError(f"spacy_matcher() got an empty phrase {empty[0]!r}")
        self._attr = attr
        self._nlp = nlp
        self._matchers: tuple[Any, list[Any]] | None = None
        self._made_for(nlp.vocab)

    def count(self, doc: Any) -> int:
        return sum(len(matcher(doc)) for matcher in self._made_for(doc.vocab))

    def _made_for(self, vocab: Any) -> list[Any]:
        if self._matchers is None or self._matchers[0] is not vocab:
            self._matchers = vocab, self._made(vocab)
        return self._matchers[1]

    def _made(self, vocab: Any) -> list[Any]:
        from spacy.matcher import Matcher, PhraseMatcher

        made: list[Any] = []
        if self._token_patterns:
            matcher = Matcher(vocab)
            try:
                matcher.add("pattern", self._token_patterns)
            except ValueError as error:
                raise ValueError(
                    f"spacy_matcher() got token patterns that spaCy refuses: {error}"
                ) from error
            made.append(matcher)
        if self._phrases:
            phrases = PhraseMatcher(vocab, attr=self._attr)
            read = self._nlp.make_doc if self._attr in _OF_THE_TOKENIZER else self._nlp
            phrases.add("phrase", [read(phrase) for phrase in self._phrases])
            made.append(phrases)
        return made

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_matchers": None}


def _token_pattern(pattern: Any) -> Sequence[Mapping[str, Any]]:
    if (
        not isinstance(pattern, Sequence)
        or not pattern
        or not all(isinstance(token, Mapping) for token in pattern)
    ):
        raise TypeError(
            f"spacy_matcher() takes phrases and token patterns, got {pattern!r}; "
            "a token pattern is a list of dicts such as [{'LOWER': 'free'}]"
        )
    return pattern


def _told(patterns: Sequence[Any]) -> list[str]:
    return [pattern if isinstance(pattern, str) else repr(pattern) for pattern in patterns]

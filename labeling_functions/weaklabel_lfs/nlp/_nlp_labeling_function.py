"""Turn a function of a parsed text into a labeling function."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import weaklabel as wl
from weaklabel_lfs._builder import Classes, Examples, Missing, check_missing
from weaklabel_lfs.nlp._parsed import has_doc, parsed


def nlp_labeling_function(
    *,
    nlp: Any,
    name: str | None = None,
    votes: Any = None,
    column: str = "text",
    missing: Missing = "raise",
    keep: bool = False,
    classes: Classes = None,
    resources: Mapping[str, Any] | None = None,
    examples: Examples = None,
) -> Callable[[Callable[..., Any]], wl.LabelingFunction]:
    """Turn a function of a row with ``x.doc`` into a labeling function.

    However many LFs share a pipeline and a column, each text goes through ``nlp.pipe`` once.

    Parameters
    ----------
    nlp : spacy.Language
        The pipeline, e.g. ``spacy.blank("en")`` or ``spacy.load("en_core_web_sm")``.
    name : str, optional
        Default: the function's name.
    votes : class or ClassSet, optional
        What True votes.
    column : str, optional
        The column that holds the text.
    missing : {"raise", "abstain"}, optional
        What happens where the text is None or NaN; the function never sees such a row.
    keep : bool, optional
        True to keep the parsed texts in the vote store (``apply_lfs(cache=...)``), as spaCy's
        `DocBin`: LFs that are written later find them there. Docs with custom extensions are not
        kept.
    classes : Enum type or sequence of str, optional
        The classes, to vote by name outside of ``apply_lfs(classes=...)``.
    resources : mapping, optional
        Passed to the function as keyword arguments.
    examples : mapping or sequence of pairs, optional
        Unit tests for ``lf.check()``.

    Returns
    -------
    callable
        The decorator.

    Raises
    ------
    TypeError, ValueError
        When ``nlp`` is no pipeline, or another argument is not as above.

    Examples
    --------
    >>> import spacy
    >>> from weaklabel_lfs import nlp
    >>> english = spacy.blank("en")
    >>> @nlp.nlp_labeling_function(nlp=english, votes=1)
    ... def has_number(x):
    ...     return any(token.like_num for token in x.doc)
    >>> has_number("call ten times"), has_number("call me")
    (1, -1)
    """
    check_missing(missing)
    parser = parsed(nlp, column=column, keep=keep)

    def decorate(f: Callable[..., Any]) -> wl.LabelingFunction:
        if not callable(f):
            raise TypeError(f"a labeling function wraps a function, got {f!r}")

        @functools.wraps(f)
        def vote(x: Any, **given: Any) -> Any:
            return f(x, **given) if has_doc(x, column=column, missing=missing) else None

        return wl.LabelingFunction(
            vote,
            name=name,
            votes=votes,
            classes=classes,
            resources=resources,
            pre=parser,
            examples=examples,
            columns=(column,),
        )

    return decorate

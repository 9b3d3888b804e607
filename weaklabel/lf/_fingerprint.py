"""Fingerprints: whether a labeling function would vote as it did before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

from weaklabel.lf._content import Content, Unfingerprintable, contents, digests
from weaklabel.lf._labeling_function import LabelingFunction
from weaklabel.lf._preprocessor import Preprocessor
from weaklabel.lf._resource import Resource


@final
@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The digest of what a labeling function does, or why there is none.

    Attributes
    ----------
    digest : str or None
        32 hexadecimal digits, the same in every process.
    why : str
        Which part has no digest; empty when there is one.
    """

    digest: str | None
    why: str = ""


def fingerprint(lf: LabelingFunction) -> Fingerprint:
    """Return the fingerprint of a labeling function.

    It covers all that can be seen of what the votes depend on: code, the project's functions and
    constants that it reads, closure, defaults, resources, preprocessors, and what was declared
    (``votes=``, classes, ``batch=``, ``columns=``, ``version=``). Not its name.

    Parameters
    ----------
    lf : LabelingFunction
        Any labeling function.

    Returns
    -------
    Fingerprint

    Examples
    --------
    >>> import weaklabel as wl
    >>> from weaklabel.lf import fingerprint
    >>> def with_limit(limit):
    ...     return wl.LabelingFunction(lambda x: len(x.text) > limit, name="long", votes=1)
    >>> fingerprint(with_limit(10)) == fingerprint(with_limit(10))
    True
    >>> fingerprint(with_limit(10)) == fingerprint(with_limit(11))
    False
    """
    return fingerprint_all([lf])[0]


def fingerprint_all(lfs: Sequence[LabelingFunction]) -> list[Fingerprint]:
    """Return the fingerprint of each labeling function; what they share is looked at once.

    Parameters
    ----------
    lfs : sequence of LabelingFunction
        Any labeling functions.

    Returns
    -------
    list of Fingerprint
        In the same order; each is what `fingerprint` returns.
    """
    return [
        Fingerprint(None, found.why)
        if isinstance(found, Unfingerprintable)
        else Fingerprint(found.hex())
        for found in digests(lfs, _contents)
    ]


def preprocessor_fingerprint(preprocessor: Preprocessor) -> Fingerprint:
    """Return the fingerprint of a preprocessor: of what it computes, not of its name.

    Parameters
    ----------
    preprocessor : Preprocessor
        Any preprocessor.

    Returns
    -------
    Fingerprint
    """
    try:
        return Fingerprint(digest_of(preprocessor))
    except Unfingerprintable as error:
        return Fingerprint(None, error.why)


def digest_of(value: Any) -> str:
    """Return the digest of any value, by type and content.

    Parameters
    ----------
    value : object
        Anything.

    Returns
    -------
    str
        32 hexadecimal digits, the same in every process.

    Raises
    ------
    Unfingerprintable
        When it holds what has no meaning elsewhere: an open file, a lock, a generator.

    Examples
    --------
    >>> from weaklabel.lf import digest_of
    >>> digest_of({"a", "b"}) == digest_of({"b", "a"})
    True
    >>> digest_of(1) == digest_of(1.0)
    False
    """
    found = digests([value], _contents)[0]
    if isinstance(found, Unfingerprintable):
        raise found
    return found.hex()


def _contents(value: Any) -> Content:
    if type(value) is LabelingFunction:
        return _of_lf(value)
    if type(value) is Preprocessor:
        return _of_preprocessor(value)
    if type(value) is Resource:
        parts: list[tuple[str, Any]] = [("", value.version), ("factory", value.factory)]
        parts += [(f"argument {i}", argument) for i, argument in enumerate(value.args)]
        return Content("resource", parts)
    return contents(value)


def _of_lf(lf: LabelingFunction) -> Content:
    made_of = ("", lf._f) if lf.rule is None else ("rule", lf.rule)
    return Content(
        "labeling function",
        [
            ("", lf.version),
            ("", lf.batch),
            ("", lf.columns),
            ("", None if lf.classes is None else lf.classes.names),
            ("votes=", lf.votes),
            made_of,
            *_needs(lf),
        ],
    )


def _of_preprocessor(preprocessor: Preprocessor) -> Content:
    return Content(
        "preprocessor",
        [
            ("", preprocessor.version),
            ("", preprocessor.batch),
            ("", preprocessor._f),
            *_needs(preprocessor),
        ],
    )


def _needs(function: LabelingFunction | Preprocessor) -> list[tuple[str, Any]]:
    parts: list[tuple[str, Any]] = []
    for name, resource in sorted(function.resources.items()):
        parts += [("", ("resource", name)), (f"resource {name!r}", resource)]
    for p in function.pre:
        # A row knows it by its name.
        parts += [("", ("pre", p.name)), (f"preprocessor {p.name!r}", p)]
    return parts

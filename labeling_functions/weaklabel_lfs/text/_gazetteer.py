"""Vote where a text contains an entry of a long list of names."""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import weaklabel as wl
from weaklabel_lfs._builder import (
    Classes,
    Examples,
    Missing,
    build,
    check_column,
    check_count,
    check_missing,
    default_name,
    on_text,
)
from weaklabel_lfs.text._as_written import as_written

_tokens = re.compile(r"\w+").findall


def gazetteer(
    votes: Any,
    entries: Iterable[str] | Path,
    *,
    name: str | None = None,
    column: str = "text",
    case: bool = False,
    at_least: int = 1,
    missing: Missing = "raise",
    classes: Classes = None,
    examples: Examples = None,
) -> wl.LabelingFunction:
    """Build an LF that votes where a text contains an entry of a long list.

    The time for a text does not grow with the list: a text is cut into runs of letters, digits and
    underscores, and looked up. For a handful of words `keyword` is faster.

    Parameters
    ----------
    votes : class or ClassSet
        What it votes: an Enum member, a class name, a code, or a partial vote.
    entries : iterable of str, or Path
        Names of one or more words; signs between words do not count. A path is a UTF-8 file with
        one entry a line, where empty lines and lines that begin with ``#`` are left out.
    name : str, optional
        Default: made of the class and the number and checksum of the entries.
    column : str, optional
        The column that holds the text.
    case : bool, optional
        True to tell upper from lower case.
    at_least : int, optional
        How many different entries must occur.
    missing : {"raise", "abstain"}, optional
        What happens where the text is None or NaN.
    classes : Enum type or sequence of str, optional
        The classes, to vote by name outside of ``apply_lfs(classes=...)``.
    examples : mapping or sequence of pairs, optional
        Unit tests for ``lf.check()``.

    Returns
    -------
    LabelingFunction
        A rule on ``column``: `apply_lfs` runs many of them together.

    Raises
    ------
    TypeError, ValueError
        When there is no entry, an entry is no str or has no word in it, or another argument is
        not as above.
    OSError
        When the file cannot be read.

    Examples
    --------
    >>> from weaklabel_lfs import text
    >>> cities = text.gazetteer(1, ["Oslo", "New York", "Rome"], name="cities")
    >>> cities("from new-york with love"), cities("a romance")
    (1, -1)
    """
    check_column(column)
    check_missing(missing)
    listed = _read(entries)
    known = {_key(entry, case=case) for entry in listed}
    check_count(at_least, argument="at_least", most=len(known))

    # From the first word to the lengths of the entries that begin with it: most words begin none.
    lengths: dict[str, list[int]] = defaultdict(list)
    for entry in sorted(known, key=lambda entry: (len(entry), entry)):
        if len(entry) not in lengths[entry[0]]:
            lengths[entry[0]].append(len(entry))
    lengths_of = dict(lengths).get

    def holds(text: str) -> bool:
        words = _tokens(text if case else text.lower())
        found = set()
        for i, word in enumerate(words):
            for length in lengths_of(word, ()):
                entry = tuple(words[i : i + length])
                if entry in known:
                    found.add(entry)
                    if len(found) >= at_least:
                        return True
        return False

    def matched(text: str) -> list[tuple[int, int]]:
        folded = text if case else text.lower()
        words = [(match.group(), *match.span()) for match in re.finditer(r"\w+", folded)]
        spans = [
            (start, words[i + length - 1][2])
            for i, (word, start, _) in enumerate(words)
            for length in lengths_of(word, ())
            if tuple(each for each, _, _ in words[i : i + length]) in known
        ]
        return as_written(text, folded, spans)

    return build(
        wl.ColumnRule(
            column,
            on_text(holds, column=column, missing=missing),
            # All words of an entry must occur; the longest tells most.
            literals=tuple(sorted({max(entry, key=len) for entry in known})),
            fold=not case,
            whole_word=True,
            decisive=at_least == 1 and all(len(entry) == 1 for entry in known),
        ),
        name=name or default_name("gazetteer", votes, _told(listed)),
        votes=votes,
        classes=classes,
        examples=examples,
        matched=matched,
    )


def _read(entries: Iterable[str] | Path) -> list[str]:
    if isinstance(entries, str):
        raise TypeError(
            f"gazetteer() takes a list of entries, got the str {entries!r}; "
            "write Path(...) to read a file, or [...] around one entry"
        )
    if isinstance(entries, Path):
        lines = (line.strip() for line in entries.read_text(encoding="utf-8").splitlines())
        listed = [line for line in lines if line and not line.startswith("#")]
        source = f"the file {entries}"
    else:
        listed = list(entries)
        source = "the list"
    if not listed:
        raise ValueError(f"gazetteer() needs at least one entry; {source} has none")
    return listed


def _key(entry: object, *, case: bool) -> tuple[str, ...]:
    if not isinstance(entry, str):
        raise TypeError(f"gazetteer() takes entries as str, got {entry!r}")
    words = tuple(_tokens(entry if case else entry.lower()))
    if not words:
        raise ValueError(f"gazetteer() got the entry {entry!r}, which has no word in it")
    return words


def _told(listed: list[str]) -> list[str]:
    """Return what the default name is made of: a few entries as they are, of many the first."""
    if len(listed) <= 3:
        return listed
    checksum = zlib.crc32("\0".join(listed).encode("utf-8", "surrogatepass"))
    return [listed[0], f"and_{len(listed) - 1}_more", f"{checksum:08x}"]

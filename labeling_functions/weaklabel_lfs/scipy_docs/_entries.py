"""How the entries of this pack are written: votes, name, words, and a text that holds one."""

from __future__ import annotations

from typing import Any

import weaklabel as wl
from weaklabel_lfs import text

Area = wl.datasets.Area


def words(votes: Any, name: str, listed: str, example: str) -> wl.LabelingFunction:
    """Return an LF for words that are parted by ``|``."""
    each = [word.strip() for word in listed.split("|")]
    return text.keyword(votes, *each, name=name, examples={example: votes, "Some text.": None})


def pattern(votes: Any, name: str, regex: str, example: str) -> wl.LabelingFunction:
    """Return an LF for a regular expression."""
    return text.regex(votes, regex, name=name, examples={example: votes, "Some text.": None})

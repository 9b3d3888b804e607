"""Where pieces found in a text in lower case stand in the text as it is written."""

from __future__ import annotations

from collections.abc import Iterable


def as_written(text: str, folded: str, spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans of the folded text as spans of the text.

    Parameters
    ----------
    text : str
        The text.
    folded : str
        The text itself, or its ``lower()``.
    spans : iterable of (int, int)
        Start and end in `folded`.
    """
    if len(folded) == len(text):
        return list(spans)
    # A letter may have a lower case of two characters, as the dotted capital I.
    origin = [i for i, c in enumerate(text) for _ in c.lower()]
    return [(origin[start], origin[end - 1] + 1) for start, end in spans]

"""A passage of a text with the matched pieces marked, as plain lines or as HTML."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable, Sequence

Spans = Sequence[tuple[int, int]]

# Characters that turn the direction of a terminal's line, or end it.
_TURNING = frozenset(
    "\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_OPEN, _CLOSE = "«", "»"


def merged(spans: Iterable[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    """Return spans in order, inside the text, those that touch or overlap as one."""
    out: list[tuple[int, int]] = []
    for start, end in sorted((max(s, 0), min(e, length)) for s, e in spans):
        if start >= end:
            continue
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def window(text: str, spans: Spans, limit: int) -> tuple[str, list[tuple[int, int]]]:
    """Return the part of a text with the first match in it, and the spans as they stand there.

    Parameters
    ----------
    text : str
    spans : sequence of (int, int)
        As `merged` gives them.
    limit : int
        Most characters to keep; an ellipsis stands for what is left out.
    """
    if len(text) <= limit:
        return text, list(spans)
    first = spans[0][0] if spans else 0
    # Most of what is read of a match stands after it.
    start = 0 if first < limit // 2 else min(first - limit // 4, len(text) - limit)
    end = start + limit
    before, after = "…" if start else "", "…" if end < len(text) else ""
    moved = [
        (max(s, start) - start + len(before), min(e, end) - start + len(before))
        for s, e in spans
        if s < end and e > start
    ]
    return before + text[start:end] + after, moved


def plain(text: str) -> str:
    """Return a text of the same length without what would upset a terminal."""
    return "".join(" " if _upsets(c) else c for c in text)


def _upsets(c: str) -> bool:
    return c in _TURNING or unicodedata.category(c) in ("Cc", "Cs")


def as_lines(text: str, spans: Spans, *, width: int, most: int, indent: str = "") -> list[str]:
    """Return a text in lines of a terminal, matches in «guillemets»."""
    shown, at = window(text, spans, (width - len(indent)) * most)
    shown = plain(shown)
    pieces, last = [], 0
    for start, end in at:
        pieces += [shown[last:start], _OPEN, shown[start:end], _CLOSE]
        last = end
    words = ("".join(pieces) + shown[last:]).split()
    lines = _wrapped(words, width - len(indent))
    if len(lines) > most:
        lines = [*lines[: most - 1], _cut(lines[most - 1], width - len(indent) - 1) + "…"]
    return [indent + line for line in lines]


def as_html(text: str, spans: Spans, *, limit: int) -> str:
    """Return a text as HTML, escaped, matches as ``<mark>``; it keeps its own direction."""
    shown, at = window(text, spans, limit)
    pieces, last = [], 0
    for start, end in at:
        pieces += [_escaped(shown[last:start]), f"<mark>{_escaped(shown[start:end])}</mark>"]
        last = end
    pieces.append(_escaped(shown[last:]))
    return f"<bdi>{''.join(pieces)}</bdi>"


def _escaped(text: str) -> str:
    # A character that no file can hold, or that HTML forbids, would spoil the page.
    clean = "".join(
        "\ufffd" if unicodedata.category(c) in ("Cc", "Cs") and c not in "\t\n\r" else c
        for c in text
    )
    return html.escape(clean)


def _wrapped(words: Sequence[str], width: int) -> list[str]:
    lines: list[str] = []
    line, used = "", 0
    for word in words:
        room = columns(word)
        if line and used + 1 + room <= width:
            line, used = f"{line} {word}", used + 1 + room
            continue
        if line:
            lines.append(line)
        while columns(word) > width:
            head = _cut(word, width)
            lines.append(head)
            word = word[len(head) :]
        line, used = word, columns(word)
    return [*lines, line] if line else lines


def _cut(text: str, width: int) -> str:
    used = 0
    for i, c in enumerate(text):
        used += columns(c)
        if used > width:
            return text[: max(i, 1)]
    return text


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )

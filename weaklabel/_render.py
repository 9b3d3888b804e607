"""Tables as text and as HTML: pure functions from cells to strings."""

from __future__ import annotations

import html
import shutil
import unicodedata
from collections.abc import Sequence

_STYLE = (
    "border-collapse:collapse;font-variant-numeric:tabular-nums;"
    "font-family:system-ui,sans-serif;font-size:13px"
)
_LEAST = 8


def terminal_width() -> int:
    """Return the columns of the terminal, 80 where there is none, and no fewer."""
    return max(shutil.get_terminal_size((80, 24)).columns, 80)


def text_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, width: int = 80, cut: int = 1
) -> str:
    """Return an aligned table: first column to the left, the others to the right.

    Parameters
    ----------
    header : sequence of str
    rows : sequence of sequence of str
        Cells of each row, as many as the header has.
    width : int
        Most columns of the terminal to use.
    cut : int
        How many columns, from the first, are cut where the table is too wide even with one space
        between columns: the last of them first, and none below eight columns of the terminal.
    """
    widths = [max(map(_columns, column)) for column in zip(header, *rows, strict=True)]
    gap = "  " if sum(widths) + 2 * (len(widths) - 1) <= width else " "
    excess = sum(widths) + len(gap) * (len(widths) - 1) - width
    for j in reversed(range(cut)):
        gone = min(max(excess, 0), max(widths[j] - _LEAST, 0))
        widths[j] -= gone
        excess -= gone
    rule = "-" * (sum(widths) + len(gap) * (len(widths) - 1))
    return "\n".join([_line(header, widths, gap), rule, *(_line(row, widths, gap) for row in rows)])


def html_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, caption: str = "") -> str:
    """Return an HTML table; every cell is escaped."""
    head = "".join(_cell("th", i, text) for i, text in enumerate(header))
    body = "".join(
        f"<tr>{''.join(_cell('td', i, text) for i, text in enumerate(row))}</tr>" for row in rows
    )
    above = f"<caption style='text-align:left'>{html.escape(caption)}</caption>" if caption else ""
    parts = f"{above}<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f"<table style='{_STYLE}'>{parts}</table>"


def _cell(tag: str, column: int, text: str) -> str:
    align = "right" if column else "left"
    return f"<{tag} style='text-align:{align};padding:2px 8px'>{html.escape(text)}</{tag}>"


def _line(cells: Sequence[str], widths: Sequence[int], gap: str) -> str:
    first, *others = (_fit(cell, width) for cell, width in zip(cells, widths, strict=True))
    padded = [first + " " * (widths[0] - _columns(first))]
    padded += [" " * (w - _columns(c)) + c for c, w in zip(others, widths[1:], strict=True)]
    return gap.join(padded).rstrip()


def _fit(text: str, width: int) -> str:
    if _columns(text) <= width:
        return text
    while _columns(text) > width - 1:
        text = text[:-1]
    return f"{text}…"


def _columns(text: str) -> int:
    """Return how many terminal columns a text takes: wide letters two, combining marks none."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )

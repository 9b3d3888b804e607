from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weaklabel._render import html_table, text_table

GOLDEN = Path(__file__).parent / "golden"

HEADER = ["LF", "votes for", "cover"]
ROWS = [
    ["keyword_free", "SPAM", "12.5%"],
    ["<script>alert('x')</script>", "HAM & EGGS", "100.0%"],
    ["数字_lf", "はい", "0.0%"],
    ["cafe\u0301", "", ""],
]


def columns(line: str) -> int:
    wide = {"W": 2, "F": 2}
    return sum(
        0 if unicodedata.combining(c) else wide.get(unicodedata.east_asian_width(c), 1)
        for c in line
    )


def test_the_text_table_is_as_in_the_golden_file() -> None:
    assert text_table(HEADER, ROWS) + "\n" == (GOLDEN / "table.txt").read_text("utf-8")


def test_the_html_table_is_as_in_the_golden_file() -> None:
    page = html_table(HEADER, ROWS, caption='4 rows of "a < b"')
    assert page + "\n" == (GOLDEN / "table.html").read_text("utf-8")


@given(st.lists(st.text(max_size=30), min_size=3, max_size=3))
def test_html_escapes_every_cell(cells: list[str]) -> None:
    page = html_table(cells, [cells], caption=cells[0])
    for tag in ("table", "caption", "thead", "tbody", "tr", "th", "td"):
        page = page.replace(f"</{tag}>", "")
    opened = page.count("<")
    known = sum(page.count(f"<{tag}") for tag in ("table", "caption", "thead", "tbody", "tr"))
    assert opened == known + page.count("<th ") + page.count("<td ")


def test_a_table_without_rows_is_its_header() -> None:
    assert text_table(["a", "b"], []) == "a  b\n----"
    assert "<tbody></tbody>" in html_table(["a", "b"], [])
    assert "<caption" not in html_table(["a", "b"], [])


@given(
    names=st.lists(st.text(st.characters(exclude_categories=("C", "Z"))), min_size=1, max_size=4),
    width=st.integers(30, 80),
)
def test_long_names_are_cut_to_keep_the_width(names: list[str], width: int) -> None:
    rows = [[f"{name}{'x' * 90}", name * 20, "12.5%"] for name in names]
    lines = text_table(HEADER, rows, width=width, cut=2).splitlines()
    assert all(columns(line) <= width for line in lines)
    assert len(lines) == len(rows) + 2


def test_the_last_of_the_columns_that_may_be_cut_gives_way_first() -> None:
    table = text_table(["name", "what"], [["n" * 12, "w" * 12]], width=23, cut=2)
    assert table.splitlines()[-1] == "nnnnnnnnnnnn wwwwwwwww…"
    table = text_table(["name", "what"], [["n" * 12, "w" * 12]], width=19, cut=2)
    assert table.splitlines()[-1] == "nnnnnnnnn… wwwwwww…"


def test_columns_move_together_before_any_is_cut() -> None:
    table = text_table(["name", "what"], [["n" * 12, "w" * 12]], width=25, cut=2)
    assert table.splitlines()[-1] == "nnnnnnnnnnnn wwwwwwwwwwww"


def test_cells_are_as_many_as_the_header_has() -> None:
    with pytest.raises(ValueError, match="zip"):
        text_table(["a", "b"], [["1"]])

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.shell import as_json, cli, done, failed

GOOD = """
import weaklabel as wl

@wl.labeling_function(votes=1, classes=("HAM", "SPAM"), examples={"free": True, "no": False})
def offer(x):
    return "free" in x.text
"""

WRONG_EXAMPLE = """
@wl.labeling_function(votes=1, classes=("HAM", "SPAM"), examples={"hello": True, "prize": True})
def wrong_example(x):
    return "prize" in x.text
"""

ILLEGAL = """
@wl.labeling_function(classes=("HAM", "SPAM"))
def illegal(x):
    return 7 if "t" in x.text else None
"""

RAISES = """
@wl.labeling_function(classes=("HAM", "SPAM"))
def raises(x):
    return 1 // (len(x.text) - 5)
"""

RANDOM = """
import random

@wl.labeling_function(votes=1, classes=("HAM", "SPAM"))
def coin(x):
    return random.random() < 0.5
"""

REMEMBERS = """
SEEN = set()

@wl.labeling_function(votes=1, classes=("HAM", "SPAM"))
def first_of_its_length(x, seen=SEEN):
    if len(x.text) == 200:
        seen.clear()
    new = len(x.text) // 10 not in seen
    seen.add(len(x.text) // 10)
    if len(x.text) == 100:
        seen.clear()
    return new
"""

BATCH = """
@wl.labeling_function(votes=1, classes=("HAM", "SPAM"), batch=True)
def longer_than_the_mean(x):
    return (x.text.str.len() > x.text.str.len().mean()).tolist()
"""


def write(folder: Path, *sources: str, rows: int = 40) -> list[str | Path]:
    """Write labeling functions and data; return the options that name them."""
    (folder / "mine.py").write_text("import weaklabel as wl\n" + "".join(sources))
    texts = ["a" * (100 + i % 17 if i else 100) for i in range(rows - 1)]
    (folder / "in.csv").write_text("\n".join(["text", *texts, "b" * 200]) + "\n")
    return ["--lfs", folder / "mine.py", "--input", folder / "in.csv"]


def test_the_project_that_init_made_passes(project: Path) -> None:
    stdout = done("test").stdout
    assert "has_link" in stdout
    assert stdout.endswith("4 labeling functions on 60 rows: all ok\n")


def test_the_result_as_json(project: Path) -> None:
    found = as_json("test", "--rows", "10")
    assert (found["ok"], found["rows"]) == (True, 10)
    assert found["lfs"][0] == {"lf": "has_link", "examples": 2, "votes": 1, "failures": []}


def test_every_failed_example_is_listed(tmp_path: Path) -> None:
    result = cli("test", *write(tmp_path, GOOD, WRONG_EXAMPLE))
    assert result.exit_code == 1
    assert "wrong_example:\n" in result.stdout
    assert "hello" in result.stdout
    assert "expected SPAM, voted abstain" in result.stdout
    assert result.stdout.endswith("2 labeling functions on 40 rows: 1 failed\n")


def test_an_illegal_vote_is_found_on_the_data(tmp_path: Path) -> None:
    args = write(tmp_path, ILLEGAL)
    (tmp_path / "in.csv").write_text("text\nabc\ntea\n")
    result = cli("test", *args)
    assert result.exit_code == 1
    assert "1 of 2 rows failed, the first at row 1: voted 7; expected abstain" in result.stdout


def test_a_call_that_raises_is_found(tmp_path: Path) -> None:
    args = write(tmp_path, RAISES)
    (tmp_path / "in.csv").write_text("text\nfives\nand some more\n")
    result = cli("test", *args, "--json")
    assert result.exit_code == 1
    assert "1 of 2 rows failed, the first at row 0: ZeroDivisionError" in result.stdout


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (RANDOM, "votes differ when it ran again"),
        (REMEMBERS, "votes differ with the rows in reversed order"),
        (BATCH, "votes differ in a batch of 1: row"),
    ],
)
def test_a_vote_that_depends_on_more_than_its_row_is_found(
    tmp_path: Path, source: str, told: str
) -> None:
    result = cli("test", *write(tmp_path, GOOD, source))
    assert result.exit_code == 1
    assert told in result.stdout
    assert "a vote may depend on nothing but its row" in result.stdout
    assert result.stdout.endswith(": 1 failed\n")


def test_without_data_the_examples_run_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, GOOD)
    result = done("test", "--lfs", "mine.py")
    assert result.stderr == "no data: only the examples ran; --input gives some\n"
    assert result.stdout.endswith("1 labeling functions: all ok\n")


def test_without_labeling_functions_the_option_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    error = failed(2, "test")
    assert error == (
        "error: --lfs is missing; give it, or [lfs] use in a config (there is no weaklabel.toml "
        "here)\n"
    )


def test_a_file_of_labeling_functions_with_a_syntax_error_is_named_with_its_line(
    tmp_path: Path,
) -> None:
    (tmp_path / "mine.py").write_text("import weaklabel\n\ndef broken(:\n")
    error = failed(2, "test", "--lfs", tmp_path / "mine.py")
    assert "mine.py, line 3: invalid syntax: def broken(:" in error


def test_data_without_rows_is_refused(tmp_path: Path) -> None:
    args = write(tmp_path, GOOD)
    (tmp_path / "in.csv").write_text("text\n")
    assert "has no rows to try" in failed(1, "test", *args)

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import weaklabel as wl
from weaklabel._cli import app

RUN = CliRunner()


def test_packs_lists_the_installed_packs_with_their_classes() -> None:
    result = RUN.invoke(app, ["packs"])
    assert result.exit_code == 0
    assert "spam" in result.stdout
    assert "HAM, SPAM" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_packs_of_a_name_lists_its_labeling_functions() -> None:
    result = RUN.invoke(app, ["packs", "spam"])
    assert result.stdout.split() == [lf.name for lf in wl.load_pack("spam").lfs]


def test_an_unknown_pack_fails_with_a_suggestion() -> None:
    result = RUN.invoke(app, ["packs", "spma"])
    assert result.exit_code == 1
    assert "error: no pack 'spma' is installed" in result.stderr
    assert "did you mean 'spam'?" in result.stderr


def test_bad_usage_exits_with_2() -> None:
    assert RUN.invoke(app, ["pack"]).exit_code == 2


def test_the_version_is_printed() -> None:
    assert RUN.invoke(app, ["--version"]).stdout == f"weaklabel {wl.__version__}\n"


def test_the_module_is_the_same_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "weaklabel", "--help"], capture_output=True, text=True, check=True
    )
    assert "quickstart" in done.stdout


def test_every_command_is_in_the_docs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "command_line.md").read_text()
    names = [
        command.name or command.callback.__name__
        for command in app.registered_commands
        if command.callback
    ]
    assert names
    for name in names:
        assert f"`weaklabel {name}" in page


@pytest.mark.slow
def test_the_quickstart_beats_chance_by_far_and_prints_every_model() -> None:
    result = RUN.invoke(app, ["quickstart"])
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    table = {line.split("  ")[0].strip(): line.split()[-3] for line in lines if " on " in line[:30]}
    for model in ("majority vote", "label model", "LSTM", "CNN", "linear, TF-IDF"):
        found = [float(score) for name, score in table.items() if name.startswith(model)]
        assert found, model
        assert min(found) > 0.6, (model, found)
    assert max(map(len, lines)) <= 80

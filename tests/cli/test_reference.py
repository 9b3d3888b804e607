from __future__ import annotations

from pathlib import Path

import pytest
import typer

from weaklabel._cli import app
from weaklabel._cli._reference import page, reference

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"


def test_the_page_holds_the_reference_as_the_commands_are() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert page(text) == text, "run: python -m weaklabel._cli._reference docs/cli.md"


def test_every_command_and_option_is_in_the_reference() -> None:
    text = reference()
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert len(commands) == 14
    for name, command in commands.items():
        section = text.partition(f"### weaklabel {name}\n")[2].partition("\n### ")[0]
        assert command.help.splitlines()[0] in section
        for param in command.params:
            assert param.help, (name, param.name)
            for option in param.opts if param.param_type_name == "option" else []:
                assert option in section, (name, option)


def test_a_command_or_an_option_without_help_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    command = typer.main.get_command(app)
    monkeypatch.setattr(typer.main, "get_command", lambda _: command)
    run = command.commands["run"]  # type: ignore[attr-defined]
    resume = next(param for param in run.params if param.name == "resume")
    monkeypatch.setattr(resume, "help", None)
    with pytest.raises(ValueError, match="resume of command run has no help"):
        reference()
    monkeypatch.setattr(run, "help", None)
    with pytest.raises(ValueError, match="command run has no help"):
        reference()


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="the page lacks the marks"):
        page("# Command line")

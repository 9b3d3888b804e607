from __future__ import annotations

import json
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

import weaklabel as wl
from tests.cli.shell import done, failed, process
from weaklabel._cli._command import BadUsage, Console, plain, register
from weaklabel.errors import ConfigError, FaultRateError, GateError, LFError, WeakLabelWarning


def outcome(act: Callable[[Console], None], *args: str, when_stopped: str = "") -> Result:
    """Run a command that does what it is told, and another so that it has a name."""
    app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)

    def try_it(
        console: Console, *, times: Annotated[int, typer.Option(help="How often.")] = 1
    ) -> None:
        for _ in range(times):
            act(console)

    def other(console: Console) -> None:
        raise NotImplementedError(console)

    register(app, try_it, when_stopped=when_stopped)
    register(app, other)
    return CliRunner().invoke(app, ["try_it", *args])


def raising(error: BaseException) -> Callable[[Console], None]:
    def act(_: Console) -> None:
        raise error

    return act


def test_the_version_is_printed() -> None:
    assert done("--version").stdout == f"weaklabel {wl.__version__}\n"


def test_the_module_is_the_same_command(tmp_path: Path) -> None:
    result = process("--help", cwd=tmp_path)
    assert result.returncode == 0
    assert "quickstart" in result.stdout


def test_every_command_says_in_one_line_of_80_columns_what_it_does() -> None:
    listed = done("--help").stdout.partition("Commands:\n")[2].splitlines()
    assert len(listed) > 10
    for line in listed:
        assert line.endswith("."), line
        assert not line.endswith("..."), line


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    program = (
        "import sys; from weaklabel._cli import app\n"
        "heavy = {'numba', 'pandas', 'pyarrow', 'scipy', 'sklearn', 'torch', 'rich', 'joblib'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert found.stdout == "[]\n"


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["pack"], "No such command 'pack'"),
        (["run", "--inpt", "x"], "No such option: --inpt"),
        (["fit", "no-votes", "--out", "m"], "'no-votes' does not exist"),
        (["fit", "."], "Missing option '--out'"),
        (["predict"], "Missing argument 'MODEL'"),
    ],
)
def test_bad_usage_exits_with_2_and_names_what_is_wrong(
    args: list[str], told: str, project: Path
) -> None:
    assert told in failed(2, *args)


def test_a_result_goes_to_stdout_and_a_remark_to_stderr() -> None:
    def act(console: Console) -> None:
        console.say("a remark")
        console.result("a result", {"n": 1})

    assert (outcome(act).stdout, outcome(act).stderr) == ("a result\n", "a remark\n")
    assert outcome(act, "--quiet").stderr == ""
    assert json.loads(outcome(act, "--json").stdout) == {"n": 1}


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (BadUsage("--a and --b exclude one another"), 2, "--a and --b exclude one another"),
        (ConfigError("no such key"), 2, "no such key"),
        (GateError("too few", failed=["min_coverage"]), 3, "too few"),
        (FaultRateError("too many", lf="a"), 3, "too many"),
        (LFError("it failed", lf="a"), 1, "it failed"),
        (ValueError("no rows"), 1, "no rows"),
        (PermissionError(13, "Permission denied", "out/x"), 1, "out/x: Permission denied"),
        (KeyError("odd"), 1, "KeyError: 'odd' (--traceback shows where)"),
    ],
)
def test_a_failure_is_one_line_on_stderr_and_an_exit_code(
    error: Exception, code: int, told: str
) -> None:
    result = outcome(raising(error))
    assert result.exit_code == code
    assert result.stderr == f"error: {told}\n"
    assert result.stdout == ""


def test_a_traceback_is_shown_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    missed = GateError("too few", failed=["min_coverage"])
    asked = outcome(raising(missed), "--traceback")
    assert asked.stderr.startswith("Traceback (most recent call last):\n")
    assert asked.stderr.endswith("GateError: too few\n\nerror: too few\n")
    assert asked.exit_code == 3
    monkeypatch.setenv("WEAKLABEL_TRACEBACK", "1")
    assert outcome(raising(missed)).stderr.startswith("Traceback (most recent call last):\n")


def test_a_real_process_shows_the_traceback(tmp_path: Path) -> None:
    quiet = process("packs", "spma", cwd=tmp_path)
    loud = process("packs", "spma", cwd=tmp_path, WEAKLABEL_TRACEBACK="1")
    assert (quiet.returncode, loud.returncode) == (2, 2)
    assert "Traceback" not in quiet.stderr
    assert "Traceback (most recent call last)" in loud.stderr


def test_ctrl_c_exits_with_130_and_says_how_to_go_on() -> None:
    result = outcome(raising(KeyboardInterrupt()), when_stopped="go on with --resume")
    assert result.exit_code == 130
    assert result.stderr == "\nstopped; go on with --resume\n"


def test_a_reader_that_leaves_ends_the_command_quietly(tmp_path: Path) -> None:
    command = f"'{sys.executable}' -m weaklabel packs scipy_docs | true"
    found = subprocess.run(  # noqa: S603
        ["/bin/sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in found.stderr


def test_a_warning_is_a_remark_without_a_line_of_code() -> None:
    def act(console: Console) -> None:
        warnings.warn("votes are odd", WeakLabelWarning, stacklevel=2)
        console.result("done", {})

    with warnings.catch_warnings():
        warnings.simplefilter("default")
        result = outcome(act)
    assert (result.stdout, result.stderr) == ("done\n", "warning: votes are odd\n")


def test_json_holds_plain_values_and_no_nan() -> None:
    value = {"a": np.array([1.5, np.nan]), "b": (np.int64(3), Path("x")), 4: float("inf")}
    assert plain(value) == {"a": [1.5, None], "b": [3, "x"], "4": None}

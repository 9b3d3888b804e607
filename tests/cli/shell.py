"""How tests call the command line: in this process, or in one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from weaklabel._cli import app


def cli(*args: str | Path) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(app, [str(arg) for arg in args])


def done(*args: str | Path) -> Result:
    """Run a command that must succeed within 80 columns."""
    result = cli(*args)
    assert result.exit_code == 0, result.output
    if "--json" not in args:
        assert max(map(len, result.stdout.splitlines()), default=0) <= 80, result.stdout
    return result


def as_json(*args: str | Path) -> dict[str, Any]:
    """Run a command that must succeed with ``--json`` and return what it prints."""
    value = json.loads(done(*args, "--json").stdout)
    assert isinstance(value, dict)
    return value


def failed(code: int, *args: str | Path) -> str:
    """Run a command that must end with an exit code, and return the error it tells."""
    result = cli(*args)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.stderr
    return result.stderr


def process(*args: str | Path, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own."""
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "weaklabel", *map(str, args)],
        cwd=cwd,
        env=os.environ | {"OMP_NUM_THREADS": "1"} | env,
        capture_output=True,
        text=True,
        check=False,
    )

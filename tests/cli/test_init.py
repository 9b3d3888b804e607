from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.shell import as_json, done, failed, process

FILES = {"weaklabel.toml", "lfs.py", "data/comments.csv", "README.md", ".gitignore"}


def test_a_new_project_tests_and_runs_as_it_stands(tmp_path: Path) -> None:
    assert process("init", "new", cwd=tmp_path).returncode == 0
    for command in ("test", "run", "show"):
        result = process(command, cwd=tmp_path / "new")
        assert result.returncode == 0, result.stderr
        assert result.stderr == ""
        assert max(map(len, result.stdout.splitlines())) <= 80
    labelled = list((tmp_path / "new").glob("runs/*/labels/part-00000.parquet"))
    assert len(labelled) == 1


def test_the_files_are_named_with_the_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    stdout = done("init", "a/b").stdout
    for name in FILES:
        assert (tmp_path / "a" / "b" / name).is_file()
        assert name in stdout
    assert "weaklabel test && weaklabel run" in stdout


def test_the_files_as_json(tmp_path: Path) -> None:
    assert set(as_json("init", tmp_path)["files"]) == FILES


@pytest.mark.parametrize("name", sorted(FILES))
def test_nothing_is_overwritten_and_nothing_else_is_written(tmp_path: Path, name: str) -> None:
    mine = tmp_path / name
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    error = failed(1, "init", tmp_path)
    assert f"{mine} exists and is not overwritten; choose another folder" in error
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [mine]
    assert mine.read_text() == "mine"


def test_the_labeling_functions_are_clean_code(project: Path) -> None:
    checks = [
        "check",
        "--isolated",
        "--select",
        "E,W,F,I,B,UP,D,N,RUF,SIM",
        "--ignore",
        "D203,D213",
    ]
    for args in (["format", "--check", "--isolated"], checks):
        subprocess.run(  # noqa: S603
            [sys.executable, "-m", "ruff", *args, "--line-length", "100", project / "lfs.py"],
            check=True,
        )

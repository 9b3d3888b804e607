from __future__ import annotations

import json
from pathlib import Path

import weaklabel as wl
from tests.cli.shell import as_json, done, failed


def test_a_run_is_told_with_its_parts(project: Path) -> None:
    done("run", "--run", "first")
    stdout = done("show", "first").stdout
    assert stdout.startswith("run       first: done\n")
    assert "comments.csv" in stdout
    assert f"weaklabel {wl.__version__}, Python 3." in stdout
    for lf in ("has_link", "promises_something", "tone", "asks_a_question"):
        assert lf in stdout


def test_without_a_name_it_is_the_newest(project: Path) -> None:
    done("run", "--run", "z")
    done("run", "--run", "a")
    assert as_json("show")["run"] == "a"
    assert as_json("show", "runs/z")["run"] == "z"


def test_the_json_is_the_manifest(project: Path) -> None:
    done("run", "--run", "first")
    found = as_json("show")
    assert found.pop("directory") == "runs/first"
    assert found == json.loads(Path("runs/first/manifest.json").read_text())


def test_a_run_that_is_not_there_is_bad_usage(project: Path) -> None:
    assert "there is no run in runs; make one with `weaklabel run`" in failed(2, "show")
    done("run", "--run", "first")
    assert "did you mean 'first'?" in failed(2, "show", "frist")


def test_runs_elsewhere(project: Path) -> None:
    done("run", "--run", "first", "--out", "other")
    assert as_json("show", "--out", "other")["run"] == "first"


def test_a_damaged_manifest_is_named(project: Path) -> None:
    done("run", "--run", "first")
    Path("runs/first/manifest.json").write_text("{")
    assert "manifest.json is damaged" in failed(1, "show", "first")

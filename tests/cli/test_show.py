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


def edit_manifest(run: str, **changes: object) -> None:
    path = Path("runs") / run / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_the_error_of_a_failed_run_is_told_whole(project: Path) -> None:
    done("run", "--run", "first")
    words = " ".join(f"word{i}" for i in range(60))
    edit_manifest("first", status="failed", error={"type": "RunError", "message": words})
    stdout = done("show").stdout
    assert f"RunError: {words}" in " ".join(stdout.split())
    assert "\nerror     RunError: word0 " in stdout


def test_a_run_stopped_by_ctrl_c_says_so(project: Path) -> None:
    done("run", "--run", "first")
    edit_manifest("first", status="failed", error={"type": "KeyboardInterrupt", "message": ""})
    assert "\nerror     stopped by Ctrl-C\n" in done("show").stdout


def test_a_run_that_went_on_tells_what_its_time_leaves_out(project: Path) -> None:
    done("run", "--run", "first", "--part-rows", "20", "--no-cache")
    assert "parts done before" not in done("show").stdout
    for path in ("votes/part-00002.parquet", "labels/part-00001.parquet"):
        (Path("runs/first") / path).unlink()
    edit_manifest("first", status="running", stages={}, profile=[])
    done("run", "--run", "first", "--resume", "--part-rows", "20", "--no-cache")
    told = "parts done before: 2 of votes, 2 of labels; seconds, computed and reused are without"
    assert told in " ".join(done("show").stdout.split())


def test_one_file_is_one_file(project: Path) -> None:
    done("run", "--run", "first")
    stdout = done("show").stdout
    assert "inputs    1 file, " in stdout
    assert "in 1 part\n" in stdout

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.shell import as_json, done, failed


def test_an_edited_labeling_function_is_named_with_what_it_changed(project: Path) -> None:
    done("run", "--run", "before")
    lfs = Path("lfs.py").read_text()
    Path("lfs.py").write_text(lfs.replace('return "http" in x.text or', "return"))
    done("run", "--run", "after", "--min-coverage", "0.1")
    stdout = done("diff", "before", "after").stdout
    assert stdout.startswith("before → after\n")
    assert "has_link" in stdout
    assert done("diff").stdout == stdout
    assert done("diff", "runs/before", "runs/after").stdout == stdout
    found = as_json("diff", "before", "after")
    lfs_found = {lf["lf"]: lf for lf in found["lfs"]}
    assert lfs_found["has_link"]["status"] == "edited"
    assert lfs_found["has_link"]["changed"] > 0
    assert lfs_found["tone"]["changed"] == 0
    assert found["changed"] > 0


def test_a_run_and_itself_do_not_differ(project: Path) -> None:
    done("run", "--run", "only")
    assert "0 of 60 common rows have another label" in done("diff", "only", "only").stdout
    assert "there is but one run with all labels written in runs" in failed(2, "diff")


def test_an_unknown_run_is_bad_usage_with_the_nearest(project: Path) -> None:
    done("run", "--run", "first")
    error = failed(2, "diff", "frist", "first")
    assert "there is no run 'frist' in runs; did you mean 'first'?" in error


def fail(run: str) -> None:
    """Leave a run as one that failed before it wrote labels."""
    path = Path("runs") / run / "manifest.json"
    manifest = json.loads(path.read_text())
    error = {"type": "RunError", "message": "no room"}
    manifest |= {"status": "failed", "stages": {}, "error": error}
    path.write_text(json.dumps(manifest))


def test_without_names_it_is_the_newest_with_labels(project: Path) -> None:
    for name in ("one", "two", "three"):
        done("run", "--run", name)
    fail("three")
    assert done("diff").stdout.startswith("one → two\n")
    fail("two")
    assert "there is but one run with all labels written in runs" in failed(2, "diff")
    fail("one")
    assert "there is no run with all labels written in runs" in failed(2, "diff")

from __future__ import annotations

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
    assert "there is but one run in runs" in failed(2, "diff")


def test_an_unknown_run_is_bad_usage_with_the_nearest(project: Path) -> None:
    done("run", "--run", "first")
    error = failed(2, "diff", "frist", "first")
    assert "there is no run 'frist' in runs; did you mean 'first'?" in error

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import weaklabel as wl
from tests.cli.shell import as_json, cli, done, failed

WAITS = """
import time
from pathlib import Path
import weaklabel as wl

@wl.labeling_function(classes=("HAM", "SPAM"))
def waits(x):
    if x.id == "c31":
        Path("reached").touch()
        while not Path("go").exists():
            time.sleep(0.01)
    return "SPAM" if "http" in x.text else "HAM"
"""

SLOW = """
import time
import weaklabel as wl

BEGIN = []

@wl.labeling_function(classes=("HAM", "SPAM"))
def slow(x):
    BEGIN.append(time.monotonic())
    while x.id == "c31" and time.monotonic() < BEGIN[0] + 0.8:
        pass
    return "SPAM" if "http" in x.text else "HAM"
"""


def test_a_run_writes_votes_model_labels_and_a_manifest(project: Path) -> None:
    stdout = done("run", "--run", "first").stdout
    assert stdout.startswith("run       first: done\n")
    assert "rows      60 in 1 part" in stdout
    assert "gate      passed: min_coverage = 0.5" in stdout
    folder = Path("runs/first")
    assert json.loads((folder / "manifest.json").read_text())["status"] == "done"
    assert wl.LabelModel.load(folder / "model.npz").class_names_ == ("HAM", "SPAM")
    assert pq.read_table(folder / "labels" / "part-00000.parquet").num_rows == 60


def test_the_manifest_as_json(project: Path) -> None:
    found = as_json("run", "--run", "first")
    assert (found["run"], found["status"], found["counts"]["rows"]) == ("first", "done", 60)
    assert found["directory"].endswith("runs/first")


def test_a_second_run_takes_the_votes_from_the_cache_and_says_so(project: Path) -> None:
    assert "cache" not in done("run").stdout
    assert done("run").stdout.endswith("\ncache     4 LFs from the cache, 0 ran\n")


def test_a_finished_run_that_is_resumed_does_nothing(project: Path) -> None:
    done("run", "--run", "first")
    files = {
        p: p.stat().st_mtime_ns
        for p in Path("runs/first").rglob("*.*")
        if p.suffix in (".npz", ".parquet", ".json")
    }
    done("run", "--run", "first", "--resume")
    done("run", "--resume")
    assert {p: p.stat().st_mtime_ns for p in files} == files
    assert len(list(Path("runs").iterdir())) == 1


def test_a_run_of_the_same_name_is_refused(project: Path) -> None:
    done("run", "--run", "first")
    assert "--resume" in failed(1, "run", "--run", "first")


def test_options_alone_do_without_a_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in.jsonl").write_text('{"text": "Win a FREE prize"}\n{"text": "see you tonight"}\n')
    found = as_json(
        *("run", "--lfs", "pack:spam", "--input", "in.jsonl", "--out", "results", "--run", "a"),
        *("--format", "jsonl", "--kind", "MajorityVote", "--no-cache"),
    )
    assert found["counts"]["labels"] == {"HAM": 1, "SPAM": 1, "": 0}
    assert Path("results/a/labels/part-00000.jsonl").is_file()
    assert not Path(".weaklabel").exists()


def test_an_end_model_is_trained_on_request(project: Path) -> None:
    Path("weaklabel.toml").write_text(
        Path("weaklabel.toml").read_text() + "[end_model]\nepochs = 1\nmax_rows = 30\n"
    )
    found = as_json("run", "--run", "first", "--encoder", "cnn")
    assert list(found["stages"]) == ["apply", "fit", "label", "train", "predict"]
    assert pq.read_table("runs/first/predictions/part-00000.parquet").num_rows == 60


def test_a_missed_gate_exits_with_3_and_tells_the_result(project: Path) -> None:
    result = cli("run", "--run", "first", "--min-coverage", "0.99")
    assert result.exit_code == 3
    assert "run       first: gate" in result.stdout
    assert "missed: min_coverage = 0.99" in result.stdout
    assert result.stderr.startswith("error: run 'first' missed 1 of 1 gates: min_coverage = 0.99")
    again = cli("run", "--min-coverage", "0.99", "--json")
    assert again.exit_code == 3
    assert json.loads(again.stdout)["status"] == "gate"


def test_a_failed_run_names_the_labeling_function(project: Path) -> None:
    Path("lfs.py").write_text(
        Path("lfs.py").read_text().replace('return "http" in x.text or', "return x.txet or")
    )
    error = failed(3, "run", "--run", "first")
    assert "labeling function 'has_link' failed on" in error
    assert json.loads(Path("runs/first/manifest.json").read_text())["status"] == "failed"


def test_input_that_is_not_there_is_named(project: Path) -> None:
    assert "nothing/*.csv" in failed(1, "run", "--input", "nothing/*.csv")
    assert "comments.cvs" in failed(1, "run", "--input", "data/comments.cvs")


def waiting(project: Path) -> subprocess.Popen[str]:
    """Start a run that waits in the middle of its second part, and return when it is there."""
    Path("lfs.py").write_text(WAITS)
    process = subprocess.Popen(
        [sys.executable, "-m", "weaklabel", "run", "--run", "first", "--part-rows", "20"],
        cwd=project,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    until = time.monotonic() + 60
    while not Path("reached").exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.01)
    return process


def test_ctrl_c_stops_a_run_which_then_goes_on(project: Path) -> None:
    process = waiting(project)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert stderr.endswith(
        "\nstopped; what was finished stays; `weaklabel run --resume` with the same options goes "
        "on from there\n"
    )
    Path("go").touch()
    found = as_json("run", "--resume", "--part-rows", "20")
    assert (found["run"], found["status"], found["counts"]["parts"]) == ("first", "done", 3)


def test_a_second_process_is_refused_with_the_owner_named(project: Path) -> None:
    process = waiting(project)
    try:
        error = failed(1, "run", "--run", "first", "--resume", "--part-rows", "20")
        assert "another process works in runs/first: " in error
        assert f"pid {process.pid}" in error
    finally:
        Path("go").touch()
        process.communicate(timeout=60)
    assert process.returncode == 0


@pytest.mark.parametrize("quiet", [False, True])
def test_a_terminal_shows_a_bar_unless_it_is_to_be_quiet(project: Path, quiet: bool) -> None:
    Path("lfs.py").write_text(SLOW)
    inside, outside = pty.openpty()
    termios.tcsetwinsize(outside, (24, 80))
    process = subprocess.Popen(  # noqa: S603
        [
            sys.executable,
            "-m",
            "weaklabel",
            "run",
            "--part-rows",
            "10",
            "--no-cache",
            *["--quiet"] * quiet,
        ],
        cwd=project,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=outside,
    )
    os.close(outside)
    shown = drained(inside)
    assert process.wait(timeout=60) == 0
    assert ("labeling" in shown) is not quiet
    assert ("rows" in shown) is not quiet


def drained(terminal: int) -> str:
    """Return all that is written to a terminal until its last writer has gone."""
    found = b""
    while True:
        select.select([terminal], [], [], 60)
        try:
            some = os.read(terminal, 65536)
        except OSError:  # what Linux says at the end
            some = b""
        if not some:
            os.close(terminal)
            return found.decode()
        found += some


def test_a_misspelt_pack_is_bad_usage_as_a_missing_file_is(project: Path) -> None:
    assert "did you mean 'spam'" in failed(2, "run", "--lfs", "pack:spma")
    assert "there is no file of labeling functions" in failed(2, "run", "--lfs", "lsf.py")


def test_a_file_that_exits_is_bad_usage(project: Path) -> None:
    Path("lfs.py").write_text("import sys\n\nsys.exit(0)\n")
    error = failed(2, "run")
    assert "cannot be imported: SystemExit: 0 in " in error
    assert "lfs.py, line 3: sys.exit(0)" in error

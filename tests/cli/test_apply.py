from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.cli.shell import as_json, cli, done, failed
from weaklabel.apply import apply_lfs
from weaklabel.matrix import VoteParts
from weaklabel.relabel import load_lfs

RAISES = """
import weaklabel as wl

@wl.labeling_function(votes=1, classes=("HAM", "SPAM"))
def raises(x):
    return len(x.text) > 10 // (len(x.text) - 12)
"""


def test_the_votes_are_those_of_the_library(project: Path) -> None:
    import pandas as pd

    done("apply", "--out", "votes", "--part-rows", "20")
    parts = VoteParts(project / "votes")
    loaded = load_lfs(["lfs.py"], classes=("HAM", "SPAM"))
    data = pd.read_csv("data/comments.csv")
    L = apply_lfs(loaded.lfs, data, key="id", classes=("HAM", "SPAM"))
    assert len(parts) == 3
    assert np.array_equal(np.concatenate([np.asarray(part) for part in parts]), np.asarray(L))
    assert [key for part in parts for key in part.keys.tolist()] == L.keys.tolist()


def test_the_summary_is_printed_with_gold_labels_where_there_are_some(project: Path) -> None:
    stdout = done("apply", "--out", "votes").stdout
    assert "asks_a_question" in stdout
    assert "precision 95 %" in stdout
    assert "60 rows: " in stdout
    assert "gold labels" in stdout
    assert stdout.endswith("wrote 1 part of votes to votes\n")


def test_a_second_time_the_votes_come_from_the_cache(project: Path) -> None:
    done("apply", "--out", "a")
    again = as_json("apply", "--out", "b")
    assert again["computed"] == {}
    assert again["reused"] == dict.fromkeys(
        ("has_link", "promises_something", "tone", "asks_a_question"), 60
    )
    lfs = Path("lfs.py").read_text()
    Path("lfs.py").write_text(lfs.replace('"discount", "cheap"', '"discount"'))
    assert (
        "\n3 LFs from the cache, 1 ran: promises_something\n" in done("apply", "--out", "c").stdout
    )


def test_appended_data_is_computed_alone(project: Path) -> None:
    Path("data/more.csv").write_text("id,text,label\nm1,Free coins,\n")
    done("apply", "--out", "a", "--input", "data/comments.csv")
    told = done("apply", "--out", "b", "--input", "data/comments.csv", "--input", "data/more.csv")
    assert "\n0 LFs from the cache, 4 ran on new rows alone\n" in told.stdout


def test_without_a_cache_nothing_is_kept(project: Path) -> None:
    assert as_json("apply", "--out", "a", "--no-cache")["reused"] == {}
    assert not Path(".weaklabel").exists()
    assert "exclude one another" in failed(2, "apply", "--out", "b", "--no-cache", "--cache", "c")


def test_options_alone_do_without_a_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in.jsonl").write_text('{"text": "Win a FREE prize"}\n{"text": "see you tonight"}\n')
    found = as_json("apply", "--lfs", "pack:spam", "--input", "in.jsonl", "--out", "votes")
    assert (found["rows"], found["parts"], found["coverage"]) == (2, 1, 1.0)
    assert "--input is missing" in failed(2, "apply", "--lfs", "pack:spam", "--out", "votes")


def test_options_override_the_config(project: Path) -> None:
    found = as_json("apply", "--out", "v", "--lfs", "pack:spam", "--classes", "HAM,SPAM")
    assert len(found["lfs"]) == 25


def test_two_processes_vote_as_one(project: Path) -> None:
    one = as_json("apply", "--out", "a", "--no-cache")
    two = as_json("apply", "--out", "b", "--no-cache", "--jobs", "2", "--part-rows", "8")
    assert one["lfs"] == two["lfs"]


def test_votes_are_not_overwritten_unless_that_is_said(project: Path) -> None:
    done("apply", "--out", "votes", "--part-rows", "8")
    assert "votes holds 8 part files already; choose another --out" in failed(
        1, "apply", "--out", "votes"
    )
    done("apply", "--out", "votes", "--overwrite")
    assert len(VoteParts("votes")) == 1


def test_a_missed_coverage_exits_with_3_and_all_is_written(project: Path) -> None:
    result = cli("apply", "--out", "votes", "--min-coverage", "0.99")
    assert result.exit_code == 3
    assert result.stderr.startswith("error: gate missed: coverage is ")
    assert result.stderr.endswith("below --min-coverage 0.99. What was made is written\n")
    assert VoteParts("votes").n == 60


def test_too_many_faults_exit_with_3(project: Path) -> None:
    Path("raises.py").write_text(RAISES)
    Path("in.csv").write_text("text\nexactly so 12\ntwelve chars\nlonger than that\n")
    args = ["apply", "--lfs", "raises.py", "--input", "in.csv", "--key", "text", "--out", "votes"]
    args += ["--config", no_gold()]
    error = failed(3, *args)
    assert (
        "labeling function 'raises' failed on at least 1 of 3 rows, above max_fault_rate=0.1"
        in error
    )
    found = as_json(*args, "--max-fault-rate", "0.5", "--overwrite")
    assert found["lfs"][0]["faults"] == 1
    assert failed(1, *args, "--on-error", "raise", "--overwrite").startswith(
        "error: labeling function 'raises' failed on row 'twelve chars': ZeroDivisionError"
    )


def test_a_broken_line_is_named_or_skipped_and_counted(project: Path) -> None:
    Path("in.csv").write_text("id,text\n1,a\n2,b,c,d\n3,c\n")
    args = ["apply", "--input", "in.csv", "--out", "votes"]
    args += ["--config", no_gold()]
    assert "in.csv line 3: " in failed(1, *args)
    args += ["--bad-rows", "skip", "--overwrite", "--min-coverage", "0"]
    found = as_json(*args)
    assert (found["bad_rows"], found["rows"]) == (1, 2)
    error = failed(3, *args, "--max-bad-rows", "0")
    assert "1 row was bad, above --max-bad-rows 0" in error


def no_gold() -> str:
    """Return a config without a column of gold labels."""
    text = Path("weaklabel.toml").read_text().replace('gold = "label"', "")
    Path("other.toml").write_text(text)
    return "other.toml"


@pytest.mark.parametrize(("option", "name"), [("--key", "idd"), ("--gold", "lable")])
def test_a_missing_column_is_named_with_the_nearest(project: Path, option: str, name: str) -> None:
    error = failed(1, "apply", "--out", "votes", option, name)
    assert f"{name!r}: the data has no such column, it has 'id', 'text', 'label'" in error
    assert f"name it with {option}" in error
    assert "did you mean" in error


def test_a_misspelt_key_and_a_wrong_value_are_bad_usage(project: Path) -> None:
    assert "'raise' or 'skip'" in failed(2, "apply", "--out", "v", "--bad-rows", "skp")
    Path("weaklabel.toml").write_text('[data]\nimput = "x"\n')
    error = failed(2, "apply", "--out", "votes")
    assert "unknown key 'imput' in [data]" in error
    assert "did you mean 'input'?" in error


def test_a_config_that_is_not_there_is_bad_usage(project: Path) -> None:
    assert "there is no config file nothing.toml" in failed(
        2, "apply", "--out", "v", "--config", "nothing.toml"
    )


def test_repeated_keys_in_two_files_are_refused(project: Path) -> None:
    Path("data/more.csv").write_text("id,text,label\nc01,Free coins,\n")
    error = failed(1, "apply", "--out", "votes", "--input", "data")
    assert "c01" in error
    assert "more.csv" in error

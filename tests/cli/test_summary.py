from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.shell import as_json, done, failed
from weaklabel.apply import apply_lfs
from weaklabel.relabel import load_lfs


def test_parts_are_summarised_as_one_matrix(project: Path, votes: Path) -> None:
    import pandas as pd

    data = pd.read_csv("data/comments.csv", keep_default_na=True)
    loaded = load_lfs(["lfs.py"], classes=("HAM", "SPAM"))
    L = apply_lfs(loaded.lfs, data, key="id", classes=("HAM", "SPAM"))
    gold = [None if pd.isna(label) else label for label in data["label"]]
    assert done("summary", votes).stdout == f"{L.summary(gold)}\n"


def test_without_gold_there_is_no_precision(
    project: Path, votes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    found = as_json("summary", votes)
    assert found["gold"] is None
    assert "precision" not in found["lfs"][0]
    with_gold = as_json(
        "summary", votes, "--gold", "label", "--input", project / "data", "--key", "id"
    )
    assert with_gold["gold"] == 24
    assert with_gold["lfs"][0]["precision"] == 1.0
    assert "--input is missing" in failed(2, "summary", votes, "--gold", "label")


def test_the_votes_of_a_run_and_one_part_are_taken_too(project: Path, votes: Path) -> None:
    assert as_json("summary", votes / "part-00000.parquet")["rows"] == 25
    done("run", "--run", "first")
    assert as_json("summary", "runs/first")["rows"] == 60


def test_a_folder_without_votes_is_bad_usage(project: Path) -> None:
    assert "data holds no votes" in failed(2, "summary", "data")
    assert "'nothing' does not exist" in failed(2, "summary", "nothing")


def test_a_damaged_part_is_named(project: Path, votes: Path) -> None:
    part = votes / "part-00001.parquet"
    part.write_bytes(part.read_bytes()[:-40])
    assert str(part) in failed(1, "summary", votes)

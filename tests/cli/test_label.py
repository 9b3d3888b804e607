from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import weaklabel as wl
from tests.cli.shell import as_json, cli, done, failed
from weaklabel.matrix import VoteParts


def test_the_labels_are_those_of_the_library(votes: Path, model: Path, labels: Path) -> None:
    fitted = wl.LabelModel.load(model)
    for i, L in enumerate(VoteParts(votes)):
        table = pq.read_table(labels / f"part-{i:05d}.parquet")
        expected = fitted.label(L)
        assert table.column("key").to_pylist() == L.keys.tolist()
        assert np.array_equal(table.column("p_SPAM").to_numpy(), expected.probs[:, 1])
        assert table.column("covered").to_pylist() == expected.covered.tolist()


def test_counts_are_printed_and_are_json(votes: Path, model: Path) -> None:
    stdout = done("label", votes, "--model", model, "--out", "a").stdout
    assert stdout.startswith("60 rows: ")
    assert stdout.endswith("wrote 3 parts of labels to a\n")
    found = as_json("label", votes, "--model", model, "--out", "b")
    assert sum(found["labels"].values()) == found["rows"] == 60
    assert found["labels"][""] >= 60 - found["covered"]


def test_jsonl_and_csv(votes: Path, model: Path) -> None:
    done("label", votes, "--model", model, "--out", "j", "--format", "jsonl")
    row = json.loads(Path("j/part-00000.jsonl").read_text().splitlines()[0])
    assert row["key"] == "c01"
    assert row["label"] == "HAM"
    assert row["run"] == "j"
    done("label", votes, "--model", model, "--out", "c", "--format", "csv", "--safe-csv")
    with Path("c/part-00002.csv").open() as file:
        assert [line["key"] for line in csv.DictReader(file)][-1] == "c60"


def test_uncovered_rows_get_the_likeliest_class_on_request(votes: Path, model: Path) -> None:
    none = as_json("label", votes, "--model", model, "--out", "a")["labels"].get("", 0)
    prior = as_json("label", votes, "--model", model, "--out", "b", "--uncovered", "prior")
    assert prior["labels"].get("", 0) < none
    for folder, count in (("a", none), ("b", prior["labels"].get("", 0))):
        tables = [pq.read_table(path) for path in Path(folder).iterdir()]
        assert sum(table.column("label").null_count for table in tables) == count


def test_any_kind_of_label_model_is_taken(votes: Path) -> None:
    done("fit", votes, "--out", "m.npz", "--kind", "MajorityVote")
    assert as_json("label", votes, "--model", "m.npz", "--out", "labels")["rows"] == 60


def test_a_file_that_is_no_label_model_is_named(votes: Path, model: Path) -> None:
    error = failed(1, "label", votes, "--model", "weaklabel.toml", "--out", "labels")
    assert "weaklabel.toml is no label model" in error
    assert "weaklabel fit" in error
    wl.LabelMatrix.from_array([[1]]).save("L.npz")
    error = failed(1, "label", votes, "--model", "L.npz", "--out", "labels")
    assert "L.npz holds a LabelMatrix, no label model" in error
    assert not Path("labels").exists()


def test_a_model_of_other_labeling_functions_is_refused(votes: Path, model: Path) -> None:
    done("apply", "--lfs", "pack:spam", "--classes", "HAM,SPAM", "--out", "other")
    error = failed(1, "label", "other", "--model", model, "--out", "labels")
    assert "the model was fitted on other LFs" in error


def test_a_missing_model_is_bad_usage(votes: Path) -> None:
    assert "'no.npz' does not exist" in failed(
        2, "label", votes, "--model", "no.npz", "--out", "labels"
    )


@pytest.mark.parametrize("code", [0, 3])
def test_a_gate_on_coverage(votes: Path, model: Path, code: int) -> None:
    least = "0.99" if code else "0.1"
    result = cli("label", votes, "--model", model, "--out", "labels", "--min-coverage", least)
    assert result.exit_code == code
    assert len(list(Path("labels").iterdir())) == 3

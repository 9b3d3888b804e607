from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import weaklabel as wl
from tests.cli.shell import as_json, done, failed

QUICK = ("--epochs", "2", "--batch-size", "8", "--seed", "3")


@pytest.fixture
def end_model(labels: Path) -> Path:
    done("train", labels, "--out", "end.safetensors", *QUICK)
    return Path("end.safetensors")


def test_it_learns_from_the_covered_rows(labels: Path) -> None:
    found = as_json("train", labels, "--out", "end.safetensors", *QUICK)
    covered = as_json("label", "votes", "--model", "model.npz", "--out", "again")["covered"]
    assert (found["rows"], found["epochs"], found["encoder"]) == (covered, 2, "cnn")
    model = wl.TextClassifier.load("end.safetensors")
    assert model.class_names_ == ("HAM", "SPAM")
    assert model.seed == 3


def test_the_same_seed_gives_the_same_model(labels: Path, end_model: Path) -> None:
    done("train", labels, "--out", "other.safetensors", *QUICK)
    texts = ["free prize", "thanks", "how long?"]
    one, other = (wl.TextClassifier.load(p) for p in (end_model, "other.safetensors"))
    assert np.array_equal(one.predict_proba(texts), other.predict_proba(texts))


def test_rows_to_learn_from_can_be_fewer(labels: Path) -> None:
    found = as_json("train", labels, "--out", "e.safetensors", *QUICK, "--max-rows", "20")
    assert found["rows"] == 20


def test_labels_without_texts_are_refused(labels: Path) -> None:
    Path("other.csv").write_text("id,text\nz1,hello\n")
    error = failed(1, "train", labels, "--out", "e.safetensors", "--input", "other.csv")
    assert "no row of the data has a key of the labels, such as 'c01'" in error
    error = failed(1, "train", labels, "--out", "e.safetensors", "--text", "txet")
    assert "has no column 'txet'" in error


def test_predict_labels_every_row(end_model: Path) -> None:
    found = as_json("predict", end_model, "--out", "predictions", "--part-rows", "40")
    assert (found["rows"], found["parts"]) == (60, 2)
    assert "" not in found["labels"]


def test_predict_agrees_with_the_library(end_model: Path) -> None:
    import pandas as pd
    import pyarrow.parquet as pq

    done("predict", end_model, "--out", "predictions")
    texts = pd.read_csv("data/comments.csv")["text"]
    expected = wl.TextClassifier.load(end_model).predict_proba(texts)
    table = pq.read_table("predictions/part-00000.parquet")
    assert table.column("p_SPAM").to_pylist() == pytest.approx(expected[:, 1].tolist())
    assert table.column("key").to_pylist()[:2] == ["c01", "c02"]


def test_predict_refuses_a_file_that_is_no_end_model(labels: Path) -> None:
    assert "model.npz" in failed(1, "predict", "model.npz", "--out", "predictions")
    assert "does not exist" in failed(2, "predict", "none.safetensors", "--out", "p")

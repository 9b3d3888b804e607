from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import weaklabel as wl
from tests.shared_data import needs_shared_data

ROWS = {
    "0": {"label": 1, "weak_labels": [1, -1], "data": {"text": "win", "feature": [0.5, 1]}},
    "1": {"label": 0, "weak_labels": [-1, 0], "data": {"text": "see you", "feature": [0.0, 2]}},
}


def write_json(folder: Path, rows: Any = ROWS, labels: Any = None) -> Path:
    (folder / "label.json").write_text(json.dumps(labels or {"0": "HAM", "1": "SPAM"}))
    (folder / "train.json").write_text(json.dumps(rows))
    return folder


def write_arrays(folder: Path, votes: Any = ((1, -1), (-1, 0)), names: Any = ("a", "b")) -> Path:
    meta = {"classes": ["HAM", "SPAM"], "lf_names": names, "metric": "f1_binary"}
    (folder / "meta.json").write_text(json.dumps(meta))
    np.savez(folder / "test.npz", L=np.array(votes, np.int8), y=np.array([1, -1], np.int16))
    return folder


def test_wrenchs_json_layout_is_read(tmp_path: Path) -> None:
    data = wl.datasets.load_wrench(write_json(tmp_path))
    assert (data.name, data.class_names) == (tmp_path.name, ("HAM", "SPAM"))
    assert data.valid is None
    assert data.test is None
    assert data.train is not None
    assert np.asarray(data.train.L).tolist() == [[1, -1], [-1, 0]]
    assert data.train.gold.tolist() == [1, 0]
    assert data.train.data["text"].tolist() == ["win", "see you"]
    assert list(data.train.data.columns) == ["text"]
    assert data.train.features is not None
    assert data.train.features.tolist() == [[0.5, 1.0], [0.0, 2.0]]


def test_arrays_beside_a_table_are_read(tmp_path: Path) -> None:
    write_arrays(tmp_path)
    pd.DataFrame({"text": ["win", "see you"]}).to_parquet(tmp_path / "test.parquet")
    data = wl.datasets.load_wrench(tmp_path)
    assert data.metric == "f1_binary"
    assert data.lf_names == ("a", "b")
    assert data.test is not None
    assert data.test.gold.tolist() == [1, -1]
    assert data.test.data["text"].tolist() == ["win", "see you"]
    assert data.test.features is None


def test_repeated_lf_names_are_numbered(tmp_path: Path) -> None:
    data = wl.datasets.load_wrench(write_arrays(tmp_path, names=("how many", "how many")))
    assert data.lf_names == ("how many", "how many (2)")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no folder .*nowhere"):
        wl.datasets.load_wrench(tmp_path / "nowhere")


def test_a_folder_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"neither label\.json .* nor meta\.json"):
        wl.datasets.load_wrench(tmp_path)


def test_a_set_without_splits_is_refused(tmp_path: Path) -> None:
    (tmp_path / "meta.json").write_text('{"classes": ["HAM", "SPAM"]}')
    with pytest.raises(FileNotFoundError, match="none of the splits"):
        wl.datasets.load_wrench(tmp_path)


def test_a_description_without_classes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "meta.json").write_text("{}")
    with pytest.raises(ValueError, match=r"meta\.json lacks 'classes'"):
        wl.datasets.load_wrench(tmp_path)


def test_a_damaged_json_file_is_named(tmp_path: Path) -> None:
    write_json(tmp_path)
    (tmp_path / "train.json").write_text('{"0": ')
    with pytest.raises(ValueError, match=r"train\.json is no JSON"):
        wl.datasets.load_wrench(tmp_path)


def test_rows_of_other_lengths_are_refused(tmp_path: Path) -> None:
    rows = {"0": ROWS["0"], "1": {**ROWS["1"], "weak_labels": [0]}}
    with pytest.raises(ValueError, match=r"train\.json is not in WRENCH's layout"):
        wl.datasets.load_wrench(write_json(tmp_path, rows))


def test_arrays_that_lack_the_votes_are_refused(tmp_path: Path) -> None:
    write_arrays(tmp_path)
    np.savez(tmp_path / "test.npz", y=np.zeros(2))
    with pytest.raises(ValueError, match=r"test\.npz lacks \['L'\]"):
        wl.datasets.load_wrench(tmp_path)


def test_a_vote_out_of_range_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"test\.npz: LF 'b' has code 7 on row 1"):
        wl.datasets.load_wrench(write_arrays(tmp_path, votes=((1, -1), (-1, 7))))


def test_a_table_of_another_length_is_refused(tmp_path: Path) -> None:
    write_arrays(tmp_path)
    pd.DataFrame({"text": ["win"]}).to_parquet(tmp_path / "test.parquet")
    with pytest.raises(ValueError, match="2 rows of votes, 1 rows of table"):
        wl.datasets.load_wrench(tmp_path)


@needs_shared_data
@pytest.mark.filterwarnings("ignore:no LF votes for class")
def test_majority_vote_scores_what_was_published(shared_data: Path) -> None:
    from benchmarks.quality import PUBLISHED, scores

    for name, published in PUBLISHED.items():
        data = wl.datasets.load_wrench(shared_data / "classification" / name)
        assert data.test is not None
        majority = wl.MajorityVote().fit(data.test.L)
        assert round(scores(majority, data.test, data.metric)[0], 2) == published, name

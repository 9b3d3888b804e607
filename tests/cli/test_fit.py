from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import weaklabel as wl
from tests.cli.shell import as_json, done, failed
from weaklabel.matrix import VoteParts


def test_the_model_is_that_of_the_library(project: Path, votes: Path, model: Path) -> None:
    expected = wl.LabelModel().fit(VoteParts(votes))
    found = wl.LabelModel.load(model)
    assert np.array_equal(found.cond_probs_, expected.cond_probs_)


def test_quality_balance_and_findings_are_printed(project: Path, votes: Path) -> None:
    stdout = done("fit", votes, "--out", "model.npz").stdout
    assert "precision (95 %)" in stdout
    assert "class balance: HAM 0." in stdout
    assert stdout.endswith("wrote LabelModel to model.npz\n")


def test_the_result_as_json(project: Path, votes: Path) -> None:
    found = as_json("fit", votes, "--out", "model.npz")
    assert (found["kind"], found["rows"]) == ("LabelModel", 60)
    assert sum(found["class_balance"].values()) == pytest.approx(1)
    assert {"lf", "votes", "precision"} <= set(found["lfs"][0])
    assert isinstance(found["findings"], list)


def test_another_kind_of_model_and_a_known_balance(project: Path, votes: Path) -> None:
    assert as_json("fit", votes, "--out", "m.npz", "--kind", "MajorityVote")["lfs"] == []
    assert wl.MajorityVote.load("m.npz").class_names_ == ("HAM", "SPAM")
    found = as_json("fit", votes, "--out", "b.npz", "--class-balance", "0.75,0.25")
    assert found["class_balance"] == pytest.approx({"HAM": 0.75, "SPAM": 0.25})


def test_a_wrong_kind_or_balance_is_bad_usage(project: Path, votes: Path) -> None:
    error = failed(2, "fit", votes, "--out", "m.npz", "--kind", "LabelModle")
    assert "did you mean 'LabelModel'?" in error
    assert "takes numbers with commas between" in failed(
        2, "fit", votes, "--out", "m.npz", "--class-balance", "most"
    )
    assert not Path("m.npz").exists()


def test_a_model_is_not_overwritten_unless_that_is_said(
    project: Path, votes: Path, model: Path
) -> None:
    assert "model.npz exists; choose another --out" in failed(1, "fit", votes, "--out", model)
    done("fit", votes, "--out", "model.npz", "--overwrite")


def test_out_is_needed(project: Path, votes: Path) -> None:
    assert "--out" in failed(2, "fit", votes)

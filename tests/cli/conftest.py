from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.shell import done


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a new project, which is the current one."""
    monkeypatch.chdir(tmp_path)
    done("init", "--quiet")
    return tmp_path


@pytest.fixture
def votes(project: Path) -> Path:
    """Return the votes of the project's labeling functions, in three parts."""
    done("apply", "--out", "votes", "--part-rows", "25", "--no-cache")
    return project / "votes"


@pytest.fixture
def model(project: Path, votes: Path) -> Path:
    """Return a label model that was fitted on the project's votes."""
    done("fit", votes, "--out", "model.npz")
    return project / "model.npz"


@pytest.fixture
def labels(project: Path, votes: Path, model: Path) -> Path:
    """Return the labels of the project's rows."""
    done("label", votes, "--model", model, "--out", "labels")
    return project / "labels"

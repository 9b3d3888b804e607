from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import weaklabel as wl
from tests.voting import fitted, voted_matrices
from weaklabel._files import save_arrays
from weaklabel.errors import FileFormatError, NotFittedError

LEARNED = (
    *("cond_probs_", "class_balance_", "lf_precision_", "lf_recall_"),
    *("lf_precision_interval_", "lf_recall_interval_"),
)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    votes = [[0, 1, 3], [1, 2, -1], [0, 0, 3]]
    L = wl.LabelMatrix.from_array(votes, classes=("A", "B", "C"), class_sets=[(0, 1)])
    path = tmp_path / "model.wl"
    fitted(L).save(path)
    return path


@given(L=voted_matrices())
@settings(max_examples=25)
def test_a_loaded_model_is_the_same_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, L: wl.LabelMatrix
) -> None:
    path = tmp_path_factory.mktemp("models") / "model"
    model = fitted(L, balance_strength=1.5)
    model.save(path)
    loaded = wl.LabelModel.load(path)
    for name in LEARNED:
        assert np.array_equal(getattr(loaded, name), getattr(model, name), equal_nan=True)
    for name in (
        *("class_names_", "lf_names_", "class_sets_", "n_iter_", "converged_", "alpha_"),
        *("log_likelihood_", "independent_", "dependence_", "findings_"),
    ):
        assert getattr(loaded, name) == getattr(model, name)
    assert loaded.get_params() == model.get_params()
    assert np.array_equal(loaded.predict_proba(L), model.predict_proba(L))


def test_two_saves_hold_the_same(tmp_path: Path, saved: Path) -> None:
    again = tmp_path / "again"
    wl.LabelModel.load(saved).save(again)
    with zipfile.ZipFile(saved) as one, zipfile.ZipFile(again) as two:
        assert one.namelist() == two.namelist()
        assert all(one.read(name) == two.read(name) for name in one.namelist())


def test_parameters_may_be_numpy_numbers(tmp_path: Path) -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1]])
    params: dict[str, Any] = {
        "balance_strength": np.float32(0.5),
        "guard": np.bool_(True),
        "tol": np.float64(1e-4),
        "max_iter": np.int64(500),
    }
    wl.LabelModel(**params).fit(L).save(tmp_path / "model")
    loaded = wl.LabelModel.load(tmp_path / "model")
    plain = {"class_balance": None, "priors": None, "group": None}
    assert loaded.get_params() == plain | params


def test_an_unfitted_model_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(NotFittedError, match="this LabelModel is not fitted; call fit first"):
        wl.LabelModel().save(tmp_path / "model")
    assert not list(tmp_path.iterdir())


def test_no_file_is_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        wl.LabelModel.load(tmp_path / "nothing")


def test_a_file_cut_short_anywhere_is_refused(saved: Path) -> None:
    whole = saved.read_bytes()
    for length in {0, 1, *range(0, len(whole), 37), len(whole) - 1}:
        saved.write_bytes(whole[:length])
        with pytest.raises(FileFormatError, match="not a whole LabelModel file, it may be cut"):
            wl.LabelModel.load(saved)


def test_a_byte_changed_anywhere_is_refused_or_changes_nothing(saved: Path) -> None:
    whole = saved.read_bytes()
    expected = wl.LabelModel.load(saved)
    for at in range(0, len(whole), 3):
        saved.write_bytes(whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :])
        try:
            loaded = wl.LabelModel.load(saved)
        except FileFormatError:
            continue
        assert loaded.get_params() == expected.get_params()
        for name in LEARNED:
            assert np.array_equal(getattr(loaded, name), getattr(expected, name))


def rewritten(path: Path, change: Any) -> None:
    """Write the archive again with its JSON header changed."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    outer = json.loads(members["weaklabel.json"])
    members["weaklabel.json"] = json.dumps(change(outer)).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, raw in members.items():
            archive.writestr(name, raw)


def test_an_altered_header_is_refused(saved: Path) -> None:
    rewritten(saved, lambda outer: outer | {"body": outer["body"].replace("lf_0", "lf_9")})
    with pytest.raises(FileFormatError, match="was altered after it was saved"):
        wl.LabelModel.load(saved)


def test_a_newer_format_says_to_upgrade(saved: Path) -> None:
    rewritten(saved, lambda outer: outer | {"version": 99})
    with pytest.raises(
        FileFormatError, match="has format version 99, this weaklabel reads up to 1; upgrade"
    ) as caught:
        wl.LabelModel.load(saved)
    assert caught.value.path == saved


@pytest.mark.parametrize(
    "header", [[], "text", {}, {"kind": "LabelModel", "version": "new"}, {"kind": "LabelModel"}]
)
def test_a_header_of_another_shape_is_refused(saved: Path, header: Any) -> None:
    rewritten(saved, lambda outer: header)
    with pytest.raises(FileFormatError, match="is not a whole LabelModel file"):
        wl.LabelModel.load(saved)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "matrix"
    wl.LabelMatrix.from_array([[0, 1]]).save(path)
    with pytest.raises(FileFormatError, match="holds a LabelMatrix, not a LabelModel"):
        wl.LabelModel.load(path)
    path.write_text("not an archive at all")
    with pytest.raises(FileFormatError, match="is not a whole LabelModel file"):
        wl.LabelModel.load(path)


def test_arrays_of_objects_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        save_arrays(
            tmp_path / "x",
            kind="X",
            version=1,
            header={},
            arrays={"a": np.array([object()], object)},
        )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("balance", [None, [0.2, 0.8], (0.2, 0.8), np.array([0.2, 0.8])])
def test_majority_vote_is_saved_and_loaded(tmp_path: Path, balance: Any) -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, -1], [-1, -1]])
    model = wl.MajorityVote(class_balance=balance).fit(L)
    model.save(tmp_path / "mv")
    loaded = wl.MajorityVote.load(tmp_path / "mv")
    assert np.array_equal(loaded.predict_proba(L), model.predict_proba(L))
    assert loaded.get_params() == {"class_balance": None if balance is None else [0.2, 0.8]}
    with pytest.raises(FileFormatError, match="holds a MajorityVote, not a LabelModel"):
        wl.LabelModel.load(tmp_path / "mv")


def test_a_parameter_from_elsewhere_is_a_clear_error(tmp_path: Path) -> None:
    header = {"params": {"magic": 1}, "lf_names": [], "class_names": [], "class_sets": []}
    save_arrays(tmp_path / "m", kind="MajorityVote", version=1, header=header, arrays={})
    with pytest.raises(FileFormatError, match=r"parameters \['magic'\], which this weaklabel"):
        wl.MajorityVote.load(tmp_path / "m")

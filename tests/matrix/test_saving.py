from __future__ import annotations

import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import weaklabel as wl
from tests.strategies import label_matrices
from weaklabel._files import load_arrays, save_arrays
from weaklabel.errors import FileFormatError
from weaklabel.types import Fault


@settings(deadline=None)
@given(label_matrices())
def test_a_saved_matrix_comes_back(L: wl.LabelMatrix) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "L.npz"
        L.save(path)
        back = wl.LabelMatrix.load(path)
    assert back == L
    assert np.asarray(back).dtype == np.asarray(L).dtype
    assert [type(key) for key in back.keys.tolist()] == [type(key) for key in L.keys.tolist()]


@pytest.mark.parametrize("keys", [None, [7, 8, 9], ["x", "y", "ü\0"]])
def test_faults_come_back_with_their_keys(tmp_path: Path, keys: Any) -> None:
    plain = wl.LabelMatrix.from_array([[0], [1], [-1]], keys=keys)
    faults = [
        Fault("lf_0", i, plain.keys.tolist()[i], f"ValueError: {i}", "Traceback …") for i in (0, 2)
    ]
    L = wl.LabelMatrix(
        plain._votes, lf_names=["lf_0"], class_names=["0", "1"], keys=plain._keys, faults=faults
    )
    L.save(tmp_path / "L.npz")
    assert wl.LabelMatrix.load(tmp_path / "L.npz") == L
    assert wl.LabelMatrix.load(tmp_path / "L.npz").faults == tuple(faults)


def test_keys_that_no_file_can_hold_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    L = wl.LabelMatrix.from_array([[0]], keys=[(1, 2)])
    with pytest.raises(TypeError, match=r"only int and str row keys can be saved"):
        L.save(tmp_path / "L.npz")
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_the_right_arrays_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "L.npz"
    save_arrays(path, kind="LabelMatrix", version=1, header={}, arrays={})
    with pytest.raises(FileFormatError, match=r"holds a LabelMatrix that cannot be .*; save it ag"):
        wl.LabelMatrix.load(path)


@pytest.mark.parametrize(
    ("array", "values"),
    [("indices", [0, 9]), ("codes", [0, 99]), ("indptr", [0, 50, 2]), ("indices", [-1, 0])],
)
def test_a_file_whose_votes_point_outside_is_refused(
    tmp_path: Path, array: str, values: list[int]
) -> None:
    path = tmp_path / "L.npz"
    wl.LabelMatrix.from_array([[0, -1], [-1, 1]]).save(path)
    header, arrays = load_arrays(path, kind="LabelMatrix", version=1)
    arrays[array] = np.array(values)
    save_arrays(path, kind="LabelMatrix", version=1, header=header, arrays=arrays)
    with pytest.raises(FileFormatError, match=r"the votes do not fit 2 rows, 2 LFs and 2 codes"):
        wl.LabelMatrix.load(path)


def test_the_file_is_no_pickle(tmp_path: Path) -> None:
    path = tmp_path / "L.npz"
    wl.LabelMatrix.from_array([[0]], keys=["text"]).save(path)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        outer = json.loads(archive.read("weaklabel.json"))
        for name in names:
            if name.endswith(".npy"):
                with archive.open(name) as member:
                    np.load(member, allow_pickle=False)
    assert (outer["kind"], outer["version"]) == ("LabelMatrix", 1)

"""A saved TextClassifier is whole, or refused."""

from __future__ import annotations

import json
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
import safetensors.torch
import torch

from weaklabel.end_model import TextClassifier
from weaklabel.errors import FileFormatError

TEXTS = ["wave and tide", "field", "a forest in the field", "tide", "", "the old harbour"] * 5
GOLD = [1, 0, 0, 1, 0, 1] * 5


def small(encoder: Literal["lstm", "cnn"] = "cnn", **params: Any) -> TextClassifier:
    model = TextClassifier(
        encoder, embedding_dim=4, hidden_dim=3, epochs=2, device="cpu", progress=False, **params
    )
    return model.fit(TEXTS, GOLD)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("saved") / "model.safetensors"
    small().save(path)
    return path.read_bytes()


def load(raw: bytes, folder: Path) -> TextClassifier:
    path = folder / "model.safetensors"
    path.write_bytes(raw)
    return TextClassifier.load(path, device="cpu")


@pytest.mark.parametrize("encoder", ["lstm", "cnn"])
def test_a_loaded_model_predicts_the_same_bit_for_bit(
    encoder: Literal["lstm", "cnn"], tmp_path: Path
) -> None:
    model = small(encoder, classes=("LAND", "SEA"), seed=np.int64(3))
    model.save(tmp_path / "model.safetensors")
    loaded = TextClassifier.load(tmp_path / "model.safetensors", device="cpu")
    texts = [*TEXTS, "unknown words"]
    np.testing.assert_array_equal(loaded.predict_proba(texts), model.predict_proba(texts))
    assert loaded.class_names_ == model.class_names_
    assert loaded.get_params() == model.get_params()
    pd.testing.assert_frame_equal(loaded.history_, model.history_)
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]


def test_a_loaded_model_can_be_fitted_again(saved: bytes, tmp_path: Path) -> None:
    model = load(saved, tmp_path)
    np.testing.assert_array_equal(
        model.fit(TEXTS, GOLD).predict_proba(TEXTS), load(saved, tmp_path).predict_proba(TEXTS)
    )


def test_enum_classes_come_back_as_names(tmp_path: Path) -> None:
    class Ground(Enum):
        LAND = 0
        SEA = 1

    small(classes=Ground).save(tmp_path / "model")
    assert TextClassifier.load(tmp_path / "model", device="cpu").classes == ("LAND", "SEA")


def test_a_history_without_validation_comes_back(tmp_path: Path) -> None:
    model = small(validation_fraction=0)
    model.save(tmp_path / "model")
    loaded = TextClassifier.load(tmp_path / "model", device="cpu")
    pd.testing.assert_frame_equal(loaded.history_, model.history_)


def test_an_absent_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no TextClassifier file at .*nowhere"):
        TextClassifier.load(tmp_path / "nowhere")


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.99])
def test_a_file_cut_short_is_refused(saved: bytes, tmp_path: Path, share: float) -> None:
    with pytest.raises(FileFormatError, match=r"not a whole TextClassifier file.*save it again"):
        load(saved[: int(len(saved) * share)], tmp_path)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="not a whole TextClassifier file"):
        load(b"a text, and no model at all" * 10, tmp_path)
    plain = safetensors.torch.save({"weight": torch.zeros(2)})
    with pytest.raises(FileFormatError, match="not a whole TextClassifier file"):
        load(plain, tmp_path)


def test_a_flipped_bit_anywhere_is_refused(saved: bytes, tmp_path: Path) -> None:
    intact = load(saved, tmp_path).predict_proba(TEXTS)
    for position in np.linspace(0, len(saved) - 1, 300).astype(int):
        raw = bytearray(saved)
        raw[position] ^= 1
        try:
            loaded = load(bytes(raw), tmp_path)
        except FileFormatError:
            continue
        # What is left is white space that the format pads with: the model is the same.
        np.testing.assert_array_equal(loaded.predict_proba(TEXTS), intact)


def test_a_flipped_bit_of_a_tensor_is_refused_as_altered(saved: bytes, tmp_path: Path) -> None:
    raw = bytearray(saved)
    raw[-5] ^= 1
    with pytest.raises(FileFormatError, match=r"was altered .* save it again"):
        load(bytes(raw), tmp_path)


def rewritten(saved: bytes, tmp_path: Path, **changes: object) -> bytes:
    """Return the file with other fields in its outer header."""
    path = tmp_path / "rewritten"
    path.write_bytes(saved)
    with safetensors.safe_open(path, framework="pt") as file:
        outer = json.loads(file.metadata()["weaklabel"]) | changes
    raw: bytes = safetensors.torch.save(
        safetensors.torch.load(saved), metadata={"weaklabel": json.dumps(outer)}
    )
    return raw


def test_another_kind_a_newer_version_and_an_altered_header_are_refused(
    saved: bytes, tmp_path: Path
) -> None:
    with pytest.raises(FileFormatError, match="holds a LabelModel, not a TextClassifier"):
        load(rewritten(saved, tmp_path, kind="LabelModel"), tmp_path)
    with pytest.raises(FileFormatError, match=r"format version 2, this weaklabel reads up to 1"):
        load(rewritten(saved, tmp_path, version=2), tmp_path)
    with pytest.raises(FileFormatError, match="was altered after it was saved"):
        load(rewritten(saved, tmp_path, body="{}"), tmp_path)
    with pytest.raises(FileFormatError, match="not a whole TextClassifier file"):
        load(rewritten(saved, tmp_path, version="one"), tmp_path)

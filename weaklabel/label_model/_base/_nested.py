"""A fitted label model inside the file of another."""

from __future__ import annotations

import importlib
import os
import tempfile
from pathlib import Path

import numpy as np

from weaklabel.errors import FileFormatError
from weaklabel.label_model._base._vote_model import VoteModel
from weaklabel.types import IntArray


def packed(model: VoteModel) -> IntArray:
    """Return the bytes of the file that the model's ``save`` writes, as an array of uint8."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model"
        model.save(file)
        raw: IntArray = np.frombuffer(file.read_bytes(), np.uint8)
    return raw


def unpacked(kind: type[VoteModel], raw: IntArray, path: str | os.PathLike[str]) -> VoteModel:
    """Return the model whose bytes `packed` returned.

    Parameters
    ----------
    kind : type
        The class of the model.
    raw : ndarray of uint8
    path : path
        The file that holds the bytes, for messages.

    Raises
    ------
    FileFormatError
        When the bytes are of another kind of model, or from a newer version.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model"
        file.write_bytes(raw.tobytes())
        try:
            return kind.load(file)
        except FileFormatError as error:
            # The caller knows of no file but the outer one.
            message = str(error).replace(str(file), f"the {kind.__name__} in {path}")
            raise FileFormatError(message, path=Path(path)) from error


def kind_of(name: str, path: str | os.PathLike[str]) -> type[VoteModel]:
    """Return the label model of a class name: one of ours, or one defined elsewhere.

    Raises
    ------
    FileFormatError
        When no label model of this name is defined; `path` is the file that names it.
    """
    importlib.import_module("weaklabel.label_model")
    for kind in VoteModel.__subclasses__():
        if kind.__name__ == name:
            return kind
    raise FileFormatError(
        f"{path} holds a label model of the kind {name!r}, which is not known here; import the "
        "module that defines it, then load again",
        path=Path(path),
    )

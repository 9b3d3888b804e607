"""A fitted network as one safetensors file, whose metadata holds a JSON header with checksums."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
from torch import Tensor

from weaklabel._files import atomic_write, damage_named, sealed, sha256, unsealed
from weaklabel.errors import FileFormatError

__all__ = ["read_tensors", "write_tensors"]

_KIND = "TextClassifier"
_VERSION = 1
_HEADER = "weaklabel"


def write_tensors(
    path: str | os.PathLike[str], *, header: Mapping[str, Any], tensors: Mapping[str, Tensor]
) -> None:
    """Write tensors and a header, atomically.

    Parameters
    ----------
    path : path
        Where to write.
    header : mapping
        What JSON can hold.
    tensors : mapping of str to Tensor
        The tensors, on any device.
    """
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    text = sealed(header, kind=_KIND, version=_VERSION, checksums=_checksums(plain))
    raw = safetensors.torch.save(plain, metadata={_HEADER: text})
    with atomic_write(path) as file:
        file.write(raw)


def read_tensors(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Read what `write_tensors` wrote.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    header : dict
        The header.
    tensors : dict of str to Tensor
        The tensors, on the CPU.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    FileFormatError
        When it is damaged, altered, of another kind, or from a newer version.
    """
    source = Path(path)
    if not source.is_file():
        raise FileNotFoundError(f"no {_KIND} file at {source}")
    with (
        damage_named(source, _KIND, also=(safetensors.SafetensorError,)),
        safetensors.safe_open(source, framework="pt", device="cpu") as file,
    ):
        text = file.metadata()[_HEADER]
        header, checksums = unsealed(text, source, kind=_KIND, version=_VERSION)
        tensors: dict[str, Tensor] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    if checksums != _checksums(tensors):
        raise FileFormatError(
            f"{source} was altered after it was saved (a tensor's checksum differs); save it again",
            path=source,
        )
    return header, tensors


def _checksums(tensors: Mapping[str, Tensor]) -> dict[str, str]:
    return {
        name: sha256(f"{tensor.dtype} {tuple(tensor.shape)}".encode() + tensor.numpy().tobytes())
        for name, tensor in tensors.items()
    }

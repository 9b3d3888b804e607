"""A fitted network as one safetensors file, whose metadata holds a JSON header with checksums."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
from torch import Tensor

from weaklabel._files import atomic_write, check_header
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
    body = json.dumps({**header, "tensors": _digests(plain)}, sort_keys=True)
    outer = {"kind": _KIND, "version": _VERSION, "sha256": _sha256(body.encode()), "body": body}
    raw = safetensors.torch.save(plain, metadata={_HEADER: json.dumps(outer)})
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
    try:
        with safetensors.safe_open(source, framework="pt", device="cpu") as file:
            outer = json.loads(file.metadata()[_HEADER])
            check_header(outer, source, kind=_KIND, version=_VERSION)
            tensors: dict[str, Tensor] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        header: dict[str, Any] = json.loads(outer["body"])
    except FileFormatError:
        raise
    except (
        safetensors.SafetensorError,
        OSError,
        KeyError,
        TypeError,
        AttributeError,
        ValueError,
    ) as error:
        raise FileFormatError(
            f"{source} is not a whole {_KIND} file, it may be cut short, damaged or of another "
            f"kind ({error}); save it again",
            path=source,
        ) from error
    if header.pop("tensors") != _digests(tensors):
        raise FileFormatError(
            f"{source} was altered after it was saved (a tensor's checksum differs); save it again",
            path=source,
        )
    return header, tensors


def _digests(tensors: Mapping[str, Tensor]) -> dict[str, str]:
    return {
        name: _sha256(f"{tensor.dtype} {tuple(tensor.shape)}".encode() + tensor.numpy().tobytes())
        for name, tensor in tensors.items()
    }


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()

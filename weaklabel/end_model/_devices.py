"""Which device a model computes on."""

from __future__ import annotations

import torch

__all__ = ["choose_device"]


def choose_device(name: str) -> torch.device:
    """Return the device of this name, or say which ones there are.

    Parameters
    ----------
    name : str
        ``"auto"`` (a CUDA GPU where there is one, else the CPU), ``"cpu"``, ``"cuda"``,
        ``"cuda:1"`` or ``"mps"``.

    Returns
    -------
    torch.device
        The device.

    Raises
    ------
    ValueError
        When there is no such device on this machine.

    Examples
    --------
    >>> choose_device("cpu")
    device(type='cpu')
    """
    there = ["cpu"]
    there += [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    there += ["mps"] if torch.backends.mps.is_available() else []
    gpus = there[1:2] if there[-1].startswith("cuda") else []
    wanted = {"auto": (*gpus, "cpu")[0], "cuda": "cuda:0"}.get(name, name)
    if wanted not in there:
        raise ValueError(
            f"device {name!r} is not there; this machine has {', '.join(there)}, "
            'device="auto" takes the best of them'
        )
    return torch.device(wanted)

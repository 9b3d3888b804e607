"""The one way to compile a kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def kernel(function: F) -> F:
    """Compile a function at its first call and keep the machine code on disk.

    ``nogil`` lets threads run kernels side by side, ``error_model="numpy"`` makes x / 0 infinite
    instead of an exception in the loop. No signatures: they would compile at import and refuse
    read-only arrays. No fastmath: logarithms hold -inf. The bare function is at ``.py_func``.
    """
    return cast("F", numba.njit(cache=True, nogil=True, error_model="numpy")(function))

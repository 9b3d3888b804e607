"""How many CPU threads PyTorch computes with, for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

__all__ = ["cpu_threads"]


@contextmanager
def cpu_threads(threads: int) -> Iterator[None]:
    """Compute with this many CPU threads inside the block; the former number comes back.

    The order of floating-point sums depends on the number of threads, and training makes a
    difference in the last bit large: with a number that is given, a model does not depend on how
    many cores a machine has.

    Examples
    --------
    >>> with cpu_threads(1):
    ...     torch.get_num_threads()
    1
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)

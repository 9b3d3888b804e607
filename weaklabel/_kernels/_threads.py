"""Kernels side by side: blocks of rows in threads, results in block order.

The blocks depend on the data alone, never on the number of threads, and sums are taken in block
order: so a sum is the same, bit for bit, on one core and on many.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

_ROWS = 1 << 16


def row_blocks(n: int) -> list[tuple[int, int]]:
    """Split n rows into blocks (start, stop) of 65,536 rows, one empty block for none."""
    return [(start, min(start + _ROWS, n)) for start in range(0, max(n, 1), _ROWS)]


def threaded(call: Callable[[int, int], T], blocks: list[tuple[int, int]]) -> list[T]:
    """Call a function on each block, in as many threads as there are cores, results in order."""
    if len(blocks) == 1:
        return [call(*blocks[0])]
    with ThreadPoolExecutor(max_workers=min(len(blocks), os.cpu_count() or 1)) as pool:
        return list(pool.map(lambda block: call(*block), blocks))

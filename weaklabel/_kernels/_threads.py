"""Kernels side by side: blocks of rows in threads, results in block order.

The blocks depend on the data alone, never on the number of threads, and sums are taken in block
order: so a sum is the same, bit for bit, on one core and on many.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

_ROWS = 1 << 16
# Blocks that may be under way or done and not yet taken.
_AHEAD = 8


def row_blocks(n: int) -> list[tuple[int, int]]:
    """Split n rows into blocks (start, stop) of 65,536 rows, one empty block for none."""
    return [(start, min(start + _ROWS, n)) for start in range(0, max(n, 1), _ROWS)]


def threaded(call: Callable[[int, int], T], blocks: list[tuple[int, int]]) -> Iterator[T]:
    """Yield the result of a function on each block, in block order.

    As many threads as there are cores; sum up while iterating, and few results are held at once.
    """
    if len(blocks) == 1:
        yield call(*blocks[0])
        return
    with ThreadPoolExecutor(max_workers=min(len(blocks), os.cpu_count() or 1)) as pool:
        waiting: deque[Future[T]] = deque()
        for block in blocks:
            waiting.append(pool.submit(call, *block))
            if len(waiting) > _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

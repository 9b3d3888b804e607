from __future__ import annotations

import threading
from itertools import pairwise

import pytest

from weaklabel._kernels import row_blocks, threaded


@pytest.mark.parametrize("n", [0, 1, 65_535, 65_536, 65_537, 200_000])
def test_blocks_cover_every_row_once_in_order(n: int) -> None:
    blocks = row_blocks(n)
    assert blocks[0][0] == 0
    assert blocks[-1][1] == n
    assert all(a[1] == b[0] for a, b in pairwise(blocks))


def test_results_come_in_block_order_whoever_ends_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    first_waits = threading.Event()

    def call(start: int, stop: int) -> tuple[int, int]:
        if start == 0:
            assert first_waits.wait(timeout=30)
        else:
            first_waits.set()
        return start, stop

    blocks = [(0, 1), (1, 2), (2, 3)]
    assert list(threaded(call, blocks)) == blocks


def test_an_exception_in_a_block_comes_out() -> None:
    def call(start: int, stop: int) -> int:
        return 1 // start

    with pytest.raises(ZeroDivisionError):
        list(threaded(call, [(0, 1), (1, 2)]))


def test_few_results_are_held_at_once() -> None:
    begun: list[int] = []

    def call(start: int, stop: int) -> int:
        begun.append(start)
        return start

    results = threaded(call, [(i, i + 1) for i in range(100)])
    assert next(results) == 0
    assert len(begun) < 20
    assert list(results) == list(range(1, 100))

from __future__ import annotations

import numpy as np
import pytest

from weaklabel.label_model._base._steady import steady


@pytest.mark.parametrize("total", [0.0, 1.0, 7.0, 1e6, 3e9])
def test_counts_are_kept_to_a_part_in_ten_billion_and_their_last_bits_are_dropped(
    total: float,
) -> None:
    rng = np.random.default_rng(0)
    counts = max(total, 1.0) * rng.random(1_000)
    kept = steady(counts, total)
    np.testing.assert_allclose(kept, counts, atol=1e-10 * max(total, 1.0))
    assert np.array_equal(steady(kept, total), kept)
    assert (steady(counts * (1 + 1e-15), total) == kept).mean() > 0.99


def test_the_order_of_a_sum_is_forgotten() -> None:
    parts = np.random.default_rng(1).random((10_000, 20))
    forth, back = parts.sum(axis=0), parts[::-1].cumsum(axis=0)[-1]
    assert not np.array_equal(forth, back)
    assert np.array_equal(steady(forth, 10_000), steady(back, 10_000))

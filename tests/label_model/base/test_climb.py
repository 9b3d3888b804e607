from __future__ import annotations

import numpy as np

from weaklabel.label_model._base._climb import climb
from weaklabel.types import FloatArray


def slow_step(rate: float) -> object:
    def step(theta: FloatArray) -> tuple[FloatArray, float]:
        return theta + rate * (3.0 - theta), -float(((theta - 3.0) ** 2).sum())

    return step


def test_a_slow_step_reaches_its_end_in_few() -> None:
    theta, n_iter, converged = climb(slow_step(1e-4), np.zeros(3), tol=1e-10, max_iter=100)  # type: ignore[arg-type]
    np.testing.assert_allclose(theta, 3.0, atol=1e-5)
    assert converged
    assert n_iter < 20


def test_it_never_takes_more_steps_than_allowed() -> None:
    for most in (1, 2, 3, 4, 5):
        taken: list[int] = []

        def step(theta: FloatArray, taken: list[int] = taken) -> tuple[FloatArray, float]:
            taken.append(1)
            return theta + 1.0 / len(taken), 0.0

        _, n_iter, converged = climb(step, np.zeros(1), tol=1e-10, max_iter=most)
        assert n_iter == len(taken) <= most
        assert not converged


def test_a_stride_downhill_is_not_taken() -> None:
    seen: list[float] = []

    def step(theta: FloatArray) -> tuple[FloatArray, float]:
        seen.append(float(theta[0]))
        return theta + 0.01 * (1 - theta), -1.0 if theta[0] > 0.5 else 0.0

    theta, _, _ = climb(step, np.zeros(1), tol=1e-12, max_iter=30)
    assert max(seen) > 0.5, "a stride was tried"
    assert theta[0] < 0.5, "and not taken"

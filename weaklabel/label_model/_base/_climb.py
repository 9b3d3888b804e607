"""Running EM to its end, in strides where its steps are short."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from weaklabel.types import FloatArray

# No stride moves a parameter by more than this: on a logarithmic scale it is a long way.
_LONGEST_STRIDE = 5.0


def climb(
    step: Callable[[FloatArray], tuple[FloatArray, float]],
    theta: FloatArray,
    *,
    tol: float,
    max_iter: int,
) -> tuple[FloatArray, int, bool]:
    """Repeat a step of EM until it changes nothing, with squared extrapolation (SQUAREM).

    Two steps tell direction and rate. The stride they promise is taken only where it does not
    lower what EM climbs, so this is as safe as EM, and much shorter where EM is slow.

    Parameters
    ----------
    step : callable
        Takes parameters, returns those of the next step and the height of the ones it took.
    theta : ndarray of float64, shape (p,)
        Where to start; parameters without bounds (logarithms of what must be positive).
    tol : float
        It ends when a step changes no parameter by more than this.
    max_iter : int
        Most steps.

    Returns
    -------
    theta : ndarray of float64, shape (p,)
        Where it ended.
    n_iter : int
        Steps taken.
    converged : bool
        Whether the last step changed less than `tol`.

    References
    ----------
    R. Varadhan and C. Roland (2008). Simple and globally convergent methods for accelerating the
    convergence of any EM algorithm. Scandinavian Journal of Statistics 35(2), 335-353.
    doi:10.1111/j.1467-9469.2007.00585.x

    Examples
    --------
    >>> import numpy as np
    >>> slow = lambda x: (x + 0.001 * (3.0 - x), -float(((x - 3.0) ** 2).sum()))
    >>> theta, n_iter, converged = climb(slow, np.zeros(1), tol=1e-9, max_iter=100)
    >>> theta.round(3).tolist(), converged
    ([3.0], True)
    """
    n_iter = 0
    while True:
        one, _ = step(theta)
        n_iter += 1
        first = one - theta
        converged = bool(np.abs(first).max() < tol)
        if converged or n_iter == max_iter:
            return one, n_iter, converged
        two, height = step(one)
        n_iter += 1
        if n_iter == max_iter:
            return two, n_iter, False
        bend = (two - one) - first
        rate = float(np.linalg.norm(first)) / max(float(np.linalg.norm(bend)), 1e-300)
        beyond = one - first + 2 * rate * first + rate**2 * bend - two
        theta = two
        if 1.0 < rate < 1e6 and n_iter + 1 < max_iter:
            beyond *= min(1.0, _LONGEST_STRIDE / max(float(np.abs(beyond).max()), 1e-300))
            far, far_height = step(two + beyond)
            n_iter += 1
            if far_height >= height and np.isfinite(far).all():
                theta = far

"""Sums that do not depend on the order in which they were added up."""

from __future__ import annotations

import numpy as np

from weaklabel.types import FloatArray

# Sums of up to millions of rows differ in the last dozen bits or so of 52.
_BITS = 36


def steady(counts: FloatArray, total: float) -> FloatArray:
    """Return expected counts rounded to a part in 2^36 of the rows.

    Where two annotators are as good as each other, EM stands on a ridge, and a difference in the
    last bit, which the order of the rows decides, would grow from pass to pass until it tips one
    way. Rounded counts do not differ.

    Parameters
    ----------
    counts : ndarray of float64
    total : float
        Number of rows.

    Returns
    -------
    ndarray of float64
        Of the same shape.
    """
    step = 2.0 ** (np.ceil(np.log2(max(total, 1.0))) - _BITS)
    return np.asarray(np.rint(counts / step) * step)

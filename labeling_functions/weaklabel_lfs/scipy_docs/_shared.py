"""Words that tell of two areas at once: partial votes."""

from __future__ import annotations

import weaklabel as wl
from weaklabel_lfs.scipy_docs._entries import Area, words

lfs = (
    words(
        wl.any_of(Area.STATISTICS, Area.SPECIAL),
        "distributions",
        "distribution | distributions | probability | probabilities | chi square | poisson"
        " | binomial",
        "The normal distribution.",
    ),
    words(
        wl.any_of(Area.SPECIAL, Area.OPTIMIZATION),
        "polynomials_and_integrals",
        "polynomial | polynomials | integral | integrals | quadrature | derivative | derivatives",
        "The integral of a polynomial.",
    ),
    words(
        wl.any_of(Area.LINALG, Area.SPATIAL),
        "rows_and_columns",
        "row | rows | column | columns | vectors",
        "Rows and columns.",
    ),
    words(
        wl.any_of(Area.SIGNAL, Area.OPTIMIZATION),
        "smoothing",
        "smooth | smoothing | smoothed | spacing",
        "Smoothing the data.",
    ),
    words(
        wl.any_of(Area.STATISTICS, Area.SIGNAL),
        "along_an_axis",
        "along the given axis | along the specified axis | along a given axis",
        "Its values along the given axis.",
    ),
)

"""The pack of the quickstart: what area of SciPy a docstring belongs to, told by its words.

Each labeling function knows a few related words of one field, as anyone who has used SciPy would
list them. They were written by reading the development split of
`weaklabel.datasets.load_scipy_docs` with its labels, and the words of the training split without
them to see what no labeling function covers; scores on the development split are therefore no
measure of them. Words that two fields share vote for both.
"""

import weaklabel as wl
from weaklabel_lfs.scipy_docs import (
    _linalg,
    _optimization,
    _shared,
    _signal,
    _spatial,
    _special,
    _statistics,
)
from weaklabel_lfs.scipy_docs._entries import Area

__all__ = ["pack"]

pack = wl.Pack(
    classes=Area,
    lfs=(
        *_statistics.lfs,
        *_special.lfs,
        *_signal.lfs,
        *_linalg.lfs,
        *_optimization.lfs,
        *_spatial.lfs,
        *_shared.lfs,
    ),
)

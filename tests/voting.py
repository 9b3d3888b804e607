"""What tests of kernels, label models and analysis share, on top of the strategies."""

from __future__ import annotations

import warnings

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import weaklabel as wl
from tests.strategies import label_matrices
from weaklabel.errors import WeakLabelWarning
from weaklabel.types import FloatArray, IntArray


def voted_matrices(
    *, class_sets: bool = True, min_lfs: int = 1
) -> st.SearchStrategy[wl.LabelMatrix]:
    """Label matrices with at least one vote."""
    matrices = label_matrices(
        min_rows=1,
        max_rows=20,
        min_lfs=min_lfs,
        max_classes=5,
        class_sets=class_sets,
        keys=False,
    )
    return matrices.filter(lambda L: bool(L.covered.any()))


def gold_for(L: wl.LabelMatrix) -> st.SearchStrategy[IntArray]:
    """Partial gold labels of a label matrix, -1 where unknown."""
    return hnp.arrays(np.int64, L.n, elements=st.integers(-1, L.k - 1))


def fitted(L: wl.LabelMatrix, gold: IntArray | None = None, **params: object) -> wl.LabelModel:
    """Fit a label model without the warnings that random votes deserve."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WeakLabelWarning)
        return wl.LabelModel(**params).fit(L, gold)  # type: ignore[arg-type]


def relabelled(L: wl.LabelMatrix, order: IntArray) -> wl.LabelMatrix:
    """Return the same votes with the class that had code y now at ``order[y]``."""
    names = np.empty(L.k, object)
    names[order] = L.class_names
    moved = np.concatenate([order, np.arange(L.k, L.k + len(L.class_sets)), [-1]])
    return wl.LabelMatrix.from_array(
        moved[np.asarray(L)],
        classes=tuple(names.tolist()),
        lf_names=L.lf_names,
        class_sets=[tuple(sorted(order[list(codes)].tolist())) for codes in L.class_sets],
    )


def finite(array: FloatArray) -> bool:
    return bool(np.isfinite(array).all())

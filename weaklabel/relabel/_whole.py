"""Parts of votes as one matrix, for models that do not learn part by part."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from weaklabel.matrix import LabelMatrix
from weaklabel.types import ABSTAIN


def whole_matrix(parts: Iterable[LabelMatrix]) -> LabelMatrix:
    """Return the parts as one matrix in memory, with positions for keys."""
    dense, own_sets, last = [], [], None
    for last in parts:
        dense.append(np.asarray(last).astype(np.int32))
        own_sets.append(last.class_sets)
    if last is None:
        raise ValueError("there are no votes, nothing to join")
    sets = sorted({codes for some in own_sets for codes in some})
    for codes, some in zip(dense, own_sets, strict=True):
        common = [*range(last.k), *(last.k + sets.index(codes) for codes in some), ABSTAIN]
        codes[:] = np.array(common, np.int32)[codes]
    return LabelMatrix.from_array(
        np.concatenate(dense), last.class_names, last.lf_names, class_sets=sets
    )

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests import reference_votes
from tests.strategies import label_matrices
from weaklabel._kernels._share_counts import share_counts


@given(st.data())
def test_share_counts_equals_its_twin(data: st.DataObject) -> None:
    L = data.draw(label_matrices(keys=False))
    indptr, indices, codes = L.csr()
    s = len(L.possible)
    columns = indices.astype(np.int64) * s + codes
    share = np.tile(L.possible / L.possible.sum(axis=1, keepdims=True), (L.m, 1))
    weights = data.draw(hnp.arrays(np.float64, L.n, elements=st.floats(0.0, 100.0)))
    some = hnp.arrays(np.float32, len(codes), elements=st.sampled_from([0.0, 0.25, 1.0]))
    amounts = data.draw(st.one_of(st.just(np.zeros(0, np.float32)), some))
    args = (indptr, columns, amounts, weights, share)
    expected = reference_votes.share_counts(*args)
    for kernel in (share_counts, share_counts.py_func):  # type: ignore[attr-defined]
        for got, want in zip(kernel(*args), expected, strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12)

"""Compiled loops over votes: Numba and NumPy, arrays in, arrays out, nothing of ours.

Every kernel reads the votes as compressed rows (`indptr`, `indices`, `codes`) and checks nothing.
Each has a slow obvious twin in the tests.
"""

from weaklabel._kernels._counts import count_votes
from weaklabel._kernels._em import em_pass, em_pass_two, posteriors
from weaklabel._kernels._rows import (
    column_counts,
    compress,
    held_out_votes,
    mark_columns,
    row_hashes,
    vote_columns,
    vote_profile,
)
from weaklabel._kernels._shares import vote_shares
from weaklabel._kernels._threads import row_blocks, threaded

__all__ = [
    "column_counts",
    "compress",
    "count_votes",
    "em_pass",
    "em_pass_two",
    "held_out_votes",
    "mark_columns",
    "posteriors",
    "row_blocks",
    "row_hashes",
    "threaded",
    "vote_columns",
    "vote_profile",
    "vote_shares",
]

"""Compiled loops over votes: Numba and NumPy, arrays in, arrays out, nothing of ours.

Every kernel reads the votes as compressed rows (`indptr`, `indices`, `codes`) and checks nothing.
Each has a slow obvious twin in the tests.
"""

from weaklabel._kernels._counts import count_votes
from weaklabel._kernels._em import em_pass, posteriors
from weaklabel._kernels._shares import vote_shares
from weaklabel._kernels._threads import row_blocks, threaded

__all__ = ["count_votes", "em_pass", "posteriors", "row_blocks", "threaded", "vote_shares"]

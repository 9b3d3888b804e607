"""What each vote says of a row: of the labels given, and after features have corrected it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np

from weaklabel._checks import listed
from weaklabel.label_model._refine._features import Blocks
from weaklabel.label_model._refine._softmax import fit_softmax, softmax_logits
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray, IntArray

# The mean posterior of the rows with a vote leans on what it was before, with as many rows: the
# refined posteriors of these rows hold the vote itself.
_LEAN = 1.0
# A vote seen once says little: rows, spread as the class shares are, that count besides.
_PSEUDO_ROWS = 1.0
# The votes' part of the labels is read off almost without penalty; the rest keeps logits finite.
_LOOSE, _PASSES = 1e3, 300
# Least probability that a logarithm is taken of.
FLOOR = 1e-9


@final
@dataclass(frozen=True, slots=True, eq=False)
class VoteEvidence:
    """What votes say of new rows: the labels they were given, and a correction of each vote.

    Attributes
    ----------
    table : ndarray of float64, shape (m * s + 1, k)
        Logits: ``table[j * s + v]`` is what vote v of LF j adds to the last row, the constant.
    change : ndarray of float64, shape (m * s, k)
        See `correction`.
    lf_names : tuple of str
    class_sets : tuple of tuple of int
    """

    table: FloatArray
    change: FloatArray
    lf_names: tuple[str, ...]
    class_sets: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, L: LabelMatrix, probs: FloatArray, change: FloatArray) -> Self:
        """Read off labels what each vote adds, by softmax regression of the labels on the votes.

        Exact for a label model that is log-linear in the votes, as conditional independence is.
        """
        covered = L.covered
        votes = Blocks((vote_columns(L)[covered],), int(covered.sum()))
        weights = np.ones(votes.n)
        table = fit_softmax(votes, probs[covered], weights, looseness=_LOOSE, passes=_PASSES)
        return cls(table, change, L.lf_names, L.class_sets)

    def logits(self, L: LabelMatrix) -> FloatArray:
        """Return the logits of each row of a matrix, float64 of shape (n, k).

        Raises
        ------
        ValueError
            When the LFs are not those of the fit.
        """
        if sorted(L.lf_names) != sorted(self.lf_names):
            raise ValueError(
                f"L has the LFs {listed(L.lf_names)}, the refinement was fitted on "
                f"{listed(self.lf_names)}; pass votes of the same LFs, or choose them with "
                "L.select(...)"
            )
        L = L if L.lf_names == self.lf_names else L.select(self.lf_names)
        # Class sets that no vote named in the fit say nothing here.
        place = {codes: L.k + t for t, codes in enumerate(self.class_sets)}
        recode = [*range(L.k), *(place.get(codes, -1) for codes in L.class_sets)]
        columns = vote_columns(L, np.asarray(recode), L.k + len(self.class_sets))
        given = softmax_logits(Blocks((columns,), L.n), self.table)
        return np.asarray(given + shared_out(columns) @ self.change)


def vote_columns(L: LabelMatrix, recode: IntArray | None = None, s: int | None = None) -> Any:
    """Return votes as a sparse 0/1 matrix of shape (n, m * s): column ``j * s + v``."""
    from scipy.sparse import csr_matrix

    indptr, indices, codes = L.csr()
    s = len(L.possible) if s is None else s
    codes = codes.astype(np.int64) if recode is None else recode[codes]
    columns = indices.astype(np.int64) * s + np.maximum(codes, 0)
    cast = (codes >= 0).astype(np.float32)
    return csr_matrix((cast, columns, indptr), shape=(L.n, L.m * s))


def shared_out(columns: Any) -> Any:
    """Return the votes of a row divided by the root of their number.

    LFs share triggers and faults. Corrections that add up in full run away where rows have many
    votes; their mean would be too timid.
    """
    from scipy.sparse import diags

    votes = np.asarray(columns.sum(axis=1), np.float64).ravel()
    return diags(1.0 / np.sqrt(np.maximum(votes, 1.0))) @ columns


def correction(columns: Any, before: FloatArray, after: FloatArray) -> FloatArray:
    """Return how the log-odds of each vote change with the posteriors.

    They are of P(class | vote) over P(class): a class does not grow by its own growth.

    Parameters
    ----------
    columns : sparse matrix, shape (t, m * s)
        Votes of the covered rows.
    before, after : ndarray of float64, shape (t, k)
        Posteriors of the covered rows, positive.

    Returns
    -------
    ndarray of float64, shape (m * s, k)
        Zero where nobody votes so.
    """
    cast = np.asarray(columns.sum(axis=0), np.float64).reshape(-1, 1)
    shares, new_shares = before.mean(axis=0), after.mean(axis=0)
    old = (columns.T @ before + _PSEUDO_ROWS * shares) / (cast + _PSEUDO_ROWS)
    lean = _LEAN * cast + _PSEUDO_ROWS
    new = (columns.T @ after + lean * old) / (cast + lean)
    change = np.log(new / old) - np.log(np.maximum(new_shares, FLOOR) / shares)
    return np.asarray(np.where(cast > 0, change, 0.0))

"""Length-bucketed batches: texts of like length together, cut out of one flat array of ids."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from weaklabel.end_model._vocabulary import PAD, Tokens

__all__ = ["TokenTensor", "length_buckets"]

_JITTER = 0.3  # texts whose lengths differ by less may share a batch in one epoch, not in the next


def length_buckets(
    lengths: NDArray[np.int64], batch_size: int, *, rng: np.random.Generator | None = None
) -> list[NDArray[np.int64]]:
    """Group rows into batches of like length.

    Parameters
    ----------
    lengths : ndarray of int64, shape (n,)
        Tokens of each text.
    batch_size : int
        Rows in a batch; the last one may hold fewer.
    rng : numpy.random.Generator, optional
        For training: other batches, in another order, each epoch. Without it the batches run from
        long to short.

    Returns
    -------
    list of ndarray of int64
        Rows of each batch, longest text first.

    Examples
    --------
    >>> length_buckets(np.array([3, 9, 1, 8]), 2)
    [array([1, 3]), array([0, 2])]
    """
    if rng is None:
        order = np.argsort(-lengths, kind="stable")
    else:
        shuffled = rng.permutation(len(lengths))
        order = shuffled[np.argsort(-lengths[shuffled] * rng.uniform(1, 1 + _JITTER, len(lengths)))]
    batches = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    if rng is not None:
        batches = [rows[np.argsort(-lengths[rows], kind="stable")] for rows in batches]
        batches = [batches[i] for i in rng.permutation(len(batches))]
    return batches


@dataclass(frozen=True, slots=True)
class TokenTensor:
    """Token ids on a device, from which batches are cut.

    Attributes
    ----------
    ids : Tensor of int64, shape (number of tokens,)
        Ids of all texts, one text after the other.
    starts : Tensor of int64 on the CPU, shape (n,)
        Where each text begins in ``ids``.
    lengths : Tensor of int64 on the CPU, shape (n,)
        Tokens of each text.
    """

    ids: Tensor
    starts: Tensor
    lengths: Tensor

    @classmethod
    def of(cls, tokens: Tokens, device: torch.device) -> TokenTensor:
        """Put token ids on a device."""
        return cls(
            torch.from_numpy(tokens.ids).to(device),
            torch.from_numpy(tokens.starts),
            torch.from_numpy(tokens.lengths),
        )

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Cut out a padded batch.

        Parameters
        ----------
        rows : Tensor of int64 on the CPU, shape (batch,)
            Rows, longest text first.

        Returns
        -------
        ids : Tensor of int64, shape (batch, time)
            Token ids, `PAD` behind the end of each text.
        lengths : Tensor of int64 on the CPU, shape (batch,)
            Tokens of each text.
        """
        lengths = self.lengths[rows]
        time = torch.arange(int(lengths[0]))
        inside = (time < lengths[:, None]).to(self.ids.device)
        places = (self.starts[rows][:, None] + time).clamp_(max=len(self.ids) - 1)
        ids = self.ids[places.to(self.ids.device)]
        return ids.masked_fill_(~inside, PAD), lengths

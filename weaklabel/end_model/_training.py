"""The training loop: soft cross-entropy, AdamW, early stopping on the best validation loss."""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from weaklabel._progress import progress_bar
from weaklabel.end_model._batches import TokenTensor, length_buckets
from weaklabel.end_model._encoders import TextNetwork

__all__ = ["Epoch", "Examples", "Schedule", "score_texts", "train"]

_CLIP_NORM = 1.0
_PREDICT_BATCH = 256


@dataclass(frozen=True, slots=True)
class Examples:
    """Texts to learn from or to validate on.

    Attributes
    ----------
    tokens : TokenTensor
        Token ids of n texts.
    probs : Tensor of float32, shape (n, k)
        Class probabilities.
    weights : Tensor of float32, shape (n,)
        How much each text counts.
    """

    tokens: TokenTensor
    probs: Tensor
    weights: Tensor


@dataclass(frozen=True, slots=True)
class Schedule:
    """How to train; the fields are those of `TextClassifier`."""

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    patience: int


@dataclass(frozen=True, slots=True)
class Epoch:
    """One row of the history; the validation figures are NaN without validation texts."""

    epoch: int
    train_loss: float
    valid_loss: float
    valid_accuracy: float
    seconds: float


@torch.enable_grad()
def train(
    network: TextNetwork,
    examples: Examples,
    validation: Examples | None,
    schedule: Schedule,
    *,
    rng: np.random.Generator,
    generator: torch.Generator,
    desc: str,
    progress: bool,
) -> list[Epoch]:
    """Train a network in place and leave it with the parameters of its best epoch.

    Parameters
    ----------
    network : TextNetwork
        Initialised network, on the device of the examples.
    examples, validation : Examples
        What to learn from, and what tells when to stop; without validation all epochs run.
    schedule : Schedule
        How to train.
    rng : numpy.random.Generator
        Orders the batches.
    generator : torch.Generator
        Draws dropout, on the device of the network.
    desc : str
        What the progress bar says.
    progress : bool
        Whether to show a bar.

    Returns
    -------
    list of Epoch
        What was measured.

    Raises
    ------
    FloatingPointError
        When the loss is no longer finite.
    """
    lengths = examples.tokens.lengths.numpy()
    optimizer = torch.optim.AdamW(
        network.parameters(),
        lr=schedule.learning_rate,
        weight_decay=schedule.weight_decay,
        fused=True,
    )
    history: list[Epoch] = []
    best, best_state, stale = np.inf, None, 0
    with progress_bar(total=schedule.epochs, desc=desc, unit="epochs", enabled=progress) as bar:
        for epoch in range(1, schedule.epochs + 1):
            began = time.perf_counter()
            loss_sum = torch.zeros((), dtype=torch.float32, device=examples.probs.device)
            weight_sum = examples.weights.sum()
            network.train()
            for rows in length_buckets(lengths, schedule.batch_size, rng=rng):
                rows_t = torch.from_numpy(rows)
                loss, weight = _loss(network, examples, rows_t, generator)
                optimizer.zero_grad(set_to_none=True)
                (loss / weight).backward()  # type: ignore[no-untyped-call]
                nn.utils.clip_grad_norm_(network.parameters(), _CLIP_NORM)
                optimizer.step()
                loss_sum += loss.detach()
            train_loss = float(loss_sum / weight_sum)
            if not np.isfinite(train_loss):
                raise FloatingPointError(
                    f"training diverged in epoch {epoch} (loss {train_loss}); lower learning_rate, "
                    f"it is {schedule.learning_rate}"
                )
            valid_loss, valid_accuracy = _validate(network, validation)
            seconds = time.perf_counter() - began
            history.append(Epoch(epoch, train_loss, valid_loss, valid_accuracy, seconds))
            bar.set_postfix(train=f"{train_loss:.3f}", valid=f"{valid_loss:.3f}", refresh=False)
            bar.update(1)
            if validation is None:
                continue
            if valid_loss < best:
                best, best_state, stale = valid_loss, copy.deepcopy(network.state_dict()), 0
            else:
                stale += 1
                if stale >= schedule.patience:
                    break
    if best_state is not None:
        network.load_state_dict(best_state)
    return history


@torch.no_grad()
def score_texts(network: TextNetwork, tokens: TokenTensor) -> Tensor:
    """Score texts in batches of like length.

    Parameters
    ----------
    network : TextNetwork
        The network.
    tokens : TokenTensor
        Token ids of n texts.

    Returns
    -------
    Tensor of float32, shape (n, k)
        Unnormalised log-probabilities, in the order of the texts.
    """
    network.eval()
    shape = (len(tokens.lengths), network.output.out_features)
    out = torch.empty(shape, dtype=torch.float32, device=tokens.ids.device)
    for rows in length_buckets(tokens.lengths.numpy(), _PREDICT_BATCH):
        rows_t = torch.from_numpy(rows)
        out[rows_t.to(out.device)] = network(*tokens.batch(rows_t))
    return out


def _loss(
    network: TextNetwork, examples: Examples, rows: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    device_rows = rows.to(examples.probs.device)
    logits = network(*examples.tokens.batch(rows), generator)
    losses = nn.functional.cross_entropy(logits, examples.probs[device_rows], reduction="none")
    weights = examples.weights[device_rows]
    return (losses * weights).sum(), weights.sum()


def _validate(network: TextNetwork, validation: Examples | None) -> tuple[float, float]:
    if validation is None:
        return float("nan"), float("nan")
    logits = score_texts(network, validation.tokens)
    losses = nn.functional.cross_entropy(logits, validation.probs, reduction="none")
    right = (logits.argmax(dim=1) == validation.probs.argmax(dim=1)).float()
    weights = validation.weights / validation.weights.sum()
    return float((losses * weights).sum()), float((right * weights).sum())

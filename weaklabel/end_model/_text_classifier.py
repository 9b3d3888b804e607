"""A text classifier with scikit-learn's manners that learns from probabilistic labels."""

from __future__ import annotations

import dataclasses
import math
import os
import warnings
from collections.abc import Iterable, Sequence
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike

from weaklabel._checks import nearest
from weaklabel._classes import ClassTable, encode_labels
from weaklabel._estimator import ParamsMixin
from weaklabel.end_model._batches import TokenTensor
from weaklabel.end_model._devices import choose_device
from weaklabel.end_model._encoders import ENCODERS, Architecture, TextNetwork, initialise
from weaklabel.end_model._saving import read_tensors, write_tensors
from weaklabel.end_model._targets import (
    Labels,
    Targets,
    as_targets,
    as_weights,
    harden,
)
from weaklabel.end_model._texts import as_texts
from weaklabel.end_model._threads import cpu_threads
from weaklabel.end_model._training import Epoch, Examples, Schedule, score_texts, train
from weaklabel.end_model._vocabulary import Vocabulary
from weaklabel.errors import WeakLabelWarning
from weaklabel.types import ABSTAIN, Classes, FloatArray, IntArray

__all__ = ["TextClassifier"]


class TextClassifier(ParamsMixin):
    """Classify texts with a bidirectional LSTM or a convolutional network trained from scratch.

    Parameters
    ----------
    encoder : {"lstm", "cnn"}
        A bidirectional LSTM with attention pooling, or convolutions over 1 to 5 tokens with
        max-pooling. The CNN finds telling phrases and trains faster; the LSTM reads in order.
    seed : int
        Seed of everything random. On a CPU the same seed, data and ``threads`` give the same
        model, bit for bit; no global random state is read or written.
    epochs : int
        Passes over the training texts at most.
    batch_size : int
        Texts a step.
    learning_rate : float
        Step size of AdamW.
    weight_decay : float
        Weight decay of AdamW.
    embedding_dim : int
        Width of a token's vector.
    hidden_dim : int
        Units of each LSTM direction, or filters of each CNN width.
    dropout : float
        Share of features dropped in training.
    word_dropout : float
        Share of tokens hidden in training; the hidden ones train the unknown token.
    max_tokens : int
        Tokens of a text that are read; the rest is cut off.
    max_vocabulary : int
        Most frequent tokens that are known.
    min_count : int
        How often a token must occur to be known.
    patience : int
        Stop after so many epochs without a better validation loss. The parameters of the best
        epoch are kept.
    validation_fraction : float
        Share of the labelled texts set aside for validation when `fit` is given none; 0, or a
        share of less than one text, runs all epochs.
    targets : {"soft", "hard"}
        Learn the probabilities, or only the likeliest class (rows with a tie are left out).
    classes : Enum type or sequence of str, optional
        The classes, where the labels do not name them; else they are called "0", "1", ...
    device : str
        "auto" takes a CUDA GPU where there is one, else the CPU; or "cpu", "cuda:1", "mps".
    threads : int
        CPU threads to compute with. Steps as small as the default ones gain little from a second
        thread and lose much where cores are shared; more pay off for wide models and big batches.
    progress : bool
        Show a bar over the epochs, with the losses.

    Attributes
    ----------
    class_names_ : tuple of str
        Names of the k classes, in the order of the columns of `predict_proba`.
    classes_ : ndarray of int64, shape (k,)
        Codes of the classes, as scikit-learn wants them.
    history_ : DataFrame
        One row per epoch: epoch, train_loss, valid_loss, valid_accuracy (agreement with the
        likeliest class), seconds.
    vocabulary_ : Vocabulary
        The known tokens.
    network_ : torch.nn.Module
        The network with its best parameters.

    Examples
    --------
    >>> from weaklabel.end_model import TextClassifier
    >>> texts = ["buy cheap pills", "win a cheap prize", "see you at lunch", "thanks for lunch"] * 8
    >>> spam = [0.9, 0.8, 0.1, 0.2] * 8
    >>> probs = [[1 - p, p] for p in spam]
    >>> model = TextClassifier("cnn", batch_size=4, classes=("HAM", "SPAM")).fit(texts, probs)
    >>> model.predict(["a cheap prize", "thanks for lunch"])
    array([1, 0])
    """

    def __init__(
        self,
        encoder: Literal["lstm", "cnn"] = "lstm",
        *,
        seed: int = 0,
        epochs: int = 20,
        batch_size: int = 32,
        learning_rate: float = 2e-3,
        weight_decay: float = 1e-2,
        embedding_dim: int = 64,
        hidden_dim: int = 64,
        dropout: float = 0.3,
        word_dropout: float = 0.1,
        max_tokens: int = 256,
        max_vocabulary: int = 20_000,
        min_count: int = 1,
        patience: int = 4,
        validation_fraction: float = 0.1,
        targets: Literal["soft", "hard"] = "soft",
        classes: Classes | None = None,
        device: str = "auto",
        threads: int = 1,
        progress: bool = True,
    ) -> None:
        self.encoder = encoder
        self.seed = seed
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.embedding_dim = embedding_dim
        self.hidden_dim = hidden_dim
        self.dropout = dropout
        self.word_dropout = word_dropout
        self.max_tokens = max_tokens
        self.max_vocabulary = max_vocabulary
        self.min_count = min_count
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.targets = targets
        self.classes = classes
        self.device = device
        self.threads = threads
        self.progress = progress

    def fit(
        self,
        texts: Iterable[str],
        labels: Labels,
        *,
        sample_weight: ArrayLike | None = None,
        validation: tuple[Iterable[str], Labels] | None = None,
    ) -> Self:
        """Learn from texts and their labels.

        Parameters
        ----------
        texts : list, Series or ndarray of str, shape (n,)
            The texts.
        labels : ProbabilisticLabels, (n, k) array of float, or (n,) array of int
            Probabilistic labels, or gold labels: codes 0..k-1 (with ``classes`` names or Enum
            members too), -1 or None where unknown. Rows that are not covered are left out.
        sample_weight : array of float, shape (n,), optional
            How much each row counts.
        validation : tuple of texts and labels, optional
            What tells when to stop; by default a random share of the texts.

        Returns
        -------
        self
            The fitted model.

        Raises
        ------
        TypeError
            When a text is None, NaN or no str.
        ValueError
            When labels, weights or parameters are impossible, or nothing is covered.

        Warns
        -----
        WeakLabelWarning
            When all rows have the same likeliest class.
        """
        self._check_params()
        device = choose_device(self.device)
        rows = as_texts(texts)
        if not rows:
            raise ValueError("texts and labels have zero rows, there is nothing to learn from")
        targets = self._read(labels, len(rows), "labels", classes=self.classes)
        weights = as_weights(sample_weight, targets.covered)
        _warn_if_one_class(targets)

        # One stream for each purpose, so that a change in one does not shift the others.
        order, start, noise = (int(s) for s in np.random.SeedSequence(self.seed).generate_state(3))
        rng = np.random.default_rng(order)
        chosen = np.flatnonzero(targets.covered & (weights > 0))
        held_out = chosen[:0]
        if validation is None:
            shuffled = rng.permutation(chosen)
            n_held_out = min(round(self.validation_fraction * len(chosen)), len(chosen) - 1)
            held_out, chosen = np.sort(shuffled[:n_held_out]), np.sort(shuffled[n_held_out:])

        vocabulary = Vocabulary.learn(
            (rows[i] for i in chosen),
            max_size=self.max_vocabulary,
            min_count=self.min_count,
            max_tokens=self.max_tokens,
        )
        training = _examples(vocabulary, rows, targets, weights, chosen, device)
        if validation is not None:
            validating = self._validation(validation, targets, vocabulary, device)
        elif held_out.size:
            validating = _examples(vocabulary, rows, targets, weights, held_out, device)
        else:
            validating = None

        network = TextNetwork.without_values(
            Architecture(
                encoder=self.encoder,
                vocabulary_size=vocabulary.size,
                n_classes=len(targets.class_names),
                embedding_dim=self.embedding_dim,
                hidden_dim=self.hidden_dim,
                dropout=self.dropout,
                word_dropout=self.word_dropout,
            )
        )
        with cpu_threads(self.threads):
            initialise(network, torch.Generator().manual_seed(start))
            network.to(device)
            history = train(
                network,
                training,
                validating,
                Schedule(
                    epochs=self.epochs,
                    batch_size=self.batch_size,
                    learning_rate=self.learning_rate,
                    weight_decay=self.weight_decay,
                    patience=self.patience,
                ),
                rng=rng,
                generator=torch.Generator(device).manual_seed(noise),
                desc=f"TextClassifier({self.encoder})",
                progress=self.progress,
            )
        self._learned(network, vocabulary, targets.class_names, pd.DataFrame(history))
        return self

    def predict_proba(self, texts: Iterable[str]) -> FloatArray:
        """Return class probabilities.

        Parameters
        ----------
        texts : list, Series or ndarray of str, shape (n,)
            The texts.

        Returns
        -------
        ndarray of float64, shape (n, k)
            P(class | text), each row sums to one.

        Raises
        ------
        NotFittedError
            When the model was not fitted.
        TypeError
            When a text is None, NaN or no str.
        """
        self._check_fitted("network_")
        tokens = self.vocabulary_.encode(as_texts(texts))
        device = next(self.network_.parameters()).device
        with cpu_threads(self.threads):
            scores = score_texts(self.network_, TokenTensor.of(tokens, device))
            probs: FloatArray = scores.cpu().double().softmax(dim=1).numpy()
        return probs

    def predict(self, texts: Iterable[str]) -> IntArray:
        """Return the likeliest class of each text.

        Parameters
        ----------
        texts : list, Series or ndarray of str, shape (n,)
            The texts.

        Returns
        -------
        ndarray of int64, shape (n,)
            Class codes 0..k-1.

        Raises
        ------
        NotFittedError
            When the model was not fitted.
        """
        codes: IntArray = self.predict_proba(texts).argmax(axis=1)
        return codes

    def score(self, texts: Iterable[str], y: ArrayLike | Sequence[object]) -> float:
        """Return the accuracy on texts whose gold label is known.

        Parameters
        ----------
        texts : list, Series or ndarray of str, shape (n,)
            The texts.
        y : array of int, shape (n,)
            Gold labels: codes, class names or Enum members; rows with -1 or None are skipped.

        Returns
        -------
        float
            Share of right predictions.

        Raises
        ------
        NotFittedError
            When the model was not fitted.
        ValueError
            When lengths differ, a label is no class, or none is known.
        """
        self._check_fitted("network_")
        rows = as_texts(texts)
        gold = encode_labels(y, self.class_names_, what="y")
        if len(gold) != len(rows):
            raise ValueError(f"y has {len(gold)} rows for {len(rows)} texts")
        known = gold != ABSTAIN
        if not known.any():
            raise ValueError("y holds no known label (all -1), there is nothing to score against")
        return float((self.predict(rows)[known] == gold[known]).mean())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model to one safetensors file, atomically.

        Parameters
        ----------
        path : path
            Where to write, e.g. ``"model.safetensors"``.

        Raises
        ------
        NotFittedError
            When the model was not fitted.
        """
        self._check_fitted("network_")
        params = self.get_params()
        if self.classes is not None:
            params["classes"] = ClassTable.of(self.classes).names
        header = {
            "params": params,
            "architecture": dataclasses.asdict(self.network_.architecture),
            "words": self.vocabulary_.words,
            "max_tokens": self.vocabulary_.max_tokens,
            "class_names": self.class_names_,
            "history": [
                {name: None if math.isnan(value) else value for name, value in row.items()}
                for row in self.history_.to_dict("records")
            ],
        }
        write_tensors(path, header=header, tensors=self.network_.state_dict())

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, device: str = "auto") -> Self:
        """Read a model that `save` wrote.

        Parameters
        ----------
        path : path
            The file.
        device : str
            Where the model is to compute, whatever it was trained on.

        Returns
        -------
        TextClassifier
            A model that predicts what the saved one predicts.

        Raises
        ------
        FileNotFoundError
            When there is no such file.
        FileFormatError
            When it is damaged, altered, of another kind, or from a newer version.
        """
        header, tensors = read_tensors(path)
        params = {**header["params"], "device": device}
        if params["classes"] is not None:
            params["classes"] = tuple(params["classes"])
        model = cls._from_params(params, path)
        network = TextNetwork.without_values(Architecture(**header["architecture"]))
        network.load_state_dict(tensors)
        columns = [field.name for field in dataclasses.fields(Epoch)]
        history = pd.DataFrame(header["history"], columns=columns)
        model._learned(
            network.to(choose_device(device)),
            Vocabulary(tuple(header["words"]), header["max_tokens"]),
            tuple(header["class_names"]),
            history.astype(dict.fromkeys(columns[1:], np.float64)),
        )
        return model

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "network_")

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags(),
            input_tags=InputTags(one_d_array=True, two_d_array=False, string=True),
        )

    def _learned(
        self,
        network: TextNetwork,
        vocabulary: Vocabulary,
        class_names: tuple[str, ...],
        history: pd.DataFrame,
    ) -> None:
        self.network_ = network
        self.vocabulary_ = vocabulary
        self.class_names_ = class_names
        self.classes_ = np.arange(len(class_names))
        self.history_ = history

    def _validation(
        self,
        validation: tuple[Iterable[str], Labels],
        targets: Targets,
        vocabulary: Vocabulary,
        device: torch.device,
    ) -> Examples:
        pair: object = validation
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError(
                f"validation is a {type(pair).__name__}, expected a tuple (texts, labels)"
            )
        rows = as_texts(validation[0], what="validation texts")
        read = self._read(
            validation[1], len(rows), "validation labels", classes=targets.class_names
        )
        chosen = np.flatnonzero(read.covered)
        return _examples(vocabulary, rows, read, np.ones(len(rows)), chosen, device)

    def _read(self, labels: Labels, n: int, what: str, *, classes: Classes | None) -> Targets:
        read = as_targets(labels, n, classes=classes, what=what)
        if self.targets == "soft":
            return read
        hard = harden(read)
        if not hard.covered.any():
            raise ValueError(f'all {what} are ties, targets="hard" leaves none; use targets="soft"')
        return hard

    def _check_params(self) -> None:
        for name, known in {"encoder": tuple(ENCODERS), "targets": ("soft", "hard")}.items():
            value = getattr(self, name)
            if value not in known:
                raise ValueError(
                    f"{name} is {value!r}, expected one of {known}{nearest(value, known)}"
                )
        for name, least in _LEAST_INT.items():
            value = getattr(self, name)
            if not isinstance(value, int | np.integer) or value < least:
                raise ValueError(f"{name} is {value!r}, expected an integer >= {least}")
        for name in ("dropout", "word_dropout", "validation_fraction"):
            value = getattr(self, name)
            if not 0 <= value < 1:
                raise ValueError(f"{name} is {value!r}, expected a share in [0, 1)")
        if not 0 < self.learning_rate < math.inf:
            raise ValueError(f"learning_rate is {self.learning_rate!r}, expected a number > 0")
        if not 0 <= self.weight_decay < math.inf:
            raise ValueError(f"weight_decay is {self.weight_decay!r}, expected a number >= 0")


_LEAST_INT = {
    "seed": 0,
    "epochs": 1,
    "batch_size": 1,
    "embedding_dim": 1,
    "hidden_dim": 1,
    "max_tokens": 1,
    "max_vocabulary": 0,
    "min_count": 1,
    "patience": 1,
    "threads": 1,
}


def _examples(
    vocabulary: Vocabulary,
    texts: list[str],
    targets: Targets,
    weights: FloatArray,
    chosen: IntArray,
    device: torch.device,
) -> Examples:
    return Examples(
        TokenTensor.of(vocabulary.encode([texts[i] for i in chosen]), device),
        torch.as_tensor(targets.probs[chosen], dtype=torch.float32, device=device),
        torch.as_tensor(weights[chosen], dtype=torch.float32, device=device),
    )


def _warn_if_one_class(targets: Targets) -> None:
    probs = targets.probs[targets.covered]
    if np.allclose(probs, probs[:, :1]):
        warnings.warn(
            "every label is a tie of all classes: there is nothing to learn from them; check what "
            "the labeling functions vote",
            WeakLabelWarning,
            stacklevel=3,
        )
        return
    likeliest = np.unique(probs.argmax(axis=1))
    if len(likeliest) == 1:
        name = targets.class_names[likeliest[0]]
        warnings.warn(
            f"every label says {name!r}, of the classes {targets.class_names}: the model will "
            "learn to say nothing else; check the labeling functions of the other classes",
            WeakLabelWarning,
            stacklevel=3,
        )

"""End models in PyTorch: a BiLSTM or a CNN over texts, trained on probabilistic labels."""

from weaklabel._optional import require

require("torch", extra="torch", what="TextClassifier")
require("safetensors", extra="torch", what="TextClassifier")

from weaklabel.end_model._text_classifier import TextClassifier  # noqa: E402 - needs the extra

__all__ = ["TextClassifier"]

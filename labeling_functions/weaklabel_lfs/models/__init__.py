"""Builders of labeling functions on a trained model."""

from weaklabel_lfs.models._model import model

__all__ = ["model"]

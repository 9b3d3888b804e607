"""Builders of labeling functions on a number."""

from weaklabel_lfs.numeric._threshold import threshold

__all__ = ["threshold"]

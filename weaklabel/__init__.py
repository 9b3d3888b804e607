"""Weak supervision: labeling functions, a generative label model, and end models."""

__version__ = "0.1.0"

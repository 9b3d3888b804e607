"""Data to try things on: real docstrings, sets on disk, and synthetic votes with known truth."""

from weaklabel.datasets._scipy_docs import Area, ScipyDocs, ScipyDocsSplit, load_scipy_docs
from weaklabel.datasets._synthetic import Synthetic, synthetic
from weaklabel.datasets._wrench import Split, WrenchSet, load_wrench

__all__ = [
    "Area",
    "ScipyDocs",
    "ScipyDocsSplit",
    "Split",
    "Synthetic",
    "WrenchSet",
    "load_scipy_docs",
    "load_wrench",
    "synthetic",
]

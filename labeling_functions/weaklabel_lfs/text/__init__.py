"""Builders of labeling functions on a text: words, patterns, lists of names, length."""

from weaklabel_lfs.text._gazetteer import gazetteer
from weaklabel_lfs.text._keyword import keyword
from weaklabel_lfs.text._length import length
from weaklabel_lfs.text._regex import regex

__all__ = ["gazetteer", "keyword", "length", "regex"]

"""Builders of labeling functions on a parsed text (extra ``nlp``: spaCy)."""

from weaklabel_lfs.nlp._nlp_labeling_function import nlp_labeling_function
from weaklabel_lfs.nlp._spacy_matcher import spacy_matcher

__all__ = ["nlp_labeling_function", "spacy_matcher"]

"""Looking at votes: what each LF covers, where LFs meet and fight, and how often they are right."""

from weaklabel.analysis._measures import (
    label_conflict,
    label_coverage,
    label_overlap,
    lf_conflicts,
    lf_coverages,
    lf_empirical_accuracies,
    lf_overlaps,
    lf_polarities,
)
from weaklabel.analysis._summary import LFSummary, summarize

__all__ = [
    "LFSummary",
    "label_conflict",
    "label_coverage",
    "label_overlap",
    "lf_conflicts",
    "lf_coverages",
    "lf_empirical_accuracies",
    "lf_overlaps",
    "lf_polarities",
    "summarize",
]

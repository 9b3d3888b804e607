"""Looking at votes: what each LF covers, where LFs meet and fight, and how often they are right."""

from weaklabel.analysis._advice import Advice, AdviceItem, advise
from weaklabel.analysis._buckets import Buckets, buckets
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
from weaklabel.analysis._pairs import LFPair, LFPairs, lf_pairs
from weaklabel.analysis._preview import Preview, preview
from weaklabel.analysis._row_sample import RowSample, rows
from weaklabel.analysis._slice_summary import SliceSummary
from weaklabel.analysis._slices import Slices, apply_slices
from weaklabel.analysis._slicing_function import SlicingFunction, slicing_function
from weaklabel.analysis._summary import LFSummary, summarize
from weaklabel.analysis._update import update
from weaklabel.analysis._vote_diff import VoteChange, VoteDiff, VoteMove, vote_diff

__all__ = [
    "Advice",
    "AdviceItem",
    "Buckets",
    "LFPair",
    "LFPairs",
    "LFSummary",
    "Preview",
    "RowSample",
    "SliceSummary",
    "Slices",
    "SlicingFunction",
    "VoteChange",
    "VoteDiff",
    "VoteMove",
    "advise",
    "apply_slices",
    "buckets",
    "label_conflict",
    "label_coverage",
    "label_overlap",
    "lf_conflicts",
    "lf_coverages",
    "lf_empirical_accuracies",
    "lf_overlaps",
    "lf_pairs",
    "lf_polarities",
    "preview",
    "rows",
    "slicing_function",
    "summarize",
    "update",
    "vote_diff",
]

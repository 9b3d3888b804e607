"""Label models: from votes to probabilistic labels.

Which one when: `LabelModel` by default; `MajorityVote` as the baseline to compare with, and where
there are too few overlaps between LFs to learn their accuracies from.
"""

from weaklabel.label_model._label_model import LabelModel
from weaklabel.label_model._majority_vote import MajorityVote
from weaklabel.label_model._vote_model import VoteModel

__all__ = ["LabelModel", "MajorityVote", "VoteModel"]

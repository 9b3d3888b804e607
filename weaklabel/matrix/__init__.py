"""The label matrix: who voted what on which row."""

from weaklabel.matrix._label_matrix import LabelMatrix
from weaklabel.matrix._parts import VoteParts, read_votes, write_votes
from weaklabel.matrix._profile import Profile

__all__ = ["LabelMatrix", "Profile", "VoteParts", "read_votes", "write_votes"]

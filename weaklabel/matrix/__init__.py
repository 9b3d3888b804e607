"""The label matrix: who voted what on which row."""

from weaklabel.matrix._label_matrix import LabelMatrix

__all__ = ["LabelMatrix"]

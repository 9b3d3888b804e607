"""Running labeling functions over data."""

from weaklabel.apply._apply import apply_lfs, apply_parts
from weaklabel.apply._part_function import PartFunction, matrix_of
from weaklabel.apply._store import StoreEntry, VoteStore

__all__ = ["PartFunction", "StoreEntry", "VoteStore", "apply_lfs", "apply_parts", "matrix_of"]

"""Running labeling functions over data."""

from weaklabel.apply._apply import apply_lfs

__all__ = ["apply_lfs"]

"""Doors to other libraries, each behind its extra; nothing of theirs loads before it is used.

Snorkel's labeling functions need no door: `apply_lfs` takes them as they are, and Snorkel's
appliers take ours. ``np.asarray(L)`` feeds its ``LFAnalysis`` and ``LabelModel``.
"""

from weaklabel.interop import snorkel

__all__ = ["snorkel"]

"""`LabelModel`: EM that is held near an anchor."""

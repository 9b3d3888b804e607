"""What all label models share: one interface, the rows to learn from, EM, files."""

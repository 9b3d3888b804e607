"""The other label models, each in its own file."""

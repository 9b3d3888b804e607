"""Probabilities that mean what they say, where there is gold."""

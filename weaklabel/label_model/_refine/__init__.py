"""What the data look like, beside the votes."""

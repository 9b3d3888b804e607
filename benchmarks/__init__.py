"""Speed beside Snorkel (``python -m benchmarks``), quality on real sets (``quality.py``)."""

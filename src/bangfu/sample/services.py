"""The sample county as tables."""

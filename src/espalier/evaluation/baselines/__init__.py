"""Baselines: simple models that a network must beat. One file each; `baseline.py` fits them."""

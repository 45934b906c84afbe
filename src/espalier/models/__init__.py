"""Architectures: one file each, read by the catalogue from its MODELS; what several of them share is in `layers`."""

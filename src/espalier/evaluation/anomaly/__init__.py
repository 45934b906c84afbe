"""Anomaly: simple scores of how unusual each step of a series is, one file each, and thresholds from normal data only."""

"""Anomaly: scores of how unusual rows are, as predictions, and alarm levels from normal data alone."""

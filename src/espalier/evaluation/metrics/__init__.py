"""Metrics: one file for each thing a metric looks at."""

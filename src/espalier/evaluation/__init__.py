"""Numbers from targets and predictions: metrics, intervals, baselines, thresholds, verdicts."""

"""The stages that `process.py` puts together: rules, decisions, folds, scores, forecasts. One stage is one file."""

"""The checks: one sign = one file. Each declares `check(evidence) -> Finding | None` and its thresholds at the top."""

"""Near copies: rows of the valid part that are almost a row of the training part (a copy with noise, the next frame of a film).

Source: Espalier's fault catalogue C8 and cleanlab's datalab (a near copy lies within .13 of the median distance to the
nearest neighbour). Two keys: the share of near copies in valid is more than 2 points above that within training itself, and
z > 3. Exact copies are left to S01. The test part is not looked at: its values are sealed.
"""

import numpy as np
import polars as pl

from espalier.core.finding import Finding, Severity
from espalier.data.clean import row_keys
from espalier.diagnosis.evidence import MAX_SAMPLE_ROWS, Evidence, drawn, without_repeats
from espalier.diagnosis.neighbours import nearest, place
from espalier.diagnosis.parts import is_drawn
from espalier.diagnosis.significance import z_of_shares
from espalier.diagnosis.wording import percent, source_rows

ID = "S02-near-copies"
EXPLAINED_BY = ()
NEAR = 0.13  # of the median distance to the nearest neighbour within training
MIN_EXCESS = 0.02  # share of near copies in valid above the share within training
MIN_Z = 3.0
NUM_QUERIES = 1_000  # rows of either part whose neighbour is looked for
MIN_ROWS = 20


def check(evidence: Evidence) -> Finding | None:
    """Fire when more rows of valid than of train lie next to a training row. Needs: parts that were given, not drawn."""
    method = evidence.plan.split.method if evidence.plan is not None else None
    if evidence.splits is None or is_drawn(method) or not evidence.features:
        return None
    train = without_repeats(drawn(evidence.splits.train.records, MAX_SAMPLE_ROWS), evidence.used)
    known = pl.Series(row_keys(train, evidence.used))
    valid = drawn(evidence.splits.valid, NUM_QUERIES)
    fresh = np.flatnonzero(~pl.Series(row_keys(valid, evidence.used)).is_in(known.implode()))
    valid = valid.take(fresh)
    if len(train) < MIN_ROWS or len(valid) < MIN_ROWS:
        return None
    columns = evidence.features
    points = place(pl.concat([train.frame.select(columns), valid.frame.select(columns)]), columns)
    inside, outside = points[: len(train)], points[len(train) :]
    chosen = np.arange(len(train))[:: max(len(train) // NUM_QUERIES, 1)]
    within, _ = nearest(inside[chosen], inside, leave_out_itself=True)
    across, partner = nearest(outside, inside)
    limit = NEAR * float(np.median(within))
    share_within, share_across = float((within < limit).mean()), float((across < limit).mean())
    z = z_of_shares(share_across, len(across), share_within, len(within))
    if limit <= 0 or share_across - share_within <= MIN_EXCESS or z <= MIN_Z:
        return None
    found = np.flatnonzero(across < limit)
    pair = (int(valid.rows[found[0]]), int(train.rows[partner[found[0]]]))
    return Finding(
        id=ID,
        sentence=f"{percent(share_across)} of the valid part are almost copies of training rows (within training it is "
        f"{percent(share_within)}): line {pair[0]:,} of it and line {pair[1]:,} of the training part, for example.",
        severity=Severity.WARN,
        evidence={
            "near_in_valid": share_across,
            "near_in_train": share_within,
            "z": z,
            "example": list(pair),
            "num_rows": len(found),
        },
        rows=source_rows(valid, found),
        advice="Find out what such rows have in common (a person, a recording, a batch), put it in a column, and split by it.",
    )

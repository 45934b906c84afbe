"""Near copies: rows of the valid part that are almost a row of the training part (a copy with noise, the next frame of a film).

Source: Espalier's fault catalogue C8 and cleanlab's datalab (a near copy lies within .13 of the median distance to the
nearest neighbour). Where distances show none, rows count that are equal in every column but one, as a copy with one category
changed is. Two keys: the share of near copies in valid is more than 2 points above that within training itself, and
z > 3. Exact copies are left to S01. The test part is not looked at: its values are sealed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from espalier.core.finding import Finding, Severity
from espalier.core.records import IntArray, Records
from espalier.data.clean import row_keys
from espalier.diagnosis.checks.data.rows_in_two_parts import compared_in
from espalier.diagnosis.evidence import MAX_SAMPLE_ROWS, BoolArray, Evidence, drawn, without_repeats
from espalier.diagnosis.neighbours import nearest, place
from espalier.diagnosis.parts import all_parts, is_drawn
from espalier.diagnosis.significance import z_of_shares
from espalier.diagnosis.wording import percent, source_rows

ID = "S02-near-copies"
EXPLAINED_BY = ()
NEAR = 0.13  # of the median distance to the nearest neighbour within training
MIN_EXCESS = 0.02  # share of near copies in valid above the share within training
MIN_Z = 3.0
NUM_QUERIES = 1_000  # rows of either part whose neighbour is looked for
MIN_ROWS = 20
MIN_COLUMNS = 4  # rows that are equal in two columns are no copies


@dataclass(frozen=True)
class Near:
    """Which rows are near copies.

    Args:
        within: (Q,) whether a row of train is near another one of train.
        across: (V,) whether a row of valid is near one of train.
        partner: (V,) which one that is.
    """

    within: BoolArray
    across: BoolArray
    partner: IntArray

    @property
    def is_too_many(self) -> bool:
        """Whether valid has more near copies of training rows than train itself."""
        inside, outside = float(self.within.mean()), float(self.across.mean())
        return outside - inside > MIN_EXCESS and self.z > MIN_Z

    @property
    def z(self) -> float:
        """How many standard errors the shares are apart."""
        return z_of_shares(float(self.across.mean()), len(self.across), float(self.within.mean()), len(self.within))


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
    found = _by_distance(train, valid, evidence.features)
    if not found.is_too_many:
        found = _but_for_one(train, valid, compared_in(evidence, all_parts(evidence.splits)))
    return _finding(train, valid, found) if found.is_too_many else None


def _by_distance(train: Records, valid: Records, columns: Sequence[str]) -> Near:
    """Return the rows that are much nearer to a training row than training rows are to each other."""
    points = place(pl.concat([train.frame.select(columns), valid.frame.select(columns)]), columns)
    inside, outside = points[: len(train)], points[len(train) :]
    chosen = np.arange(len(train))[:: max(len(train) // NUM_QUERIES, 1)]
    within, _ = nearest(inside[chosen], inside, leave_out_itself=True)
    across, partner = nearest(outside, inside)
    limit = NEAR * float(np.median(within))
    return Near(within < limit, across < limit, partner)


def _but_for_one(train: Records, valid: Records, names: Sequence[str]) -> Near:
    """Return the rows that are equal to a training row in every column but one."""
    within, across = np.zeros(len(train), dtype=np.bool_), np.zeros(len(valid), dtype=np.bool_)
    partner = np.zeros(len(valid), dtype=np.int64)
    if len(names) < MIN_COLUMNS:
        return Near(within, across, partner)
    hashes = [_hashes(train, valid, name) for name in names]
    total = np.sum(hashes, axis=0, dtype=np.uint64)  # wraps around, as hashes may
    for one in hashes:
        rest = total - one
        inside, outside = rest[: len(train)], rest[len(train) :]
        within |= pl.Series(inside).is_duplicated().to_numpy()
        values, first = np.unique(inside, return_index=True)
        spot = np.minimum(np.searchsorted(values, outside), len(values) - 1)
        equal = values[spot] == outside
        partner[equal & ~across] = first[spot[equal & ~across]]
        across |= equal
    return Near(within, across, partner)


def _hashes(train: Records, valid: Records, name: str) -> np.ndarray:
    """Return (T + V,) a hash of each value of a column; equal values of two columns have different ones."""
    values = pl.concat([train.frame.select(name), valid.frame.select(name)])
    return values.select(pl.lit(name).alias("name"), pl.col(name).alias("value")).hash_rows().to_numpy()


def _finding(train: Records, valid: Records, near: Near) -> Finding:
    found = np.flatnonzero(near.across)
    share_within, share_across = float(near.within.mean()), float(near.across.mean())
    pair = (int(valid.rows[found[0]]), int(train.rows[near.partner[found[0]]]))
    return Finding(
        id=ID,
        sentence=f"{percent(share_across)} of the valid part are almost copies of training rows (within training it is "
        f"{percent(share_within)}): line {pair[0]:,} of it and line {pair[1]:,} of the training part, for example.",
        severity=Severity.WARN,
        evidence={
            "near_in_valid": share_across,
            "near_in_train": share_within,
            "z": near.z,
            "example": list(pair),
            "num_rows": len(found),
        },
        rows=source_rows(valid, found),
        advice="Find out what such rows have in common (a person, a recording, a batch), put it in a column, and split by it.",
    )

"""Outliers: a few values that lie far from all others and stand apart, such as a typing error or a code.

Robust: the scale is the range of the middle 90 % of the values, which no outlier moves. Both thresholds are ours, set so
that the long but closed tails of real tables (income, area, counts) stay quiet; standing apart is the second key.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from espalier.core.batch import FloatArray
from espalier.core.finding import Finding, Repair, Severity
from espalier.core.schema import Kind
from espalier.diagnosis.encode import as_number
from espalier.diagnosis.evidence import MAX_COLUMNS, Evidence
from espalier.diagnosis.wording import counted, either, lines, named, source_rows

ID = "D10-outliers"
EXPLAINED_BY = ()
FAR_RANGES = 10.0  # beyond the middle 90 %, in ranges of the middle 90 %
GAP_RANGES = 3.0  # empty space between the outliers and all other values, in ranges of the middle 90 %
GAP_FRACTION = 0.5  # and in ranges of all other values
MAX_FRACTION = 0.01  # more than this are no outliers but a second group


@dataclass(frozen=True)
class Outliers:
    """Values of one column that stand apart.

    Args:
        positions: where they stand, the farthest first.
        low, high: range of all other values.
        farthest: the value farthest away.
    """

    positions: np.ndarray
    low: float
    high: float
    farthest: float


def check(evidence: Evidence) -> Finding | None:
    """Fire when at most 1 % of a number column lies apart from all other values by far."""
    frame = evidence.records.frame
    targets = [name for name in evidence.targets if frame.schema[name].is_numeric()]
    found: dict[str, Outliers] = {}
    for name in (*evidence.inputs(Kind.NUMBER)[:MAX_COLUMNS], *targets):
        outliers = outliers_of(frame.get_column(name), _middle(evidence, name))
        if outliers is not None:
            found[name] = outliers
    if not found:
        return None
    columns = sorted(found, key=lambda name: name not in targets)
    first = found[columns[0]]
    positions = np.unique(np.concatenate([one.positions for one in found.values()]))
    example = source_rows(evidence.records, first.positions)
    total = sum(len(one.positions) for one in found.values())
    return Finding(
        id=ID,
        sentence=f"{counted(total, 'value')} of {named(columns)} {either(total, 'stands', 'stand')} far apart from all others: "
        f"'{columns[0]}' is {first.farthest:g} in {lines(evidence.records, example[:1])}, while all other values lie between "
        f"{first.low:g} and {first.high:g}.",
        severity=Severity.NOTE,
        evidence={
            name: {"count": len(one.positions), "low": one.low, "high": one.high, "farthest": one.farthest}
            for name, one in found.items()
        },
        columns=tuple(columns),
        rows=source_rows(evidence.records, positions),
        repairs=_repairs(evidence, columns, targets),
        advice=f"Look at {lines(evidence.records, example)}: correct typing errors and codes for 'unknown'; keep true values.",
    )


def _middle(evidence: Evidence, name: str) -> tuple[float, float]:
    """Return the ends of the middle 90 % of a column: of the sampled rows."""
    values = as_number(evidence.sample.frame.get_column(name))
    known = values[~np.isnan(values)]
    low, high = np.quantile(known, (0.05, 0.95)) if len(known) else (0.0, 0.0)
    return float(low), float(high)


def outliers_of(column: pl.Series, middle: tuple[float, float]) -> Outliers | None:
    """Return the values of a column that stand apart, or None.

    Args:
        column: numbers.
        middle: the ends of its middle 90 %.
    """
    low, high = middle
    scale = high - low
    limits = (low - FAR_RANGES * scale, high + FAR_RANGES * scale)
    if not np.isfinite(scale) or scale <= 0 or column.is_between(*limits).all():
        return None
    values = column.cast(pl.Float64).fill_null(low).to_numpy()
    inside = values[(values >= limits[0]) & (values <= limits[1])]
    top = _beyond(values, limits[1], float(inside.max()), GAP_RANGES * scale)
    bottom = _beyond(-values, -limits[0], -float(inside.min()), GAP_RANGES * scale)
    apart = np.concatenate([top, bottom])
    if not len(apart) or len(apart) > MAX_FRACTION * len(values):
        return None
    rest = np.delete(values, apart)
    outside = values[apart]
    apart = apart[np.maximum(outside - rest.max(), rest.min() - outside) >= GAP_FRACTION * (rest.max() - rest.min())]
    if not len(apart):
        return None
    apart = apart[np.argsort(-np.abs(values[apart] - (low + high) / 2), kind="stable")]
    return Outliers(apart, float(rest.min()), float(rest.max()), float(values[apart[0]]))


def _beyond(values: FloatArray, limit: float, inner: float, gap: float) -> np.ndarray:
    """Return the positions of values above the limit that a gap separates from everything below.

    Args:
        values: (N,).
        limit: only values above it are looked at.
        inner: the highest value below the limit.
        gap: empty space that is wanted.
    """
    positions = np.flatnonzero(values > limit)
    if not len(positions):
        return positions
    tail = np.sort(values[positions])
    steps = np.flatnonzero(np.diff(tail, prepend=inner) >= gap)
    return positions[values[positions] >= tail[steps[0]]] if len(steps) else positions[:0]


def _repairs(evidence: Evidence, columns: Sequence[str], targets: Sequence[str]) -> tuple[Repair, ...]:
    """Return what would take the weight from the outliers: ranks for inputs, a logarithm for a positive target."""
    repairs = []
    plan = evidence.plan
    if any(name not in targets for name in columns) and (plan is None or plan.prepare.numbers not in ("quantile", "robust")):
        repairs.append(Repair("scale numbers by their ranks", {"prepare.numbers": "quantile"}))
    frame = evidence.records.frame
    if len(targets) == 1 and targets[0] in columns and (plan is None or plan.prepare.target != "log"):
        lowest = frame.get_column(targets[0]).min()
        if isinstance(lowest, (int, float)) and lowest > -1:
            repairs.append(Repair("learn the logarithm of the target", {"prepare.target": "log"}))
    return tuple(repairs)

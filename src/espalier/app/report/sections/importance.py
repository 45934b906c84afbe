"""The columns: how much worse the answers get when one column's values are shuffled."""

import math
from dataclasses import dataclass

from markupsafe import Markup

from espalier.app.report import wording
from espalier.app.report.charts.intervals import interval_axis, interval_dot, interval_scale
from espalier.app.report.charts.scale import Scale
from espalier.app.report.facts import Facts
from espalier.app.report.sections.section import Section, drawn
from espalier.explanation.permutation import ColumnImportance

MAX_ROWS = 30


@dataclass(frozen=True)
class Row:
    """One column.

    Args:
        column: its name.
        drop, interval: in words.
        dot: its dot and interval.
        clear: whether the whole interval lies above 0.
    """

    column: str
    drop: str
    interval: str
    dot: Markup
    clear: bool


def build(facts: Facts) -> Section | None:
    """Return the section, or None when no importance was measured."""
    found = facts.importance
    if not found:
        return None
    ends = [value for one in found for value in (one.drop, one.low, one.high) if math.isfinite(value)]
    scale = interval_scale(ends, include=[0.0])
    top = max((abs(end) for end in ends), default=1.0)
    places = wording.decimals_of_score(top, 0.0, top)
    rows = [_row(one, scale, places) for one in found]
    values = {
        "metric": wording.metric_title(facts.run.scorecard.metric),
        "rows": rows[:MAX_ROWS],
        "rest": rows[MAX_ROWS:],
        "axis": drawn(interval_axis(scale)),
        "at": scale.percent(0.0),
        "best": [row.column for row in rows[:3] if row.clear],
        "num_idle": sum(not row.clear for row in rows),
        "num_rows": len(rows),
    }
    return Section("importance", "What it looks at", values)


def _row(one: ColumnImportance, scale: Scale, places: int) -> Row:
    ends = wording.interval(one.low, one.high, places) if math.isfinite(one.low) and math.isfinite(one.high) else ""
    dot = interval_dot(one.drop, one.low, one.high, scale, style="first" if one.low > 0 else "idle")
    return Row(one.column, wording.rounded(one.drop, places), ends, drawn(dot), one.low > 0)

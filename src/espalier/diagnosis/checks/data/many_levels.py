"""Many levels: a category with so many different values that most of them are seen only a few times.

Source: `PreparePlan.max_levels` (rarer levels share one), and ours: an average of fewer than five rows a level leaves
nothing to learn about most of them.
"""

from espalier.core.finding import Finding, Severity
from espalier.core.plan import PreparePlan
from espalier.core.schema import Kind
from espalier.diagnosis.checks.data.identifier_as_input import UNIQUE_FRACTION
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.wording import counted, either, leave_out, named

ID = "D15-many-levels"
EXPLAINED_BY = ()
MIN_ROWS_OF_A_LEVEL = 5.0
MIN_LEVELS = 50


def check(evidence: Evidence) -> Finding | None:
    """Fire when a category has more levels than are kept, or fewer than five rows a level."""
    max_levels = (evidence.plan.prepare if evidence.plan is not None else PreparePlan()).max_levels
    frame = evidence.records.frame
    levels: dict[str, int] = {}
    for name in evidence.inputs(Kind.CATEGORY, Kind.ORDERED):
        known = frame.height - frame.get_column(name).null_count()
        count = evidence.num_distinct(name)
        if count < MIN_LEVELS or count > UNIQUE_FRACTION * known:
            continue
        if count > max_levels or known < MIN_ROWS_OF_A_LEVEL * count:
            levels[name] = count
    if not levels:
        return None
    columns = sorted(levels, key=lambda name: -levels[name])
    return Finding(
        id=ID,
        sentence=f"{counted(len(columns), 'category')} {either(len(columns), 'has', 'have')} too many different values to "
        f"learn: {named(columns, [counted(levels[name], 'level') for name in columns])} in {len(evidence.records):,} rows.",
        severity=Severity.NOTE,
        evidence={"num_levels": {name: levels[name] for name in columns}, "max_levels": max_levels},
        columns=tuple(columns),
        repairs=(leave_out(columns),),
        advice="Rare levels share one code. Cut them to what matters (a first letter, a region) or leave them out.",
    )

"""Missing values: columns of which a large part is not known.

Source of the threshold: ours. Below three tenths a filled-in value and a "was missing" column lose little; near-empty
columns have a check of their own.
"""

from espalier.core.finding import Finding, Repair, Severity
from espalier.diagnosis.checks.data.near_empty_columns import NEAR_EMPTY_FRACTION
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.wording import counted, either, leave_out, named, percent

MUCH_FRACTION = 0.3


def check(evidence: Evidence) -> Finding | None:
    """Fire when more than 30 % of an input column is missing, and it is not nearly empty."""
    rows = max(len(evidence.records), 1)
    frame = evidence.records.frame
    shares = {name: frame.get_column(name).null_count() / rows for name in evidence.inputs()}
    much = {name: share for name, share in shares.items() if MUCH_FRACTION < share < NEAR_EMPTY_FRACTION}
    if not much:
        return None
    columns = sorted(much, key=lambda name: -much[name])
    repairs = [leave_out(columns)]
    if evidence.plan is not None and not evidence.plan.prepare.indicators:
        repairs.insert(0, Repair("tell the model which values were missing", {"prepare.indicators": True}))
    return Finding(
        id="D04-missing-values",
        sentence=f"{counted(len(columns), 'column')} {either(len(columns), 'has', 'have')} more than "
        f"{MUCH_FRACTION:.0%} missing values: {named(columns, [percent(much[name]) for name in columns])}.",
        severity=Severity.NOTE,
        evidence={"missing_fraction": {name: much[name] for name in columns}},
        columns=tuple(columns),
        repairs=tuple(repairs),
        advice="Ask why they are missing. When the value becomes known only after the outcome, leave the column out.",
    )

"""Missing values: columns of which a large part is not known.

Source of the threshold: ours. Below three tenths a filled-in value and a "was missing" column lose little; near-empty
columns have a check of their own.
"""

from espalier.core.finding import Finding, Repair, Severity
from espalier.diagnosis.checks.data.near_empty_columns import NEAR_EMPTY_FRACTION
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.wording import counted, either, leave_out, named, percent

ID = "D04-missing-values"
EXPLAINED_BY = ()
READS_STEPS = True
MUCH_FRACTION = 0.3


def check(evidence: Evidence) -> Finding | None:
    """Fire when more than 30 % of an input column is missing, and it is not nearly empty."""
    rows = max(evidence.profile.num_rows, 1)  # all that were read, as in the list of the columns
    columns = evidence.profile.columns
    shares = {name: columns[name].num_missing / rows for name in evidence.inputs() if name in columns}
    much = {name: share for name, share in shares.items() if MUCH_FRACTION < share < NEAR_EMPTY_FRACTION}
    if not much:
        return None
    names = sorted(much, key=lambda name: -much[name])
    repairs = [leave_out(names)]
    if evidence.plan is not None and not evidence.plan.prepare.indicators:
        repairs.insert(0, Repair("tell the model which values were missing", {"prepare.indicators": True}))
    return Finding(
        id=ID,
        sentence=f"{counted(len(names), 'column')} {either(len(names), 'has', 'have')} more than "
        f"{MUCH_FRACTION:.0%} missing values: {named(names, [percent(much[name]) for name in names])}.",
        severity=Severity.NOTE,
        evidence={"missing_fraction": {name: much[name] for name in names}},
        columns=tuple(names),
        repairs=tuple(repairs),
        advice="Ask why they are missing. When the value becomes known only after the outcome, leave the column out.",
    )

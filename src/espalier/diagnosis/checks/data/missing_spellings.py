"""Spellings of "not known": cells such as '?', 'N/A' or -999 that are read as missing.

Exact: it repeats what `describe` decided, so that nothing is guessed in silence.
"""

from espalier.core.finding import Finding, Repair, Severity
from espalier.core.schema import Role
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.wording import counted, either, named

ID = "D05-missing-spellings"
EXPLAINED_BY = ()
READS_STEPS = True
MAX_SPELLINGS = 0  # every spelling that was found is said


def check(evidence: Evidence) -> Finding | None:
    """Fire when the schema names spellings of "not known" for a column that is used."""
    spellings = {
        name: column.missing
        for name, column in evidence.used.columns.items()
        if len(column.missing) > MAX_SPELLINGS and column.role is not Role.IGNORED
    }
    if not spellings:
        return None
    columns = tuple(spellings)
    profile = evidence.profile.columns
    counts = {name: profile[name].num_missing if name in profile else 0 for name in columns}
    written = sorted({spelling for found in spellings.values() for spelling in found})
    shown = " and ".join(f"'{spelling}'" for spelling in written[:3]) + (f" and {len(written) - 3} more" if written[3:] else "")
    return Finding(
        id=ID,
        sentence=f"{shown} {either(len(written), 'is', 'are')} read as 'not known' in {counted(len(columns), 'column')}: "
        f"{named(columns, [counted(counts[name], 'missing cell') for name in columns])}.",
        severity=Severity.NOTE,
        evidence={"spellings": {name: list(found) for name, found in spellings.items()}, "num_missing": counts},
        columns=columns,
        repairs=(Repair("read them as ordinary values", {f"schema.columns.{name}.missing": [] for name in columns}),),
        advice="If one of them is an answer of its own, take it out of the column's list of missing values.",
    )

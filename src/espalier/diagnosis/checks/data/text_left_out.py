"""Text left out: columns of free text that the models for tables do not read.

Exact: it says which columns of the schema are text.
"""

from espalier.core.finding import Finding, Severity
from espalier.core.schema import Kind, Role
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.wording import counted, either, named

ID = "D20-text-left-out"
EXPLAINED_BY = ()
MAX_TEXT_COLUMNS = 0  # each of them is said


def check(evidence: Evidence) -> Finding | None:
    """Fire when a column of free text would have been an input."""
    columns = tuple(
        name
        for name, column in evidence.used.columns.items()
        if column.kind is Kind.TEXT and column.role in (Role.INPUT, Role.IGNORED)
    )
    if len(columns) <= MAX_TEXT_COLUMNS:
        return None
    return Finding(
        id=ID,
        sentence=f"{counted(len(columns), 'column')} of free text {either(len(columns), 'is', 'are')} left out: "
        f"{named(columns)}; models for tables read numbers, categories and dates.",
        severity=Severity.NOTE,
        evidence={"num_columns": len(columns)},
        columns=columns,
        advice="If the text matters, make columns of it first (a keyword, a length, a code in it).",
    )

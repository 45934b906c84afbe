"""No inputs: every column is the target, free text, a name of rows, or left out, so there is nothing to learn from.

Exact: it is what `train` would refuse.
"""

from espalier.core.finding import Finding, Severity
from espalier.core.schema import Kind, Role
from espalier.data.describe.question import learnt_columns
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.wording import counted, named

ID = "D21-no-inputs"
EXPLAINED_BY = ()
MIN_INPUTS = 1


def check(evidence: Evidence) -> Finding | None:
    """Fire when a target is named and no column is left that a model for tables reads."""
    if not evidence.targets or len(learnt_columns(evidence.used)) >= MIN_INPUTS:
        return None
    others = {name: column for name, column in evidence.used.columns.items() if column.role is not Role.TARGET}
    texts = [name for name, column in others.items() if column.kind is Kind.TEXT and column.role is not Role.IDENTIFIER]
    told = f" Free text: {named(texts)}; models for tables read numbers, categories and dates." if texts else ""
    return Finding(
        id=ID,
        sentence=f"No input column is left to learn from among {counted(len(evidence.used.columns), 'column')}: all others "
        f"than the target are texts, names of rows, or ignored.{told}",
        severity=Severity.STOP,
        evidence={"num_columns": len(evidence.used.columns), "text": texts},
        columns=tuple(others),
        advice="Make columns of the text first (a keyword, a length, a code in it)."
        if texts
        else "Give a column a use, for example --set schema.columns.NAME.role=input.",
    )

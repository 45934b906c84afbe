"""Identifier used as an input: a column that names its row. A model can only learn the rows by heart with it.

Source of the threshold: Espalier's fault catalogue C21 (unique share above .95). Numbers with decimals are always nearly
unique and never meant; whole numbers must also count up without gaps, or be named like an identifier.
"""

import numpy as np

from espalier.core.finding import Finding, Repair, Severity
from espalier.data.describe.names import names_identifier
from espalier.diagnosis.encode import as_number
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.wording import counted, either, leave_out, named, percent

ID = "D14-identifier-as-input"
EXPLAINED_BY = ()
UNIQUE_FRACTION = 0.95
MIN_ROWS = 50  # in fewer rows many a fact is different in every row
MAX_GAPS_FRACTION = 0.05  # missing numbers of a counter


def check(evidence: Evidence) -> Finding | None:
    """Fire when an input column has a different value in almost every row and is no measurement."""
    names = evidence.features
    if len(names) < 2 or len(evidence.records) < MIN_ROWS:
        return None
    unique = {name: share for name in names if (share := _unique_share(evidence, name))}
    if not unique:
        return None
    columns = sorted(unique, key=lambda name: -unique[name])
    is_number = any(evidence.records.frame.schema[name].is_numeric() for name in columns)
    changes = {f"schema.columns.{name}.role": "identifier" for name in columns}
    return Finding(
        id=ID,
        sentence=f"{counted(len(columns), 'column')} used as input {either(len(columns), 'names', 'name')} each row "
        f"and {either(len(columns), 'says', 'say')} nothing about it: "
        f"{named(columns, [percent(unique[name]) + ' different' for name in columns])}.",
        severity=Severity.WARN if is_number else Severity.NOTE,
        evidence={"unique_fraction": {name: unique[name] for name in columns}},
        columns=tuple(columns),
        repairs=(Repair(f"treat {named(columns)} as the name of a row", changes), leave_out(columns)),
        advice="Such a column helps on known rows only; in a sorted file it even gives the answer away.",
    )


def _unique_share(evidence: Evidence, name: str) -> float:
    """Return the share of different values when the column names its rows, else 0."""
    column = evidence.records.frame.get_column(name)
    num_known = len(column) - column.null_count()
    share = evidence.num_distinct(name) / max(num_known, 1)
    if column.dtype.is_temporal() or num_known < MIN_ROWS or share < UNIQUE_FRACTION:
        return 0.0
    return 0.0 if column.dtype.is_numeric() and not _is_counter(evidence, name) else min(share, 1.0)


def _is_counter(evidence: Evidence, name: str) -> bool:
    """Return whether numbers are whole and count up without gaps in some order, or their name says that they name the row."""
    sample = as_number(evidence.sample.frame.get_column(name))
    sample = sample[~np.isnan(sample)]
    if (sample != np.round(sample)).any():
        return False
    values = as_number(evidence.records.frame.get_column(name))
    span = np.nanmax(values) - np.nanmin(values) + 1
    return names_identifier(name) or bool(span <= len(values) * (1 + MAX_GAPS_FRACTION))

"""Duplicate columns: two columns that say the same in every row, up to the names of their values or a unit of measure.

Exact: compared on all rows. They do no harm to a score; they split importance between them, and one of them is often a
mistake.
"""

from collections import defaultdict

import numpy as np
import polars as pl

from espalier.core.batch import FloatArray
from espalier.core.finding import Finding, Severity
from espalier.core.schema import Kind
from espalier.diagnosis.encode import as_codes, as_number, standardised
from espalier.diagnosis.evidence import MAX_COLUMNS, Evidence
from espalier.diagnosis.wording import counted, either, joined, leave_out

ID = "D13-duplicate-columns"
EXPLAINED_BY = ()
MIN_ROWS = 30  # fewer rows agree by chance
MIN_ROWS_OF_A_LEVEL = 5.0  # on average; columns that differ in nearly every row are all alike up to renaming
MIN_COSINE = 0.9999  # pairs below it are not looked at closely
MAX_DEVIATION = 1e-5  # from a straight line through two number columns, in standard deviations of a column


def check(evidence: Evidence) -> Finding | None:
    """Fire when two input columns are equal up to renaming, or lie on a straight line."""
    if len(evidence.records) < MIN_ROWS:
        return None
    pairs = [*_renamed(evidence), *_straight(evidence)]
    copies: dict[str, str] = {}
    for first, second in pairs:
        if second not in copies and first not in copies:
            copies[second] = first
    if not copies:
        return None
    shown = [f"'{copy}' and '{first}'" for copy, first in list(copies.items())[:3]]
    rest = len(copies) - len(shown)
    return Finding(
        id=ID,
        sentence=f"{counted(len(copies), 'column')} {either(len(copies), 'says', 'say')} the same as another one in every row: "
        f"{joined([*shown, f'{rest:,} more'] if rest else shown)}.",
        severity=Severity.NOTE,
        evidence={"same_as": copies},
        columns=tuple(copies),
        repairs=(leave_out(tuple(copies)),),
        advice="Keep one of each pair: a score does not suffer, and importance is no longer shared between them.",
    )


def _renamed(evidence: Evidence) -> list[tuple[str, str]]:
    """Return pairs of columns whose values stand in a one-to-one relation, and repeat often enough to mean it."""
    sample, whole = evidence.sample.frame, evidence.records.frame
    types = whole.schema
    alike: dict[bytes, list[str]] = defaultdict(list)
    for name in evidence.features:
        if types[name].is_temporal() or MIN_ROWS_OF_A_LEVEL * evidence.num_distinct(name) > whole.height:
            continue
        codes = as_codes(sample.get_column(name))
        num_levels = int(codes.max(initial=0)) + 1
        if num_levels > 1 and len(codes) >= MIN_ROWS_OF_A_LEVEL * num_levels:
            alike[codes.tobytes()].append(name)
    return [(names[0], other) for names in alike.values() for other in names[1:] if _one_to_one(whole, names[0], other)]


def _one_to_one(frame: pl.DataFrame, first: str, second: str) -> bool:
    """Return whether each value of one column goes with a single value of the other, in every row."""
    pairs = frame.select(first, second).unique()
    return pairs.height == pairs.get_column(first).n_unique() == pairs.get_column(second).n_unique()


def _straight(evidence: Evidence) -> list[tuple[str, str]]:
    """Return pairs of number columns that are the same quantity, perhaps in another unit, on the sampled rows."""
    scaled = {
        name: _standardised(evidence.sample.frame.get_column(name)) for name in evidence.inputs(Kind.NUMBER)[:MAX_COLUMNS]
    }
    usable = {name: values for name, values in scaled.items() if values is not None}
    if len(usable) < 2:
        return []
    names, matrix = list(usable), np.column_stack(list(usable.values()))
    missing = np.isnan(matrix)
    products = np.nan_to_num(matrix).T @ np.nan_to_num(matrix)
    pairs = []
    for one, other in np.argwhere(np.triu(np.abs(products) >= MIN_COSINE * np.diag(products)[:, None], 1)).tolist():
        difference = matrix[:, one] - np.sign(products[one, other]) * matrix[:, other]
        if np.nanmax(np.abs(difference)) <= MAX_DEVIATION and (missing[:, one] == missing[:, other]).all():
            pairs.append((names[one], names[other]))
    return pairs


def _standardised(column: pl.Series) -> FloatArray | None:
    """Return (N,) values in deviations, NaN where missing; None for a column of one or two values."""
    values = as_number(column)
    known = values[~np.isnan(values)]
    return None if len(known) < MIN_ROWS or len(np.unique(known)) < 3 else standardised(values)

"""Bordered pictures: some have a border of one colour and others have none, so the border tells where a picture came from.

A border is as wide as a tenth of the side at two opposite edges, of one colour, and ends in a straight line. When nearly all
pictures have one, or nearly none, it tells nothing apart. Source of the thresholds: at 5 % of the pictures a class that alone
has borders can be told by them.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.pictures import shown
from espalier.diagnosis.wording import counted, percent

ID = "D25-bordered-pictures"
EXPLAINED_BY = ()
MIN_FRACTION = 0.05  # of the pictures have a border
MAX_FRACTION = 0.95
MIN_PICTURES = 20


def check(evidence: Evidence) -> Finding | None:
    """Fire when some pictures have a border of one colour and others have none."""
    if evidence.pictures is None or evidence.pictures.num_pictures < MIN_PICTURES:
        return None
    found, total = evidence.pictures.bordered, evidence.pictures.num_pictures
    fraction = found.count / total
    if not MIN_FRACTION <= fraction <= MAX_FRACTION:
        return None
    return Finding(
        id=ID,
        sentence=f"{counted(found.count, 'picture')} of {total:,} ({percent(fraction)}) have a border of one colour, and the "
        f"others have none: {shown(found)}.",
        severity=Severity.NOTE,
        evidence={
            "num_bordered": found.count,
            "num_pictures": total,
            "fraction": fraction,
            "names": list(found.names),
            "num_rows": found.count,
        },
        columns=(evidence.pictures.column,),
        rows=found.rows,
        advice="Do pictures with a border come from one source or one class? Then the border gives the answer away: cut it off "
        "every picture first.",
    )

"""Unreadable pictures: files that are damaged, empty, too large or no pictures at all. They are left out.

Exact: every picture is decoded once when the source is read. Above a tenth of the pictures the source itself is refused.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.pictures import shown
from espalier.diagnosis.wording import counted, either, percent

ID = "D26-unreadable-pictures"
EXPLAINED_BY = ()
MAX_UNREADABLE = 0  # each of them is a picture that was meant to be there


def check(evidence: Evidence) -> Finding | None:
    """Fire when pictures cannot be read."""
    if evidence.pictures is None or evidence.pictures.unreadable.count <= MAX_UNREADABLE:
        return None
    found, total = evidence.pictures.unreadable, evidence.pictures.num_pictures
    return Finding(
        id=ID,
        sentence=f"{counted(found.count, 'picture')} of {total:,} ({percent(found.count / total)}) cannot be read and "
        f"{either(found.count, 'was', 'were')} left out: {shown(found, evidence.records.source)}.",
        severity=Severity.WARN,
        evidence={
            "num_unreadable": found.count,
            "num_pictures": total,
            "fraction": found.count / total,
            "names": list(found.names),
            "num_rows": found.count,
        },
        columns=(evidence.pictures.column,),
        rows=found.rows,
        advice="Download or save them anew, or remove them, so that nothing is missing by chance: what is damaged is often of "
        "one class or one source.",
    )

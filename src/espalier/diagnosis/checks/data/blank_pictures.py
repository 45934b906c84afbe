"""Blank pictures: of one colour all over, such as a closed shutter, a lost file or an empty page.

Measured on every picture in the size that it is looked at: a deviation of the values below 1 of 255 in every channel.
Whatever their class is, they cannot show it.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.pictures import shown
from espalier.diagnosis.wording import counted, either, percent

ID = "D23-blank-pictures"
EXPLAINED_BY = ()
MAX_BLANK = 0  # each of them teaches that nothing means its class


def check(evidence: Evidence) -> Finding | None:
    """Fire when pictures show nothing."""
    if evidence.pictures is None or evidence.pictures.blank.count <= MAX_BLANK:
        return None
    found, total = evidence.pictures.blank, evidence.pictures.num_pictures
    return Finding(
        id=ID,
        sentence=f"{counted(found.count, 'picture')} of {total:,} ({percent(found.count / total)}) "
        f"{either(found.count, 'shows', 'show')} nothing but one colour: {shown(found)}.",
        severity=Severity.WARN,
        evidence={
            "num_blank": found.count,
            "num_pictures": total,
            "fraction": found.count / total,
            "names": list(found.names),
            "num_rows": found.count,
        },
        columns=(evidence.pictures.column,),
        rows=found.rows,
        advice="Look at them, and remove them unless an empty picture is what its class means.",
    )

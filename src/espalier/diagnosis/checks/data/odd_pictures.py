"""Odd pictures: they can be read, but not as their names or their form promise: a wrong ending, several frames in one file.

Exact: the header of every file is compared with its ending, and frames are counted. Of several frames the first is read.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.pictures import shown
from espalier.diagnosis.wording import counted, either, percent

ID = "D24-odd-pictures"
EXPLAINED_BY = ()
MAX_ODD = 0  # each of them is worth knowing; it is a note


def check(evidence: Evidence) -> Finding | None:
    """Fire when pictures were read otherwise than their names or their form promise."""
    if evidence.pictures is None or evidence.pictures.odd.count <= MAX_ODD:
        return None
    found, total = evidence.pictures.odd, evidence.pictures.num_pictures
    promised = either(found.count, "is not what its name or form promises", "are not what their names or forms promise")
    return Finding(
        id=ID,
        sentence=f"{counted(found.count, 'picture')} of {total:,} ({percent(found.count / total)}) {promised}: {shown(found)}.",
        severity=Severity.NOTE,
        evidence={
            "num_odd": found.count,
            "num_pictures": total,
            "fraction": found.count / total,
            "names": list(found.names),
            "num_rows": found.count,
        },
        columns=(evidence.pictures.column,),
        rows=found.rows,
        advice="Nothing has to be done when the first frame is the picture that is meant. Other programs may refuse a file "
        "whose ending is wrong: rename it.",
    )

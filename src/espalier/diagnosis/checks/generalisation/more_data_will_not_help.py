"""More data will not help: the score no longer rises with the number of training rows.

Measured like its counterpart, more-data-helps: trainings on 10 to 100 % of the rows, a line through the score over log2 of
the rows from 40 % on. It is told only when the whole interval of what the last doubling brought lies below 5 % of what
the network gains over a constant answer: a wide interval is no proof of a flat curve.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.generalisation import Generalisation
from espalier.diagnosis.size_curve import MOST_SHARE, between, curve, helps, helps_no_more, is_near_perfect, slope

ID = "G05-more-data-will-not-help"
EXPLAINED_BY = ("G02-underfitting",)
MAX_SHARE = MOST_SHARE  # of the gain over a constant answer, for each doubling


def check(evidence: Generalisation) -> Finding | None:
    """Fire when the last doubling of the rows surely brought less than 5 % of the gain over a constant answer."""
    standing = evidence.standing
    steep = None if standing is None else slope(evidence.sizes, standing)
    if standing is None or steep is None:
        return None
    last = curve(evidence.sizes)[-1]
    surely = (last.valid.low if standing.higher_is_better else last.valid.high) - standing.constant
    progress = standing.sign * (last.valid.value - standing.constant)
    if standing.sign * surely <= 0 or is_near_perfect(standing, last.valid.value):
        return None
    if helps(steep, progress) or not helps_no_more(steep, progress):
        return None
    return Finding(
        id=ID,
        sentence=f"More rows will hardly help: the last doubling of the {last.num_rows:,} training rows improved "
        f"{standing.name} by {between(steep)}, beside {progress:.3g} that the network gains over a constant answer.",
        severity=Severity.NOTE,
        evidence={"gain": steep.value, "low": steep.low, "high": steep.high, "progress": progress, "num_rows": last.num_rows},
        advice="Look for columns that tell more, or try a larger model, before you collect more rows of the same kind.",
    )

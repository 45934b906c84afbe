"""More data helps: the score still rises with the number of training rows.

The network is trained again on 10, 20, 40, 80 and 100 % of the training rows, with several seeds, and judged on the same
validation rows each time. A line through the score over log2 of the rows, from 40 % on, tells what the last doubling
brought. Its interval holds the choice of validation rows and of seeds. Curves flatten (Hestness et al. 2017, arXiv
1712.00409: errors fall as a power of the rows), so the next doubling brings at most about as much.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.generalisation import Generalisation
from espalier.diagnosis.size_curve import LEAST_SHARE, between, curve, helps, slope

ID = "G04-more-data-helps"
EXPLAINED_BY = ()
MIN_SHARE = LEAST_SHARE  # of the gain over a constant answer, for each doubling


def check(evidence: Generalisation) -> Finding | None:
    """Fire when the last doubling of the rows surely improved the score, by 1 % of the gain over a constant answer or more."""
    standing = evidence.standing
    steep = None if standing is None else slope(evidence.sizes, standing)
    if standing is None or steep is None:
        return None
    last = curve(evidence.sizes)[-1]
    progress = standing.sign * (last.valid.value - standing.constant)
    if progress <= 0 or not helps(steep, progress):
        return None
    return Finding(
        id=ID,
        sentence=f"More rows help: the last doubling of the {last.num_rows:,} training rows improved {standing.name} by "
        f"{between(steep)}.",
        severity=Severity.NOTE,
        evidence={"gain": steep.value, "low": steep.low, "high": steep.high, "num_rows": last.num_rows},
        advice="Collect more rows like these if you can; twice as many bring at most about as much again.",
    )

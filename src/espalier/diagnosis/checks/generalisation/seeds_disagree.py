"""Seeds disagree: trained again from other first weights, the network is another model.

The scores of trainings that differ in their seed alone are compared with what the network gains over the best simple model:
where the first vary more than the second is large, chance decides which of the two looks better. The deviation of
few seeds is itself uncertain, so the lower end of its 95 % interval is taken (chi-square, as for normal values). Source:
Bouthillier et al. 2021, Accounting for Variance in Machine Learning Benchmarks (arXiv 2103.03098).
"""

import numpy as np
from scipy.stats import chi2

from espalier.core.finding import Finding, Repair, Severity
from espalier.diagnosis.generalisation import Generalisation

ID = "G06-seeds-disagree"
EXPLAINED_BY = ("T01-diverged", "T06-learning-rate-too-high", "T11-not-learning")
MIN_SEEDS = 3
CONFIDENCE = 0.95  # that the deviation is at least what is told
MIN_SHARE = 0.02  # of the gain over a constant answer: smaller deviations matter to nobody
MEMBERS = 4  # of the ensemble proposed


def check(evidence: Generalisation) -> Finding | None:
    """Fire when scores of several seeds vary more than the network's gain over the best simple model is large."""
    standing, scores = evidence.standing, np.array(evidence.seed_scores)
    if standing is None or standing.rival_valid is None or len(scores) < MIN_SEEDS:
        return None
    deviation = float(scores.std(ddof=1))
    freedom = len(scores) - 1
    at_least = deviation * float(np.sqrt(freedom / chi2.ppf(CONFIDENCE, freedom)))
    gain = standing.sign * (float(scores.mean()) - standing.rival_valid)
    progress = standing.sign * (float(scores.mean()) - standing.constant)
    if at_least <= max(abs(gain), MIN_SHARE * progress):
        return None
    return Finding(
        id=ID,
        sentence=f"Trained from {len(scores)} seeds, the network reaches a {standing.name} from {scores.min():.4g} to "
        f"{scores.max():.4g} on the same validation rows (deviation {deviation:.2g}). Its difference to the {standing.rival} "
        f"is {gain:.2g} on average: which of the two looks better hangs on the seed.",
        severity=Severity.NOTE,
        evidence={"scores": scores.tolist(), "deviation": deviation, "at_least": at_least, "gain": gain},
        repairs=(Repair("average several networks", {"model.members": MEMBERS}),),
        advice=f"Trust no difference to the {standing.rival} that one training shows.",
    )

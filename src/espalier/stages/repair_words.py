"""Words for what becomes of a repair: sentences by name with their numbers, which can be told in each language."""

from statistics import median

from espalier.core.finding import Finding
from espalier.diagnosis.texts.saying import Said
from espalier.evaluation.verdict import spoken
from espalier.stages.proof import Attempt, Proof

NOTABLY_SLOWER = 1.5  # times as long: told with the gain


def short(finding: Finding) -> str:
    """Return the letter and number of a sign."""
    return finding.id.partition("-")[0]


def told_of_trial(name: str, old: Attempt, tried: Attempt, sign: str = "") -> Said:
    """Return a sentence on a first training beside one of the plan as it is.

    Args:
        name: of the sentence.
        old: of the plan as it is.
        tried: of the repaired plan.
        sign: that it is about.
    """
    scores = {"metric": spoken(tried.metric), "before": f"{old.score:.4g}", "after": f"{tried.score:.4g}"}
    return Said(name, {**scores, "sign": sign})


def told_of_pairs(proof: Proof, finding: Finding) -> tuple[Said, ...]:
    """Return what the pairs say of a repair that is judged by its gain."""
    wins, total = sum(gain > 0 for gain in proof.gains), len(proof.gains)
    low, high = proof.interval
    numbers = {
        "wins": wins,
        "total": total,
        "metric": spoken(proof.metric),
        "before": f"{median(proof.before):.4g}",
        "after": f"{median(proof.after):.4g}",
        "mean": f"{sum(proof.gains) / total:.3g}",
        "low": f"{low:.3g}",
        "high": f"{high:.3g}",
        "p": f"{proof.p_value:.2g}",
    }
    said = (Said("repair_pairs", numbers), *_price(proof))
    if not proof.is_gain:
        return (*said, Said("repair_chance" if proof.gain > 0 else "repair_no_gain"))
    if not proof.is_healthy:
        return (*said, Said("repair_sign_stays", {"sign": short(finding), "still": proof.still or 0}))
    return said if proof.still is None else (*said, Said("repair_gone", {"sign": short(finding)}))


def _price(proof: Proof) -> tuple[Said, ...]:
    """Return how much longer a training takes, where that is worth knowing."""
    before, after = proof.seconds
    if not before or not after or after < NOTABLY_SLOWER * before:
        return ()
    return (Said("repair_slower", {"times": f"{after / before:.1f}"}),)


def told_of_leak(proof: Proof, finding: Finding) -> tuple[Said, ...]:
    """Return both numbers of a leak."""
    numbers = {
        "metric": spoken(proof.metric),
        "before": f"{median(proof.before):.4g}",
        "after": f"{median(proof.after):.4g}",
        "deals": len(proof.after),
        "sign": short(finding),
        "still": proof.still or 0,
    }
    return (Said("repair_closed" if proof.is_closed else "repair_not_closed", numbers),)

"""Underfitting: the network does not even fit the rows it learns from.

It scores about the same on the training rows as on the validation part, and a simple model is better than both: on rows that
neither of them had seen, by more than the interval of the paired difference that the score card published, and by its
validation score than the network on its own training rows.

Source: Espalier's fault catalogue B12 (train about equal to valid, both below a quick model); Geman, Bienenstock & Doursat
1992, Neural Computation 4 (a high bias and a low variance).
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.generalisation import Generalisation
from espalier.diagnosis.wording import counted

ID = "G02-underfitting"
EXPLAINED_BY = (
    "T01-diverged",
    "T11-not-learning",
    "T05-learning-rate-too-low",
    "T06-learning-rate-too-high",
    "T10-rate-decayed-early",
    "T14-weight-decay-dominates",
    "T07-dying-relu",
    "T08-saturated-units",
    "T09-vanishing-gradients",
    "W19-heavy-dropout",
    "W21-input-scale",
    "G03-stopped-while-improving",
)
MAX_GAP_SHARE = 0.1  # of the network's gain over a constant answer: so far train and valid may lie apart


def check(evidence: Generalisation) -> Finding | None:
    """Fire when train and validation score are alike and a simple model is clearly better than both."""
    standing = evidence.standing
    if standing is None or standing.comparison is None or standing.rival_valid is None or standing.comparison.high >= 0:
        return None
    is_alike = standing.gap.low <= 0 or standing.gap.value <= MAX_GAP_SHARE * standing.progress
    is_below = standing.sign * (standing.train.value - standing.rival_valid) < 0
    if not (is_alike and is_below):
        return None
    return Finding(
        id=ID,
        sentence=f"The network fits not even the rows it learns from: {standing.name} is {standing.train.value:.4g} on them "
        f"and {standing.valid.value:.4g} on the validation part, where the {standing.rival} "
        f"reaches {standing.rival_valid:.4g}.",
        severity=Severity.WARN,
        evidence={
            "train": standing.train.value,
            "valid": standing.valid.value,
            "gap": standing.gap.value,
            "rival": standing.rival_valid,
            "difference": standing.comparison.difference,
            "difference_high": standing.comparison.high,
        },
        advice=f"{_cure(evidence)} Until then use the {standing.rival}.",
    )


def _cure(evidence: Generalisation) -> str:
    short = [len(one.valid_loss) for one in evidence.epochs if one.is_cut_short]
    if short:
        return f"A limit ended its learning after {counted(min(short), 'epoch')}: give it more epochs, or more time (--budget)."
    return "Let it learn longer or faster, or take a larger model (`espalier models`); less weight decay and dropout help too."

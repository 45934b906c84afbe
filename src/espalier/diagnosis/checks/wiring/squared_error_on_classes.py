"""Squared error on classes: the targets are the numbers of classes, and the loss takes them for quantities.

Exact in the values (Espalier's fault catalogue A5): all targets are whole numbers from 0 to K - 1. Counts and grades are so
too, but hardly ever about as frequent one as the other, so the values must pass for evenly dealt (chi-square, 1 %).
"""

from scipy.stats import chisquare

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.wiring import Wiring
from espalier.tasks.loss_kind import OF_QUANTITIES

ID = "W23-squared-error-on-classes"
EXPLAINED_BY = ("W02-non-finite", "W05-shapes-broadcast")
MIN_CLASSES, MAX_CLASSES = 3, 50
MIN_SEEN = 0.7  # of the values from 0 to K - 1, in the first batch
MIN_PROBABILITY = 0.01  # that values dealt evenly are so uneven
FEWEST_ROWS = 16


def check(wiring: Wiring) -> Finding | None:
    """Fire when all targets are whole numbers from 0 to K - 1, about evenly. Needs: a loss of quantities, 16 rows."""
    target = wiring.target
    if wiring.kind not in OF_QUANTITIES or target is None or target.numel() != len(target) or len(target) < FEWEST_ROWS:
        return None
    values = target.flatten().double()
    if bool((values != values.round()).any()) or float(values.min()) != 0 or float(values.max()) >= MAX_CLASSES:
        return None
    counts = values.long().bincount()
    num_classes, seen = len(counts), int((counts > 0).sum())
    is_even = float(chisquare(counts.cpu().numpy()).pvalue) >= MIN_PROBABILITY
    if num_classes < MIN_CLASSES or seen < MIN_SEEN * num_classes or not is_even:
        return None
    return Finding(
        id=ID,
        sentence=f"The {len(values):,} targets of the first batch are the whole numbers 0 to {num_classes - 1}, about as "
        "frequent each: classes, whose numbers the loss takes for quantities.",
        severity=Severity.WARN,
        evidence={"num_classes": num_classes, "num_seen": seen, "rows": len(values)},
        advice=f"Give the model {num_classes} outputs, the targets as whole numbers, and take nn.CrossEntropyLoss(); leave it "
        "as it is if the numbers are counts or grades.",
    )

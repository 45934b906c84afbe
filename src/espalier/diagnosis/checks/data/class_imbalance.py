"""Class imbalance: one class is so frequent that accuracy says little.

Source of the threshold: deepchecks (rows of the rarest class to rows of the commonest below .1). A note only: unequal
classes are no fault, and healthy runs at 1:20 must stay quiet (Espalier's diagnosis benchmark, hard negatives).
"""

from espalier.core.finding import Finding, Repair, Severity
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.wording import percent

ID = "D09-class-imbalance"
EXPLAINED_BY = ()
MIN_RATIO = 0.1


def check(evidence: Evidence) -> Finding | None:
    """Fire when the rarest class has less than a tenth of the rows of the commonest."""
    counts = evidence.class_counts
    if len(counts) < 2:
        return None
    (common, most), (rare, fewest) = next(iter(counts.items())), list(counts.items())[-1]
    if fewest >= MIN_RATIO * most:
        return None
    plan = evidence.plan
    weights = Repair("let a class count in inverse proportion to its rows", {"task.class_weights": "balanced"})
    oversample = Repair("draw rare classes more often", {"task.sampling": "oversample"})
    is_cured = plan is not None and (plan.task.class_weights == "balanced" or plan.task.sampling != "none")
    total = sum(counts.values())
    share = most / total
    target = evidence.targets[0]
    return Finding(
        id=ID,
        sentence=f"'{common}' makes up {percent(share)} of '{target}' and '{rare}' only {percent(fewest / total)}: "
        f"a model that always answers '{common}' is already right in {percent(share)} of the rows.",
        severity=Severity.NOTE,
        evidence={"rows_of_class": dict(list(counts.items())[:20]), "ratio": fewest / most, "majority_accuracy": share},
        columns=(target,),
        repairs=() if is_cured else (weights, oversample),
        advice="Do not judge by accuracy: look at ROC AUC, PR AUC, balanced accuracy and the recall of the rare class.",
    )

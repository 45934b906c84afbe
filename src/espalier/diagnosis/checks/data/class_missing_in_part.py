"""Class missing in a part: a class that is not trained on cannot be predicted, and one that valid lacks is not judged.

Exact: sets of classes are compared (Espalier's fault catalogue C15). Only train and valid: the test part's targets are
sealed.
"""

from espalier.core.finding import Finding, Repair, Severity
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.parts import is_drawn
from espalier.diagnosis.wording import named

ID = "S08-class-missing-in-part"
EXPLAINED_BY = ()
MAX_MISSING = 0  # exact


def check(evidence: Evidence) -> Finding | None:
    """Fire when a class of the target has no row in train or in valid."""
    if evidence.splits is None or not evidence.class_counts:
        return None
    target = evidence.targets[0]
    train = set(evidence.splits.train.records.frame.get_column(target).drop_nulls().cast(str).unique())
    valid = set(evidence.splits.valid.frame.get_column(target).drop_nulls().cast(str).unique())
    known = set(evidence.class_counts) | valid
    absent = {"train": sorted(known - train), "valid": sorted(known - valid)}
    said = [
        f"The {part} part has no row of {_classes(classes)}." for part, classes in absent.items() if len(classes) > MAX_MISSING
    ]
    if not said:
        return None
    method = evidence.plan.split.method if evidence.plan is not None else None
    repair = Repair("give each part every class in the same proportion", {"split.method": "stratified"})
    return Finding(
        id=ID,
        sentence=" ".join(said) + " A class that is not trained on is never predicted, and one that valid lacks is not judged.",
        severity=Severity.WARN if absent["train"] else Severity.NOTE,
        evidence=absent,
        columns=(target,),
        repairs=(repair,) if is_drawn(method) and method != "stratified" else (),
        advice="Deal the rows out so that each part has every class, or leave the class out of the question.",
    )


def _classes(classes: list[str]) -> str:
    """Return how many classes, and which."""
    return f"{'1 class' if len(classes) == 1 else f'{len(classes):,} classes'}, {named(classes)}"

"""One-class output: cross entropy over a single output is always zero; over a batch without classes it ranks the rows.

Exact: the shapes are looked at (Espalier's fault catalogue A5). A softmax of one value is 1, whatever the value, and its
logarithm 0.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.wiring import Wiring
from espalier.tasks.loss_kind import LossKind

ID = "W07-one-class-output"
EXPLAINED_BY = ()
MIN_CLASSES = 2  # exact


def check(wiring: Wiring) -> Finding | None:
    """Fire when cross entropy gets one output, or one number for each row. Needs: cross entropy, its output and target."""
    output, target = wiring.output, wiring.target
    if wiring.kind is not LossKind.CROSS_ENTROPY or output is None or target is None:
        return None
    if output.ndim > 1 and output.shape[1] < MIN_CLASSES:
        what = f"gets an output of shape {tuple(output.shape)}, one class: it is 0 whatever the model answers"
    elif output.ndim == 1 and output.shape == target.shape and len(output) == wiring.batch_size >= MIN_CLASSES:
        what = f"takes the {len(output):,} rows of the batch for classes, because the output has no dimension of classes"
    else:
        return None
    return Finding(
        id=ID,
        sentence=f"Cross entropy {what}.",
        severity=Severity.STOP,
        evidence={"output": list(output.shape), "target": list(target.shape)},
        advice="For yes or no use BCEWithLogitsLoss with float targets of the output's shape; for K classes give K outputs.",
    )

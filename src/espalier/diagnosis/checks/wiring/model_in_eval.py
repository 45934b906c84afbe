"""Model in eval: the model is trained in eval mode, so that dropout does nothing and batch norm learns no statistics.

Exact: the mode of the whole model (Espalier's fault catalogue A15). Single layers in eval mode are no such case, and where most
of the model is frozen the mode may be meant: that is worth a note.
"""

import math

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.wiring import Wiring
from espalier.diagnosis.wording import counted, joined

ID = "W08-model-in-eval"
EXPLAINED_BY = ()
MIN_TRAINED = 0.5  # share of the numbers in weights; below it the model is mostly frozen


def check(wiring: Wiring) -> Finding | None:
    """Fire when the model is in eval mode although it has dropout or batch norm. Needs: a model about to be trained."""
    dropouts = [name for name, rate in wiring.dropouts.items() if rate > 0]
    if not wiring.model_in_eval or not (dropouts or wiring.batch_norms):
        return None
    kinds = [(len(dropouts), "dropout"), (len(wiring.batch_norms), "batch norm")]
    total = sum(math.prod(one.shape) for one in wiring.weights)
    trained = sum(math.prod(one.shape) for one in wiring.trained)
    return Finding(
        id=ID,
        sentence=f"The model is trained in eval mode, which switches off {joined([counted(*one) for one in kinds if one[0]])}.",
        severity=Severity.WARN if trained >= MIN_TRAINED * total else Severity.NOTE,
        evidence={"num_dropouts": len(dropouts), "num_batch_norms": len(wiring.batch_norms)},
        modules=(*dropouts, *wiring.batch_norms)[:10],
        advice="Call model.train() before training, and again after every evaluation.",
    )

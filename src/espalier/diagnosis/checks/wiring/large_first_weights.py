"""Large first weights: a matrix that looks drawn at random enlarges what it reads more than any usual way to draw it does.

Signals grow from layer to layer, units saturate, answers begin far from the targets; where a norm takes the size out again,
steps are small beside the weights, and training is slow. Measured as the deviation of the weights by the root of the number of
inputs, or of outputs where they are fewer: torch gives 0.6, He's way 1.4, Xavier's for a tanh 1.7 (He et al. 2015, arXiv
1502.01852; Glorot & Bengio 2010). The threshold is ours, nearly twice the largest of these. Weights that a training made large
are known by their shape, few directions stand out, and are left alone. (Espalier's fault catalogue B9 and B16.)
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.wiring import Wiring
from espalier.diagnosis.wording import counted, either, named

ID = "W25-large-first-weights"
EXPLAINED_BY = ("W02-non-finite",)
MAX_GAIN = 3.0  # deviation by the root of the inputs


def check(wiring: Wiring) -> Finding | None:
    """Fire when a trained matrix that looks drawn at random has a gain above 3. Needs: matrices or convolutions of torch."""
    large = {name: gain for name, gain in wiring.gains.items() if gain > MAX_GAIN}
    if not large:
        return None
    names = sorted(large, key=lambda name: -large[name])
    return Finding(
        id=ID,
        sentence=f"{counted(len(names), 'weight')} {either(len(names), 'begins', 'begin')} too large: {named(names)}, the "
        f"first with {large[names[0]]:.3g} times what keeps the size of a signal (usual ways to draw weights give 0.5 to 1.7).",
        severity=Severity.WARN,
        evidence={"gain": large[names[0]], "count": len(names)},
        modules=tuple(names[:10]),
        advice="Draw the weights as torch does, or by nn.init.kaiming_normal_ before ReLU and xavier_normal_ before tanh.",
    )

"""Unregistered weights: values that are learnable take part in the output, but neither the model nor the optimizer knows them.

They stay as they were first drawn, move to no device with the model, and are in no saved file. Layers in a plain list or
dictionary of Python are the usual reason, or a parameter that was converted (`nn.Parameter(...).to(device)`), which leaves a
copy. Exact: the record of the forward pass is followed from the output to every leaf that requires a gradient, and not past
the inputs. A part that is left out of training on purpose has requires_grad off, or stands in the model.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.wiring import Wiring

ID = "W24-unregistered-weights"
EXPLAINED_BY = ()
NUM_SHOWN = 3  # shapes in the sentence


def check(wiring: Wiring) -> Finding | None:
    """Fire when learnable values reach the output that are neither the model's nor the optimizer's. Needs: a forward pass."""
    if not wiring.strangers:
        return None
    num, shapes = len(wiring.strangers), ", ".join(str(shape) for shape in wiring.strangers[:NUM_SHOWN])
    more = "" if num <= NUM_SHOWN else f" and {num - NUM_SHOWN} more"
    what = "1 learnable tensor takes" if num == 1 else f"{num} learnable tensors take"
    return Finding(
        id=ID,
        sentence=f"{what} part in the output and will never be trained: of shape {shapes}{more}. Neither model.parameters() "
        "nor the optimizer holds them.",
        severity=Severity.WARN,
        evidence={"tensors": num, "shapes": [list(shape) for shape in wiring.strangers]},
        advice="Keep layers in nn.ModuleList or nn.ModuleDict and weights in nn.Parameter, convert the whole model in place "
        "of a parameter, or set requires_grad=False where they are fixed on purpose.",
    )

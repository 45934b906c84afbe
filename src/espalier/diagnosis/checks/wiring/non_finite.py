"""Non-finite: the loss of the batch is infinite or no number, or a weight that is to be trained is.

Exact (Espalier's fault catalogue C1). What goes in may hold such values where the model or the loss takes care of them:
missing values that it fills, masks of 0 and minus infinity, labels that it leaves out. So a finite loss, or without a loss an
output that is a number, is the proof that nothing is wrong; if it is not, the first place where it began is named.
"""

import torch
from torch import Tensor

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.wiring import Wiring
from espalier.diagnosis.wording import counted, joined, named

ID = "W02-non-finite"
EXPLAINED_BY = ()
MAX_VALUES = 0  # exact


def check(wiring: Wiring) -> Finding | None:
    """Fire when the loss, without one the output, or a trainable weight is not finite. Needs: a batch."""
    weights = [one.name for one in wiring.weights if one.is_trainable and not one.is_finite]
    if not weights and not _is_broken(wiring):
        return None
    inputs = sum(_num_broken(one) for one in wiring.inputs if not _is_mask(one))
    target = 0 if wiring.target is None else _num_broken(wiring.target)
    parts = [
        *([f"{counted(inputs, 'value')} of the inputs"] if inputs > MAX_VALUES else []),
        *([f"{counted(target, 'value')} of the target"] if target > MAX_VALUES else []),
        *([f"the weights {named(weights)}"] if weights else []),
    ]
    if not parts:
        parts = [f"the output of '{wiring.first_non_finite}'" if wiring.first_non_finite else "the loss"]
    module = () if weights or not wiring.first_non_finite else (wiring.first_non_finite,)
    shown = "" if wiring.loss is None else f" The first loss is {wiring.loss:.3g}."
    return Finding(
        id=ID,
        sentence=f"Of the first batch of {counted(wiring.batch_size, 'row')}, {joined(parts)} "
        f"{'are' if len(parts) > 1 or not parts[0].startswith(('the output', 'the loss', '1 ')) else 'is'} "
        f"infinite or not a number; one step turns every weight into 'not a number'.{shown}",
        severity=Severity.STOP,
        evidence={"num_inputs": inputs, "num_targets": target, "num_weights": len(weights), "first": wiring.first_non_finite},
        modules=tuple(weights[:10]) or module,
        advice=_advice(inputs, target, weights),
    )


def _is_broken(wiring: Wiring) -> bool:
    if wiring.loss is not None:
        return not torch.isfinite(torch.tensor(wiring.loss)).item()
    if wiring.output is not None:
        return bool(torch.isnan(wiring.output).any() or (wiring.output == float("inf")).any())
    return any(_num_broken(one) and not _is_mask(one) for one in wiring.inputs)


def _num_broken(tensor: Tensor) -> int:
    return int((~torch.isfinite(tensor)).sum())


def _is_mask(tensor: Tensor) -> bool:
    """Return whether a tensor holds nothing but 0 and minus infinity, as masks of attention do."""
    return bool(((tensor == 0) | (tensor == -float("inf"))).all())


def _advice(inputs: int, target: int, weights: list[str]) -> str:
    if inputs or target:
        return "Drop these rows, or fill the gaps before they reach the model, for example with torch.nan_to_num."
    if weights:
        return "Build the model again, or load an earlier checkpoint."
    return (
        "Look there for a logarithm or a root of 0, a division by 0, or an exponential of a large number; add a small constant."
    )

"""Rows mixed: the answer to one row changes when other rows of the batch change.

Source of the threshold: Espalier's fault catalogue A13 (a thousandth of the spread of the outputs; rounding stays below a
millionth). Looked at in eval mode, where batch norm mixes nothing, and only where dimension 0 can be nothing but the batch.
Losses over pairs of rows, whose target is the row's own number, are meant to mix.
"""

import torch

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.wiring import Wiring
from espalier.diagnosis.wording import percent
from espalier.tasks.loss_kind import LossKind

ID = "W09-rows-mixed"
EXPLAINED_BY = ("W04-probabilities-for-logits",)
MAX_MIXING = 1e-3  # of the spread of the outputs


def check(wiring: Wiring) -> Finding | None:
    """Fire when other rows move a row's output by a thousandth of its spread. Needs: a loss of torch, four rows, eval mode."""
    if wiring.kind is LossKind.UNKNOWN or wiring.mixing is None or wiring.mixing <= MAX_MIXING or _is_between_rows(wiring):
        return None
    return Finding(
        id=ID,
        sentence=f"The answer to a row moves by {percent(min(wiring.mixing, 1.0))} of the spread of all answers when other "
        f"rows of the batch of {wiring.batch_size:,} change: rows are mixed.",
        severity=Severity.STOP,
        evidence={"mixing": wiring.mixing, "batch_size": wiring.batch_size},
        advice="Look for a recurrent or attention layer without batch_first=True, a view() or reshape() over dimension 0, or a "
        "softmax, mean or norm over dim=0.",
    )


def _is_between_rows(wiring: Wiring) -> bool:
    """Return whether the outputs compare each row with all rows: (B, about B), and targets that number the rows."""
    output, target = wiring.output, wiring.target
    if output is None or target is None or output.ndim != 2 or target.ndim != 1 or target.is_floating_point():
        return False
    is_square = abs(output.shape[1] - len(output)) <= 1
    return is_square and (torch.equal(target.cpu(), torch.arange(len(target))) or bool((target == target[0]).all()))

"""Probabilities for logits: a loss that takes logits gets probabilities, or one that takes their logarithms gets none.

Source of the tolerance: Espalier's fault catalogue A1, A2 and A4; sums of a softmax are 1 within rounding, of two batches in
full precision within 0.001. A sigmoid is known from the operation that made the output, because logits between 0 and 1 are
usual at first. A second softmax over probabilities cannot pass e to 1, so the loss stays above ln(1 + (K - 1) / e).
"""

import math

import torch
from torch import Tensor

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.wiring import Wiring
from espalier.diagnosis.wording import percent
from espalier.tasks.loss_kind import LossKind

ID = "W04-probabilities-for-logits"
EXPLAINED_BY = ()
MAX_ERROR = 1e-3  # of a sum of probabilities
MAX_ERROR_OF_LOGARITHMS = 0.05  # of a sum of exponentials; logarithms that were clamped are off by a little


def check(wiring: Wiring) -> Finding | None:
    """Fire when cross entropy gets values that sum to 1, or a loss of logits those of a sigmoid. Needs: a loss of torch."""
    output = None if wiring.output is None else wiring.output.float()
    if output is None or output.numel() == 0 or not torch.isfinite(output).all():
        return None
    if wiring.kind is LossKind.CROSS_ENTROPY:
        return _of_cross_entropy(output)
    if wiring.kind is LossKind.BINARY_LOGITS and wiring.made_by == "sigmoid":
        return _of_binary(output, wiring.target)
    if wiring.kind is LossKind.NLL:
        return _of_logarithms(output) or _of_log_softmax(output, wiring.returned)
    return None


def _of_cross_entropy(output: Tensor) -> Finding | None:
    """Tell whether probabilities sum to 1 over the classes, or over a wrong dimension."""
    if output.ndim < 2 or output.shape[1] < 2 or float(output.min()) < 0:
        return None
    errors = {dim: float((output.sum(dim) - 1).abs().max()) for dim in (1, 0, *range(2, output.ndim)) if output.shape[dim] > 1}
    dim = next((dim for dim, error in errors.items() if error <= MAX_ERROR), None)
    if dim is None:
        return None
    floor = math.log(1 + (output.shape[1] - 1) / math.e)
    over = {1: "over the classes", 0: "over the rows of the batch instead of the classes"}.get(dim, f"over dimension {dim}")
    return _finding(
        f"Cross entropy takes logits, but gets probabilities that sum to 1 {over}: a softmax came before it, "
        f"and {f'the loss cannot fall below {floor:.3f}' if dim == 1 else f'{output.shape[0]:,} rows share them'}.",
        {"dimension": dim, "error": errors[dim], "floor": floor},
        "Remove the softmax before the loss; take it only where probabilities are shown.",
    )


def _of_binary(output: Tensor, target: Tensor | None) -> Finding:
    share = 0.5 if target is None else float(target.float().mean())
    floor = share * math.log1p(math.exp(-1)) + (1 - share) * math.log(2)
    return _finding(
        f"Binary cross entropy with logits gets the values of a sigmoid, {float(output.min()):.3g} to "
        f"{float(output.max()):.3g}: with {percent(share)} positives its loss cannot fall below {floor:.3f}.",
        {"lowest": float(output.min()), "highest": float(output.max()), "floor": floor},
        "Remove the sigmoid before the loss; take it only where probabilities are shown.",
    )


def _of_logarithms(output: Tensor) -> Finding | None:
    if output.ndim < 2:
        return None
    typical = float(output.exp().sum(dim=1).median())
    if abs(typical - 1) <= MAX_ERROR_OF_LOGARITHMS:
        return None
    return _finding(
        f"Negative log likelihood takes logarithms of probabilities, but the exponentials of what it gets sum to "
        f"{typical:.3g}, not 1: the loss has no lower end.",
        {"sum_of_exponentials": typical},
        "Give it log_softmax(output, dim=1), or use cross entropy with the logits.",
    )


def _of_log_softmax(output: Tensor, returned: Tensor | None) -> Finding | None:
    """Tell whether the loop takes a log softmax of what the model returns as probabilities."""
    if returned is None or returned.shape != output.shape or output.ndim < 2 or output.shape[1] < 2:
        return None
    given = returned.float()
    is_softmax = float(given.min()) >= 0 and float((given.sum(1) - 1).abs().max()) <= MAX_ERROR
    if not is_softmax or float((given.log_softmax(1) - output).abs().max()) > MAX_ERROR:
        return None
    floor = math.log(1 + (output.shape[1] - 1) / math.e)
    return _finding(
        f"Negative log likelihood gets a log softmax of values that are probabilities already: the model ends in a softmax, "
        f"and the loss cannot fall below {floor:.3f}.",
        {"floor": floor},
        "Give the loss the logarithm of the model's output, or remove the softmax at the end of the model.",
    )


def _finding(sentence: str, evidence: dict[str, float], advice: str) -> Finding:
    return Finding(id=ID, sentence=sentence, severity=Severity.STOP, evidence=evidence, advice=advice)

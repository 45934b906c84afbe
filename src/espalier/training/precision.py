"""Precision: bf16 where the machine has the units for it and a short trial shows it faster and harmless on this model."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn

from espalier.core.batch import Batch
from espalier.training.loop import Learnable, Precision
from espalier.training.timed_steps import NUM_STEPS, TimedSteps

MIN_SPEEDUP = 1.1  # bf16 must be this much faster to be worth its rounding
MAX_LOSS_CHANGE = 0.05  # relative; the loss of the same batch after the same steps


@dataclass(frozen=True)
class PrecisionChoice:
    """A precision and why.

    Args:
        precision: what was chosen.
        reason: in one sentence, with what was measured.
    """

    precision: Precision
    reason: str


def choose_precision(model: nn.Module, task: Learnable, batch: Batch) -> PrecisionChoice:
    """Choose between float32 and bfloat16 autocast for one model on this machine.

    The model, its gradients and the random state stay as they are: the trial runs on copies.

    Args:
        model: as it will be trained.
        task: its losses are what is timed and compared.
        batch: of the size that will be trained on.
    """
    device = batch.inputs[0].device.type
    if not has_bfloat16_units(device):
        return PrecisionChoice("float32", f"this {device} has no bfloat16 units")
    with torch.random.fork_rng():
        trials = [TimedSteps(model, task, batch, precision) for precision in ("float32", "bfloat16")]
        for number in range(NUM_STEPS + 1):
            for trial in trials:
                torch.manual_seed(number)  # both draw the same dropout
                trial.step()
    single, double = trials
    speedup = single.median_seconds() / double.median_seconds()
    change = abs(double.loss - single.loss) / max(abs(single.loss), 1e-12)
    if speedup < MIN_SPEEDUP:
        return PrecisionChoice(
            "float32", f"bfloat16 is not faster on this model ({speedup:.2f} x in a trial of {NUM_STEPS} steps)"
        )
    if not change < MAX_LOSS_CHANGE:
        return PrecisionChoice("float32", f"bfloat16 is {speedup:.2f} x as fast, but it changes the loss by {change:.1%}")
    return PrecisionChoice("bfloat16", f"{speedup:.2f} x as fast as float32 in a trial, the loss differs by {change:.2%}")


def has_bfloat16_units(device: Literal["cpu", "cuda"] | str) -> bool:
    """Return whether a kind of device multiplies bfloat16 in hardware."""
    if device == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device == "cpu" and torch.cpu._is_avx512_bf16_supported()

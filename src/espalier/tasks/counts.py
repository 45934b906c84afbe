"""Counts: how often something happens, for each row."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from espalier.core.batch import Batch, Prediction
from espalier.evaluation.metrics.counts import poisson_deviance
from espalier.evaluation.metrics.metric import Metric
from espalier.evaluation.metrics.numbers import mae, r2, rmse
from espalier.evaluation.target_kind import TargetKind
from espalier.tasks.options import check_number
from espalier.tasks.outputs import member_outputs, outputs_and_target, source_rows, to_numpy

MAX_LOG_RATE = 20.0  # relative to the base rate; beyond it the rate grows linearly, so that no loss overflows

LARGEST = math.exp(MAX_LOG_RATE)


@dataclass(frozen=True)
class Counts:
    """How often something happens, 0 or more for each row (Poisson regression). A model gives the logarithm of the rate.

    The loss is the Poisson log-likelihood, less that of a perfect model, so that 0 is perfect (half the deviance: McCullagh &
    Nelder 1989, section 2.3), over the base rate.

    Args:
        base_rate: events of a typical row, above 0: rates are learnt as multiples of it. The training part's mean saves the
            network from having to learn the scale; it changes the loss by a factor only.
    """

    base_rate: float = 1.0

    name: ClassVar[str] = "counts"
    target: ClassVar[TargetKind] = "count"
    metrics: ClassVar[tuple[Metric, ...]] = (poisson_deviance, rmse, mae, r2)
    num_outputs: ClassVar[int] = 1

    def __post_init__(self) -> None:
        """Check the options."""
        check_number("base_rate", self.base_rate, 0, float("inf"), open_ends="both")

    def losses(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Return the loss, named "poisson"."""
        output, target = outputs_and_target(model, batch, self.num_outputs)
        log_rate = output[:, 0]  # (B x E,)
        count = target.reshape(-1).to(output.dtype) / self.base_rate
        loss = rate(log_rate) - count * log_rate + torch.xlogy(count, count) - count
        return {"poisson": loss.mean()}

    def predict(self, model: nn.Module, batch: Batch) -> Prediction:
        """Return the rates, the expected counts."""
        log_rate = member_outputs(model, batch, self.num_outputs)[:, :, 0]  # (B, E)
        return Prediction(source_rows(batch), to_numpy(self.base_rate * rate(log_rate).mean(dim=1)))


def rate(log_rate: Tensor) -> Tensor:
    """Return exp(x), continued by its tangent beyond MAX_LOG_RATE, where the gradient stays and nothing overflows."""
    tangent = LARGEST * (1 - MAX_LOG_RATE) + LARGEST * log_rate
    return torch.where(log_rate > MAX_LOG_RATE, tangent, log_rate.clamp_max(MAX_LOG_RATE).exp())


TASKS = {Counts.name: Counts}

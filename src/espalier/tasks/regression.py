"""Regression: a quantity for each row, or several quantiles of it."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from espalier.core.batch import Batch, Prediction
from espalier.evaluation.metrics.metric import Metric
from espalier.evaluation.metrics.numbers import coverage, mae, mape, pinball, r2, rmse
from espalier.evaluation.target_kind import TargetKind
from espalier.tasks.options import check_choice, check_levels, check_number, check_only_with
from espalier.tasks.outputs import median_of, member_outputs, outputs_and_target, source_rows, to_numpy

LOSSES = ("mse", "mae", "huber", "quantile")
DEFAULT_DELTA = 1.0
DEFAULT_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Regression:
    """A quantity for each row. Losses act on the scaled target; predictions are scaled likewise until they are restored.

    Args:
        loss: "mse" (aims at the mean), "mae" (at the median), "huber" (between, little moved by far-off rows: Huber 1964) or
            "quantile" (pinball loss: Koenker & Bassett 1978, equation 2.1).
        huber_delta: error from which the Huber loss grows linearly, in deviations of the scaled target, above 0.
        quantiles: levels of the quantile loss, ascending, above 0 and below 1. The predicted value is the median, interpolated
            when 0.5 is not among them. Quantiles that cross are put in order (Chernozhukov et al. 2010, which never hurts).

    The main metric is RMSE, or MAE for the two losses that aim at the median.
    """

    loss: str = "mse"
    huber_delta: float = DEFAULT_DELTA
    quantiles: tuple[float, ...] = DEFAULT_QUANTILES

    name: ClassVar[str] = "regression"
    target: ClassVar[TargetKind] = "number"

    def __post_init__(self) -> None:
        """Check the options."""
        check_choice("loss", self.loss, LOSSES)
        check_number("huber_delta", self.huber_delta, 0, float("inf"), open_ends="low")
        check_only_with("huber_delta", self.huber_delta != DEFAULT_DELTA, self.loss, ["huber"])
        check_only_with("quantiles", self.quantiles != DEFAULT_QUANTILES, self.loss, ["quantile"])
        check_levels("quantiles", self.quantiles)

    @property
    def num_outputs(self) -> int:
        """Return 1, or the number of quantiles."""
        return len(self.quantiles) if self.loss == "quantile" else 1

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Return the metrics, the main one first."""
        if self.loss == "quantile":
            outer = (coverage(self.quantiles),) if len(self.quantiles) > 1 else ()
            return (mae, pinball(self.quantiles), *outer, rmse, r2, mape)
        return (mae, rmse, r2, mape) if self.loss == "mae" else (rmse, mae, r2, mape)

    def losses(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Return the loss on the scaled target, by its name."""
        output, target = outputs_and_target(model, batch, self.num_outputs)  # (B x E, K), (B x E,)
        target = target.reshape(-1, 1)
        if self.loss == "quantile":
            gap = target - output  # (B x E, Q), positive where the truth is above
            levels = gap.new_tensor(self.quantiles)
            return {"quantile": torch.maximum(levels * gap, (levels - 1) * gap).mean()}
        if self.loss == "mae":
            return {"mae": F.l1_loss(output, target)}
        if self.loss == "huber":
            return {"huber": F.huber_loss(output, target, delta=self.huber_delta)}
        return {"mse": F.mse_loss(output, target)}

    def predict(self, model: nn.Module, batch: Batch) -> Prediction:
        """Return the values, and the quantiles where these are asked for, scaled as the target was."""
        output = member_outputs(model, batch, self.num_outputs)  # (B, E, K)
        if self.loss != "quantile":
            return Prediction(source_rows(batch), to_numpy(output.mean(dim=1)[:, 0]))
        quantiles = to_numpy(output.sort(dim=2).values.mean(dim=1))  # each member's in order, then the mean: in order too
        return Prediction(source_rows(batch), median_of(quantiles, self.quantiles), quantiles=quantiles)


TASKS = {Regression.name: Regression}

"""Forecasting: the next H steps of V variables, as values, as quantiles, or as a distribution of each step."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch
from scipy.stats import norm, t
from torch import Tensor, nn
from torch.nn import functional as F

from espalier.core.batch import Batch, FloatArray, Prediction
from espalier.evaluation.metrics.forecasts import coverage, mae, mase, pinball, r2, rmse, smape
from espalier.evaluation.metrics.metric import Metric
from espalier.evaluation.target_kind import TargetKind
from espalier.tasks.options import check_choice, check_levels, check_number, check_only_with
from espalier.tasks.outputs import median_of, member_outputs, outputs_and_target, source_rows, to_numpy

LOSSES = ("mse", "mae", "huber", "quantile", "gaussian", "student-t")
ROLES = {"gaussian": ("level", "log_scale"), "student-t": ("level", "log_scale", "shape")}  # of the numbers of one step
DEFAULT_DELTA = 1.0
DEFAULT_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
LOG_SCALES = (-7.0, 7.0)  # of a predicted deviation: a smaller one makes the loss fall without end
LEAST_FREEDOM = 2.0  # degrees of freedom from which a Student distribution has a variance


@dataclass(frozen=True)
class Forecasting:
    """The next steps of a series. Losses act on scaled values; steps whose truth is missing do not count.

    Args:
        num_targets: V, variables that are forecast.
        horizon: H, steps ahead.
        scales: (V,) mean error of the seasonal naive forecast in the training part, in the person's units, which scaled errors
            are measured with; empty for none.
        loss: "mse" (aims at the mean), "mae" (at the median), "huber" (between), "quantile" (pinball loss: Koenker & Bassett
            1978, equation 2.1), "gaussian" or "student-t" (negative log likelihood of a distribution for each step, as in
            Salinas et al. 2017, arXiv 1704.04110, section 3.1).
        huber_delta: error from which the Huber loss grows linearly, in deviations of the column, above 0.
        quantiles: levels that are predicted with the last three losses, ascending, above 0 and below 1. The value is the median
            of quantiles, and the mean of a distribution.

    The main metric is the mean absolute scaled error where scales are known, else the mean absolute error.
    """

    num_targets: int = 1
    horizon: int = 1
    scales: tuple[float, ...] = ()
    loss: str = "mse"
    huber_delta: float = DEFAULT_DELTA
    quantiles: tuple[float, ...] = DEFAULT_QUANTILES

    name: ClassVar[str] = "forecasting"
    target: ClassVar[TargetKind] = "path"

    def __post_init__(self) -> None:
        """Check the options."""
        check_choice("loss", self.loss, LOSSES)
        check_number("huber_delta", self.huber_delta, 0, float("inf"), open_ends="low")
        check_only_with("huber_delta", self.huber_delta != DEFAULT_DELTA, self.loss, ["huber"])
        check_only_with("quantiles", self.quantiles != DEFAULT_QUANTILES, self.loss, ["quantile", *ROLES])
        check_levels("quantiles", self.quantiles)

    @property
    def outputs_per_step(self) -> int:
        """Return the numbers that describe one step of one variable."""
        return len(self.quantiles) if self.loss == "quantile" else max(len(self.output_roles), 1)

    @property
    def output_roles(self) -> tuple[str, ...]:
        """Return what each number of a step is: "level", "log_scale" or "shape" of a distribution; nothing for values."""
        return ROLES.get(self.loss, ())

    @property
    def num_outputs(self) -> int:
        """Return V x H x the numbers of a step."""
        return self.num_targets * self.horizon * self.outputs_per_step

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Return the metrics, the main one first."""
        plain = (mae, rmse, smape, r2)
        scaled = (mase(np.array(self.scales)), *plain) if self.scales else plain
        if self.outputs_per_step == 1:
            return scaled
        outer = (coverage(self.quantiles),) if len(self.quantiles) > 1 else ()
        return (*scaled, pinball(self.quantiles), *outer)

    def losses(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Return the loss on the scaled values, by its name.

        A model that says so (`reads_answers`) is shown the truth while it learns: teacher forcing, Williams & Zipser 1989.

        Shapes: model (B, V x H x Q); target (B, V, H), NaN where the truth is missing.
        """
        if model.training and getattr(model, "reads_answers", False):
            batch = replace(batch, inputs=(batch.inputs[0], None, batch.target))  # type: ignore[arg-type]  # no lengths
        output, target = outputs_and_target(model, batch, self.num_outputs)
        steps = output.reshape(*target.shape, self.outputs_per_step)  # (B, V, H, Q)
        known = ~target.isnan()
        return {self.loss.replace("-", "_"): _mean(self._step_losses(steps, target.nan_to_num()), known)}

    def predict(self, model: nn.Module, batch: Batch) -> Prediction:
        """Return the values (N, V, H), and the quantiles (N, V, H, Q) where these are asked for, scaled as the target was."""
        output = member_outputs(model, batch, self.num_outputs)  # (B, E, K)
        steps = output.reshape(*output.shape[:2], self.num_targets, self.horizon, self.outputs_per_step)
        if self.outputs_per_step == 1:
            return Prediction(source_rows(batch), to_numpy(steps[..., 0].mean(dim=1)))
        if self.loss == "quantile":
            quantiles = to_numpy(steps.sort(dim=-1).values.mean(dim=1))  # each member's in order, then the mean: in order too
            return Prediction(source_rows(batch), median_of(quantiles, self.quantiles), quantiles=quantiles)
        quantiles = np.mean([self._levels(to_numpy(one)) for one in steps.unbind(dim=1)], axis=0)
        return Prediction(source_rows(batch), to_numpy(steps[..., 0].mean(dim=1)), quantiles=quantiles)

    def _step_losses(self, steps: Tensor, target: Tensor) -> Tensor:
        """Return the loss of each step, (B, V, H)."""
        first = steps[..., 0]
        if self.loss == "quantile":
            gap = target.unsqueeze(-1) - steps
            levels = gap.new_tensor(self.quantiles)
            return torch.maximum(levels * gap, (levels - 1) * gap).mean(dim=-1)
        if self.loss == "mae":
            return (first - target).abs()
        if self.loss == "huber":
            return F.huber_loss(first, target, reduction="none", delta=self.huber_delta)
        if self.loss == "mse":
            return (first - target).square()
        deviation = steps[..., 1].clamp(*LOG_SCALES).exp()
        if self.loss == "gaussian":
            return F.gaussian_nll_loss(first, target, deviation.square(), full=True, eps=0.0, reduction="none")
        return _student_loss(first, deviation, LEAST_FREEDOM + F.softplus(steps[..., 2]), target)

    def _levels(self, steps: FloatArray) -> FloatArray:
        """Return the quantiles (B, V, H, Q) of predicted distributions (B, V, H, parameters)."""
        mean, deviation = steps[..., :1], np.exp(steps[..., 1:2].clip(*LOG_SCALES))
        if self.loss == "gaussian":
            return np.asarray(norm.ppf(self.quantiles, mean, deviation))
        freedom = LEAST_FREEDOM + np.logaddexp(0, steps[..., 2:3])
        return np.asarray(t.ppf(self.quantiles, freedom, mean, deviation))


def _student_loss(mean: Tensor, deviation: Tensor, freedom: Tensor, target: Tensor) -> Tensor:
    """Return the negative log likelihood of Student's t distribution with a location and a scale."""
    half, gap = (freedom + 1) / 2, (target - mean) / deviation
    constant = torch.lgamma(freedom / 2) - torch.lgamma(half) + 0.5 * torch.log(torch.pi * freedom) + torch.log(deviation)
    return constant + half * torch.log1p(gap.square() / freedom)


def _mean(losses: Tensor, known: Tensor) -> Tensor:
    """Return the mean over the steps whose truth is known; 0, with a gradient of 0, when none is."""
    return (losses * known).sum() / known.sum().clamp(min=1)


TASKS = {Forecasting.name: Forecasting}

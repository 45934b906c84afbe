"""Anomaly: which windows, or which steps of a series, are unlike the normal ones that were learnt from.

A network writes each window anew; what it was never shown it writes badly, and the mean squared error is the score. Of a series
that runs in time the score of a step is that of the window that ends there: an alarm needs no step that comes later.

The loss of a model with `parts` (a variational autoencoder) is minus twice the bound of Kingma & Welling 2013, arXiv 1312.6114,
equation 10, for normal outputs of deviation 1, divided by the numbers of a window: the squared error, and twice the
Kullback-Leibler distance of the code. `beta` weighs the distance (Higgins et al. 2017, beta-VAE).
"""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from espalier.core.batch import Batch, Prediction
from espalier.core.errors import PlanError
from espalier.evaluation.anomaly.scores import FIRST_LEVEL, as_prediction
from espalier.evaluation.metrics.alarms import alarm_share
from espalier.evaluation.metrics.classes import balanced_accuracy, f1, precision, recall
from espalier.evaluation.metrics.events import event_f1, event_precision, event_recall
from espalier.evaluation.metrics.metric import Metric, varied
from espalier.evaluation.metrics.ranking import pr_auc, roc_auc
from espalier.evaluation.target_kind import TargetKind
from espalier.tasks.options import check_choice, check_number
from espalier.tasks.outputs import member_outputs, outputs_and_target, source_rows, to_numpy

LEVELS = ("quantile", "extreme")
POINTWISE = (roc_auc, pr_auc, *(replace(one, legal=varied) for one in (f1, precision, recall)))


@dataclass(frozen=True)
class Anomaly:
    """Windows are written anew; those that come out badly are anomalies. Only normal rows are learnt from.

    Args:
        in_channels: C, channels of a window.
        length: T, steps of a window.
        in_time: rows are steps of a series: events lead, which are stretches of odd steps.
        normal: classes of the target that are normal; the others are anomalies. Empty where no column tells.
        level: how the score is chosen above which there is an alarm, from normal rows of the validation part: "quantile", or
            "extreme" (the tail of their scores, Siffer et al. 2017), which can ask for less than one in the rows there are.
        false_alarms: share of normal rows that may raise an alarm, above 0, below 1.
        threshold: the score itself, above 0; None to choose it.
        beta: weight of the distance of the code from a standard normal, 0 or more; read with variational autoencoders.

    Target (B, C, T): the window, NaN behind its end.
    """

    in_channels: int = 1
    length: int = 1
    in_time: bool = False
    normal: str | int | tuple[str | int, ...] = ()
    level: str = "quantile"
    false_alarms: float = 0.01
    threshold: float | None = None
    beta: float = 1.0

    name: ClassVar[str] = "anomaly"
    target: ClassVar[TargetKind] = "anomaly"

    def __post_init__(self) -> None:
        """Check the options."""
        check_choice("level", self.level, LEVELS)
        check_number("false_alarms", self.false_alarms, 0, 1, open_ends="both")
        check_number("beta", self.beta, 0, float("inf"))
        if self.threshold is not None:
            check_number("threshold", self.threshold, 0, float("inf"), open_ends="low")

    @property
    def num_outputs(self) -> int:
        """Return C x T: the window, written anew."""
        return self.in_channels * self.length

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Return the metrics, the main one first; where no row is known to be odd, the share of alarms alone has a meaning."""
        if self.in_time:
            return (event_f1, event_precision, event_recall, *POINTWISE, alarm_share)
        return (*POINTWISE, replace(balanced_accuracy, legal=varied), alarm_share)

    def losses(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Return the mean squared error, and the distance of the code where the model has one."""
        parts = getattr(model, "parts", None)
        if parts is None:
            output, target = outputs_and_target(model, batch, self.num_outputs)
            return {"reconstruction": _errors(output, target).mean()}
        if batch.target is None:
            raise PlanError("The batch has no target; a loss needs one. Give batches made with the windows themselves.")
        made = parts(*batch.inputs)
        mean, log_variance = made.mean.float(), made.log_variance.float()
        distance = -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum(dim=1)
        error = _errors(made.reconstruction.float(), batch.target).mean()
        return {"reconstruction": error, "divergence": self.beta * 2 * distance.mean() / self.num_outputs}

    def predict(self, model: nn.Module, batch: Batch) -> Prediction:
        """Return 1 for windows whose error is above the level, and the error beside the level as a number from 0 to 1."""
        output = member_outputs(model, batch, self.num_outputs)  # (B, E, K)
        window = _known_window(batch).cpu().double()
        errors = torch.stack([_errors(one, window) for one in output.unbind(dim=1)]).mean(dim=0)
        level = FIRST_LEVEL if self.threshold is None else self.threshold
        return as_prediction(source_rows(batch), to_numpy(errors), level)


def _known_window(batch: Batch) -> Tensor:
    """Return the windows that a batch holds (B, C, T), NaN behind the end of each."""
    series = batch.inputs[0]
    if len(batch.inputs) == 1:
        return series
    behind = torch.arange(series.shape[2], device=series.device) >= batch.inputs[1].unsqueeze(1)
    return series.masked_fill(behind.unsqueeze(1), float("nan"))


def _errors(output: Tensor, window: Tensor) -> Tensor:
    """Return the mean squared error of each window: (B, C x T) and (B, C, T) to (B,)."""
    known = ~window.isnan()
    squares = (output.reshape(window.shape) - window.nan_to_num()).square() * known
    return squares.sum(dim=(1, 2)) / known.sum(dim=(1, 2)).clamp(min=1)


TASKS = {Anomaly.name: Anomaly}

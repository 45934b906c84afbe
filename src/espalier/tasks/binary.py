"""Binary: yes or no for each row."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from espalier.core.batch import Batch, Prediction
from espalier.evaluation.metrics.classes import accuracy, balanced_accuracy, f1, precision, recall
from espalier.evaluation.metrics.metric import Metric
from espalier.evaluation.metrics.probabilities import brier, calibration_error, log_loss
from espalier.evaluation.metrics.ranking import pr_auc, roc_auc
from espalier.evaluation.target_kind import TargetKind
from espalier.tasks.options import check_choice, check_number, check_only_with, check_weights
from espalier.tasks.outputs import member_outputs, outputs_and_target, source_rows, to_numpy
from espalier.tasks.yes_or_no import blended, cross_entropies, focal_losses, hinge_losses, share_of_yes

LOSSES = ("cross_entropy", "hinge", "focal")
DEFAULT_GAMMA = 2.0
DEFAULT_THRESHOLD = 0.5
MARGIN_SCALE = 2.0  # of the logistic that makes a probability of a hinge margin: 0.88 at a margin of 1


@dataclass(frozen=True)
class Binary:
    """Yes or no for each row; class 1, the last of the two, is the positive one. A model gives one number, the logit.

    Args:
        loss: "cross_entropy" (of the logit), "hinge" (widens the gap between the classes; its probabilities are a fixed
            logistic of the margin, 1 / (1 + exp(-2 margin)), and not calibrated) or "focal" (Lin et al. 2017).
        label_smoothing: share of probability spread over both classes, 0 to 1; with cross_entropy.
        positive_weight: how much a positive row counts beside a negative one, above 0.
        focal_gamma: how much less well-answered rows count, 0 or more; with focal.
        threshold: probability from which the positive class is answered, 0 to 1; None is 0.5 until one is chosen on the
            validation part.
        class_weights: how much a row of each class counts; given by the plan's task.class_weights.

    Weights multiply each row's loss and the mean is taken over rows, so that a batch's mean is an unbiased estimate. The target
    is a class (B,), or of blended pictures the probability of both, (B, 2); see `tasks.yes_or_no` for the loss of a blend.
    """

    loss: str = "cross_entropy"
    label_smoothing: float = 0.0
    positive_weight: float = 1.0
    focal_gamma: float = DEFAULT_GAMMA
    threshold: float | None = None
    class_weights: tuple[float, ...] | None = None

    name: ClassVar[str] = "binary"
    target: ClassVar[TargetKind] = "class"
    metrics: ClassVar[tuple[Metric, ...]] = (
        roc_auc,
        pr_auc,
        log_loss,
        brier,
        calibration_error,
        accuracy,
        balanced_accuracy,
        precision,
        recall,
        f1,
    )
    num_outputs: ClassVar[int] = 1

    def __post_init__(self) -> None:
        """Check the options."""
        check_choice("loss", self.loss, LOSSES)
        check_number("label_smoothing", self.label_smoothing, 0, 1, open_ends="high")
        check_number("positive_weight", self.positive_weight, 0, float("inf"), open_ends="low")
        check_number("focal_gamma", self.focal_gamma, 0, float("inf"))
        check_only_with("label_smoothing", self.label_smoothing > 0, self.loss, ["cross_entropy"])
        check_only_with("focal_gamma", self.focal_gamma != DEFAULT_GAMMA, self.loss, ["focal"])
        check_weights("class_weights", self.class_weights, 2)
        if self.threshold is not None:
            check_number("threshold", self.threshold, 0, 1)

    def losses(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Return the loss by its name."""
        output, target = outputs_and_target(model, batch, self.num_outputs)
        logit = output[:, 0]  # (B x E,)
        positive = share_of_yes(target).to(output.dtype)
        negative_weight, positive_weight = self.class_weights or (1.0, 1.0)
        weights = (negative_weight, positive_weight * self.positive_weight)
        if self.loss == "cross_entropy" and weights == (1.0, 1.0):
            truth = positive * (1 - self.label_smoothing) + self.label_smoothing / 2 if self.label_smoothing else positive
            return {"cross_entropy": F.binary_cross_entropy_with_logits(logit, truth)}
        return {self.loss: blended(self._answer_losses(logit), positive, weights)}

    def predict(self, model: nn.Module, batch: Batch) -> Prediction:
        """Return the probabilities of both classes, and the class answered at the threshold."""
        logit = member_outputs(model, batch, self.num_outputs)[:, :, 0]  # (B, E)
        positive = torch.sigmoid(MARGIN_SCALE * logit if self.loss == "hinge" else logit).mean(dim=1)
        probability = to_numpy(positive)
        threshold = DEFAULT_THRESHOLD if self.threshold is None else self.threshold
        values = (probability >= threshold).astype(np.float64)
        return Prediction(source_rows(batch), values, np.stack([1 - probability, probability], axis=1))

    def _answer_losses(self, logit: Tensor) -> tuple[Tensor, Tensor]:
        """Return what a yes and a no would lose."""
        if self.loss == "hinge":
            return hinge_losses(logit)
        if self.loss == "focal":
            return focal_losses(logit, self.focal_gamma)
        return cross_entropies(logit, self.label_smoothing)


TASKS = {Binary.name: Binary}

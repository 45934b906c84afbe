"""Multi-class: one class out of K for each row."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from torch import Tensor, nn
from torch.nn import functional as F

from espalier.core.batch import Batch, Prediction
from espalier.evaluation.metrics.classes import accuracy, balanced_accuracy, f1_macro, precision_macro
from espalier.evaluation.metrics.metric import Metric
from espalier.evaluation.metrics.probabilities import brier, calibration_error, log_loss
from espalier.evaluation.metrics.ranking import roc_auc_macro
from espalier.evaluation.metrics.top_classes import NUM_GUESSES, top_5_accuracy
from espalier.evaluation.target_kind import TargetKind
from espalier.tasks.focal import focal
from espalier.tasks.options import check_choice, check_number, check_only_with, check_weights
from espalier.tasks.outputs import member_outputs, outputs_and_target, source_rows, to_numpy

LOSSES = ("cross_entropy", "focal")
DEFAULT_GAMMA = 2.0


@dataclass(frozen=True)
class Multiclass:
    """One class out of K for each row. A model gives K logits.

    Args:
        num_classes: K, 2 or more.
        loss: "cross_entropy", or "focal" (Lin et al. 2017).
        label_smoothing: share of probability spread over all classes, 0 to 1; with cross_entropy.
        focal_gamma: how much less well-answered rows count, 0 or more; with focal.
        class_weights: how much a row of each class counts; given by the plan's task.class_weights.

    Weights multiply each row's loss and the mean is taken over rows. Differs from torch's `weight`, which divides by the
    batch's sum of weights and so makes the frequent class count more in every batch that lacks the rare one.

    The target is a class (B,), or of blended pictures the probability of each, (B, K). A blend loses the same blend of what its
    classes would lose, each with its class's weight (Zhang et al. 2018, mixup, arXiv 1710.09412, section 2).
    """

    num_classes: int
    loss: str = "cross_entropy"
    label_smoothing: float = 0.0
    focal_gamma: float = DEFAULT_GAMMA
    class_weights: tuple[float, ...] | None = None

    name: ClassVar[str] = "multiclass"
    target: ClassVar[TargetKind] = "class"

    def __post_init__(self) -> None:
        """Check the options."""
        check_number("num_classes", self.num_classes, 2, float("inf"))
        check_choice("loss", self.loss, LOSSES)
        check_number("label_smoothing", self.label_smoothing, 0, 1, open_ends="high")
        check_number("focal_gamma", self.focal_gamma, 0, float("inf"))
        check_only_with("label_smoothing", self.label_smoothing > 0, self.loss, ["cross_entropy"])
        check_only_with("focal_gamma", self.focal_gamma != DEFAULT_GAMMA, self.loss, ["focal"])
        check_weights("class_weights", self.class_weights, self.num_classes)

    @property
    def num_outputs(self) -> int:
        """Return K."""
        return self.num_classes

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Return the metrics, the main one first; five guesses among five classes would say nothing."""
        among = (top_5_accuracy,) if self.num_classes > NUM_GUESSES else ()
        share = (accuracy, *among, balanced_accuracy, f1_macro, precision_macro, roc_auc_macro)
        return (log_loss, *share, brier, calibration_error)

    def losses(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Return the loss by its name."""
        logits, target = outputs_and_target(model, batch, self.num_classes)  # (B x E, K), (B x E,)
        if self.loss == "cross_entropy" and self.class_weights is None:
            return {"cross_entropy": F.cross_entropy(logits, target, label_smoothing=self.label_smoothing)}
        weight = None if self.class_weights is None else logits.new_tensor(self.class_weights)
        if self.loss == "focal":
            return {"focal": self._focal(logits, target, weight)}
        loss = F.cross_entropy(logits, target, weight, label_smoothing=self.label_smoothing, reduction="none")
        return {"cross_entropy": loss.mean()}

    def _focal(self, logits: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
        """Return the mean focal loss; that of a blend is the blend of the losses of its classes."""
        if not target.is_floating_point():
            loss = focal(F.cross_entropy(logits, target, reduction="none"), self.focal_gamma)
            return loss.mean() if weight is None else (loss * weight[target]).mean()
        each = focal(-logits.log_softmax(dim=1), self.focal_gamma)  # (B x E, K), what each class would lose
        return (target * (each if weight is None else weight * each)).sum(dim=1).mean()

    def predict(self, model: nn.Module, batch: Batch) -> Prediction:
        """Return the probability of every class, and the most probable one."""
        probabilities = to_numpy(member_outputs(model, batch, self.num_classes).softmax(dim=2).mean(dim=1))
        return Prediction(source_rows(batch), probabilities.argmax(axis=1).astype(np.float64), probabilities)


TASKS = {Multiclass.name: Multiclass}

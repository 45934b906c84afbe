"""Localization: one class out of K for each picture, and the box in which it lies."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from torch import Tensor, nn
from torch.nn import functional as F

from espalier.core.batch import Batch, Prediction
from espalier.evaluation.metrics.boxes import accuracy, box_accuracy, class_and_box, log_loss, mean_iou
from espalier.evaluation.metrics.metric import Metric
from espalier.evaluation.target_kind import TargetKind
from espalier.tasks.boxes import BOX_LOSSES, SIDES, boxes_of
from espalier.tasks.options import check_choice, check_number
from espalier.tasks.outputs import member_outputs, outputs_and_target, source_rows, to_numpy

DEFAULT_WEIGHT = 2.0  # of the box beside the class


@dataclass(frozen=True)
class Localization:
    """One class out of K for each picture, with one box. A model gives K logits and four numbers, see `tasks.boxes.boxes_of`.

    The target is (B, 5): class, left, top, right and bottom as shares of the picture. A box that a shift has moved out of the
    picture is NaN, and only its class is learnt.

    Args:
        num_classes: K, 2 or more.
        box_loss: "giou" (generalised intersection over union; blind to where within the true box an answer lies), "smooth_l1"
            (distance of the sides) or "both", their sum, as in Carion et al. 2020, arXiv 2005.12872, section 3.1.
        box_weight: how much the box counts beside the class, above 0.
        label_smoothing: share of probability spread over all classes, 0 to 1.
    """

    num_classes: int
    box_loss: str = "both"
    box_weight: float = DEFAULT_WEIGHT
    label_smoothing: float = 0.0

    name: ClassVar[str] = "localization"
    target: ClassVar[TargetKind] = "box"
    metrics: ClassVar[tuple[Metric, ...]] = (class_and_box, mean_iou, box_accuracy, accuracy, log_loss)

    def __post_init__(self) -> None:
        """Check the options."""
        check_number("num_classes", self.num_classes, 2, float("inf"))
        check_choice("box_loss", self.box_loss, tuple(BOX_LOSSES))
        check_number("box_weight", self.box_weight, 0, float("inf"), open_ends="low")
        check_number("label_smoothing", self.label_smoothing, 0, 1, open_ends="high")

    @property
    def num_outputs(self) -> int:
        """Return K + 4."""
        return self.num_classes + SIDES

    def losses(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Return the losses of the class and of the box."""
        output, target = outputs_and_target(model, batch, self.num_outputs)  # (B x E, K + 4), (B x E, 5)
        logits, box, truth = output[:, : self.num_classes], boxes_of(output[:, self.num_classes :]), target[:, 1:]
        is_seen = truth.isfinite().all(dim=1)
        whole = truth.where(is_seen[:, None], truth.new_tensor([0.0, 0.0, 1.0, 1.0])).to(box.dtype)
        far = {name: (loss(box, whole) * is_seen).mean() for name, loss in BOX_LOSSES[self.box_loss].items()}
        return {
            "cross_entropy": F.cross_entropy(logits, target[:, 0].long(), label_smoothing=self.label_smoothing),
            **{name: self.box_weight * loss for name, loss in far.items()},
        }

    def predict(self, model: nn.Module, batch: Batch) -> Prediction:
        """Return the probability of every class, the most probable one, and the box within the picture."""
        output = member_outputs(model, batch, self.num_outputs)  # (B, E, K + 4)
        probabilities = to_numpy(output[..., : self.num_classes].softmax(dim=2).mean(dim=1))
        boxes = to_numpy(boxes_of(output[..., self.num_classes :]).clamp(0, 1).mean(dim=1))
        values = probabilities.argmax(axis=1).astype(np.float64)
        return Prediction(source_rows(batch), values, probabilities, boxes=boxes)


TASKS = {Localization.name: Localization}

"""Multi-label: for each row any number of K labels."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from torch import Tensor, nn
from torch.nn import functional as F

from espalier.core.batch import Batch, Prediction
from espalier.evaluation.metrics.labels import exact_match, f1_macro, f1_micro, log_loss, pr_auc_macro, roc_auc_macro
from espalier.evaluation.metrics.metric import Metric
from espalier.evaluation.target_kind import TargetKind
from espalier.tasks.options import check_choice, check_number, check_only_with
from espalier.tasks.outputs import member_outputs, outputs_and_target, source_rows, to_numpy
from espalier.tasks.yes_or_no import blended, cross_entropies, focal_losses

LOSSES = ("cross_entropy", "focal")
DEFAULT_GAMMA = 2.0
THRESHOLD = 0.5  # probability from which a label is answered


@dataclass(frozen=True)
class Multilabel:
    """Any number of K labels for each row. A model gives K logits, each a question of its own.

    The main metric is the log loss: unlike average precision it has a meaning when a label is absent from the part.

    Args:
        num_labels: K, 1 or more.
        loss: "cross_entropy" (of each logit), or "focal" (Lin et al. 2017).
        label_smoothing: share of probability spread over yes and no, 0 to 1; with cross_entropy.
        positive_weight: how much a label that is there counts beside one that is not, above 0.
        focal_gamma: how much less well-answered labels count, 0 or more; with focal.
    """

    num_labels: int
    loss: str = "cross_entropy"
    label_smoothing: float = 0.0
    positive_weight: float = 1.0
    focal_gamma: float = DEFAULT_GAMMA

    name: ClassVar[str] = "multilabel"
    target: ClassVar[TargetKind] = "labels"
    metrics: ClassVar[tuple[Metric, ...]] = (log_loss, pr_auc_macro, roc_auc_macro, f1_macro, f1_micro, exact_match)

    def __post_init__(self) -> None:
        """Check the options."""
        check_number("num_labels", self.num_labels, 1, float("inf"))
        check_choice("loss", self.loss, LOSSES)
        check_number("label_smoothing", self.label_smoothing, 0, 1, open_ends="high")
        check_number("positive_weight", self.positive_weight, 0, float("inf"), open_ends="low")
        check_number("focal_gamma", self.focal_gamma, 0, float("inf"))
        check_only_with("label_smoothing", self.label_smoothing > 0, self.loss, ["cross_entropy"])
        check_only_with("focal_gamma", self.focal_gamma != DEFAULT_GAMMA, self.loss, ["focal"])

    @property
    def num_outputs(self) -> int:
        """Return K."""
        return self.num_labels

    def losses(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Return the loss by its name, a mean over rows and labels."""
        logits, target = outputs_and_target(model, batch, self.num_labels)  # (B x E, K) both
        positive = target.to(logits.dtype)
        if self.loss == "focal":
            return {"focal": blended(focal_losses(logits, self.focal_gamma), positive, (1.0, self.positive_weight))}
        if self.positive_weight != 1:
            losses = cross_entropies(logits, self.label_smoothing)
            return {"cross_entropy": blended(losses, positive, (1.0, self.positive_weight))}
        truth = positive * (1 - self.label_smoothing) + self.label_smoothing / 2 if self.label_smoothing else positive
        return {"cross_entropy": F.binary_cross_entropy_with_logits(logits, truth)}

    def predict(self, model: nn.Module, batch: Batch) -> Prediction:
        """Return the probability of every label, and 1 for each that is answered."""
        probabilities = to_numpy(member_outputs(model, batch, self.num_labels).sigmoid().mean(dim=1))
        return Prediction(source_rows(batch), (probabilities >= THRESHOLD).astype(np.float64), probabilities)


TASKS = {Multilabel.name: Multilabel}

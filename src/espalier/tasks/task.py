"""Task: the question that a network is trained to answer, as every loop sees it."""

from typing import ClassVar, Protocol

from torch import Tensor, nn

from espalier.core.batch import Batch, Prediction
from espalier.evaluation.metrics.metric import Metric
from espalier.evaluation.target_kind import TargetKind


class Task(Protocol):
    """What a loop asks of a question. Tasks are frozen dataclasses; their fields are the options of the plan.

    Attributes:
        name: in the catalogue.
        target: what the target holds: "class", "number", "count" or "labels".
    """

    name: ClassVar[str]
    target: ClassVar[TargetKind]

    @property
    def num_outputs(self) -> int:
        """Return K, the numbers that a model must give for each row."""

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Return the metrics that suit the question, the main one first."""

    def losses(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Return the losses by name, each a mean over rows (and members); the loop minimises their sum.

        Shapes:
            model: (B, K), or (B, E, K) from E members, each of which is trained on its own.
        """

    def predict(self, model: nn.Module, batch: Batch) -> Prediction:
        """Return the predictions for a batch without recording gradients; members are averaged as probabilities or values.

        The model is called in the mode in which it is. Quantities are scaled as the target tensor was.
        """

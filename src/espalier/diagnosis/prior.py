"""Prior: the loss of the best constant answer, over the targets of the first batches together."""

import torch
from torch import Tensor

from espalier.tasks.loss_kind import Criterion, LossKind, is_summed, prior_loss

FEWEST_BATCHES, FEWEST_ROWS = 5, 256  # one batch of four rows has a far better constant than the data: it knows its targets
SMALLEST_ROWS = 32  # with fewer in all, nothing is said


class Prior:
    """Gathers the first batches of a training.

    Args:
        criterion: the loss; None gathers nothing.
        kind: of the loss.
    """

    def __init__(self, criterion: Criterion | None, kind: LossKind) -> None:
        self.criterion, self.kind = criterion, kind
        self.outputs: list[Tensor] = []
        self.targets: list[Tensor] = []
        self.num_rows = 0

    @property
    def is_full(self) -> bool:
        """Whether enough was gathered."""
        return self.criterion is None or (len(self.targets) >= FEWEST_BATCHES and self.num_rows >= FEWEST_ROWS)

    def add(self, output: Tensor, target: object) -> None:
        """Take in a batch.

        Args:
            output: (B, ...), what the criterion was given.
            target: of the batch; what is no tensor is left out.
        """
        if isinstance(target, Tensor) and target.ndim and not self.is_full:
            self.outputs.append(output.detach())
            self.targets.append(target.detach())
            self.num_rows += len(target)

    def value(self) -> float | None:
        """Return the loss of the best constant answer to what was gathered, of a batch if it is a sum; None when not known."""
        if self.criterion is None or self.num_rows < SMALLEST_ROWS:
            return None
        shapes = {tuple(one.shape[1:]) for one in (*self.outputs, *self.targets)}
        if len(shapes) > 2 or any(one.ndim == 0 for one in self.outputs):
            return None  # sequences of different lengths do not go into one batch
        with torch.no_grad():
            value = prior_loss(self.criterion, self.kind, torch.cat(self.outputs), torch.cat(self.targets))
        return value / len(self.outputs) if value is not None and is_summed(self.criterion) else value

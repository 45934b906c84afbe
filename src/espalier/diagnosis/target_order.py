"""Target order: whether the classes of the first batches are dealt as chance would deal them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from scipy.stats import chi2
from torch import Tensor

MAX_BATCHES = 64
MIN_BATCHES = 8
MAX_CLASSES = 1000
MIN_EXPECTED = 1.0  # rows of a class in a batch: of rarer classes the test says little, so they count as one


class TargetOrder:
    """Keeps the classes of the first batches."""

    def __init__(self) -> None:
        self.batches: list[Tensor] = []
        self._are_classes = True

    @property
    def is_wanted(self) -> bool:
        """Whether another batch is to be kept."""
        return self._are_classes and len(self.batches) < MAX_BATCHES

    def look(self, given: Callable[[], tuple[Any, Any]]) -> None:
        """Keep the targets of a batch that is told of by output and target."""
        self.add(given()[1])

    def add(self, target: Any) -> None:  # noqa: ANN401  whatever the criterion takes
        """Keep the targets of a batch: classes by number (N,), or yes and no as 1 and 0, (N,) or (N, 1)."""
        if self.is_wanted and isinstance(target, Tensor) and target.numel() == len(target) > 1:
            self.batches.append(target.detach().flatten().clone())
            self._are_classes = not target.is_floating_point() or bool((target == target.round()).all())

    def surplus(self) -> tuple[float, float]:
        """Return by what factor batches differ in their classes more than chance would have it, and how likely that is.

        The factor is Pearson's chi-square of batches by classes over its degrees of freedom: 1 for shuffled rows, near the
        batch size for sorted ones. It is 1, with a probability of 1, where the targets are no classes or there are few batches.
        """
        if len(self.batches) < MIN_BATCHES:
            return 1.0, 1.0
        values = [one.double().cpu() for one in self.batches]
        classes = torch.unique(torch.cat(values))
        if not 1 < len(classes) <= MAX_CLASSES or not bool((classes == classes.round()).all()):
            return 1.0, 1.0
        counts = np.array([[int((one == name).sum()) for name in classes] for one in values], dtype=np.float64)
        rare = counts.mean(axis=0) < MIN_EXPECTED
        counts = np.column_stack([counts[:, ~rare], counts[:, rare].sum(axis=1)]) if rare.any() else counts
        counts = counts[:, counts.sum(axis=0) > 0]
        expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()
        freedom = (len(counts) - 1) * (counts.shape[1] - 1)
        if freedom < 1:
            return 1.0, 1.0
        found = float(((counts - expected) ** 2 / expected).sum())
        return found / freedom, float(chi2.sf(found, freedom))

"""Pipeline: the augmentations of a training, in order, with chance that follows from seed, epoch and batch alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from espalier.core.seeds import torch_stream
from espalier.data.augment.augment import Augmentation, augmentation_from_mapping, to_mapping
from espalier.data.augment.boxes import with_boxes, without_boxes
from espalier.data.augment.mixing import Mixing, mixing_from_mapping


@dataclass(frozen=True)
class Pipeline:
    """Augmentations one after another, and at most one mixing at the very end.

    Args:
        steps: the augmentations, the first to act first. What moves pictures comes best before what changes their light.
        mixing: blends the finished pictures; None for none.
        num_classes: K of a class target, needed for mixing; None for other targets.
        has_boxes: the target is (B, 5), a class and the box in which it lies: the box goes where its picture goes.
    """

    steps: tuple[Augmentation, ...] = ()
    mixing: Mixing | None = None
    num_classes: int | None = None
    has_boxes: bool = False

    def apply(self, image: Tensor, stream: torch.Generator) -> Tensor:
        """Return the batch after every step.

        Args:
            image: (B, C, H, W) uint8; not changed.
            stream: see `stream_of`.
        """
        for step in self.steps:
            image = step.apply(image, stream)
        return image

    def apply_to_both(self, image: Tensor, target: Tensor, stream: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return the batch after every step, and its answers: as they are, save boxes, which are moved along.

        Args:
            image: (B, C, H, W) uint8; not changed.
            target: (B,) or (B, K); with boxes (B, 5) class, left, top, right and bottom as shares of the picture.
            stream: see `stream_of`.
        """
        if not self.has_boxes:
            return self.apply(image, stream), target
        image, boxes = without_boxes(self.apply(with_boxes(image, target[:, 1:]), stream))
        return image, torch.cat([target[:, :1], boxes], dim=1)

    def mix(self, image: Tensor, target: Tensor, stream: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return the batch and its answers after the mixing, or as they are when there is none.

        Args:
            image: (B, C, H, W) float, normalised; not changed.
            target: (B,) classes or numbers, or (B, K).
            stream: see `stream_of`, after `apply`.

        Returns:
            (B, C, H, W), and the target, blended: float, of classes (B, K) probabilities.
        """
        if self.mixing is None:
            return image, target
        mixed = self.mixing.mix(image, stream)
        return mixed.image, mixed.target(target, self.num_classes)

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold; the number of classes is the data's to say."""
        return {
            "steps": [to_mapping(step) for step in self.steps],
            "mixing": None if self.mixing is None else to_mapping(self.mixing),
        }

    @staticmethod
    def from_mapping(value: Mapping[str, Any], num_classes: int | None = None) -> "Pipeline":
        """Return the pipeline that plain values describe.

        Args:
            value: "steps", a list of augmentations, and "mixing", one mixing or None; each by name and options.
            num_classes: K of a class target; None for other targets.

        Raises:
            UnknownNameError: a name or an option that nobody has; the nearest is offered.
            PlanError: an option of the wrong type or out of range.
        """
        steps: Sequence[Mapping[str, Any]] = value.get("steps", ())
        mixing = value.get("mixing")
        return Pipeline(
            tuple(augmentation_from_mapping(step) for step in steps),
            None if mixing is None else mixing_from_mapping(mixing),
            num_classes,
        )


def stream_of(seed: int, epoch: int, batch: int) -> torch.Generator:
    """Return the stream of one batch: the same whenever it is asked for, so that a resumed run sees the same pictures.

    Args:
        seed: of the run.
        epoch: from 0.
        batch: number within the epoch, from 0.
    """
    return torch_stream(seed, "augment", epoch, batch)

"""Cutout: a square of each picture is hidden, so that no single part of it may decide.

Paper: DeVries & Taylor 2017, "Improved Regularization of Convolutional Neural Networks with Cutout" (arXiv 1708.04552),
section 3.1: the middle of the square is drawn evenly from the pixels, and what falls outside the picture hides nothing.
"""

from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor

from espalier.data.augment.augment import OPTIONS
from espalier.data.augment.pixels import by_picture, check_pictures, colours, pictures, uniform, whole

GREY = 128


@dataclass(frozen=True, config=OPTIONS)
class Cutout:
    """Hides a square at a place of its own in some pictures.

    Args:
        size_fraction: side of the square, as a share of the picture's shorter side, 0 to 1. The paper: 0.5 for CIFAR-10, 0.25
            for CIFAR-100.
        fill: what hides: "mean" (the picture's own mean colour), "black" or "grey".
        probability: share of pictures that lose a square, 0 to 1.
    """

    size_fraction: Annotated[float, Field(ge=0, le=1)] = 0.5
    fill: Literal["mean", "black", "grey"] = "mean"
    probability: Annotated[float, Field(ge=0, le=1)] = 1.0

    name: ClassVar[str] = "cutout"

    def apply(self, image: Tensor, stream: torch.Generator) -> Tensor:
        """Return the batch with a square of some pictures hidden."""
        check_pictures(image)
        height, width = image.shape[2:]
        side = round(self.size_fraction * min(height, width))
        (drawn,) = uniform([(0.0, 1.0)], image, stream)
        top, left = (whole(length, image, stream) - side // 2 for length in (height, width))
        hidden = _within(top, side, height)[:, None, :, None] & _within(left, side, width)[:, None, None, :]
        hidden = hidden & by_picture(drawn < self.probability)
        light = colours(image).contiguous()  # plane after plane, on which `torch.where` is twice as fast
        return pictures(torch.where(hidden, self._hiding(light), light), image)

    def _hiding(self, light: Tensor) -> Tensor:
        """Return the colour that hides, uint8, (B, c, 1, 1) or for all alike."""
        if self.fill == "mean":
            return light.float().mean(dim=(2, 3), keepdim=True).round_().to(torch.uint8)
        return torch.tensor(GREY if self.fill == "grey" else 0, dtype=torch.uint8, device=light.device)


def _within(start: Tensor, side: int, length: int) -> Tensor:
    """Return (B, length) whether each place lies in `side` places from each start (B,)."""
    place = torch.arange(length, device=start.device)
    return (place >= start[:, None]) & (place < start[:, None] + side)


AUGMENTATIONS = {Cutout.name: Cutout}

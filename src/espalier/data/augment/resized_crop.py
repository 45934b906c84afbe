"""Resized crop: a part of each picture, enlarged to the size of the whole.

Paper: Szegedy et al. 2015, "Going Deeper with Convolutions" (arXiv 1409.4842), section 6. Differs: a part that would be wider
or higher than the picture is cut to it, where the usual code draws again; and its place need not be a whole pixel.
"""

import math
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor

from espalier.data.augment.affine import warp
from espalier.data.augment.augment import OPTIONS
from espalier.data.augment.pixels import check_pictures, uniform

Fraction = Annotated[float, Field(gt=0, le=1)]
Ratio = Annotated[float, Field(gt=0)]


@dataclass(frozen=True, config=OPTIONS)
class ResizedCrop:
    """Cuts a part of a size, a shape and a place of its own out of each picture and enlarges it, bilinearly.

    Args:
        area_fraction: (least, greatest) share of the picture's area that is kept, above 0, to 1.
        ratio: (least, greatest) width of the part divided by its height, above 0.
    """

    area_fraction: tuple[Fraction, Fraction] = (0.25, 1.0)
    ratio: tuple[Ratio, Ratio] = (3 / 4, 4 / 3)

    name: ClassVar[str] = "resized-crop"

    def __post_init__(self) -> None:
        """Check what concerns two numbers at once."""
        for option, (low, high) in (("area_fraction", self.area_fraction), ("ratio", self.ratio)):
            if low > high:
                raise ValueError(f"{option} is {(low, high)}; expected the least first")

    def apply(self, image: Tensor, stream: torch.Generator) -> Tensor:
        """Return the batch with a part of every picture in its place."""
        check_pictures(image)
        height, width = image.shape[2:]
        low, high = (math.log(one) for one in self.ratio)
        area, ratio, x, y = uniform([self.area_fraction, (low, high), (-0.5, 0.5), (-0.5, 0.5)], image, stream)
        wide = (area * height * width * ratio.exp()).sqrt().clamp_(max=width) / width  # shares of the sides
        tall = (area * height * width / ratio.exp()).sqrt().clamp_(max=height) / height
        zero = torch.zeros_like(area)
        across = torch.stack([wide, zero, x * (1 - wide) * width], dim=1)
        down = torch.stack([zero, tall, y * (1 - tall) * height], dim=1)
        return warp(image, torch.stack([across, down], dim=1), "replicate")


AUGMENTATIONS = {ResizedCrop.name: ResizedCrop}

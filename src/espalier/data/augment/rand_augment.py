"""RandAugment: some operations one after another for each picture, drawn evenly, all of one strength.

Paper: Cubuk et al. 2020, "RandAugment: Practical automated data augmentation with a reduced search space" (arXiv 1909.13719),
section 3. Differs: brightness, contrast, saturation and sharpness go to either side of 1 by a drawn sign, as in torchvision
and timm, so that the strength 0 changes nothing.
"""

import math
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor

from espalier.data.augment.augment import OPTIONS, Fill
from espalier.data.augment.operations import OPERATIONS, Drawn, Ranges, operate
from espalier.data.augment.pixels import check_pictures, whole

STRONGEST = 30


@dataclass(frozen=True, config=OPTIONS)
class RandAugment:
    """Does `num_operations` of fourteen operations on each picture. Two numbers to tune; they grow with the network.

    Args:
        num_operations: N of the paper, 0 or more; an operation may be drawn again.
        magnitude: M of the paper, 0 to 30; autocontrast and equalize have no strength and act at 0 too.
        fill: what stands outside the picture: "zero", "reflect" or "replicate".
    """

    num_operations: Annotated[int, Field(ge=0)] = 2
    magnitude: Annotated[int, Field(ge=0, le=STRONGEST)] = 9
    fill: Fill = "zero"

    name: ClassVar[str] = "rand-augment"

    def apply(self, image: Tensor, stream: torch.Generator) -> Tensor:
        """Return the batch with operations done on each picture."""
        check_pictures(image)
        ranges = Ranges(
            degrees=30,
            shear=0.3,
            translate_fraction=150 / 331,
            translate_pixels=math.inf,
            colour=0.9,
            num_bits=4,
            fill=self.fill,
        )
        for _ in range(self.num_operations):
            operation, sign = whole(len(OPERATIONS), image, stream), whole(2, image, stream)
            strength = self.magnitude / STRONGEST * (1 - 2 * sign)
            image = operate(image, Drawn(operation, strength, ranges))
        return image


AUGMENTATIONS = {RandAugment.name: RandAugment}

"""TrivialAugment: one operation of one strength, both drawn evenly, for each picture; nothing to tune.

Paper: Müller & Hutter 2021, "TrivialAugment: Tuning-free Yet State-of-the-Art Data Augmentation" (arXiv 2103.10158),
algorithm 1 and table 1 of the appendix (31 strengths; the spaces RA and Wide).
"""

from dataclasses import replace
from typing import ClassVar, Literal

import torch
from pydantic.dataclasses import dataclass
from torch import Tensor

from espalier.data.augment.augment import OPTIONS, Fill
from espalier.data.augment.operations import OPERATIONS, Drawn, Ranges, operate
from espalier.data.augment.pixels import check_pictures, whole

NUM_STRENGTHS = 31
SPACES = {
    "wide": Ranges(degrees=135, shear=0.99, translate_fraction=1.0, translate_pixels=32, colour=0.99, num_bits=2),
    "narrow": Ranges(degrees=30, shear=0.3, translate_fraction=1.0, translate_pixels=10, colour=0.9, num_bits=4),
}


@dataclass(frozen=True, config=OPTIONS)
class TrivialAugment:
    """Does one of fourteen operations on each picture, at one of 31 strengths. A strong start when nothing is known.

    Args:
        space: how far the operations go: "wide", or "narrow" (the space of RandAugment; for what must not be turned round).
        fill: what stands outside the picture: "zero", "reflect" or "replicate".
    """

    space: Literal["wide", "narrow"] = "wide"
    fill: Fill = "zero"

    name: ClassVar[str] = "trivial-augment"

    def apply(self, image: Tensor, stream: torch.Generator) -> Tensor:
        """Return the batch with one operation done on each picture."""
        check_pictures(image)
        operation, level, sign = (whole(count, image, stream) for count in (len(OPERATIONS), NUM_STRENGTHS, 2))
        strength = level / (NUM_STRENGTHS - 1) * (1 - 2 * sign)
        return operate(image, Drawn(operation, strength, replace(SPACES[self.space], fill=self.fill)))


AUGMENTATIONS = {TrivialAugment.name: TrivialAugment}

"""Flip: the mirror image of some pictures, left to right or upside down."""

from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor

from espalier.data.augment.augment import OPTIONS
from espalier.data.augment.pixels import check_pictures, is_channels_last, uniform

DIMENSIONS = {"vertical": 2, "horizontal": 3}


@dataclass(frozen=True, config=OPTIONS)
class Flip:
    """Mirrors pictures. For things that have no handedness: digits, letters and traffic signs have one.

    Args:
        direction: "horizontal" (left becomes right) or "vertical" (top becomes bottom).
        probability: share of pictures that are mirrored, 0 to 1.
    """

    direction: Literal["horizontal", "vertical"] = "horizontal"
    probability: Annotated[float, Field(ge=0, le=1)] = 0.5

    name: ClassVar[str] = "flip"

    def apply(self, image: Tensor, stream: torch.Generator) -> Tensor:
        """Return the batch with some pictures mirrored.

        Both versions of the batch are made, and whole pictures picked from them: half the time of writing the mirrored ones
        into a copy, a third of `torch.where`.
        """
        check_pictures(image)
        (drawn,) = uniform([(0.0, 1.0)], image, stream)
        dim = DIMENSIONS[self.direction]
        chosen = torch.arange(len(image), device=image.device) + len(image) * (drawn < self.probability)
        if is_channels_last(image):
            pixels = image.permute(0, 2, 3, 1)
            return torch.cat([pixels, pixels.flip(dim - 1)]).index_select(0, chosen).permute(0, 3, 1, 2)
        return torch.cat([image, image.flip(dim)]).index_select(0, chosen)


AUGMENTATIONS = {Flip.name: Flip}

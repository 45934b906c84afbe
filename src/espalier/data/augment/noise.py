"""Noise: a random number added to every value, as a camera does in poor light."""

from typing import Annotated, ClassVar

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor

from espalier.data.augment.augment import OPTIONS
from espalier.data.augment.pixels import WHITE, by_picture, check_pictures, pictures, planes, uniform


@dataclass(frozen=True, config=OPTIONS)
class Noise:
    """Adds normal noise, independent for every value, of a deviation that each picture draws evenly from 0 to `std`.

    Args:
        std: greatest deviation, as a share of the whole range from black to white, 0 to 1.
    """

    std: Annotated[float, Field(ge=0, le=1)] = 0.05

    name: ClassVar[str] = "noise"

    def apply(self, image: Tensor, stream: torch.Generator) -> Tensor:
        """Return the batch with noise on every picture."""
        check_pictures(image)
        (std,) = uniform([(0.0, self.std)], image, stream)
        values = planes(image)
        drawn = torch.randn(values.shape, generator=stream, device=stream.device).to(image.device)
        return pictures(values.addcmul_(drawn, by_picture(std * WHITE)), image)


AUGMENTATIONS = {Noise.name: Noise}

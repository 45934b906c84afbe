"""Colour: brightness, contrast, saturation and hue, all at once by one linear map of each picture's colours.

Paper: Krizhevsky et al. 2012 (colour shifts) and Howard 2013, arXiv 1312.5402, section 2. Differs from the usual code, which
clips after each of the four steps and draws their order: the steps always come in the order above and are clipped once, at the
end; and hue turns the plane of chroma (YIQ), which keeps luma, rather than the hexagon of HSV.
"""

import math
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor

from espalier.data.augment.augment import OPTIONS
from espalier.data.augment.pixels import by_picture, check_pictures, pictures, planes, uniform

Change = Annotated[float, Field(ge=0, le=1)]

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, the share of red, green and blue in how bright a colour looks
YIQ = (LUMA, (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112))  # NTSC 1953


@dataclass(frozen=True, config=OPTIONS)
class Colour:
    """Changes the light of each picture by factors drawn evenly from 1 - option to 1 + option.

    Grey pictures have neither saturation nor hue: for them the two change nothing.

    Args:
        brightness: greatest change of all values, 0 to 1.
        contrast: greatest change of the distance to the picture's mean luma, 0 to 1.
        saturation: greatest change of the distance to grey, 0 to 1.
        hue: greatest turn of the colours to either side, as a share of the whole circle, 0 to 0.5.
    """

    brightness: Change = 0.2
    contrast: Change = 0.2
    saturation: Change = 0.2
    hue: Annotated[float, Field(ge=0, le=0.5)] = 0.0

    name: ClassVar[str] = "colour"

    def apply(self, image: Tensor, stream: torch.Generator) -> Tensor:
        """Return the batch with every picture's light changed."""
        check_pictures(image)
        ranges = [(1 - change, 1 + change) for change in (self.brightness, self.contrast, self.saturation)]
        brightness, contrast, saturation, hue = uniform([*ranges, (-self.hue, self.hue)], image, stream)
        return recolour(image, brightness, contrast, saturation, hue)


def recolour(image: Tensor, brightness: Tensor, contrast: Tensor, saturation: Tensor, hue: Tensor) -> Tensor:
    """Return pictures with their light changed.

    Args:
        image: (B, C, H, W) uint8.
        brightness: (B,) factors of all values, 0 or more; 1 changes nothing.
        contrast: (B,) factors of the distance to the picture's mean luma, likewise.
        saturation: (B,) factors of the distance to grey, likewise.
        hue: (B,) turns; 0 changes nothing.
    """
    values = planes(image)
    gain = brightness * contrast
    lift = (1 - contrast) * brightness * _mean_luma(values)  # grey, so neither saturation nor hue changes it
    if values.shape[1] != 3:
        return pictures(values.mul_(by_picture(gain)).add_(by_picture(lift)), image)
    grey = torch.tensor(LUMA, device=image.device).expand(3, 3)
    fading = saturation[:, None, None]
    turn = _hue_turn(hue) @ (fading * torch.eye(3, device=image.device) + (1 - fading) * grey)
    mixed = torch.baddbmm(lift[:, None, None].expand(-1, 3, 1), gain[:, None, None] * turn, values.flatten(2))
    return pictures(mixed.view_as(values), image)


def _mean_luma(values: Tensor) -> Tensor:
    """Return (B,) the mean luma of (B, c, H, W) pictures; the mean of all channels where they are not red, green, blue."""
    means = values.mean(dim=(2, 3))
    return means @ means.new_tensor(LUMA) if values.shape[1] == 3 else means.mean(dim=1)


def _hue_turn(hue: Tensor) -> Tensor:
    """Return (B, 3, 3) maps of red, green and blue that turn I and Q by `hue` turns and keep Y."""
    angle = hue * (2 * math.pi)
    zero, one = torch.zeros_like(angle), torch.ones_like(angle)
    turn = torch.stack([one, zero, zero, zero, angle.cos(), -angle.sin(), zero, angle.sin(), angle.cos()], dim=1)
    to_yiq = torch.tensor(YIQ, dtype=torch.float64)
    back = torch.linalg.inv(to_yiq).to(angle)
    return back @ turn.view(-1, 3, 3) @ to_yiq.to(angle)


AUGMENTATIONS = {Colour.name: Colour}

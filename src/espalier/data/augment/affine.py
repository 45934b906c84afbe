"""Affine: pictures are turned, stretched, slanted and moved, all at once by one sampling of the whole batch."""

import math
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor
from torch.nn import functional as F

from espalier.data.augment.augment import OPTIONS, Fill
from espalier.data.augment.pixels import check_pictures, pictures, uniform

PADDING_MODES = {"zero": "zeros", "reflect": "reflection", "replicate": "border"}


@dataclass(frozen=True, config=OPTIONS)
class Affine:
    """Turns, stretches, slants and moves pictures about their middle, each by amounts drawn evenly from the ranges.

    Args:
        degrees: greatest rotation to either side, 0 to 180.
        scale: (least, greatest) size as a multiple of the old one, above 0.
        shear_degrees: greatest slant of the vertical to either side, 0 to below 90.
        translate_fraction: greatest shift to either side, as a share of the picture's width and height, 0 to 1.
        fill: what stands outside the picture: "zero", "reflect" (the mirror image, border included) or "replicate".
    """

    degrees: Annotated[float, Field(ge=0, le=180)] = 15.0
    scale: tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)]] = (0.9, 1.1)
    shear_degrees: Annotated[float, Field(ge=0, lt=90)] = 0.0
    translate_fraction: Annotated[float, Field(ge=0, le=1)] = 0.1
    fill: Fill = "zero"

    name: ClassVar[str] = "affine"

    def __post_init__(self) -> None:
        """Check what concerns two numbers at once."""
        if self.scale[0] > self.scale[1]:
            raise ValueError(f"scale is {self.scale}; expected the least first")

    def apply(self, image: Tensor, stream: torch.Generator) -> Tensor:
        """Return the batch with every picture sampled anew, bilinearly."""
        check_pictures(image)
        height, width = image.shape[2:]
        angle, slant = math.radians(self.degrees), math.radians(self.shear_degrees)
        right, down = self.translate_fraction * width, self.translate_fraction * height
        ranges = [(-angle, angle), self.scale, (-slant, slant), (-right, right), (-down, down)]
        turn, size, lean, x, y = uniform(ranges, image, stream)
        return warp(image, source_of(turn, size, lean.tan(), x, y), self.fill)


def source_of(turn: Tensor, size: Tensor, shear: Tensor, right: Tensor, down: Tensor) -> Tensor:
    """Return where each pixel of a changed picture comes from.

    A picture is stretched by `size`, slanted by `shear`, turned, and moved; this is the way back.

    Args:
        turn: (B,) radians, counter-clockwise.
        size: (B,) multiple of the old size, above 0.
        shear: (B,) pixels to the right for each pixel up.
        right: (B,) pixels that the picture moves to the right.
        down: (B,) pixels that it moves down.

    Returns:
        (B, 2, 3) float32: times (x, y, 1) of a pixel, in pixels from the middle, gives x and y of its source.
    """
    cos, sin = turn.cos() / size, turn.sin() / size
    back_x = torch.stack([cos + shear * sin, shear * cos - sin], dim=1)  # turned back, then straightened
    back_y = torch.stack([sin, cos], dim=1)
    linear = torch.stack([back_x, back_y], dim=1)  # (B, 2, 2)
    return torch.cat([linear, -linear @ torch.stack([right, down], dim=1)[:, :, None]], dim=2)


def warp(image: Tensor, source: Tensor, fill: Fill) -> Tensor:
    """Return pictures sampled bilinearly at places that an affine map gives.

    Args:
        image: (B, C, H, W) uint8.
        source: (B, 2, 3) float32, from pixels of the result to places in `image`, both in pixels from the middle.
        fill: what stands outside the picture.
    """
    (height, width), device = image.shape[2:], image.device
    x = torch.arange(width, device=device) + 0.5 - width / 2
    y = torch.arange(height, device=device) + 0.5 - height / 2
    pixels = torch.stack([x.repeat(height), y.repeat_interleave(width), x.new_ones(height * width)])  # (3, H x W)
    half_size = torch.tensor([width / 2, height / 2], device=device)[:, None]
    grid = ((source / half_size).flatten(0, 1) @ pixels).view(-1, 2, height, width).permute(0, 2, 3, 1)
    values = F.grid_sample(image.float(), grid, mode="bilinear", padding_mode=PADDING_MODES[fill], align_corners=False)
    return pictures(values, image)


AUGMENTATIONS = {Affine.name: Affine}

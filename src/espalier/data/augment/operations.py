"""Operations: the fourteen changes that RandAugment and TrivialAugment choose from, each with one strength.

Paper: Cubuk et al. 2019, AutoAugment (arXiv 1805.09501), table 6; without its invert, cutout and sample pairing, as in the two
later papers. Differs: colours are not clipped between two steps of one operation; a grey picture has no saturation.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from espalier.data.augment.affine import source_of, warp
from espalier.data.augment.augment import Fill
from espalier.data.augment.colour import recolour
from espalier.data.augment.pixels import colours, like, pictures, planes, put, take
from espalier.data.augment.tone import NUM_LEVELS, autocontrast, equalize, posterize, sharpen, solarize

ALL_BITS = 8

OPERATIONS = (
    "identity",
    "autocontrast",
    "equalize",
    "rotate",
    "solarize",
    "saturation",
    "posterize",
    "contrast",
    "brightness",
    "sharpness",
    "shear-x",
    "shear-y",
    "translate-x",
    "translate-y",
)


@dataclass(frozen=True)
class Ranges:
    """What the strength 1 means.

    Args:
        degrees: of rotation.
        shear: pixels to the side for each pixel.
        translate_fraction: of the side; never more than `translate_pixels`.
        translate_pixels: greatest shift.
        colour: change of the factor of brightness, contrast, saturation and sharpness, 0 to 1.
        num_bits: that posterize keeps, 1 to 8.
        fill: what stands outside the picture.
    """

    degrees: float
    shear: float
    translate_fraction: float
    translate_pixels: float
    colour: float
    num_bits: int
    fill: Fill = "zero"


@dataclass(frozen=True, eq=False)
class Drawn:
    """What some pictures have drawn.

    Args:
        operation: (B,) int64, places in `OPERATIONS`.
        strength: (B,) -1 to 1, in shares of the ranges; what has no direction looks at its size alone.
        ranges: what the strength 1 means.
    """

    operation: Tensor
    strength: Tensor
    ranges: Ranges

    def of(self, name: str) -> Tensor:
        """Return (B,) the strength of one operation: 0 for pictures that have drawn another."""
        return self.strength * (self.operation == OPERATIONS.index(name))


Change: TypeAlias = Callable[[Tensor, Drawn], Tensor]


def operate(image: Tensor, drawn: Drawn) -> Tensor:
    """Return the batch with one operation done on each picture.

    Operations of one family are done together: all five that move pictures, for example, by one sampling.

    Args:
        image: (B, C, H, W) uint8.
        drawn: an operation and a strength for each picture.
    """
    changed = image.clone(memory_format=torch.contiguous_format)  # plane after plane: what is computed here prefers it
    for names, change in FAMILIES:
        family = sum((drawn.operation == OPERATIONS.index(name) for name in names), torch.zeros_like(drawn.operation))
        index = family.nonzero()[:, 0]
        if len(index):
            part = Drawn(drawn.operation[index], drawn.strength[index], drawn.ranges)
            put(changed, index, change(take(changed, index), part))
    return like(changed, image)


def _move(image: Tensor, drawn: Drawn) -> Tensor:
    ranges, (height, width) = drawn.ranges, image.shape[2:]
    right, down = (min(ranges.translate_fraction * side, ranges.translate_pixels) for side in (width, height))
    source = source_of(
        torch.deg2rad(drawn.of("rotate") * ranges.degrees),
        torch.ones_like(drawn.strength),
        drawn.of("shear-x") * ranges.shear,
        drawn.of("translate-x") * right,
        drawn.of("translate-y") * down,
    )
    source[:, 1, 0] += drawn.of("shear-y") * ranges.shear  # alone in its picture, so nothing else stands there
    return warp(image, source, ranges.fill)


def _recolour(image: Tensor, drawn: Drawn) -> Tensor:
    brightness, contrast, saturation = (
        1 + drawn.of(name) * drawn.ranges.colour for name in ("brightness", "contrast", "saturation")
    )
    return recolour(image, brightness, contrast, saturation, torch.zeros_like(drawn.strength))


def _sharpen(image: Tensor, drawn: Drawn) -> Tensor:
    return pictures(sharpen(planes(image), 1 + drawn.strength * drawn.ranges.colour), image)


def _posterize(image: Tensor, drawn: Drawn) -> Tensor:
    lost = (drawn.strength.abs() * (ALL_BITS - drawn.ranges.num_bits)).round().long()
    return pictures(posterize(colours(image), ALL_BITS - lost), image)


def _solarize(image: Tensor, drawn: Drawn) -> Tensor:
    return pictures(solarize(colours(image), NUM_LEVELS * (1 - drawn.strength.abs())), image)


def _autocontrast(image: Tensor, drawn: Drawn) -> Tensor:
    return pictures(autocontrast(colours(image)), image)


def _equalize(image: Tensor, drawn: Drawn) -> Tensor:
    return pictures(equalize(colours(image)), image)


FAMILIES: tuple[tuple[tuple[str, ...], Change], ...] = (
    (("rotate", "shear-x", "shear-y", "translate-x", "translate-y"), _move),
    (("brightness", "contrast", "saturation"), _recolour),
    (("sharpness",), _sharpen),
    (("posterize",), _posterize),
    (("solarize",), _solarize),
    (("autocontrast",), _autocontrast),
    (("equalize",), _equalize),
)

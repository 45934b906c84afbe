"""Blur: every value becomes a weighted mean of its neighbours, as out of focus.

Paper: Chen et al. 2020, SimCLR (arXiv 2002.05709), appendix A. Differs: the border is repeated outside the picture.
"""

import math
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor
from torch.nn import functional as F

from espalier.data.augment.augment import OPTIONS
from espalier.data.augment.pixels import check_pictures, pictures, planes, uniform

Sigma = Annotated[float, Field(ge=0)]

REACH = 3.0  # deviations on each side that the bell is cut at: 99.7 % of it
SHARPEST = 1e-3  # pixels; a bell this narrow is one pixel


@dataclass(frozen=True, config=OPTIONS)
class Blur:
    """Blurs some pictures with a Gaussian bell whose width each draws evenly.

    Args:
        sigma_pixels: (least, greatest) deviation of the bell, 0 or more; 0 blurs nothing.
        probability: share of pictures that are blurred, 0 to 1.
    """

    sigma_pixels: tuple[Sigma, Sigma] = (0.1, 1.0)
    probability: Annotated[float, Field(ge=0, le=1)] = 0.5

    name: ClassVar[str] = "blur"

    def __post_init__(self) -> None:
        """Check what concerns two numbers at once."""
        if self.sigma_pixels[0] > self.sigma_pixels[1]:
            raise ValueError(f"sigma_pixels is {self.sigma_pixels}; expected the least first")

    def apply(self, image: Tensor, stream: torch.Generator) -> Tensor:
        """Return the batch with some pictures blurred."""
        check_pictures(image)
        sigma, drawn = uniform([self.sigma_pixels, (0.0, 1.0)], image, stream)
        sigma = torch.where(drawn < self.probability, sigma, torch.zeros_like(sigma)).clamp_(min=SHARPEST)
        radius = math.ceil(REACH * self.sigma_pixels[1])
        if radius == 0:
            return image
        place = torch.arange(-radius, radius + 1, device=image.device)
        bell = torch.exp(-0.5 * (place / sigma[:, None]) ** 2)  # (B, 2 radius + 1)
        return pictures(_filtered(planes(image), bell / bell.sum(dim=1, keepdim=True)), image)


def _filtered(values: Tensor, weights: Tensor) -> Tensor:
    """Return (B, c, H, W) values averaged down and across with the weights (B, K) of each picture.

    Every plane is a group of one convolution: as fast as products with banded matrices, and at 224 pixels much faster.
    """
    shape, radius = values.shape, weights.shape[1] // 2
    padded = F.pad(values, (radius, radius, radius, radius), mode="replicate").flatten(0, 1)[None]
    kernel = weights.repeat_interleave(shape[1], dim=0)[:, None]  # (B x c, 1, K)
    down = F.conv2d(padded, kernel[..., None], groups=len(kernel))
    return F.conv2d(down, kernel[:, :, None], groups=len(kernel)).view(shape)


AUGMENTATIONS = {Blur.name: Blur}

"""Boxes under augmentation: a box rides along as the alpha channel of its picture, and is read off again behind the changes.

Whatever moves pictures moves their alpha, and what changes their light leaves it (see `data.augment.augment`), so that every
augmentation carries boxes and none needs to know of them. A box is exact under flips and shifts; a turned one becomes the
upright box around it. What lies outside the picture must be black: a mirrored border would show the box a second time.
"""

import torch
from torch import Tensor

from espalier.data.augment.augment import Augmentation
from espalier.data.augment.pixels import WHITE, like

HALF = 0.5  # of a pixel that must be covered to belong to a box
GONE = 0.2  # largest cover of a pixel below which a box has left the picture; one pixel across four is covered by a quarter


def black_outside(step: Augmentation) -> bool:
    """Return whether an augmentation shows no part of a picture twice."""
    return getattr(step, "fill", "zero") == "zero"


def with_boxes(image: Tensor, boxes: Tensor) -> Tensor:
    """Return pictures whose alpha is white within their box, and as grey along its sides as pixels are covered.

    Args:
        image: (B, C, H, W) uint8, grey or colour.
        boxes: (B, 4) left, top, right, bottom as shares of the picture.
    """
    height, width = image.shape[2:]
    across = _cover(boxes[:, 0] * width, boxes[:, 2] * width, width)
    down = _cover(boxes[:, 1] * height, boxes[:, 3] * height, height)
    alpha = (WHITE * down[:, :, None] * across[:, None, :]).round().to(torch.uint8)
    return like(torch.cat([image, alpha[:, None]], dim=1), image)


def without_boxes(image: Tensor) -> tuple[Tensor, Tensor]:
    """Return pictures without alpha, and the boxes that it shows: NaN where a box is no longer in the picture.

    Args:
        image: (B, C + 1, H, W) uint8.

    Returns:
        (B, C, H, W) uint8 and (B, 4) float32.
    """
    height, width = image.shape[2:]
    alpha = image[:, -1].float() / WHITE
    left, right = _span(alpha.amax(dim=1))
    top, bottom = _span(alpha.amax(dim=2))
    boxes = torch.stack([left / width, top / height, right / width, bottom / height], dim=1)
    plain = image[:, :-1]
    return plain.contiguous(memory_format=torch.channels_last), boxes.where(boxes.isfinite().all(dim=1)[:, None], torch.nan)


def _cover(low: Tensor, high: Tensor, length: int) -> Tensor:
    """Return (B, length) how much of each pixel lies between two places (B,); a narrow box is widened to a pixel."""
    middle, half = (low + high) / 2, ((high - low) / 2).clamp_min(HALF)
    pixel = torch.arange(length, device=low.device)
    return (torch.minimum((middle + half)[:, None], pixel + 1) - torch.maximum((middle - half)[:, None], pixel)).clamp(0, 1)


def _span(profile: Tensor) -> tuple[Tensor, Tensor]:
    """Return (B,) where the covered pixels of (B, length) begin and end; NaN where none is."""
    begin = _begin(profile)
    return begin, profile.shape[1] - _begin(profile.flip(1))


def _begin(profile: Tensor) -> Tensor:
    """Return (B,) where the covered pixels begin: the first one that is more than half covered, and the part before it."""
    most = profile.amax(dim=1, keepdim=True)
    profile = profile / most.clamp_min(GONE)
    covered = (profile >= HALF) & (most >= GONE)
    first = covered.float().argmax(dim=1)
    before = torch.cat([torch.zeros_like(profile[:, :1]), profile], dim=1).gather(1, first[:, None])[:, 0]
    own = profile.gather(1, first[:, None])[:, 0]
    return torch.where(covered.any(dim=1), first + 1 - own - before, torch.nan)

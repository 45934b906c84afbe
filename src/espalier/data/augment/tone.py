"""Tone: maps of values alone, as the policies use them: posterize, solarize, autocontrast, equalize; and sharpness.

They follow Pillow's ImageOps and ImageEnhance, on which the published policies were run.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from espalier.data.augment.pixels import WHITE, by_picture

NUM_LEVELS = 256
SMOOTH_MIDDLE, SMOOTH_SUM = 5.0, 13.0  # Pillow's ImageFilter.SMOOTH: ones around a five


def posterize(image: Tensor, bits: Tensor) -> Tensor:
    """Return pictures of which only the leading bits of each value are kept.

    Args:
        image: (B, C, H, W) uint8.
        bits: (B,) int64, 0 to 8 bits; 8 changes nothing.
    """
    kept = NUM_LEVELS - 2 ** (8 - bits)
    return image & by_picture(kept.to(torch.uint8))


def solarize(image: Tensor, threshold: Tensor) -> Tensor:
    """Return pictures whose values from a threshold on are turned into the negative.

    Args:
        image: (B, C, H, W) uint8.
        threshold: (B,) 0 to 256; 256 changes nothing.
    """
    return torch.where(image >= by_picture(threshold), WHITE - image, image)


def autocontrast(image: Tensor) -> Tensor:
    """Return pictures each of whose channels is stretched to reach from black to white; an even channel stays.

    Args:
        image: (B, C, H, W) uint8.
    """
    low, high = image.amin(dim=(2, 3), keepdim=True).int(), image.amax(dim=(2, 3), keepdim=True).int()
    stretched = (image.int() - low) * WHITE // (high - low).clamp_(min=1)
    return torch.where(high > low, stretched.to(torch.uint8), image)


def equalize(image: Tensor) -> Tensor:
    """Return pictures each of whose channels uses all values about equally often.

    Args:
        image: (B, C, H, W) uint8.
    """
    values = image.flatten(2).flatten(0, 1).long()  # (P, H x W)
    num_planes = len(values)
    plane = torch.arange(num_planes, device=image.device)[:, None]
    counts = torch.bincount((values + NUM_LEVELS * plane).flatten(), minlength=num_planes * NUM_LEVELS)
    counts = counts.view(num_planes, NUM_LEVELS)
    step = (values.shape[1] - counts.gather(1, values.amax(dim=1, keepdim=True))) // WHITE  # all but the brightest value's
    below = counts.cumsum(dim=1) - counts
    table = ((below + step // 2) // step.clamp(min=1)).clamp_(max=WHITE)
    table = torch.where(step > 0, table, torch.arange(NUM_LEVELS, device=image.device))
    return table.to(torch.uint8).gather(1, values).view(image.shape)


def sharpen(values: Tensor, factor: Tensor) -> Tensor:
    """Return pictures brought nearer to, or further from, a smooth version of themselves; the border stays.

    Args:
        values: (B, C, H, W) float32, 0 to 255.
        factor: (B,) 0 (smooth) or more; 1 changes nothing.
    """
    kernel = values.new_ones(1, 1, 3, 3)
    kernel[0, 0, 1, 1] = SMOOTH_MIDDLE
    height, width = values.shape[2:]
    if min(height, width) < 3:
        return values
    smooth = values.clone()
    inner = F.conv2d(values.view(-1, 1, height, width), kernel / SMOOTH_SUM)
    smooth[:, :, 1:-1, 1:-1] = inner.view(*values.shape[:2], height - 2, width - 2)
    return torch.lerp(smooth, values, by_picture(factor))

"""Where a token stands, as numbers that a network can read."""

import torch
from torch import Tensor

LONGEST_WAVE = 10_000.0


def sinusoids(length: int, width: int, like: Tensor) -> Tensor:
    """Return sines and cosines of each position, in waves from 2 pi to 10,000 * 2 pi steps long.

    Paper: Vaswani et al. 2017, arXiv 1706.03762, section 3.5.

    Args:
        length: T, positions.
        width: D, numbers of each position, even.
        like: the result has its device, and its type when it is autocast.

    Returns:
        (T, D); sines and cosines take turns.
    """
    place = torch.arange(length, device=like.device, dtype=torch.float32)[:, None]
    rate = LONGEST_WAVE ** (-torch.arange(0, width, 2, device=like.device, dtype=torch.float32) / width)
    angle = place * rate
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1).to(like.dtype)

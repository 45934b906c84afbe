"""Likeness: which pictures are nearly the same, so that none of them stands on both sides of a split.

Each picture is shrunk to a small grey one, whose values are shifted to mean 0 and scaled to length 1; the product of two is
their correlation. Two different photographs rarely come near the limits, but two plain digits of one class may, so a finer look
has to confirm what the small one says. Measured on 300 pictures each, saved anew as JPEG of quality 60: 93 % found at 32 x 32
(CIFAR-10), 98 to 99 % at 64 x 64 (photographs); joined without need: 0 of 12,000 pictures of CIFAR-10, 4 of 12,000 digits of
MNIST, 39 of 12,000 of Fashion-MNIST, which does hold near copies. Joining two that differ costs nothing but that both go to one
part.
"""

import hashlib

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from espalier.core.records import IntArray

SIDE = 16  # pixels of the small grey picture
FINE_SIDE = 32  # of the finer look; pictures that are no larger are compared as they are
MIN_CORRELATION = 0.995  # of the small pictures
MIN_FINE_CORRELATION = 0.985  # of the finer ones
MAX_BRIGHTNESS = 12.0  # of 255: means of copies may differ so much
FLAT = 2.0  # of 255: a standard deviation below it is a plain surface, which is like any other
MAX_COMPARED = 80_000  # pictures that are all compared with one another; of more only equal ones are found
BLOCK = 4096


def alike(pictures: Tensor) -> IntArray:
    """Return (N,) for each picture the position of the first one that it is equal or nearly equal to; its own for most.

    Args:
        pictures: (N, C, H, W) uint8.
    """
    leader = _equal(pictures)
    if len(pictures) > MAX_COMPARED:
        return leader
    small, brightness = _small(pictures, SIDE)
    is_flat = (small == 0).all(dim=1)
    firsts = torch.from_numpy(np.flatnonzero((leader == np.arange(len(leader))) & ~is_flat.numpy()))
    for left, right in _near_pairs(small, firsts):
        close = (brightness[left] - brightness[right]).abs() <= MAX_BRIGHTNESS
        left, right = left[close], right[close]
        if not len(left):
            continue
        fine = min(FINE_SIDE, *pictures.shape[2:])
        product = (_small(pictures[left], fine)[0] * _small(pictures[right], fine)[0]).sum(dim=1)
        for one, other in zip(left[product >= MIN_FINE_CORRELATION], right[product >= MIN_FINE_CORRELATION], strict=True):
            _join(leader, int(one), int(other))
    return np.array([_root(leader, position) for position in range(len(leader))], dtype=np.int64)


def first_like(pictures: Tensor, known: Tensor) -> IntArray:
    """Return (N,) for each picture the position of the first known one that it is equal or nearly equal to; -1 for none.

    Args:
        pictures: (N, C, H, W) uint8.
        known: (M, C, H, W) uint8.
    """
    found = np.full(len(pictures), -1, dtype=np.int64)
    if len(pictures) * len(known) > MAX_COMPARED**2:
        return found
    (small, brightness), (theirs, lights) = _small(pictures, SIDE), _small(known, SIDE)
    for rows in torch.split(torch.arange(len(pictures)), BLOCK):
        for columns in torch.split(torch.arange(len(known)), BLOCK):
            near = (small[rows] @ theirs[columns].T >= MIN_CORRELATION).nonzero()
            left, right = rows[near[:, 0]], columns[near[:, 1]]
            close = (brightness[left] - lights[right]).abs() <= MAX_BRIGHTNESS
            left, right = left[close], right[close]
            if not len(left):
                continue
            fine = min(FINE_SIDE, *pictures.shape[2:])
            product = (_small(pictures[left], fine)[0] * _small(known[right], fine)[0]).sum(dim=1)
            for one, other in zip(left[product >= MIN_FINE_CORRELATION], right[product >= MIN_FINE_CORRELATION], strict=True):
                if found[one] < 0:
                    found[one] = int(other)
    return found


def _equal(pictures: Tensor) -> IntArray:
    """Return (N,) for each picture the position of the first one with the same pixels."""
    first: dict[bytes, int] = {}
    marks = (hashlib.sha256(one.numpy().tobytes()).digest() for one in pictures)  # their own bytes would be the whole set again
    return np.array([first.setdefault(mark, number) for number, mark in enumerate(marks)], dtype=np.int64)


def _small(pictures: Tensor, side: int) -> tuple[Tensor, Tensor]:
    """Return (N, side x side) grey pictures of mean 0 and length 1, plain ones all zeros, and (N,) their brightness."""
    parts, means = [], []
    for part in torch.split(pictures, BLOCK):
        grey = part.float().mean(dim=1, keepdim=True)
        grey = F.adaptive_avg_pool2d(grey, side) if min(grey.shape[2:]) >= side else F.interpolate(grey, (side, side))
        flat = grey.flatten(1)
        mean, std = flat.mean(dim=1, keepdim=True), flat.std(dim=1, keepdim=True)
        centred = (flat - mean) * (std > FLAT)
        parts.append(F.normalize(centred, dim=1))
        means.append(mean[:, 0])
    return torch.cat(parts), torch.cat(means)


def _near_pairs(small: Tensor, firsts: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Return positions of pictures whose small versions correlate, in blocks."""
    pairs = []
    for number, rows in enumerate(torch.split(firsts, BLOCK)):
        for columns in torch.split(firsts, BLOCK)[number:]:
            near = (small[rows] @ small[columns].T >= MIN_CORRELATION).nonzero()
            left, right = rows[near[:, 0]], columns[near[:, 1]]
            ordered = left < right
            pairs.append((left[ordered], right[ordered]))
    return pairs


def _join(leader: IntArray, one: int, other: int) -> None:
    first, second = sorted((_root(leader, one), _root(leader, other)))
    leader[second] = first


def _root(leader: IntArray, position: int) -> int:
    while leader[position] != position:
        position = int(leader[position])
    return position

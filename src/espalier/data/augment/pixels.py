"""Pixels: how augmentations read and write a batch of pictures, and draw numbers for it.

Pictures are uint8, 0 to 255, (B, C, H, W), with memory laid out by plane or by pixel (channels_last). C is 1 (grey), 2 (grey
and alpha), 3 (colour), 4 (colour and alpha), or more (all of them measured alike, as in satellite pictures).
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from espalier.core.errors import InputError

NUM_COLOURS = {2: 1, 4: 3}  # channels that are light, where the last channel is alpha
WHITE = 255


def check_pictures(image: Tensor) -> None:
    """Refuse what is no batch of pictures.

    Raises:
        InputError: another type than uint8, or another number of dimensions than 4.
    """
    if image.dtype != torch.uint8 or image.dim() != 4:
        raise InputError(
            f"Augmentations take uint8 pictures (B, C, H, W), got {str(image.dtype).removeprefix('torch.')} of shape "
            f"{tuple(image.shape)}. Augment before the pictures become floats: Normalize comes last."
        )


def is_channels_last(image: Tensor) -> bool:
    """Return whether the memory holds pixel after pixel rather than plane after plane; grey pictures count as planes."""
    return not image.is_contiguous() and image.is_contiguous(memory_format=torch.channels_last)


def like(values: Tensor, image: Tensor) -> Tensor:
    """Return `values` with memory laid out as that of `image`."""
    return values.contiguous(memory_format=torch.channels_last if is_channels_last(image) else torch.contiguous_format)


def take(image: Tensor, index: Tensor) -> Tensor:
    """Return the pictures at some places of the batch, their memory laid out as before.

    More than ten times as fast as `image[index]`, which copies pixel by pixel where the layout is channels_last.

    Args:
        image: (B, C, H, W), any type.
        index: (K,) int64, from 0 to B - 1.
    """
    if is_channels_last(image):
        return image.permute(0, 2, 3, 1).index_select(0, index).permute(0, 3, 1, 2)
    return image.index_select(0, index)


def put(image: Tensor, index: Tensor, part: Tensor) -> None:
    """Write pictures into places of a batch that the caller owns.

    Args:
        image: (B, C, H, W), changed in place.
        index: (K,) int64, from 0 to B - 1, each place once.
        part: (K, C, H, W).
    """
    if is_channels_last(image):
        image.permute(0, 2, 3, 1).index_copy_(0, index, part.permute(0, 2, 3, 1))
    else:
        image.index_copy_(0, index, part)


def colours(image: Tensor) -> Tensor:
    """Return the channels that are light, without alpha; a view."""
    return image[:, : NUM_COLOURS.get(image.shape[1], image.shape[1])]


def planes(image: Tensor) -> Tensor:
    """Return the channels that are light as float32, 0 to 255, plane after plane: a new tensor, free to be changed."""
    return colours(image).to(torch.float32, memory_format=torch.contiguous_format, copy=True)


def pictures(values: Tensor, image: Tensor) -> Tensor:
    """Return changed channels as pictures: rounded and clipped, laid out as `image`, with its alpha where they have none.

    Args:
        values: (B, c, H, W) float32 (overwritten) or uint8; c is C, or the channels that are light.
        image: (B, C, H, W) uint8, what they were before.
    """
    if values.dtype != torch.uint8:
        values = values.round_().clamp_(0, WHITE).to(torch.uint8)
    if values.shape[1] < image.shape[1]:
        values = torch.cat([values, image[:, values.shape[1] :]], dim=1)
    return like(values, image)


def uniform(ranges: Sequence[tuple[float, float]], image: Tensor, stream: torch.Generator) -> Tensor:
    """Return numbers drawn evenly from some ranges, one of each range for each picture.

    They are drawn where the stream is, so that a GPU sees the numbers that a CPU sees.

    Args:
        ranges: K pairs (low, high).
        image: (B, C, H, W), for whose pictures and on whose device.
        stream: what draws.

    Returns:
        (K, B) float32; unpack it.
    """
    drawn = torch.rand(len(image), len(ranges), generator=stream, device=stream.device)
    low, high = torch.tensor(list(ranges), device=stream.device).T
    return (low + drawn * (high - low)).T.to(image.device)


def whole(count: int, image: Tensor, stream: torch.Generator) -> Tensor:
    """Return a whole number from 0 to below `count` for each picture, (B,) int64, drawn where the stream is."""
    return torch.randint(count, (len(image),), generator=stream, device=stream.device).to(image.device)


def by_picture(numbers: Tensor) -> Tensor:
    """Return (B,) numbers as (B, 1, 1, 1), to meet pictures."""
    return numbers[:, None, None, None]

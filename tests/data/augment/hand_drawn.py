"""Small pictures for the tests of augmentations."""

import torch
from PIL import Image


def stream(seed=0):
    return torch.Generator().manual_seed(seed)


def random_pictures(num=6, channels=3, height=12, width=10, seed=0):
    """Return (B, C, H, W) uint8 pictures of independent values."""
    shape = (num, channels, height, width)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=stream(seed))


def smooth_pictures(num=4, channels=3, height=24, width=24):
    """Return pictures whose values change slowly, so that sampling them between pixels is well defined."""
    y, x = torch.meshgrid(torch.linspace(0, 3, height), torch.linspace(0, 3, width), indexing="ij")
    phase = torch.arange(num * channels).view(num, channels, 1, 1) * 0.7
    return (127 + 120 * torch.sin(x + phase) * torch.cos(y * 1.3 + phase)).round().to(torch.uint8)


def to_pil(picture):
    """Return one picture (C, H, W) as Pillow holds it."""
    array = picture.permute(1, 2, 0).contiguous().numpy()
    return Image.fromarray(array[..., 0] if array.shape[2] == 1 else array)


def from_pil(image):
    """Return Pillow's picture as (C, H, W)."""
    values = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    return values.view(image.height, image.width, len(image.getbands())).permute(2, 0, 1)


def difference(one, other):
    """Return the absolute difference of two tensors of bytes."""
    return (one.int() - other.int()).abs()

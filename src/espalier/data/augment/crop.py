"""Crop: the picture is moved by some pixels within a padded frame, so that its subject may stand anywhere.

Paper: Lee et al. 2015, "Deeply-Supervised Nets" (arXiv 1409.5185), section 4; He et al. 2016 (arXiv 1512.03385), section 4.2.
"""

from typing import Annotated, ClassVar

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor

from espalier.core.errors import InputError
from espalier.data.augment.augment import OPTIONS, Fill
from espalier.data.augment.pixels import check_pictures, is_channels_last, whole


@dataclass(frozen=True, config=OPTIONS)
class Crop:
    """Pads pictures on all sides and cuts out a window of the old size at a place drawn evenly.

    Args:
        padding: pixels added on each side, 0 or more; the picture moves by at most so many.
        fill: what the padding holds: "zero", "reflect" (the mirror image, border left out) or "replicate" (the border).
    """

    padding: Annotated[int, Field(ge=0)] = 4
    fill: Fill = "zero"

    name: ClassVar[str] = "crop"

    def apply(self, image: Tensor, stream: torch.Generator) -> Tensor:
        """Return the batch with every picture moved.

        Raises:
            InputError: pictures that are too small to be reflected by `padding`.
        """
        check_pictures(image)
        top, left = (whole(2 * self.padding + 1, image, stream) for _ in range(2))
        if self.padding == 0:
            return image
        if self.fill == "reflect" and self.padding >= min(image.shape[2:]):
            raise InputError(
                f"The augmentation 'crop' cannot reflect {self.padding} pixels of pictures of {image.shape[2]} x "
                f"{image.shape[3]}. Set its padding to at most {min(image.shape[2:]) - 1}, or its fill to replicate."
            )
        if is_channels_last(image):
            rows = image.permute(0, 2, 3, 1)  # (B, H, W, C): one plane of C bytes a pixel
            return _windows(self._padded(rows), top, left, rows.shape[1:3]).permute(0, 3, 1, 2)
        rows = image.flatten(0, 1)[..., None]  # (B x C, H, W, 1): C planes of one byte a pixel
        top, left = (place.repeat_interleave(image.shape[1]) for place in (top, left))
        return _windows(self._padded(rows), top, left, rows.shape[1:3]).view(image.shape)

    def _padded(self, rows: Tensor) -> Tensor:
        """Return (P, H, W, U) planes with padding on all sides: first above and below, then left and right."""
        pad, (num_planes, height, width, unit) = self.padding, rows.shape
        padded = rows.new_zeros((num_planes, height + 2 * pad, width + 2 * pad, unit))
        padded[:, pad : pad + height, pad : pad + width] = rows
        for dim, end in ((1, pad + height), (2, pad + width)):
            line = padded.transpose(1, dim)
            if self.fill == "reflect":
                line[:, :pad] = line[:, pad + 1 : 2 * pad + 1].flip(1)
                line[:, end:] = line[:, end - 1 - pad : end - 1].flip(1)
            elif self.fill == "replicate":
                line[:, :pad], line[:, end:] = line[:, pad : pad + 1], line[:, end - 1 : end]
        return padded


def _windows(padded: Tensor, top: Tensor, left: Tensor, size: torch.Size) -> Tensor:
    """Return one window of each plane.

    Rows of a window are consecutive bytes, so each is copied as a whole: three times as fast as indexing pixels.

    Args:
        padded: (P, h, w, U) uint8, contiguous.
        top: (P,) int64, where each window begins, in rows.
        left: (P,) int64, and in columns.
        size: (H, W) of a window.
    """
    num_planes, padded_height, padded_width, unit = padded.shape
    height, width = size
    plane = torch.arange(num_planes, device=padded.device)
    row = (plane * padded_height + top)[:, None] + torch.arange(height, device=padded.device)  # (P, H)
    start = (row * padded_width + left[:, None]).flatten()
    num_starts = num_planes * padded_height * padded_width - width + 1
    lines = padded.as_strided((num_starts, width * unit), (unit, 1)).index_select(0, start)
    return lines.view(num_planes, height, width, unit)


AUGMENTATIONS = {Crop.name: Crop}

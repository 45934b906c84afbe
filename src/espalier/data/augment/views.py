"""Views: the ways in which one picture is looked at when it is answered several times and the answers are averaged.

Only what training did at random is done here: pictures are mirrored where training mirrored them, and shifted where it shifted
them. So a digit, whose mirror image is another sign, is never mirrored.

Paper: Krizhevsky, Sutskever & Hinton 2012, "ImageNet Classification with Deep Convolutional Neural Networks", section 4.1 (the
middle and four corners, each with its mirror image). Differs: the corners lie half as far out as training shifted at most.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from espalier.core.batch import FloatArray
from espalier.data.augment.augment import Augmentation, Fill
from espalier.data.augment.crop import Crop
from espalier.data.augment.flip import DIMENSIONS, Flip
from espalier.data.augment.pixels import check_pictures, like

HEIGHT, WIDTH = 2, 3  # dimensions of (B, C, H, W)
CORNERS = ((0, 0), (-1, -1), (-1, 1), (1, -1), (1, 1))  # the middle first


@dataclass(frozen=True)
class View:
    """One way of looking at a picture: shifted, then mirrored.

    Args:
        down, right: pixels that it is moved by; below 0 up and left.
        fill: what stands where it was moved away from.
        mirrored: directions in which it is mirrored, "horizontal" or "vertical".
    """

    down: int = 0
    right: int = 0
    fill: Fill = "zero"
    mirrored: tuple[str, ...] = ()

    def apply(self, image: Tensor) -> Tensor:
        """Return the batch in this view.

        Args:
            image: (B, C, H, W) uint8; not changed.
        """
        check_pictures(image)
        seen = _shifted(_shifted(image, HEIGHT, self.down, self.fill), WIDTH, self.right, self.fill)
        dims = [DIMENSIONS[direction] for direction in self.mirrored]
        return like(seen.flip(dims), image) if dims else seen

    def back(self, boxes: FloatArray, height: int, width: int) -> FloatArray:
        """Return boxes that were found in this view as they lie in the picture itself.

        Args:
            boxes: (N, 4) left, top, right and bottom, as shares of the picture.
            height: of the picture, pixels.
            width: of the picture, pixels.
        """
        left, top, right, bottom = boxes.T
        if "horizontal" in self.mirrored:
            left, right = 1 - right, 1 - left
        if "vertical" in self.mirrored:
            top, bottom = 1 - bottom, 1 - top
        right_by, down_by = self.right / width, self.down / height
        return np.stack([left - right_by, top - down_by, right - right_by, bottom - down_by], axis=1).clip(0, 1)


def views_of(steps: Sequence[Augmentation]) -> tuple[View, ...]:
    """Return the views that training made likely, the picture as it is first; that one alone where training changed no place.

    Args:
        steps: augmentations of the training.

    Example:
        >>> len(views_of([Flip(), Crop(4)])), len(views_of([Crop(4)])), len(views_of([]))
        (10, 5, 1)
    """
    crop = next((step for step in steps if isinstance(step, Crop) and step.padding > 0), None)
    flips = {step.direction: None for step in steps if isinstance(step, Flip) and step.probability > 0}
    far = 0 if crop is None else (crop.padding + 1) // 2
    fill: Fill = "zero" if crop is None else crop.fill
    places = [(far * down, far * right) for down, right in (CORNERS if far else CORNERS[:1])]
    mirrors: list[tuple[str, ...]] = [(), *((direction,) for direction in flips)]
    return tuple(View(down, right, fill, mirrored) for mirrored in mirrors for down, right in places)


def _shifted(image: Tensor, dim: int, by: int, fill: Fill) -> Tensor:
    """Return pictures moved by some pixels along one dimension."""
    if by == 0:
        return image
    last = image.shape[dim] - 1
    source = torch.arange(last + 1, device=image.device) - by
    inside = source.clamp(0, last)
    place = (last - (last - source.abs()).abs()).clamp(0, last) if fill == "reflect" else inside
    moved = image.index_select(dim, place)
    if fill == "zero":
        shape = [1] * image.dim()
        shape[dim] = last + 1
        moved = moved * (source == inside).view(shape)
    return like(moved, image)

"""Batches of pictures that fit in memory: kept as bytes, and picked, augmented and normalised batch by batch."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from espalier.core.batch import Batch
from espalier.core.errors import InputError
from espalier.core.seeds import torch_stream
from espalier.data.augment.pipeline import Pipeline, stream_of
from espalier.data.augment.pixels import WHITE, check_pictures, take
from espalier.data.batches import MIN_ROWS_OF_A_BATCH

AS_GIVEN = Pipeline()
PLACES = 2  # channels that say where a pixel lies


@dataclass(frozen=True)
class Normalize:
    """Turns bytes into floats with mean 0 and deviation 1 in every channel of the training part.

    Args:
        mean: of each channel, as a share of the range from black to white, 0 to 1.
        std: deviation of each channel, in the same unit, above 0.
        places: add two channels that say where each pixel lies, from -1 at the left and at the top to 1 (CoordConv: Liu et al.
            2018, arXiv 1807.03247, section 3).

    Raises:
        InputError: another number of means than of deviations, or a deviation that is not above 0.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    places: bool = False

    def __post_init__(self) -> None:
        """Check the numbers."""
        if len(self.mean) != len(self.std) or not all(one > 0 for one in self.std):
            raise InputError(f"Normalize needs one mean and one std above 0 for each channel, got {self.mean} and {self.std}.")

    def apply(self, image: Tensor) -> Tensor:
        """Return (x / 255 - mean) / std as one multiply-add, channels_last.

        It runs over whole rows of pixels, 4 times as fast as broadcasting three numbers over them.

        Args:
            image: (B, C, H, W) uint8; fastest when channels_last.

        Returns:
            (B, C, H, W) float32, or (B, C + 2, H, W) with places.

        Raises:
            InputError: pictures of another number of channels.
        """
        num, channels, height, width = image.shape
        if channels != len(self.mean):
            raise InputError(f"Pictures of {channels} channels cannot be normalised with {len(self.mean)} means.")
        mean, std = (torch.tensor(one, dtype=torch.float64) for one in (self.mean, self.std))
        factor, shift = ((one.float().repeat(width)).to(image.device) for one in (1 / (WHITE * std), -mean / std))
        rows = image.permute(0, 2, 3, 1).reshape(num * height, width * channels)
        values = torch.addcmul(shift, rows.float(), factor)
        values = values.view(num, height, width, channels)
        if self.places:
            down, across = (torch.linspace(-1, 1, side, device=image.device) for side in (height, width))
            place = torch.stack(torch.meshgrid(across, down, indexing="xy"), dim=2)  # (H, W, 2)
            values = torch.cat([values, place.expand(num, -1, -1, -1)], dim=3)
        return values.permute(0, 3, 1, 2)

    @property
    def num_channels(self) -> int:
        """Return the channels of what a network reads."""
        return len(self.mean) + PLACES * self.places

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return {"mean": list(self.mean), "std": list(self.std), "places": self.places}


class ImageBatches:
    """Pictures held as bytes, in batches that are augmented and normalised when they are asked for.

    Pictures are picked batch by batch: 128 of 32 x 32 take 0.01 ms, where permuting the whole set once an epoch, as
    TensorBatches does, costs 3 to 13 times as much and a second copy of it. The order of an epoch and every draw follow from
    the seed, the epoch and the batch's number alone, so that a resumed run sees the same batches.

    Args:
        image: (N, C, H, W) uint8; laid out anew as channels_last, where it is not.
        target: (N,) or (N, K).
        rows: (N,) int64 source rows, or None.
        batch_size: rows of one batch; the last batch of an epoch may be smaller, and is left out when it has one row.
        seed: of the shuffling and the augmentation; None keeps the order, for evaluation.
        normalize: what makes floats of the pictures.
        pipeline: augmentations and mixing; by default none.

    Raises:
        InputError: no rows, tensors of different lengths, no uint8 pictures, or a pipeline without a seed.
    """

    def __init__(
        self,
        image: Tensor,
        target: Tensor,
        rows: Tensor | None = None,
        *,
        batch_size: int,
        seed: int | None,
        normalize: Normalize,
        pipeline: Pipeline = AS_GIVEN,
    ) -> None:
        lengths = {len(tensor) for tensor in (image, target, *([] if rows is None else [rows]))}
        if len(lengths) != 1 or lengths == {0}:
            raise InputError(f"Batches need tensors of one length above 0, got lengths {sorted(lengths)}.")
        if seed is None and pipeline != AS_GIVEN:
            raise InputError("Augmentation draws from a seed, and the seed is None. Give one, or leave the pipeline out.")
        check_pictures(image)
        self.image = image.contiguous(memory_format=torch.channels_last)
        self.target = target
        self.rows = rows
        self.batch_size = batch_size
        self.seed = seed
        self.normalize = normalize
        self.pipeline = pipeline

    def __len__(self) -> int:
        """Return the number of batches in one epoch."""
        full, rest = divmod(len(self.image), self.batch_size)
        return full + (rest >= MIN_ROWS_OF_A_BATCH or full == 0)

    def epoch(self, index: int, start: int = 0) -> Iterator[Batch]:
        """Yield the batches of one epoch.

        Args:
            index: the epoch, from 0.
            start: leave out this many batches at the beginning.
        """
        order = torch.arange(len(self.image))
        if self.seed is not None:
            order = torch.randperm(len(self.image), generator=torch_stream(self.seed, "epoch", index))
        order = order.to(self.image.device)
        for number in range(start, len(self)):
            places = order[number * self.batch_size : (number + 1) * self.batch_size]
            yield self._batch(places, index, number)

    def _batch(self, places: Tensor, epoch: int, number: int) -> Batch:
        """Return the examples at some places, ready for a model."""
        image, target = take(self.image, places), self.target[places]
        if self.seed is None:
            image = self.normalize.apply(image)
        else:
            stream = stream_of(self.seed, epoch, number)
            image, target = self.pipeline.apply_to_both(image, target, stream)
            image, target = self.pipeline.mix(self.normalize.apply(image), target, stream)
        return Batch((image,), target, None if self.rows is None else self.rows[places])

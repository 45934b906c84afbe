"""What a person types after `--input`: the size of what a model reads."""

import re
from typing import TYPE_CHECKING

from espalier.core.errors import PlanError

if TYPE_CHECKING:
    from torch import Tensor, nn

    from espalier.core.catalogue import Architecture

USUAL = {"image": (3, 224, 224), "table": (10,), "series": (1, 96), "fusion": (3, 32, 32, 10)}
NUM_AXES = {"image": 3, "table": 1, "series": 2, "fusion": 4}
WRITTEN = {
    "image": "reads pictures: write channels x height x width, for example 3x32x32",
    "table": "reads tables: write the number of columns, for example 10",
    "series": "reads series: write channels x steps, for example 9x128",
    "fusion": "reads pictures beside a table: write channels x height x width x columns, for example 3x32x32x10",
}
MAX_LENGTH = 100_000
NUM_OUTPUTS = 1000  # the classes that most published counts of parameters are for
HORIZON = 24  # steps of the forecast of a model that only forecasts


def read_input_size(name: str, architecture: "Architecture", text: str | None) -> tuple[int, ...]:
    """Return the size along each axis, without the batch.

    Args:
        name: of the model.
        architecture: the model.
        text: as it was typed; None for the size that is usual for what the model reads.

    Raises:
        PlanError: the text is no size, or one that the model cannot take.
    """
    if text is None:
        return USUAL[architecture.reads]
    lengths = [
        int(word) if word.isascii() and word.isdecimal() else 0 for word in re.split(r"\s*[x×,*]\s*", text.strip().lower())
    ]
    if len(lengths) != NUM_AXES[architecture.reads] or not all(1 <= length <= MAX_LENGTH for length in lengths):
        raise PlanError(f"--input {text!r} is no size that {name} can read. It {WRITTEN[architecture.reads]}.")
    if min(lengths[1:3], default=architecture.least_pixels) < architecture.least_pixels:
        raise PlanError(
            f"--input {text!r} is too small: {name} takes pictures whose shorter side has at least "
            f"{architecture.least_pixels} pixels."
        )
    return tuple(lengths)


def example_for(architecture: "Architecture", size: tuple[int, ...]) -> "tuple[nn.Module, tuple[Tensor, ...]]":
    """Return a model for inputs of one size, and one row of them.

    A model for pictures holds no numbers: the largest takes no memory.

    Args:
        architecture: the model.
        size: as read by `read_input_size`.

    Raises:
        PlanError: a size that the model refuses.
    """
    import torch

    if architecture.reads == "table":
        given = {"num_numbers": size[0], "cardinalities": (), "num_outputs": 1, "bins": ((-1.0, 0.0, 1.0),) * size[0]}
        return architecture.build(given, {}), (torch.zeros(1, *size),)
    if architecture.reads == "series":
        return architecture.build(_given_to_series(architecture, *size), {}), (torch.zeros(1, *size),)
    with torch.device("meta"):
        given = {"in_channels": size[0], "image_size": size[1:3], "num_outputs": NUM_OUTPUTS}
        if architecture.reads == "fusion":
            given |= {"num_numbers": size[3], "cardinalities": ()}
            return architecture.build(given, {}), (torch.zeros(1, *size[:3]), torch.zeros(1, size[3]))
        return architecture.build(given, {}), (torch.zeros(1, *size),)


def _given_to_series(architecture: "Architecture", in_channels: int, length: int) -> dict[str, int]:
    """Return what a model for series is built for: all channels are forecast, or written anew, or one number is told."""
    given = {"in_channels": in_channels, "length": length, "num_outputs": 1}
    if "forecasting" in architecture.only:
        forecast = {"out_channels": in_channels, "horizon": HORIZON, "outputs_per_step": 1}
        return {**given, **forecast, "num_outputs": in_channels * HORIZON}
    return {**given, "num_outputs": in_channels * length} if architecture.only else given

"""Parts of a plan that only some runs need: how pictures and series become tensors, and learnt weights to start from."""

from typing import Annotated, Literal, TypeAlias

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

STRICT = ConfigDict(extra="forbid")

Scalar: TypeAlias = bool | int | float | str | None
Setting: TypeAlias = Scalar | tuple[Scalar, ...] | list[Scalar]


@dataclass(frozen=True, config=STRICT)
class PicturesPlan:
    """How pictures become tensors.

    Args:
        height, width: pixels that every picture is brought to.
        channels: 1 for grey, 3 for colour.
        fit: what is done with a picture of another shape: its middle is cut out ("crop"), its edges are filled with black
            ("pad"), or it is pulled into shape ("stretch").
        augment: how training pictures are changed at random, in this order, each by its name and options, for example
            {"name": "flip"}; see `data.augment`. None until a trial has decided it.
        mixing: how finished pictures and their answers are blended, for example {"name": "mixup"}; None for not.
        mean, std: that each channel is normalised with, as shares of the range; None for those of the training part.
        places: two further channels say where each pixel lies: networks that end in a mean over the picture forget it.
    """

    height: Annotated[int, Field(ge=1)]
    width: Annotated[int, Field(ge=1)]
    channels: Literal[1, 3] = 3
    fit: Literal["crop", "pad", "stretch"] = "crop"
    augment: tuple[dict[str, Setting], ...] | None = None
    mixing: dict[str, Setting] | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    places: bool = False


@dataclass(frozen=True, config=STRICT)
class WindowsPlan:
    """How windows of a series, one a row, become tensors.

    Args:
        length: steps that every window is brought to: shorter ones are filled up and masked, longer ones end there.
        scale: "standard" (each channel gets mean 0 and deviation 1 of the training part), "window" (each channel of each window
            for itself, so that only its shape counts) or "none".
    """

    length: Annotated[int, Field(ge=1)]
    scale: Literal["standard", "window", "none"] = "standard"


@dataclass(frozen=True, config=STRICT)
class ForecastPlan:
    """How a series that runs in time becomes examples: from each of its steps the next ones are forecast.

    Args:
        horizon: steps that are forecast.
        look_back: steps up to the present that the network sees.
        season: steps of one season, which simple models look back by and scaled errors are measured with; 1 for none.
        known: number columns whose values are known ahead, such as planned prices: the network sees those of the steps that
            are forecast too.
        calendar: give the network the hour, the day of the week and the day of the year of each step, as far as the steps
            differ in them; they are known ahead.
        scale: "standard" (each column gets mean 0 and deviation 1 of the training part), "window" (mean 0 and deviation 1 of
            each window that the network sees, so that series of different sizes count alike) or "none".
    """

    horizon: Annotated[int, Field(ge=1)]
    look_back: Annotated[int, Field(ge=1)]
    season: Annotated[int, Field(ge=1)] = 1
    known: tuple[str, ...] = ()
    calendar: bool = False
    scale: Literal["standard", "window", "none"] = "standard"


@dataclass(frozen=True, config=STRICT)
class StretchesPlan:
    """How a series that runs in time is looked at for anomalies: each step with those before it.

    Args:
        look_back: steps of a stretch, the last of which is judged by how well the whole is written anew.
        season: steps of one season, which simple models look back by; 1 for none.
        labels: the column of 0 and 1 that says which steps are anomalies; None where nothing is known of them.
        scale: "standard" (each column gets mean 0 and deviation 1 of the training part), "window" (of each stretch) or "none".
    """

    look_back: Annotated[int, Field(ge=2)]
    season: Annotated[int, Field(ge=1)] = 1
    labels: str | None = None
    scale: Literal["standard", "window", "none"] = "standard"


@dataclass(frozen=True, config=STRICT)
class AdaptPlan:
    """Learnt weights to start from, and how learning goes on from there; see `training.adapt`.

    Args:
        weights: a file (.safetensors, .pth, .pt) or "hub:OWNER/NAME"; None for none.
        source: a run of ours whose first network is the start; None for none.
        fingerprint: SHA-256 of the weights when the plan was made.
        how: "frozen" (the head alone learns), "last" (the last blocks), "gradual" (one more block at a time) or "full".
        layers: blocks that learn with "last", the head among them.
        unfreeze_epochs: with "gradual", epochs from one block to the next.
        warmup_epochs: first epochs, in which the head alone learns.
        rate_decay: the learning rate falls by this factor from each block to the one before it, 1 or more.
        l2_sp: pull towards the starting weights, 0 or more.
        old_data: rows of the question of `source`, to say at the end what is still known of it; None for not.
    """

    weights: str | None = None
    source: str | None = None
    fingerprint: str | None = None
    how: Literal["frozen", "last", "gradual", "full"] = "full"
    layers: Annotated[int, Field(ge=1)] = 1
    unfreeze_epochs: Annotated[int, Field(ge=1)] = 1
    warmup_epochs: Annotated[int, Field(ge=0)] = 1
    rate_decay: Annotated[float, Field(ge=1)] = 2.6
    l2_sp: Annotated[float, Field(ge=0)] = 0.0
    old_data: str | None = None

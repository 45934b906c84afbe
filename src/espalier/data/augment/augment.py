"""Augmentation: what every one is, how a plan writes it down, and the list of all of them.

An augmentation is a frozen dataclass whose fields are its options, and `apply`, which changes a batch of pictures. Each picture
of the batch draws its own parameters, all of them from the stream that is given, so that the same seed gives the same bits.

Pictures stay uint8, 0 to 255, until `Normalize` makes floats of them at the very end. Measured for 128 x 3 x 32 x 32 on one
thread: flip and crop copy bytes in 0.2 ms each, half of what floats take, and the set fills a quarter of the memory; what must
compute with fractions (colour, rotation) converts and rounds within 0.4 ms; and posterize, solarize and equalize are defined on
bytes. The published policies round after each operation too.

An augmentation changes neither shape nor type nor memory layout, nor ever the tensor given. Alpha moves with the picture under
geometry and is left as it is by all that changes light.
"""

import dataclasses
from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, Literal, Protocol, TypeAlias, runtime_checkable

import torch
from pydantic import ConfigDict, ValidationError
from torch import Tensor

from espalier.core.catalogue import gather
from espalier.core.errors import PlanError, unknown_name

PACKAGE = "espalier.data.augment"
OPTIONS = ConfigDict(extra="forbid", allow_inf_nan=False)  # for the dataclass of every augmentation

Fill: TypeAlias = Literal["zero", "reflect", "replicate"]  # what stands outside the picture: black, a mirror, its border


@runtime_checkable
class Augmentation(Protocol):
    """A change of training pictures that leaves the answer as it is.

    Attributes:
        name: in the plan and the catalogue.
    """

    name: ClassVar[str]

    def apply(self, image: Tensor, stream: torch.Generator) -> Tensor:
        """Return the batch with every picture changed by parameters of its own.

        Args:
            image: (B, C, H, W) uint8, 0 to 255; not changed.
            stream: the only source of chance; every call draws equally many numbers for equal shapes.

        Returns:
            (B, C, H, W) uint8 in the memory layout of `image`; it may be `image` itself where nothing changes.

        Raises:
            InputError: no batch of pictures, or pictures too small for the options.
        """


@cache
def augmentations() -> Mapping[str, Any]:
    """Return the class of every augmentation by name."""
    return gather(PACKAGE, "AUGMENTATIONS")


def to_mapping(augmentation: Any) -> dict[str, Any]:  # noqa: ANN401  an augmentation or a mixing
    """Return an augmentation or a mixing as plain values that JSON and YAML can hold.

    Example:
        >>> to_mapping(augmentation_from_mapping({"name": "crop", "fill": "reflect"}))
        {'name': 'crop', 'padding': 4, 'fill': 'reflect'}
    """
    options = dataclasses.asdict(augmentation)
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in options.items()}
    return {"name": augmentation.name, **plain}


def augmentation_from_mapping(value: Mapping[str, Any]) -> Augmentation:
    """Return the augmentation that plain values describe.

    Args:
        value: its name, and those options that differ from the defaults.

    Raises:
        UnknownNameError: an augmentation or an option that nobody has; the nearest is offered.
        PlanError: no name, or an option of the wrong type or out of range.
    """
    return named_with_options("augmentation", augmentations(), value)


def named_with_options(what: str, known: Mapping[str, Any], value: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """Return an instance of the class that a mapping names, made with the mapping's other entries.

    Args:
        what: what the name should be, for messages: "augmentation" or "mixing".
        known: the classes by name.
        value: the name and the options.

    Raises:
        UnknownNameError: a name or an option that nobody has; the nearest is offered.
        PlanError: no name, or an option of the wrong type or out of range.
    """
    options = dict(value)
    name = options.pop("name", None)
    if not isinstance(name, str):
        raise PlanError(f"The {what} is {dict(value)!r}; expected its name, as in {{'name': '{min(known)}'}}.")
    if name not in known:
        raise unknown_name(what, name, known)
    allowed = [field.name for field in dataclasses.fields(known[name])]
    for option in options:
        if option not in allowed:
            raise unknown_name(f"{name} option", option, allowed)
    try:
        return known[name](**options)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in first["loc"])
        shown = f"{path} is {first['input']!r}: " if path else ""
        raise PlanError(f"The {what} '{name}': {shown}{first['msg'].removeprefix('Value error, ')}.") from error

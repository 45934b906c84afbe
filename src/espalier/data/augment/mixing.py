"""Mixing: each picture becomes a blend of itself and a partner, and its answer the same blend of both answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Protocol, runtime_checkable

import torch
from scipy.special import betaincinv
from torch import Tensor
from torch.nn import functional as F

from espalier.core.catalogue import gather
from espalier.core.errors import InputError
from espalier.data.augment.augment import PACKAGE, named_with_options


@dataclass(frozen=True, eq=False)
class Mixed:
    """Blended pictures.

    Args:
        image: (B, C, H, W), of the type and layout of those given.
        partner: (B,) int64, with which picture of the batch each is blended.
        share: (B,) float32, 0 to 1, how much of itself each still holds; the partner holds the rest.
    """

    image: Tensor
    partner: Tensor
    share: Tensor

    def target(self, target: Tensor, num_classes: int | None = None) -> Tensor:
        """Return the blended answers, float: of classes the probability of each, (B, K), rows summing to 1.

        Args:
            target: (B,) int64 classes; or float (B,) numbers, or (B, K) labels or probabilities.
            num_classes: K, needed for classes.

        Raises:
            InputError: classes without `num_classes`.
        """
        if not target.is_floating_point():
            if num_classes is None:
                raise InputError("Mixing blends classes into probabilities; say how many classes there are with num_classes.")
            target = F.one_hot(target, num_classes).float()
        share = self.share.to(target.dtype).view(-1, *[1] * (target.dim() - 1))
        return torch.lerp(target[self.partner], target, share)


@runtime_checkable
class Mixing(Protocol):
    """A blend of pictures with others of the same batch.

    Attributes:
        name: in the plan and the catalogue.
    """

    name: ClassVar[str]

    def mix(self, image: Tensor, stream: torch.Generator) -> Mixed:
        """Return the batch with every picture blended with a partner, by a share of its own.

        Args:
            image: (B, C, H, W), float (best after Normalize, where nothing is rounded) or uint8; not changed.
            stream: the only source of chance.
        """


@cache
def mixings() -> Mapping[str, Any]:
    """Return the class of every mixing by name."""
    return gather(PACKAGE, "MIXINGS")


def mixing_from_mapping(value: Mapping[str, Any]) -> Mixing:
    """Return the mixing that plain values describe; `to_mapping` is the way back.

    Args:
        value: its name, and those options that differ from the defaults.

    Raises:
        UnknownNameError: a mixing or an option that nobody has; the nearest is offered.
        PlanError: no name, or an option of the wrong type or out of range.
    """
    return named_with_options("mixing", mixings(), value)


def partners(image: Tensor, stream: torch.Generator) -> Tensor:
    """Return (B,) int64 a partner for each picture: the batch in another order."""
    return torch.randperm(len(image), generator=stream, device=stream.device).to(image.device)


def beta_shares(alpha: float, image: Tensor, stream: torch.Generator) -> Tensor:
    """Return (B,) float32 shares from the distribution Beta(alpha, alpha): near 0 and 1 for a small alpha, even for 1.

    Even numbers go through the inverse of its distribution, because torch draws Beta from its global stream alone.
    """
    even = torch.rand(len(image), generator=stream, device=stream.device, dtype=torch.float64)
    return torch.from_numpy(betaincinv(alpha, alpha, even.cpu().numpy())).float().to(image.device)

"""Mixup: each picture is laid over another one, half transparent.

Paper: Zhang et al. 2018, "mixup: Beyond Empirical Risk Minimization" (arXiv 1710.09412), section 2. Differs: each pair draws
its own share, where the authors' code draws one for the batch.
"""

from typing import Annotated, ClassVar

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor

from espalier.data.augment.augment import OPTIONS
from espalier.data.augment.mixing import Mixed, beta_shares, partners
from espalier.data.augment.pixels import by_picture, like, take


@dataclass(frozen=True, config=OPTIONS)
class Mixup:
    """Blends every picture with a partner, value by value.

    Args:
        alpha: of the distribution Beta(alpha, alpha) of shares, above 0; the paper: 0.1 to 0.4 for ImageNet, 1 for CIFAR-10.
    """

    alpha: Annotated[float, Field(gt=0)] = 0.2

    name: ClassVar[str] = "mixup"

    def mix(self, image: Tensor, stream: torch.Generator) -> Mixed:
        """Return the blended batch."""
        partner, share = partners(image, stream), beta_shares(self.alpha, image, stream)
        values = image if image.is_floating_point() else image.float()
        blend = torch.lerp(take(values, partner), values, by_picture(share).to(values.dtype))
        return Mixed(like(blend if image.is_floating_point() else blend.round_().to(image.dtype), image), partner, share)


MIXINGS = {Mixup.name: Mixup}

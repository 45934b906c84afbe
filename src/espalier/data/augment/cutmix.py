"""CutMix: a rectangle of each picture is replaced by the same place of another one.

Paper: Yun et al. 2019, "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features" (arXiv
1905.04899), section 3.1 and equation 2. The share is that of the pixels really kept, as in the authors' code. Differs: each
pair draws its own rectangle, where the authors' code draws one for the batch.
"""

from typing import Annotated, ClassVar

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor

from espalier.data.augment.augment import OPTIONS
from espalier.data.augment.mixing import Mixed, beta_shares, partners
from espalier.data.augment.pixels import like, take, whole


@dataclass(frozen=True, config=OPTIONS)
class CutMix:
    """Puts a rectangle of a partner into every picture.

    Args:
        alpha: of the distribution Beta(alpha, alpha) of the share of area kept, above 0; the paper: 1.
    """

    alpha: Annotated[float, Field(gt=0)] = 1.0

    name: ClassVar[str] = "cutmix"

    def mix(self, image: Tensor, stream: torch.Generator) -> Mixed:
        """Return the batch of patched pictures."""
        height, width = image.shape[2:]
        partner, kept = partners(image, stream), beta_shares(self.alpha, image, stream)
        cut = (1 - kept).sqrt()  # share of each side
        rows = _span(whole(height, image, stream), cut, height)
        columns = _span(whole(width, image, stream), cut, width)
        inside = rows[:, None, :, None] & columns[:, None, None, :]
        share = 1 - rows.sum(dim=1) * columns.sum(dim=1) / (height * width)
        return Mixed(like(torch.where(inside, take(image, partner), image), image), partner, share)


def _span(middle: Tensor, cut: Tensor, length: int) -> Tensor:
    """Return (B, length) whether each place lies in a stretch of `cut` (B,) times the length around the middle (B,)."""
    side = (cut * length).long()
    place = torch.arange(length, device=middle.device)
    start = (middle - side // 2)[:, None]
    return (place >= start) & (place < start + side[:, None])


MIXINGS = {CutMix.name: CutMix}

"""Attention to places of a picture."""

import torch
from torch import Tensor, nn

from espalier.models.layers.image_norm import ImageBatchNorm


class SpatialAttention(nn.Module):
    """Weighs each place by the average and the greatest of its channels and of those around it.

    Paper: Woo et al. 2018, arXiv 1807.06521, section 3, equation 3.
    Differs: a batch normalization between the convolution and the sigmoid, as in the authors' implementation.

    Args:
        kernel_size: pixels that the convolution looks at in each direction, odd; 7 in the paper.

    Shapes: (B, C, H, W) to (B, C, H, W).
    """

    def __init__(self, kernel_size: int = 7) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2, bias=False)
        self.bn = ImageBatchNorm(1)
        self.gate = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        """Return every place times its weight, 0 to 1."""
        described = torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)  # (B, 2, H, W)
        return x * self.gate(self.bn(self.conv(described)))

"""Attention to channels by their average and their greatest value."""

from torch import Tensor, nn


class ChannelAttention(nn.Module):
    """Weighs each channel by what all channels are over the picture, on average and at most.

    Paper: Woo et al. 2018, arXiv 1807.06521, section 3, equation 2.
    Differs: both layers have biases, as in the authors' implementation.

    Args:
        channels: C.
        hidden_channels: units between the two layers that decide; C / 16 in the paper.

    Shapes: (B, C, H, W) to (B, C, H, W).
    """

    def __init__(self, channels: int, hidden_channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, hidden_channels, kernel_size=1)  # 1x1 on one pixel: a linear layer
        self.relu = nn.ReLU()
        self.fc2 = nn.Conv2d(hidden_channels, channels, kernel_size=1)
        self.gate = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        """Return every channel times its weight, 0 to 1."""
        average, greatest = x.mean(dim=(2, 3), keepdim=True), x.amax(dim=(2, 3), keepdim=True)  # (B, C, 1, 1)
        return x * self.gate(self._decide(average) + self._decide(greatest))

    def _decide(self, squeezed: Tensor) -> Tensor:
        """Return a number for each channel; both kinds of pooling share the layers."""
        return self.fc2(self.relu(self.fc1(squeezed)))

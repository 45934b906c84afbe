"""Squeeze and excitation: attention to channels."""

from torch import Tensor, nn


class SqueezeExcitation(nn.Module):
    """Weighs each channel by what all channels are on average over the picture.

    Paper: Hu, Shen, Sun 2018, arXiv 1709.01507, section 3 and figure 3.

    Args:
        channels: C.
        hidden_channels: units between the two layers that decide; C / 16 in the paper.

    Shapes: (B, C, H, W) to (B, C, H, W).
    """

    def __init__(self, channels: int, hidden_channels: int) -> None:
        super().__init__()
        self.squeeze = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, hidden_channels, kernel_size=1)  # 1x1 on one pixel: a linear layer
        self.relu = nn.ReLU()
        self.fc2 = nn.Conv2d(hidden_channels, channels, kernel_size=1)
        self.gate = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        """Return every channel times its weight, 0 to 1."""
        squeezed = self.squeeze(x)  # (B, C, 1, 1)
        return x * self.gate(self.fc2(self.relu(self.fc1(squeezed))))

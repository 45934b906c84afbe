"""First weights of convolutions that stand before rectifiers."""

from typing import Literal

from torch import nn


def draw_he_convolutions(module: nn.Module, keep: Literal["fan_in", "fan_out"] = "fan_out") -> None:
    """Draw the weights of every convolution of a module anew, normally distributed, and set its biases to zero.

    Paper: He et al. 2015, arXiv 1502.01852, section 2.2.

    Args:
        module: changed in place.
        keep: whose variance stays alike through the layers: "fan_in" that of the signal (equation 10), "fan_out" that of the
            gradient (equation 14).
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode=keep, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)

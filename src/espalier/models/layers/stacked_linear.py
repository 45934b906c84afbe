"""Several linear layers side by side, each with its own input."""

import torch
from torch import Tensor, nn


class StackedLinear(nn.Module):
    """S separate linear layers in one matrix product: one for each member of an ensemble, or for each column.

    Args:
        num_layers: S.
        in_features: I, of each layer.
        out_features: O, of each layer.
        bias: whether each layer adds a bias.

    Shapes: (S, B, I), or (B, I) as the input of all, to (S, B, O).
    """

    def __init__(self, num_layers: int, in_features: int, out_features: int, *, bias: bool = True) -> None:
        super().__init__()
        self.num_layers = num_layers
        self.weight = nn.Parameter(torch.empty(num_layers, in_features, out_features))
        self.bias = nn.Parameter(torch.empty(num_layers, out_features)) if bias else None
        bound = in_features**-0.5  # as torch.nn.Linear
        nn.init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        """Return each layer's output."""
        x = x.expand(self.num_layers, -1, -1)
        if self.bias is None:
            return torch.bmm(x, self.weight)
        return torch.baddbmm(self.bias[:, None], x, self.weight)

    def extra_repr(self) -> str:
        """Return the sizes, for printing."""
        return f"{self.num_layers} x ({self.weight.shape[1]} to {self.weight.shape[2]})"

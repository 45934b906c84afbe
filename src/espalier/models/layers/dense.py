"""Dense layers, one behind the other."""

from collections.abc import Sequence

from torch import nn

from espalier.models.layers.dropout import Dropout


def dense_layers(widths: Sequence[int], dropout: float) -> nn.Sequential:
    """Return linear layers, each followed by a ReLU and dropout.

    Args:
        widths: numbers that go in, then those behind each layer.
        dropout: share of units set to zero in training, 0 to below 1.
    """
    layers: list[nn.Module] = []
    for before, after in zip(widths[:-1], widths[1:], strict=True):
        layers += [nn.Linear(before, after), nn.ReLU(), Dropout(dropout)]
    return nn.Sequential(*layers)


def halving_widths(width: int, depth: int) -> list[int]:
    """Return the widths of layers that become narrower by a half each, at least 1.

    Args:
        width: of the first.
        depth: how many.
    """
    return [max(1, width // 2**number) for number in range(depth)]

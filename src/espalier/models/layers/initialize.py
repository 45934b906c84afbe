"""First weights of linear layers, by the name of the scheme."""

from collections.abc import Callable, Mapping

from torch import Tensor, nn

from espalier.models.layers.options import check_choice


def _he(weight: Tensor) -> Tensor:
    return nn.init.kaiming_normal_(weight, nonlinearity="relu")


INITIALIZERS: Mapping[str, Callable[[Tensor], Tensor] | None] = {
    "default": None,  # torch's own: uniform within 1 / sqrt(in_features)
    "xavier": nn.init.xavier_uniform_,  # Glorot, Bengio 2010, equation 16
    "he": _he,  # He et al. 2015, arXiv 1502.01852, equation 10
    "orthogonal": nn.init.orthogonal_,  # Saxe, McClelland, Ganguli 2013, arXiv 1312.6120
}


def initialize(module: nn.Module, scheme: str) -> None:
    """Draw the weights of every linear layer of a module anew, and set its biases to zero.

    Args:
        module: changed in place.
        scheme: one of INITIALIZERS; "default" changes nothing.

    Raises:
        UnknownNameError: there is no such scheme.
    """
    check_choice("init", scheme, INITIALIZERS)
    draw = INITIALIZERS[scheme]
    if draw is None:
        return
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            draw(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)

"""Activations of sampled steps: which units are dead, which outputs saturated."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

RECTIFIERS: tuple[type[nn.Module], ...] = (nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU)
ENDS: dict[type[nn.Module], tuple[float, float]] = {
    nn.Sigmoid: (0.0, 1.0),
    nn.Tanh: (-1.0, 1.0),
    nn.Hardtanh: (-1.0, 1.0),
    nn.Hardsigmoid: (0.0, 1.0),
}
NEAR_END = 0.005  # of the range between the ends: |input| above 5.3 for a sigmoid, 2.65 for a tanh


class ActivationProbe:
    """Looks at the outputs of activation modules for one forward pass at a time; between samples it costs nothing.

    Activations that are called as functions are not seen.

    Args:
        model: whose modules are looked at.
    """

    def __init__(self, model: nn.Module) -> None:
        looked_at: tuple[type[nn.Module], ...] = (*RECTIFIERS, *ENDS)
        self.modules = {name: module for name, module in model.named_modules() if isinstance(module, looked_at)}
        self.hooks: list[RemovableHandle] = []
        self.dead: dict[str, float] = {}
        self.saturated: dict[str, float] = {}

    def begin(self) -> None:
        """Look from the next forward pass on."""
        if not self.hooks:
            self.hooks = [module.register_forward_hook(self._look(name)) for name, module in self.modules.items()]

    def end(self) -> tuple[dict[str, float], dict[str, float]]:
        """Stop looking, and return the dead and the saturated share of each module that was seen."""
        for one in self.hooks:
            one.remove()
        seen = self.dead, self.saturated
        self.hooks, self.dead, self.saturated = [], {}, {}
        return seen

    def _look(self, name: str) -> Any:  # noqa: ANN401  a hook
        @torch.no_grad()
        def hook(module: nn.Module, _: Any, output: Tensor) -> None:  # noqa: ANN401
            if output.ndim < 2:
                return
            if isinstance(module, RECTIFIERS):
                units = output.detach().transpose(1, -1) if output.ndim > 3 else output.detach()
                self.dead[name] = float((units.flatten(0, -2).abs().amax(dim=0) <= 0).float().mean())
            else:
                low, high = ENDS[type(module)]
                margin = NEAR_END * (high - low)
                near = (output < low + margin) | (output > high - margin)
                self.saturated[name] = float(near.float().mean())

        return hook

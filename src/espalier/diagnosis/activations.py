"""Activations of sampled steps: which units are dead, which outputs saturated."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

RECTIFIERS: tuple[type[nn.Module], ...] = (nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU)
FROM_ZERO: tuple[type[nn.Module], ...] = (nn.Sigmoid, nn.Hardsigmoid)  # to 1
BOUNDED: tuple[type[nn.Module], ...] = (*FROM_ZERO, nn.Tanh, nn.Hardtanh)
NEAR_END = 0.005  # of the range between the ends: |input| above 5.3 for a sigmoid, 2.65 for a tanh


class ActivationProbe:
    """Looks at the outputs of activation modules for one step at a time; between samples it costs nothing.

    Of a module that is called several times in a step, the worst call counts. Activations that are called as functions are
    not seen.

    Args:
        model: whose modules are looked at.
    """

    def __init__(self, model: nn.Module) -> None:
        looked_at = (*RECTIFIERS, *BOUNDED)
        compiled = [name for name, module in model.named_modules() if _is_compiled(module)]
        self.modules = {
            name: module
            for name, module in model.named_modules()
            if isinstance(module, looked_at) and not any(not one or f"{name}.".startswith(f"{one}.") for one in compiled)
        }
        self.hooks: list[RemovableHandle] = []
        self.dead: dict[str, list[Tensor]] = {}
        self.saturated: dict[str, list[Tensor]] = {}

    def begin(self) -> None:
        """Look from the next forward pass on."""
        if not self.hooks:
            self.hooks = [module.register_forward_hook(self._look(name)) for name, module in self.modules.items()]

    def end(self) -> tuple[dict[str, float], dict[str, float]]:
        """Stop looking, and return the dead and the saturated share of each module that was seen."""
        for one in self.hooks:
            one.remove()
        dead, saturated = self.dead, self.saturated
        self.hooks, self.dead, self.saturated = [], {}, {}
        return _worst(dead), _worst(saturated)

    def _look(self, name: str) -> Any:  # noqa: ANN401  a hook
        @torch.no_grad()
        def hook(module: nn.Module, _: Any, output: Any) -> None:  # noqa: ANN401  a person's subclass gives what it likes
            if not isinstance(output, Tensor) or output.ndim < 2 or not output.numel():
                return
            if isinstance(module, RECTIFIERS):
                units = output.detach().transpose(1, -1) if output.ndim > 3 else output.detach()
                self.dead.setdefault(name, []).append((units.flatten(0, -2).abs().amax(dim=0) <= 0).float().mean())
            else:
                low, high = _ends(module)
                margin = NEAR_END * (high - low)
                near = (output < low + margin) | (output > high - margin)
                self.saturated.setdefault(name, []).append(near.float().mean())

        return hook


def _ends(module: nn.Module) -> tuple[float, float]:
    if isinstance(module, nn.Hardtanh):
        return float(module.min_val), float(module.max_val)
    return (0.0 if isinstance(module, FROM_ZERO) else -1.0), 1.0


def _worst(shares: dict[str, list[Tensor]]) -> dict[str, float]:
    return {name: max(map(float, found)) for name, found in shares.items()}


def _is_compiled(module: nn.Module) -> bool:
    """Return whether torch.compile made it: a hook within would be compiled too, and change what is trained."""
    return hasattr(module, "_orig_mod") or getattr(module, "_compiled_call_impl", None) is not None

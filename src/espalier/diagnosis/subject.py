"""Subject: what is probed, and how it is called."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

from torch import Tensor, nn
from torch.func import functional_call
from torch.optim import Optimizer

from espalier.tasks.loss_kind import Criterion


@dataclass(frozen=True)
class Subject:
    """What is probed.

    Args:
        model: any module, with its weights in place.
        arguments, keywords: what it is called with.
        target: of the batch; None without a loss.
        criterion: `criterion(output, target)` is the loss; None leaves probes of the loss out.
        optimizer: None leaves out which weights it holds.
        output: what the criterion was given, when a training loop was watched; None to take what the model returns.
        gradients: of the training loop, by name; None to compute them.
        causal: the model must not look ahead along dimension 1 of its inputs.
        planned_steps: how many steps there will be; None when it is not known.
    """

    model: nn.Module
    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any] = field(default_factory=dict)
    target: Any = None
    criterion: Criterion | None = None
    optimizer: Optimizer | None = None
    output: Tensor | None = None
    gradients: Mapping[str, Tensor | None] | None = None
    causal: bool = False
    planned_steps: int | None = None

    def call(self, change: Callable[[Tensor], Tensor] | None = None, weights: Mapping[str, Tensor] | None = None) -> Tensor:
        """Return the model's first tensor that has rows for these arguments, or for changed ones.

        A scalar counts where there is nothing else: many models return a loss before their output.

        Args:
            change: of every tensor among the arguments; None keeps them.
            weights: to be used instead of the model's own, by name; the model keeps its own.

        Raises:
            TypeError: the model returns no tensor.
        """
        keep: Callable[[Tensor], Tensor] = change or (lambda tensor: tensor)
        arguments, keywords = map_tensors(self.arguments, keep), map_tensors(dict(self.keywords), keep)
        if weights:
            output = functional_call(self.model, dict(weights), arguments, keywords)
        else:
            output = self.model(*arguments, **keywords)
        found = list(tensors_in(output))
        if not found:
            raise TypeError(f"the model returns {type(output).__name__}, which holds no tensor")
        return next((one for one in found if one.ndim), found[0])

    @property
    def num_rows(self) -> int:
        """Length of the first dimension of the first tensor among the arguments; 0 without one."""
        first = next(iter(self.tensors), None)
        return 0 if first is None or first.ndim == 0 else len(first)

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Every tensor among the arguments."""
        return tuple(tensors_in((self.arguments, dict(self.keywords))))


def tensors_in(value: Any) -> Iterator[Tensor]:  # noqa: ANN401  a batch or an output is whatever a person made it
    """Yield the tensors within tuples, lists, mappings and dataclasses, in their order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        yield from tensors_in(list(value.values()))
    elif is_dataclass(value) and not isinstance(value, type):
        yield from tensors_in([getattr(value, one.name) for one in fields(value)])
    elif isinstance(value, Iterable) and not isinstance(value, str | bytes):
        for one in value if isinstance(value, tuple | list) else ():
            yield from tensors_in(one)


def map_tensors(value: Any, change: Callable[[Tensor], Tensor]) -> Any:  # noqa: ANN401
    """Return a batch with every tensor changed; what holds no tensors stays as it is."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, Mapping):
        return {name: map_tensors(one, change) for name, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: map_tensors(getattr(value, one.name), change) for one in fields(value)})
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(map_tensors(one, change) for one in value))
    if isinstance(value, tuple | list):
        return type(value)(map_tensors(one, change) for one in value)
    return value

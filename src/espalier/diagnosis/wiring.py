"""Wiring: how model, loss, optimizer and one batch are put together, as seen by probes before the first step."""

from dataclasses import dataclass, field

from torch import Tensor

from espalier.diagnosis.loss_kind import LossKind


@dataclass(frozen=True)
class Weight:
    """One parameter of the model.

    Args:
        name: as `model.named_parameters()` gives it.
        shape: of the tensor.
        is_trainable: requires a gradient.
        is_updated: the optimizer holds it.
        gradient: norm of its gradient on the batch; None when no gradient reaches it.
        is_finite: all values are finite.
        is_symmetric: a matrix whose rows are all equal and not zero.
    """

    name: str
    shape: tuple[int, ...]
    is_trainable: bool
    is_updated: bool
    gradient: float | None
    is_finite: bool
    is_symmetric: bool


@dataclass(frozen=True)
class Wiring:
    """What probes saw. A value that could not be looked at is None, and `unlooked` says why.

    Args:
        kind: of the loss.
        weights: every parameter, in the model's order.
        has_gradients: whether gradients were looked at.
        num_foreign: tensors of the optimizer that are not the model's; None without an optimizer.
        batch_size: B.
        inputs: float inputs of the model, (B, ...).
        output: of the model in train mode, detached.
        target: of the batch.
        last_module: class of the module that made the output, for example "Softmax"; empty when it was made by an operation.
        loss, prior_loss: of the batch, and of the best constant answer to it.
        doubled: loss of the batch given twice, divided by its loss.
        batch_norms: names of modules that normalise over the batch.
        dropouts: rate of each dropout module by its name.
        model_in_eval: the model as a whole was in eval mode when it was trained.
        first_non_finite: the first module whose output is not finite; empty when none is.
        unrepeatable: largest difference between two passes over the same batch in eval mode, by the spread of the output.
        mixing: largest change of a row's output when other rows change, in eval mode, by the spread of the output.
        affine_error: how far f(a) + f(b) is from f(a + b) + f(0), relative; None with fewer than two matrices in a row.
        spread: deviation of the outputs over the rows, by their mean size.
        look_ahead: change of earlier outputs when only the last place of the sequence changes; None when not asked.
        unlooked: what could not be looked at and why, one sentence each.
    """

    kind: LossKind = LossKind.UNKNOWN
    weights: tuple[Weight, ...] = ()
    has_gradients: bool = False
    num_foreign: int | None = None
    batch_size: int = 0
    inputs: tuple[Tensor, ...] = ()
    output: Tensor | None = None
    target: Tensor | None = None
    last_module: str = ""
    loss: float | None = None
    prior_loss: float | None = None
    doubled: float | None = None
    batch_norms: tuple[str, ...] = ()
    dropouts: dict[str, float] = field(default_factory=dict)
    model_in_eval: bool = False
    first_non_finite: str = ""
    unrepeatable: float | None = None
    mixing: float | None = None
    affine_error: float | None = None
    spread: float | None = None
    look_ahead: float | None = None
    unlooked: tuple[str, ...] = ()

    @property
    def trained(self) -> tuple[Weight, ...]:
        """Return the weights that the optimizer holds and that require a gradient; all trainable ones without an optimizer."""
        return tuple(one for one in self.weights if one.is_trainable and (one.is_updated or self.num_foreign is None))

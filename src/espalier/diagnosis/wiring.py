"""Wiring: how model, loss, optimizer and one batch are put together, as seen by probes before the first step."""

from dataclasses import dataclass, field

from torch import Tensor

from espalier.tasks.loss_kind import LossKind


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
        is_symmetric: a matrix, or one gate of it, whose rows are all equal and not zero, and get gradients that are (nearly)
            equal too, so that its units stay copies of each other.
        is_zero: all values are zero.
        is_constant: a matrix of a torch layer whose values are all the same and not zero.
    """

    name: str
    shape: tuple[int, ...]
    is_trainable: bool
    is_updated: bool
    gradient: float | None
    is_finite: bool
    is_symmetric: bool
    is_zero: bool = False
    is_constant: bool = False


@dataclass(frozen=True)
class Wiring:
    """What probes saw. A value that could not be looked at is None, and `unlooked` says why.

    Args:
        kind: of the loss.
        weights: every parameter, in the model's order.
        has_gradients: whether gradients were looked at.
        num_foreign: tensors of the optimizer that are not the model's; None without an optimizer.
        long_run_rate: of SGD: its highest learning rate by 1 - momentum, which is how far a gradient moves a weight in the long
            run; None for other optimizers.
        batch_size: B.
        inputs: float inputs of the model, (B, ...).
        output: of the model in train mode, detached.
        returned: by the model, where the loss got something that was made of it.
        target: of the batch.
        last_module: class of the module that made the output, for example "Softmax"; empty when it was made by an operation, or
            when the loss got something else than the model returned.
        last_operation: name of the operation that gave the output its values, for example "Sigmoid", whether a module, the
            model or the loop called it; empty when it is not known.
        called: names of the modules in the order in which the batch first reached them; the model itself is left out.
        read: what the first matrix read, and others that read inputs as they are; of the first 256 rows.
        strangers: shapes of learnable tensors behind the output that are neither the model's nor the optimizer's.
        reshaped_loss: loss of the output in the shape of the target, where the loss is not known and the shapes are not one.
        num_in_a_row: matrices and convolutions that the longest way from input to output passes.
        loss, prior_loss: of the batch, and of the best constant answer to it.
        doubled: loss of the batch given twice, divided by its loss.
        batch_norms: names of modules that normalise over the batch.
        fresh_norms: names of frozen norms whose weights are all 1 and biases all 0, as no training leaves them.
        frozen_as_drawn: names of frozen matrices whose values are those that torch draws for new ones.
        gains: how much trained matrices that look drawn at random enlarge what they read, by name; those above 2.
        first_ratio: how far the first step moves a matrix, by its size, in the median; None where it is not known beforehand.
        planned_steps: how many steps there will be; 0 when it is not known.
        reach: how far all planned steps can move a matrix at most, by its size; None where it is not known beforehand.
        normalised_values: fewest values of one channel that a batch norm in train mode took together; None without one.
        is_frozen_on_purpose: the plan freezes a part of the model that was learnt before.
        normalised_rows: fewest rows over which one that takes the statistics of the batch normalised; None without one.
        dropouts: rate of each dropout module by its name.
        model_in_eval: the model as a whole was in eval mode when it was trained.
        first_non_finite: the first module whose output is not finite; empty when none is.
        unrepeatable: largest difference between two passes over the same batch in eval mode, by the spread of the output.
        draws: random operations that a pass in eval mode used, for example "bernoulli_"; looked for where passes differ.
        mixing: largest change of a row's output when other rows change, in eval mode, by the spread of the output; None when
            the first dimension may be time or the places of a graph.
        affine_error: how far f(a) + f(b) is from f(a + b) + f(0), relative, with large inputs and no weight at zero; None with
            fewer than two matrices in a row.
        spread: deviation of the outputs over the rows, by their mean size or by 1 if that is smaller, with no weight at zero.
        inputs_vary: the rows of the inputs are not all the same.
        look_ahead: change of earlier outputs when only the last place of the sequence changes; None when not asked.
        cut: trained weights that get no gradient although the output depends on them.
        unlooked: what could not be looked at and why, one sentence each.
    """

    kind: LossKind = LossKind.UNKNOWN
    weights: tuple[Weight, ...] = ()
    has_gradients: bool = False
    num_foreign: int | None = None
    long_run_rate: float | None = None
    batch_size: int = 0
    inputs: tuple[Tensor, ...] = ()
    output: Tensor | None = None
    returned: Tensor | None = None
    target: Tensor | None = None
    last_module: str = ""
    last_operation: str = ""
    called: tuple[str, ...] = ()
    read: tuple[Tensor, ...] = ()
    strangers: tuple[tuple[int, ...], ...] = ()
    reshaped_loss: float | None = None
    num_in_a_row: int = 0
    loss: float | None = None
    prior_loss: float | None = None
    doubled: float | None = None
    batch_norms: tuple[str, ...] = ()
    fresh_norms: tuple[str, ...] = ()
    frozen_as_drawn: tuple[str, ...] = ()
    gains: dict[str, float] = field(default_factory=dict)
    first_ratio: float | None = None
    reach: float | None = None
    planned_steps: int = 0
    normalised_values: int | None = None
    is_frozen_on_purpose: bool = False
    normalised_rows: int | None = None
    dropouts: dict[str, float] = field(default_factory=dict)
    model_in_eval: bool = False
    first_non_finite: str = ""
    unrepeatable: float | None = None
    draws: tuple[str, ...] = ()
    mixing: float | None = None
    affine_error: float | None = None
    spread: float | None = None
    inputs_vary: bool = True
    look_ahead: float | None = None
    cut: tuple[str, ...] = ()
    unlooked: tuple[str, ...] = ()

    @property
    def trained(self) -> tuple[Weight, ...]:
        """Return the weights that the optimizer holds and that require a gradient; all trainable ones without an optimizer."""
        return tuple(one for one in self.weights if one.is_trainable and (one.is_updated or self.num_foreign is None))

    @property
    def made_by(self) -> str:
        """Name of the last operation, or class of the last module, in small letters; empty when neither is known."""
        return (self.last_operation or self.last_module).lower()

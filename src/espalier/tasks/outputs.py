"""What comes out of a model: its shape is checked here, and several members become rows of their own."""

import numpy as np
import torch
from torch import Tensor, nn

from espalier.core.batch import Batch, FloatArray
from espalier.core.errors import PlanError
from espalier.core.records import IntArray


def outputs_and_target(model: nn.Module, batch: Batch, num_outputs: int) -> tuple[Tensor, Tensor]:
    """Return what a model gives beside the truth, for losses.

    A mean over the rows of (B x E, K) is the mean over members of each one's mean, so members are trained on their own.

    Shapes:
        model: (B, K) or (B, E, K), or (B,) where K is 1; target: (B, ...); to (B x E, K) float32 and (B x E, ...).

    Raises:
        PlanError: a batch without target, or a model whose output has another shape.
    """
    if batch.target is None:
        raise PlanError("The batch has no target; a loss needs one. Give batches made with the target column.")
    output = _output(model, batch, num_outputs)
    if output.ndim == 2:
        return output, batch.target
    return output.flatten(0, 1), batch.target.repeat_interleave(output.shape[1], dim=0)


def member_outputs(model: nn.Module, batch: Batch, num_outputs: int) -> Tensor:
    """Return what every member gives, (B, E, K) float64 on the CPU, without recording gradients; E is 1 for a plain model.

    Raises:
        PlanError: a model whose output has another shape.
    """
    with torch.no_grad():
        output = _output(model, batch, num_outputs).cpu().double()
    return output.unsqueeze(1) if output.ndim == 2 else output


def source_rows(batch: Batch) -> IntArray:
    """Return the source row of each example, or 0, 1, 2 ... where the batch does not name them."""
    rows = torch.arange(len(batch.inputs[0])) if batch.rows is None else batch.rows
    return rows.cpu().numpy()


def to_numpy(values: Tensor) -> FloatArray:
    """Return a float64 tensor on the CPU as an array."""
    return values.numpy()


def median_of(quantiles: FloatArray, levels: tuple[float, ...]) -> FloatArray:
    """Return the median (...) of quantiles (..., Q), interpolated between those beside it where 0.5 is no level."""
    place = float(np.interp(0.5, levels, np.arange(len(levels))))
    low, high = int(np.floor(place)), int(np.ceil(place))
    return np.asarray(quantiles[..., low] + (place - low) * (quantiles[..., high] - quantiles[..., low]))


def _output(model: nn.Module, batch: Batch, num_outputs: int) -> Tensor:
    """Return the model's output as (B, K) or (B, E, K) in float32, whatever precision the model runs in."""
    output: Tensor = model(*batch.inputs).float()
    if output.ndim == 1 and num_outputs == 1:
        output = output.unsqueeze(1)
    num_rows = len(batch.inputs[0])
    if output.ndim not in (2, 3) or output.shape[0] != num_rows or output.shape[-1] != num_outputs:
        raise PlanError(
            f"{type(model).__name__} gives {tuple(output.shape)} for a batch of {num_rows} rows; this task expects "
            f"({num_rows}, {num_outputs}), or ({num_rows}, members, {num_outputs}). Give its last layer {num_outputs} outputs."
        )
    return output

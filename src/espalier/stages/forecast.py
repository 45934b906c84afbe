"""Forecast: time and memory of a run, measured on a few steps before the first real one."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from espalier.core.batch import Batches
from espalier.core.plan import Plan
from espalier.core.seeds import derive_seed
from espalier.data.prepare.preparation import fit_preparation
from espalier.data.split import sample_train
from espalier.stages.decide import MOST_MEMBERS
from espalier.stages.network import Network, make_network, target_kind
from espalier.stages.parts import deal_parts
from espalier.stages.table import Table, load_planned
from espalier.training.loop import Way, learn
from espalier.training.optimizers import make_optimizer

TRIAL_ROWS = 20_000  # the preparation is fitted on this many rows for the trial
NUM_STEPS = 8  # timed; the median of the later half counts
OPTIMIZER_COPIES = 4  # weights, gradients and two moments
ORDERED_COPIES = 2  # the training tensors, and their permutation in the epoch under way


@dataclass(frozen=True)
class Forecast:
    """What a run will cost.

    Args:
        rows: training rows.
        parameters: of one network.
        step_seconds: one update.
        epoch_seconds: one pass over the training rows.
        total_seconds: all epochs of all members and folds, if early stopping never comes; at most the budget.
        memory_bytes: tensors of the training part, weights with optimizer state, and activations of one batch.
    """

    rows: int
    parameters: int
    step_seconds: float
    epoch_seconds: float
    total_seconds: float
    memory_bytes: int


def forecast(plan: Plan, table: Table | None = None) -> Forecast:
    """Predict time and memory of a plan, by a few steps on its own data. Nothing is written.

    Args:
        plan: what would be trained.
        table: the plan's source, when it was read already.

    Raises:
        InputError: the plan and the data do not fit each other.
    """
    table = table or load_planned(plan)
    _, parts = deal_parts(plan, table, None)
    train = parts[0].train
    sample = sample_train(train, TRIAL_ROWS)
    prepared = fit_preparation(
        sample, plan.schema, replace(plan.prepare, target=_settled(plan)), target_kind(plan), table.asked().classes
    )
    inputs, target = prepared.inputs(sample.records), prepared.target(sample.records)
    batches = prepared.batches(inputs, target, None, plan.learning.batch_size, 0)
    network = make_network(plan, prepared, derive_seed(plan.seed, "forecast"))
    step_seconds = _time_steps(network, batches, plan)
    num_steps = math.ceil(len(train) / plan.learning.batch_size)
    copies = (plan.model.members or MOST_MEMBERS) * len(parts)
    total = step_seconds * num_steps * plan.learning.epochs * copies
    parameters = sum(weight.numel() for weight in network.module.parameters())
    bytes_of_a_row = sum(one[:1].nbytes for one in (*inputs, target))
    batch = next(iter(batches.epoch(0)))
    activations = _saved_bytes(network.module, batch.inputs)
    return Forecast(
        rows=len(train),
        parameters=parameters,
        step_seconds=step_seconds,
        epoch_seconds=step_seconds * num_steps,
        total_seconds=min(total, plan.learning.budget_seconds or math.inf),
        memory_bytes=ORDERED_COPIES * bytes_of_a_row * len(train) + OPTIMIZER_COPIES * 4 * parameters + activations,
    )


def _settled(plan: Plan) -> Any:  # noqa: ANN401  one of the literals of PreparePlan.target
    return "standard" if plan.prepare.target == "auto" else plan.prepare.target


def _time_steps(network: Network, batches: Batches, plan: Plan) -> float:
    """Return the median seconds of one update."""
    optimizer = make_optimizer(network.module, plan.learning, 1e-4)
    way = Way(epochs=NUM_STEPS, clip_norm=plan.learning.clip_norm)
    seconds, began = [], time.perf_counter()
    for step in learn(network.module, network.task, batches, optimizer, way):
        seconds.append(time.perf_counter() - began)
        if step.position.step == NUM_STEPS:
            break
        began = time.perf_counter()
    later = sorted(seconds[len(seconds) // 2 :])
    return later[len(later) // 2]


def _saved_bytes(module: nn.Module, inputs: tuple[Tensor, ...]) -> int:
    """Return the bytes that the forward pass keeps for the backward pass."""
    seen: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        seen[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    identity: Callable[[Tensor], Tensor] = lambda tensor: tensor  # noqa: E731  the hook's other half
    with torch.autograd.graph.saved_tensors_hooks(keep, identity):
        module(*inputs)
    return sum(seen.values())

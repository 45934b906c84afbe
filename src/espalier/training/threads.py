"""Threads: as few as do the work. Those that wait for each other cost more than they save on small models and busy machines."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn

from espalier.core.batch import Batch
from espalier.training.loop import Learnable
from espalier.training.timed_steps import NUM_STEPS, TimedSteps

MIN_SAVING = 0.3  # of the time of a step, that twice the threads must bring: a machine that is idle now may be busy later


@dataclass(frozen=True)
class ThreadChoice:
    """A number of threads and why.

    Args:
        threads: what was chosen.
        reason: in one sentence, with what was measured.
    """

    threads: int
    reason: str


@contextmanager
def kept_threads(threads: int | None = None) -> Iterator[None]:
    """Set torch's number of threads for a block, and set back after it whatever was set in it.

    Args:
        threads: of the block's beginning; None for as many as there are.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def choose_threads(model: nn.Module, task: Learnable, batch: Batch) -> ThreadChoice:
    """Choose between one thread, two, four, ... and all that torch would use, for one model on this machine as busy as it is.

    The model, the random state and torch's number of threads stay as they are: the trial runs on copies.

    Args:
        model: as it will be trained.
        task: its losses are what is timed.
        batch: of the size that will be trained on.
    """
    most = torch.get_num_threads()
    if most == 1 or batch.inputs[0].device.type != "cpu":
        return ThreadChoice(most, "threads of this process when the run began")
    numbers = sorted({most, *(2**power for power in range(most.bit_length()) if 2**power < most)})
    with torch.random.fork_rng(), kept_threads():
        trials = {number: TimedSteps(model, task, batch) for number in numbers}
        for _ in range(NUM_STEPS + 1):
            for number, trial in trials.items():
                torch.set_num_threads(number)
                trial.step()
    seconds = {number: trial.median_seconds() for number, trial in trials.items()}
    chosen = numbers[0]
    for number in numbers[1:]:
        if seconds[number] <= seconds[chosen] * (1 - MIN_SAVING) ** math.log2(number / chosen):
            chosen = number
    told = ", ".join(f"{1e3 * seconds[number]:.2g} ms with {number}" for number in numbers)
    return ThreadChoice(chosen, f"a step takes {told}; twice the threads must save {MIN_SAVING:.0%}")

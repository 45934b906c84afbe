"""Learning-rate schedules: the factor on the peak rate at each step."""

import math
from collections.abc import Callable
from typing import Literal, TypeAlias

ScheduleName: TypeAlias = Literal["constant", "step", "exponential", "cosine", "one-cycle", "plateau"]
Schedule: TypeAlias = Callable[[int], float]

STEP_FACTOR = 0.1  # "step": the rate falls to a tenth ...
STEP_POINTS = (0.5, 0.75)  # ... at these shares of all steps (He et al. 2015, arXiv 1512.03385, section 4.2)
EXPONENTIAL_END = 0.01  # "exponential": the rate ends at this share of its peak
ONE_CYCLE_RISE = 0.3  # "one-cycle": share of all steps over which the rate rises (Smith 2018, arXiv 1803.09820)
ONE_CYCLE_START = 1 / 25
ONE_CYCLE_END = 1 / 25e4
PLATEAU_FACTOR = 0.3  # "plateau": the rate falls to this share ...


def make_schedule(name: ScheduleName, num_steps: int, warmup_fraction: float = 0.0) -> Schedule:
    """Return the factor on the peak rate as a function of the step.

    Args:
        name: of the schedule. "plateau" is constant here: its falls follow the validation score (see `training.fit`).
        num_steps: steps of the whole run, 1 or more.
        warmup_fraction: share of all steps, 0 to 1, over which the factor rises from 0 in a line.

    Returns:
        A function from the step (from 0) to a factor, 0 to 1.

    Example:
        >>> cosine = make_schedule("cosine", num_steps=101)
        >>> [round(cosine(step), 2) for step in (0, 50, 100)]
        [1.0, 0.5, 0.0]
    """
    warmup_steps = round(warmup_fraction * num_steps)
    last = max(num_steps - 1 - warmup_steps, 1)
    shape = SHAPES[name]

    def factor(step: int) -> float:
        if step < warmup_steps:
            return (step + 1) / (warmup_steps + 1)
        return shape(min((step - warmup_steps) / last, 1.0))

    return factor


def _constant(share: float) -> float:
    return 1.0


def _step(share: float) -> float:
    return float(STEP_FACTOR ** sum(share >= point for point in STEP_POINTS))


def _exponential(share: float) -> float:
    return float(EXPONENTIAL_END**share)


def _cosine(share: float) -> float:
    """Half a cosine from 1 to 0 (Loshchilov and Hutter 2016, arXiv 1608.03983, equation 5, one period)."""
    return (1 + math.cos(math.pi * share)) / 2


def _one_cycle(share: float) -> float:
    if share < ONE_CYCLE_RISE:
        low, high, part = ONE_CYCLE_START, 1.0, share / ONE_CYCLE_RISE
    else:
        low, high, part = 1.0, ONE_CYCLE_END, (share - ONE_CYCLE_RISE) / (1 - ONE_CYCLE_RISE)
    return high + (low - high) * _cosine(part)


SHAPES: dict[ScheduleName, Callable[[float], float]] = {
    "constant": _constant,
    "step": _step,
    "exponential": _exponential,
    "cosine": _cosine,
    "one-cycle": _one_cycle,
    "plateau": _constant,
}

"""Decisions that need a measurement: each tries something short on the training part and writes down what it saw."""

import math
from dataclasses import replace

import numpy as np
import polars as pl
import torch
from sklearn.ensemble import HistGradientBoostingRegressor
from torch import nn

from espalier.core.batch import Batches
from espalier.core.plan import Plan, edit
from espalier.core.records import Records, TrainRecords
from espalier.core.seeds import derive_seed
from espalier.data.prepare.preparation import fit_preparation
from espalier.stages.network import Network, target_kind
from espalier.tasks.counts import Counts
from espalier.training.adapt.adaptation import Adaptation
from espalier.training.loop import Precision
from espalier.training.precision import choose_precision
from espalier.training.range_test import find_learning_rate
from espalier.training.threads import choose_threads
from espalier.training.timed_steps import NUM_STEPS, TimedSteps

MIN_SKEW = 1.0  # a log is only tried on a target whose skewness (third standardised moment) is above this
MIN_GAIN = 0.01  # relative fall of the validation RMSE that a log must bring
TRIAL_ROWS = 10_000
TRIAL_TREES = 60
MOST_MEMBERS = 5  # networks of an ensemble that a budget is spent on: each further one brings less
SPARE = 0.8  # of the time left: a later network may learn longer than the first, and a machine may slow down
FALLING = ("one-cycle", "cosine", "step", "exponential")  # schedules that a shorter training would cut off high up
JUDGING = 1.15  # an epoch also takes the validation part


def decide_target(plan: Plan, train: TrainRecords, valid: Records) -> Plan:
    """Decide whether the logarithm of a number target is learnt, by a short trial with boosted trees on the validation part.

    Args:
        plan: with prepare.target "auto"; any other value is kept.
        train: the training part.
        valid: the part that decides.
    """
    if plan.prepare.target != "auto" or target_kind(plan) != "number":
        return plan
    prepared = fit_preparation(train, plan.schema, replace(plan.prepare, target="none", bins=0), "number")
    target = prepared.target_values(train.records)
    skew = float(np.mean(((target - target.mean()) / max(target.std(), 1e-12)) ** 3))
    if target.min() < 0 or skew <= MIN_SKEW:
        why = f"its skewness is {skew:.1f}" if target.min() >= 0 else "it has negative values"
        return edit(plan, {"prepare.target": "standard"}, f"{why}: no logarithm was tried")
    rows = np.random.default_rng(derive_seed(plan.seed, "target trial")).permutation(len(target))[:TRIAL_ROWS]
    rows.sort()
    part = train.records.take(rows)
    inputs, truth = _matrix(prepared.simple_inputs(prepared.inputs(part))), target[rows]
    valid_inputs, valid_truth = _matrix(prepared.simple_inputs(prepared.inputs(valid))), prepared.target_values(valid)
    trees = HistGradientBoostingRegressor(max_iter=TRIAL_TREES, random_state=0)
    plain = trees.fit(inputs, truth).predict(valid_inputs)
    logged = np.expm1(trees.fit(inputs, np.log1p(truth)).predict(valid_inputs))
    plain_error, logged_error = (float(np.sqrt(np.mean((guess - valid_truth) ** 2))) for guess in (plain, logged))
    gain = 1 - logged_error / plain_error if plain_error else 0.0
    seen = f"skewness {skew:.1f}; boosted trees reach RMSE {logged_error:.4g} with the logarithm and {plain_error:.4g} without"
    return edit(plan, {"prepare.target": "log" if gain > MIN_GAIN else "standard"}, f"{seen} (validation part)")


def decide_rate(plan: Plan, train: TrainRecords) -> Plan:
    """Decide the rate from which counts are learnt, where the plan leaves it open: the mean of the training part."""
    if plan.task.name != Counts.name or "base_rate" in plan.task.options:
        return plan
    mean = train.records.frame.get_column(plan.schema.target or "").cast(pl.Float64).mean()
    if not isinstance(mean, float) or mean <= 0:
        return plan
    return edit(plan, {"task.options.base_rate": mean}, "mean of the training part: rates are learnt as multiples of it")


def _matrix(inputs: tuple[object, ...]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.hstack([np.asarray(one, dtype=np.float32) for one in inputs])


def decide_learning(
    plan: Plan, network: Network, batches: Batches, seconds: float = math.inf, learner: nn.Module | Adaptation | None = None
) -> Plan:
    """Decide threads and precision by trials and the learning rate by a range test, where the plan leaves them open.

    Args:
        plan: threads None, learning_rate None and precision "auto" are open.
        network: untrained; it stays as it is.
        batches: of the training part.
        seconds: the range test may take.
        learner: what learns, where it is not simply the network's module.
    """
    batch = next(iter(batches.epoch(0)))
    if plan.learning.threads is None:
        threads = choose_threads(network.module, network.task, batch)
        plan = edit(plan, {"learning.threads": threads.threads}, threads.reason)
        torch.set_num_threads(threads.threads)
    if plan.learning.learning_rate is None:
        test = find_learning_rate(learner or network.module, network.task, batches, plan.learning, seconds)
        plan = edit(plan, {"learning.learning_rate": test.rate}, test.reason)
    if plan.learning.precision == "auto":
        choice = choose_precision(network.module, network.task, batch)
        plan = edit(plan, {"learning.precision": choice.precision}, choice.reason)
    return plan


def decide_epochs(plan: Plan, network: Network, batches: Batches, seconds: float) -> Plan:
    """Decide how many epochs fit into a time, where the rate falls over them and would not come down in fewer.

    Args:
        plan: with threads and precision decided.
        network: untrained; it stays as it is.
        batches: of the training part.
        seconds: that the network may learn; infinite without a budget.
    """
    learning = plan.learning
    is_asked = plan.reasons.get("learning.epochs", "").startswith("you asked")
    if math.isinf(seconds) or learning.schedule not in FALLING or is_asked:
        return plan
    precision: Precision = "bfloat16" if learning.precision == "bfloat16" else "float32"
    trial = TimedSteps(network.module, network.task, next(iter(batches.epoch(0))), precision)
    with torch.random.fork_rng(devices=[]):
        for _ in range(NUM_STEPS + 1):
            trial.step()
    epoch_seconds = trial.median_seconds() * len(batches) * JUDGING
    fitting = max(int(SPARE * max(seconds, 0.0) / epoch_seconds), 1)
    if fitting >= learning.epochs:
        return plan
    why = f"an epoch takes about {epoch_seconds:.1f} s and {max(seconds, 0.0):.0f} s are left; the rate is to fall to its end"
    return edit(plan, {"learning.epochs": fitting, "learning.patience": fitting}, why)


def decide_members(plan: Plan, seconds: float, left: float) -> Plan:
    """Decide how many networks are averaged, where the plan leaves it open: as many as the time left lets learn like the first.

    Args:
        plan: model.members None is open.
        seconds: in which the first network learnt.
        left: seconds that the networks still have; infinite without a budget.
    """
    if plan.model.members is not None:
        return plan
    further = SPARE * max(left, 0.0) / max(seconds, 1e-3)
    members = 1 + int(min(further, MOST_MEMBERS - 1))
    time_left = "without a limit of time" if math.isinf(left) else f"and {max(left, 0.0):.0f} s are left of the budget"
    why = f"the first learnt in {seconds:.1f} s {time_left}: {members} fit, at most {MOST_MEMBERS} are trained"
    return edit(plan, {"model.members": members}, why)

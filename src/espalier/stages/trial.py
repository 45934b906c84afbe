"""A trial: a plan trained once in a folder that is thrown away, judged on rows it has not seen; the test part stays shut."""

import math
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from espalier.core.plan import Plan
from espalier.core.records import Records, SealedRecords, Splits, TrainRecords
from espalier.core.run_folder import RunFolder
from espalier.stages.decide import decide_rate, decide_target
from espalier.stages.fold import Fold, Work, fit_fold
from espalier.stages.network import main_metric


@dataclass(frozen=True)
class Trial:
    """How one training ended.

    Args:
        plan: as it was decided on the way.
        fold: what was fitted; it answers.
        metric: name of the main metric of the task.
        higher_is_better: which way it is read.
        score: on the judged rows, in the person's units.
        train_score: on the rows it learnt from.
        seconds: of the whole trial.
    """

    plan: Plan
    fold: Fold
    metric: str
    higher_is_better: bool
    score: float
    train_score: float
    seconds: float

    @property
    def gain(self) -> float:
        """Return the score with its sign such that more is better."""
        return self.score if self.higher_is_better else -self.score


def trial(
    plan: Plan,
    train: TrainRecords,
    valid: Records,
    judged: Records,
    classes: tuple[str, ...] = (),
    seconds: float = math.inf,
) -> Trial:
    """Train a plan's network, without baselines and without the doctor, and judge it.

    Args:
        plan: what to train. A learning rate and a precision that are open are decided as in a run.
        train: it learns from these.
        valid: early stopping and decisions look at these.
        judged: rows that neither learning nor stopping looked at; or `valid` itself, where a little optimism does no harm.
        classes: names of the classes, by index.
        seconds: time for all of it.

    Raises:
        TrainingError: learning cannot go on.
    """
    began = time.monotonic()
    quiet = replace(plan, baselines=(), diagnosis=replace(plan.diagnosis, watch=False))
    decided = decide_rate(decide_target(quiet, train, valid), train)
    with tempfile.TemporaryDirectory(prefix="espalier-trial-") as folder:
        work = Work(decided, RunFolder(Path(folder)), classes, began + seconds)
        stages = fit_fold(work, Splits(train, valid, SealedRecords(judged)), 0)
        while True:
            try:
                next(stages)
            except StopIteration as end:
                decided, fold = end.value
                break
        prepared = fold.prepared
        truth = prepared.target_values(judged)
        metric = main_metric(fold.networks[0].task, truth)
        score = metric.measure(truth, fold.answer(judged))
        train_score = metric.measure(prepared.target_values(train.records), fold.answer(train.records))
    return Trial(decided, fold, metric.name, metric.higher_is_better, score, train_score, time.monotonic() - began)

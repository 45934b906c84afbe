"""A trial: a plan trained once in a folder that is thrown away, judged on rows it has not seen; the test part stays shut."""

import math
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from espalier.core.finding import Finding
from espalier.core.finding import from_mapping as finding_from
from espalier.core.plan import Plan
from espalier.core.records import Records, SealedRecords, Splits, TrainRecords
from espalier.core.run_folder import RunFolder, read_run_json
from espalier.data.prepare.preparation import fit_preparation
from espalier.diagnosis.examine import examine, in_order
from espalier.diagnosis.generalisation import Generalisation
from espalier.evaluation.baselines.baseline import all_baselines, suited_baselines
from espalier.evaluation.baselines.fit import fit_baseline
from espalier.stages.decide import decide_rate, decide_target
from espalier.stages.epochs import read_epochs
from espalier.stages.fold import Fold, Work, fit_fold
from espalier.stages.network import main_metric, target_kind
from espalier.stages.rivals import simple_table, size_of
from espalier.tasks.build import build_task
from espalier.training.threads import kept_threads


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
        findings: of the doctor, worst first; empty when it did not watch.
    """

    plan: Plan
    fold: Fold
    metric: str
    higher_is_better: bool
    score: float
    train_score: float
    seconds: float
    findings: tuple[Finding, ...] = ()

    @property
    def gain(self) -> float:
        """Return the score with its sign such that more is better."""
        return self.score if self.higher_is_better else -self.score


@dataclass(frozen=True)
class ConstantAnswer:
    """The best answer that ignores the inputs: all that is left where a training breaks down.

    Args:
        metric: name of the main metric of the task.
        higher_is_better: which way it is read.
        score: on the judged rows, in the person's units.
    """

    metric: str
    higher_is_better: bool
    score: float


def trial(
    plan: Plan,
    train: TrainRecords,
    valid: Records,
    judged: Records,
    classes: tuple[str, ...] = (),
    seconds: float = math.inf,
    *,
    watch: bool = False,
) -> Trial:
    """Train a plan's network, without baselines, and judge it. One network stands for several that rotate.

    Args:
        plan: what to train. A learning rate and a precision that are open are decided as in a run.
        train: it learns from these.
        valid: early stopping and decisions look at these.
        judged: rows that neither learning nor stopping looked at; or `valid` itself, where a little optimism does no harm.
        classes: names of the classes, by index.
        seconds: time for all of it.
        watch: let the doctor look on, and keep what it finds then and in how learning ended. It stops nothing.

    Raises:
        TrainingError: learning cannot go on.
    """
    began = time.monotonic()
    model = replace(plan.model, members=1, rotate=False) if plan.model.rotate else plan.model
    quiet = replace(plan, model=model, baselines=(), diagnosis=replace(plan.diagnosis, watch=watch, stop=False))
    decided = decide_rate(decide_target(quiet, train, valid), train)
    with kept_threads(plan.learning.threads), tempfile.TemporaryDirectory(prefix="espalier-trial-") as path:
        folder = RunFolder(Path(path))
        work = Work(decided, folder, classes, began + seconds)
        stages = fit_fold(work, Splits(train, valid, SealedRecords(judged)), 0)
        while True:
            try:
                next(stages)
            except StopIteration as end:
                decided, fold = end.value
                break
        findings = _findings(folder, decided) if watch else ()
        prepared = fold.prepared
        truth = prepared.target_values(judged)
        metric = main_metric(fold.networks[0].task, truth)
        score = metric.measure(truth, fold.answer(judged))
        train_score = metric.measure(prepared.target_values(train.records), fold.answer(train.records))
    spent = time.monotonic() - began
    return Trial(decided, fold, metric.name, metric.higher_is_better, score, train_score, spent, findings)


def answer_constantly(plan: Plan, train: TrainRecords, judged: Records, classes: tuple[str, ...] = ()) -> ConstantAnswer:
    """Return the score of the best constant answer.

    Args:
        plan: names the task.
        train: the answer is the majority or the mean of these rows.
        judged: it is scored on these.
        classes: names of the classes, by index.
    """
    kind = target_kind(plan)
    prepared = fit_preparation(train, plan.schema, replace(plan.prepare, target="none", bins=0), kind, classes)
    inputs, truth = prepared.inputs(train.records), prepared.target_values(train.records)
    table = simple_table(prepared, inputs, truth, kind)
    trivial = next(name for name in suited_baselines(kind, *size_of(prepared, len(truth), 0)) if all_baselines()[name].trivial)
    fitted = fit_baseline(trivial, table, plan.seed)
    judged_truth = prepared.target_values(judged)
    metric = main_metric(build_task(plan.task, len(prepared.classes), data=prepared.given()), judged_truth)
    score = metric.measure(judged_truth, fitted.predict(prepared.simple_inputs(prepared.inputs(judged)), judged.rows))
    return ConstantAnswer(metric.name, metric.higher_is_better, score)


def _findings(folder: RunFolder, plan: Plan) -> tuple[Finding, ...]:
    """Return what the doctor found in the members of a trial, and in how their learning ended; the first of each sign."""
    members = [folder.member(index) for index in range(plan.model.num_members)]
    paths = [one.findings for one in reversed(members)]
    found = [finding_from(one) for path in paths if path.exists() for one in read_run_json(path)]
    epochs = tuple(one for member in members if (one := read_epochs(member, plan.learning)) is not None)
    found += examine(Generalisation(epochs=epochs, plan=plan))
    return in_order(list({one.id: one for one in found}.values()))

"""One fold: a preparation, baselines and networks fitted on its training part, and what they answer."""

import math
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from espalier.core.batch import Batches, Prediction
from espalier.core.errors import RunError
from espalier.core.files import write_json
from espalier.core.plan import Plan
from espalier.core.plan_file import write_plan
from espalier.core.progress import EpochDone, Progress, StageDone
from espalier.core.records import Records, Splits
from espalier.core.run_folder import MemberFolder, RunFolder, read_run_json
from espalier.core.seeds import derive_seed
from espalier.data.prepare.preparation import Preparation, fit_preparation, preparation_from_mapping
from espalier.data.prepare.resample import class_weights, oversample, smote
from espalier.data.split import rotated
from espalier.evaluation.baselines.fit import FittedBaseline
from espalier.stages.anomaly import normal_names
from espalier.stages.decide import decide_epochs, decide_learning, decide_members
from espalier.stages.look import watched_epochs
from espalier.stages.network import ModuleMaker, Network, average, main_metric, make_network, target_kind
from espalier.stages.rivals import Rivals
from espalier.stages.starting_point import begin_from
from espalier.training.adapt.adaptation import Adaptation
from espalier.training.evaluate import predict_and_loss
from espalier.training.fit import Examiner, Fit, Judgement

TRIAL_SHARE = 0.2  # of the time left for the network, for its range test
BASELINES_SHARE = 0.25  # of a budget, for all baselines together before the network; they also get what it does not need


@dataclass(frozen=True)
class Work:
    """What fitting a fold needs besides its parts.

    Args:
        plan: as decided so far.
        folder: of the run.
        classes: names of the classes, by index.
        ends: value of `time.monotonic()` by which the fold must be fitted; infinite without a budget.
        maker: makes the module of a person's own model.
    """

    plan: Plan
    folder: RunFolder
    classes: tuple[str, ...]
    ends: float = math.inf
    maker: ModuleMaker | None = None


@dataclass(frozen=True)
class Fold:
    """What was fitted on one fold.

    Args:
        splits: its parts.
        prepared: the preparation of the first network and of the baselines.
        networks: one, or the members of an ensemble.
        baselines: by name.
        seconds: time to fit the networks.
        is_rotated: the networks after the first learnt from the validation rows, and held out others.
    """

    splits: Splits
    prepared: Preparation
    networks: tuple[Network, ...]
    baselines: Mapping[str, FittedBaseline]
    seconds: float
    is_rotated: bool = False

    def answer(self, records: Records) -> Prediction:
        """Return the networks' mean prediction."""
        return average([network.predict(records) for network in self.networks], self.networks[0].task)

    def answer_valid(self, records: Records) -> Prediction:
        """Return the mean prediction for rows of the validation part by the networks that did not learn from it."""
        return replace(self, networks=self.networks[:1]).answer(records) if self.is_rotated else self.answer(records)

    @property
    def num_learnt_rows(self) -> int:
        """Return how many rows the networks learnt from, all of them together."""
        return len(self.splits.train) + (len(self.splits.valid) if self.is_rotated and len(self.networks) > 1 else 0)


def fit_fold(work: Work, splits: Splits, number: int) -> Generator[Progress, None, tuple[Plan, Fold]]:
    """Fit everything of one fold; a fold that was interrupted goes on where it stopped.

    Args:
        work: plan, folder, time.
        splits: the fold's parts; the test part stays sealed.
        number: of the fold, from 0.

    Yields:
        A StageDone for the preparation, an EpochDone for each epoch, a BaselineDone for each baseline: before the epochs under
        a budget, else behind them.

    Returns:
        The plan with the learning rate, the precision and the number of members decided, and what was fitted.
    """
    began = time.monotonic()
    lesson = _lesson(work, splits, number * work.plan.model.num_members)
    prepared = lesson.prepared
    kinds = f"{len(prepared.names)} features from {len(set(prepared.sources))} columns"
    yield StageDone("prepare", f"{len(splits.train):,} training rows, {kinds}", time.monotonic() - began)
    train = splits.train.records
    inputs = lesson.inputs if work.plan.task.sampling == "none" else prepared.inputs(train)
    rivals = Rivals(work.plan, prepared, inputs, prepared.target_values(train), splits.valid)
    if math.isfinite(work.ends):
        now = time.monotonic()
        yield from rivals.fit(now + BASELINES_SHARE * (work.ends - now))
    plan, networks, seconds = yield from _fit_networks(work, splits, lesson, number)
    yield from rivals.fit(work.ends)
    return plan, Fold(splits, prepared, networks, rivals.fitted, seconds, plan.model.rotate)


@dataclass(frozen=True)
class _Lesson:
    """What a network learns from: a preparation, tensors with their source rows, the weights of classes, rows to stop by."""

    prepared: Preparation
    inputs: tuple[Tensor, ...]
    target: Tensor
    rows: Tensor
    class_weights: tuple[float, ...] | None
    valid: Records


def _lesson(work: Work, splits: Splits, index: int) -> _Lesson:
    """Return what the network of an index learns from."""
    plan, train = work.plan, splits.train.records
    prepared = _prepare(work, splits, work.folder.member(index))
    inputs, target = prepared.inputs(train), prepared.target(train)
    weights = _weights(plan, target, work.classes)
    drawn, drawn_target, rows = _resample(plan, inputs, target, torch.as_tensor(train.rows))
    return _Lesson(prepared, drawn, drawn_target, rows, weights, splits.valid)


def _next_lesson(work: Work, splits: Splits, lesson: _Lesson, member: int, index: int) -> _Lesson:
    """Return what a later network learns from: the same, unless the rows held out rotate. Every member has a preparation."""
    plan, folder = work.plan, work.folder.member(index)
    if plan.model.rotate:
        return _lesson(work, rotated(splits, plan.schema, plan.split, member, plan.seed), index)
    if not folder.prepared.exists():
        write_json(folder.prepared, lesson.prepared.to_mapping())
    return lesson


def _fit_networks(
    work: Work, splits: Splits, lesson: _Lesson, number: int
) -> Generator[EpochDone, None, tuple[Plan, tuple[Network, ...], float]]:
    """Fit the networks of one fold; return the plan as it is decided on the way, the networks, and the seconds they learnt."""
    plan, ends, seconds, networks = work.plan, work.ends, 0.0, list[Network]()
    while len(networks) < plan.model.num_members:
        member = len(networks)
        index = number * plan.model.num_members + member
        seed = derive_seed(plan.seed, "member", index)
        if member:
            lesson = _next_lesson(work, splits, lesson, member, index)
        batches = lesson.prepared.batches(lesson.inputs, lesson.target, lesson.rows, plan.learning.batch_size, seed)
        network = make_network(plan, lesson.prepared, seed, work.maker, lesson.class_weights)
        learner = begin_from(plan, network)
        plan = _kept(work, plan, decide_learning(plan, network, batches, TRIAL_SHARE * (ends - time.monotonic()), learner))
        if not networks and not work.folder.member(index).last.exists():
            plan = _kept(work, plan, decide_epochs(plan, network, batches, ends - time.monotonic()))
        examiner = make_examiner(network, lesson.valid)
        fit = _start(network, learner, batches, examiner, plan, work.folder.member(index), seed)
        share = (ends - time.monotonic()) / (plan.model.num_members - member)
        yield from watched_epochs(fit, network.task, plan.diagnosis, time.monotonic() + share - fit.state.seconds, index)
        networks.append(network)
        seconds += fit.state.seconds
        plan = _kept(work, plan, decide_members(plan, seconds, ends - time.monotonic()))
    return plan, tuple(networks), seconds


def _kept(work: Work, plan: Plan, decided: Plan) -> Plan:
    """Return the plan as it was decided, written down where that is news."""
    if decided != plan:
        write_plan(work.folder.plan, decided)
    return decided


def _start(
    network: Network,
    learner: nn.Module | Adaptation,
    batches: Batches,
    examiner: Examiner,
    plan: Plan,
    folder: MemberFolder,
    seed: int,
) -> Fit:
    """Return the fit of a network, from its last checkpoint where there is one.

    Raises:
        RunError: the checkpoint is damaged, or of another model.
    """
    try:
        return Fit(learner, network.task, batches, examiner, plan.learning, folder, seed)
    except RuntimeError as error:
        if not folder.last.exists():
            raise
        raise RunError(
            f"{folder.last} is of another model than plan.yaml names: {error} Undo the edit, or train anew."
        ) from error


def _prepare(work: Work, splits: Splits, folder: MemberFolder) -> Preparation:
    """Return the preparation of a network: the one on disk when the run goes on, else a new one."""
    if folder.prepared.exists():
        return preparation_from_mapping(read_run_json(folder.prepared))
    plan = work.plan
    normal = normal_names(plan.task.options)
    prepared = fit_preparation(splits.train, plan.schema, plan.prepare, target_kind(plan), work.classes, normal)
    write_json(folder.prepared, prepared.to_mapping())
    return prepared


def _resample(
    plan: Plan, inputs: tuple[Tensor, ...], target: Tensor, rows: Tensor
) -> tuple[tuple[Tensor, ...], Tensor, Tensor]:
    """Return the training tensors with rare classes drawn more often, when the plan says so."""
    seed = derive_seed(plan.seed, "resample")
    match plan.task.sampling:
        case "none":
            return inputs, target, rows
        case "oversample":
            return oversample(inputs, target, rows, seed)
        case "smote":
            return smote(inputs, target, rows, seed)


def _weights(plan: Plan, target: Tensor, classes: tuple[str, ...]) -> tuple[float, ...] | None:
    """Return how much a row of each class counts in the loss, when the plan weighs classes."""
    return None if plan.task.class_weights == "none" else class_weights(target, len(classes))


def make_examiner(network: Network, valid: Records) -> Examiner:
    """Return what judges a network on the validation part: by its loss, and for people by the main metric of its task."""
    inputs, target = network.prepared.inputs(valid), network.prepared.target(valid)
    truth, rows = network.prepared.target_values(valid), torch.as_tensor(valid.rows)
    metric = main_metric(network.task, truth)

    def judge(model: torch.nn.Module) -> Judgement:
        prediction, loss = predict_and_loss(model, network.task, network.prepared.in_order(inputs, target, rows))
        return Judgement(loss, metric.measure(truth, network.prepared.restore(prediction, inputs)))

    return Examiner(judge, metric.name)

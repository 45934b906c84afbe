"""Generalise: gathers how what a run learnt holds for other rows, from what it left behind and by training again.

The test part stays sealed. Its predictions lie open in `predictions.parquet`, and could name weak rows; they are not used, for
whoever mends the model by them has no test any more. So rows of the validation part are looked at, and, with curves, training
rows that were left out in turn. The comparison with the best simple model is taken from the score card as it was published.
"""

import math
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from espalier.core.batch import FloatArray, Prediction, join
from espalier.core.errors import RunError, SplitError, TrainingError
from espalier.core.finding import Finding, Severity
from espalier.core.plan import Plan, edit
from espalier.core.progress import StageDone
from espalier.core.records import IntArray, Records, Splits, TrainRecords
from espalier.core.run_folder import RunFolder
from espalier.core.schema import Kind
from espalier.core.scorecard import Score, Scorecard
from espalier.core.scorecard import from_mapping as scorecard_from
from espalier.core.seeds import derive_seed
from espalier.data.parse import LINE_SUFFIXES
from espalier.data.split import cross_train, fewer_train, groups_of, sample_train
from espalier.diagnosis.examine import examine
from espalier.diagnosis.generalisation import Answers, Generalisation, SizePoint, Standing
from espalier.diagnosis.size_curve import MIN_SEEDS
from espalier.evaluation.intervals import TAIL, Draws, draw, score
from espalier.evaluation.metrics.metric import Metric
from espalier.stages.epochs import read_epochs, read_history
from espalier.stages.network import OWN_MODULE, Network, average, load_network, main_metric, with_threshold
from espalier.stages.parts import deal_parts
from espalier.stages.table import load_planned
from espalier.stages.trial import Trial, answer_constantly, trial
from espalier.tasks.task import Task

FRACTIONS = (0.1, 0.2, 0.4, 0.8, 1.0)  # of the training rows
NUM_SEEDS = 3
NUM_FOLDS = 4  # in which training rows are left out in turn
MAX_SCORED_ROWS = 20_000  # of the training part: the error of their score is far below that of the validation part
MAX_NOTES = 3  # the first of them, so that what matters is not lost among advice
MIN_ROWS = 20  # of a part of the training rows; fewer are not trained on


@dataclass(frozen=True)
class Finished:
    """A finished run with the rows that it learnt from.

    Args:
        folder: of the run.
        plan: of the run.
        card: its score card.
        classes: names of the classes, by index.
        splits: of its first fold; the test part is sealed.
        networks: of its first fold; the first alone where the others learnt from validation rows.
    """

    folder: RunFolder
    plan: Plan
    card: Scorecard
    classes: tuple[str, ...]
    splits: Splits
    networks: tuple[Network, ...]

    @property
    def task(self) -> Task:
        """The question."""
        return self.networks[0].task

    def answer(self, records: Records) -> Prediction:
        """Return the networks' mean prediction."""
        return average([network.predict(records) for network in self.networks], self.task)

    def truth(self, records: Records) -> FloatArray:
        """Return the targets in the person's units."""
        return self.networks[0].prepared.target_values(records)

    def groups(self, records: Records) -> IntArray | None:
        """Return the group of each row where the split is by group."""
        return groups_of(records, self.plan.schema, self.plan.split)


def open_run(path: RunFolder) -> Finished:
    """Read what a finished run left behind, and its rows from the source; the test part stays sealed.

    Args:
        path: the folder of a run.

    Raises:
        RunError: the run is not finished, damaged, or its module is one that only the person's code can make.
        InputError: the source is gone, or no longer what it was.
    """
    plan = path.read_plan()
    if plan.model.name == OWN_MODULE:
        raise RunError("The run trained a module of your own, which only your code can make.")
    card = scorecard_from(path.read_json(path.scorecard))
    table = load_planned(plan)
    splits = deal_parts(plan, table, path)[1][0]
    networks = tuple(
        load_network(plan, path.member(index), card.threshold)
        for index in range(1 if plan.model.rotate else plan.model.num_members)
    )
    return Finished(path, plan, card, table.asked().classes, splits, networks)


def from_run(run: Finished, found: Sequence[Finding] = ()) -> Generalisation:
    """Return what can be seen without training anything.

    Args:
        run: a finished run.
        found: what was found in its data and its training.
    """
    valid, plan = run.splits.valid, run.plan
    truth, answer = run.truth(valid), run.answer(valid)
    metric = main_metric(run.task, truth)
    members = range(plan.model.num_members)
    seeds = [metric.measure(truth, one.predict(valid)) for one in run.networks] if len(run.networks) > 1 else []
    return Generalisation(
        epochs=tuple(one for index in members if (one := read_epochs(run.folder.member(index), plan.learning)) is not None),
        standing=_standing(run, metric, truth, answer),
        answers=_answers(run, valid, answer),
        seed_scores=tuple(seeds),
        upstream=_upstream(found),
        plan=plan,
    )


def with_curves(run: Finished, seen: Generalisation, seconds: float) -> Generator[StageDone, None, Generalisation]:
    """Train the run's plan again on parts of its training rows, within a time, and judge it on the validation part.

    Every training makes about as many updates as the run did: few rows get more epochs. One network is trained where the run
    averages several, and no time limit of the run's own ends it. What there is no time for is left out, the third seed first.

    Args:
        run: a finished run.
        seen: what `from_run` returned; it is added to.
        seconds: for all trainings together.

    Yields:
        A StageDone for each training, and one for what there was no time for.

    Returns:
        The evidence with sizes, seeds and, where there was time, answers for training rows that were left out in turn.
    """
    clock = _Clock(time.monotonic() + seconds, _seconds_of_network(run))
    points: list[SizePoint] = []
    for seed in range(MIN_SEEDS):
        yield from _sizes(run, seed, clock, points)
    answers = yield from _cross_fitted(run, clock)
    for seed in range(MIN_SEEDS, NUM_SEEDS):
        yield from _sizes(run, seed, clock, points)
    if clock.left_out:
        needed = seconds + clock.left_out * clock.training_seconds
        left = f"{clock.left_out} trainings, for want of time; all need about {math.ceil(needed / 60)} minutes (--budget)"
        yield StageDone("left out", left, 0.0)
    full = tuple(one.valid_score for one in points if one.fraction == 1)
    return replace(
        seen,
        sizes=tuple(points),
        truth=_as_answered(run, run.truth(run.splits.valid)),
        seed_scores=full if len(full) > len(seen.seed_scores) else seen.seed_scores,
        answers=answers or seen.answers,
    )


def findings_of(evidence: Generalisation) -> tuple[Finding, ...]:
    """Return what the checks find, worst first, and three notes at most."""
    found = examine(evidence)
    notes = [one.id for one in found if one.severity is Severity.NOTE][:MAX_NOTES]
    return tuple(one for one in found if one.severity is not Severity.NOTE or one.id in notes)


class _Clock:
    """The time that is left, and whether a training fits into it."""

    def __init__(self, ends: float, training_seconds: float) -> None:
        self.ends = ends
        self.training_seconds = training_seconds
        self.left_out = 0

    @property
    def left(self) -> float:
        return self.ends - time.monotonic()

    def train(self, plan: Plan, train: TrainRecords, judged: Records, run: Finished) -> Trial | None:
        """Return a finished training; None when there is no time for it, or it would have been cut short."""
        if self.left < self.training_seconds:
            self.left_out += 1
            return None
        done = trial(plan, train, run.splits.valid, judged, run.classes, self.left)
        if self.left <= 0:
            self.left_out += 1
            return None
        self.training_seconds = max(self.training_seconds, done.seconds)
        networks = tuple(with_threshold(one, run.card.threshold) for one in done.fold.networks)
        return replace(done, fold=replace(done.fold, networks=networks))


def _sizes(run: Finished, seed: int, clock: _Clock, points: list[SizePoint]) -> Iterator[StageDone]:
    """Train on each part of the rows with one seed, the largest first; a smaller part is drawn from the larger."""
    train, before, valid = run.splits.train, 1.0, run.splits.valid
    truth = run.truth(valid)
    for fraction in reversed(FRACTIONS):
        train = _fewer(run, train, fraction / before, derive_seed(run.plan.seed, "curve", seed))
        before = fraction
        if len(train) < MIN_ROWS:
            return
        try:
            done = clock.train(_plan(run, fraction, seed), train, valid, run)
        except TrainingError as error:
            yield StageDone("curve", f"{len(train):,} rows, seed {seed}: left out, {error}", 0.0)
            continue
        if done is None:
            continue
        answer = done.fold.answer(valid)
        said = f"{len(train):,} rows, seed {seed}: {done.metric} {done.score:.4g}, on the training rows {done.train_score:.4g}"
        drawn = _draws(run, main_metric(run.task, truth), truth, answer, valid).drawn
        answers = answer.values if answer.probabilities is None else answer.probabilities
        points.append(SizePoint(fraction, len(train), seed, done.train_score, done.score, drawn, answers))
        yield StageDone("curve", said, done.seconds)


def _fewer(run: Finished, train: TrainRecords, fraction: float, seed: int) -> TrainRecords:
    """Return part of the training rows; all of them when they cannot be parted."""
    try:
        return fewer_train(train, run.plan.schema, run.plan.split, fraction, seed)
    except SplitError:
        return train


def _cross_fitted(run: Finished, clock: _Clock) -> Generator[StageDone, None, Answers | None]:
    """Return answers for every training row by networks that did not learn from it; None when there is no time for all."""
    seed = derive_seed(run.plan.seed, "cross")
    began, num_folds = time.monotonic(), NUM_FOLDS
    if clock.left < num_folds * clock.training_seconds:
        clock.left_out += num_folds
        return None
    held, answers = [], []
    for train, others in cross_train(run.splits.train, run.plan.schema, run.plan.split, num_folds, seed):
        done = clock.train(_plan(run, len(train) / len(run.splits.train), 0), train, others, run)
        if done is None:
            return None
        held.append(others)
        answers.append(done.fold.answer(others))
    rows = np.concatenate([one.rows for one in held])
    records = replace(held[0], frame=pl.concat([one.frame for one in held]), rows=rows)
    said = f"{len(records):,} training rows answered by networks that did not learn from them"
    yield StageDone("cross-fit", said, time.monotonic() - began)
    return _answers(run, records, join(answers))


def _plan(run: Finished, fraction: float, seed: int) -> Plan:
    """Return the run's plan for part of the rows: one network, about as many updates, a seed of its own."""
    learning = run.plan.learning
    changes = {
        "model.members": 1,
        "model.rotate": False,
        "learning.epochs": math.ceil(learning.epochs / fraction),
        "learning.patience": math.ceil(learning.patience / fraction),
        "learning.budget_seconds": None,
        "seed": derive_seed(run.plan.seed, "curve", seed),
    }
    return edit(run.plan, changes, "a point of the curve")


def _seconds_of_network(run: Finished) -> float:
    """Return the time that one network of the run learnt."""
    history = read_history(run.folder.member(0))
    return float(history["seconds"][-1]) if history.height else 0.0


def _standing(run: Finished, metric: Metric, truth: FloatArray, answer: Prediction) -> Standing:
    train = sample_train(run.splits.train, MAX_SCORED_ROWS, run.plan.seed).records
    train_truth = run.truth(train)
    on_train = _draws(run, metric, train_truth, run.answer(train), train)
    on_valid = _draws(run, metric, truth, answer, run.splits.valid)
    sign = 1 if metric.higher_is_better else -1
    gap = sign * (on_train.value - on_valid.value)
    reach = TAIL * float(np.hypot(np.nanstd(on_train.drawn, ddof=1), np.nanstd(on_valid.drawn, ddof=1)))
    rival = run.card.models[1] if len(run.card.models) > 1 and run.card.metric == metric.name else None
    return Standing(
        metric.name,
        metric.higher_is_better,
        score(on_train),
        score(on_valid),
        Score(gap, gap - reach, gap + reach),
        answer_constantly(run.plan, run.splits.train, run.splits.valid, run.classes).score,
        rival.name if rival else "",
        rival.valid_score if rival else None,
        run.card.comparison if rival else None,
    )


def _draws(run: Finished, metric: Metric, truth: FloatArray, answer: Prediction, records: Records) -> Draws:
    groups = run.groups(records)
    groups = groups if groups is not None and len(np.unique(groups)) > 1 else None
    return draw([metric], truth, {"it": answer}, derive_seed(run.plan.seed, "generalise"), groups)["it"][metric.name]


def _answers(run: Finished, records: Records, answer: Prediction) -> Answers:
    schema, truth = run.plan.schema, run.truth(records)
    return Answers(
        rows=records.rows,
        target=truth if answer.boxes is None else truth[:, 0],
        values=answer.values,
        columns={
            name: _values(records.frame.get_column(name))
            for name in schema.inputs(Kind.NUMBER, Kind.CATEGORY, Kind.ORDERED)
            if name in records.frame.columns
        },
        probabilities=answer.probabilities,
        classes=run.networks[0].prepared.classes,
        groups=run.groups(records),
        target_name=schema.target or "target",
        row_word="line" if any(suffix in records.source.lower() for suffix in LINE_SUFFIXES) else "row",
    )


def _values(column: pl.Series) -> np.ndarray:
    """Return floats with NaN, or words with None."""
    if column.dtype.is_numeric():
        return column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return np.array(column.cast(pl.String).to_list(), dtype=object)


def _as_answered(run: Finished, truth: FloatArray) -> FloatArray:
    """Return what right answers would be: 1 for the class, or the quantity itself."""
    num_classes = len(run.networks[0].prepared.classes)
    truth = truth[:, 0] if run.task.target == "box" else truth
    return np.eye(num_classes)[truth.astype(np.int64)] if num_classes and truth.ndim == 1 else truth


def _upstream(found: Sequence[Finding]) -> tuple[str, ...]:
    """Return ids of what puts the training itself in doubt: how it was wired, how it went, and values that are no numbers."""
    return tuple(one.id for one in found if one.severity is not Severity.NOTE and (one.id[0] in "WT" or one.id[:3] == "D01"))

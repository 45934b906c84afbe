"""Runs side by side: which is best, what differs between two, and when their scores say nothing about each other."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from espalier.core.batch import FloatArray, Prediction
from espalier.core.catalogue import tasks
from espalier.core.errors import RunError
from espalier.core.plan import diff
from espalier.core.run_folder import GROUP
from espalier.core.scorecard import Comparison, Score
from espalier.evaluation.anomaly.scores import FIRST_LEVEL, as_prediction
from espalier.evaluation.intervals import paired
from espalier.evaluation.verdict import show, signed, spoken
from espalier.run import Run
from espalier.stages.scored_part import scored_part
from espalier.stages.table import runs_in_time
from espalier.tasks.build import build_task

DIGEST_LENGTH = 12  # hexadecimal digits: enough to tell two sets of rows apart
OPTIMISM = "The order follows scores on the same test rows: the best of {num} runs looks a little better there than it is. "
CHOOSE = "Choose by the validation scores, or confirm on fresh rows."
CONFIRM = "Confirm on fresh rows."  # where not every run has a validation score


@dataclass(frozen=True)
class Place:
    """One run on the leaderboard.

    Args:
        run: its folder.
        group: runs of one group, from 0, can be compared with each other, and with no other run.
        model: name of the architecture.
        task: name of the task.
        part: the part that was scored.
        num_rows: rows of that part.
        metric: the main metric.
        higher_is_better: direction of the main metric.
        score: the network in the main metric.
        scores: the network in every metric.
        baseline: name of the baseline that the network was compared with, the best on the validation part; None without
            baselines.
        baseline_score: that baseline in the main metric, on the part that was scored.
        fit_seconds: time to train the network.
        num_train_rows: rows it was trained on.
        num_parameters: weights of one network of the run.
        size_bytes: the best weights on disk, all members together.
        valid_score: the network in the main metric on the validation part; None where it was not kept.
    """

    run: str
    group: int
    model: str
    task: str
    part: str
    num_rows: int
    metric: str
    higher_is_better: bool
    score: Score
    scores: Mapping[str, Score]
    baseline: str | None
    baseline_score: Score | None
    fit_seconds: float
    num_train_rows: int
    num_parameters: int
    size_bytes: int
    valid_score: float | None = None


@dataclass(frozen=True)
class Unranked:
    """A run without a place.

    Args:
        run: its folder.
        reason: why, in one sentence.
    """

    run: str
    reason: str


@dataclass(frozen=True)
class Leaderboard:
    """Runs in order.

    Args:
        places: group by group, the largest group first; within a group the best run first.
        unranked: runs that cannot be read to the end, for example because they are not finished.
        remarks: what a reader must know before believing the order.
    """

    places: tuple[Place, ...]
    unranked: tuple[Unranked, ...] = ()
    remarks: tuple[str, ...] = ()

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return asdict(self)


@dataclass(frozen=True)
class Differences:
    """What differs between two runs; each pair is (first, second).

    Args:
        first: folder of the first run.
        second: folder of the second run.
        plan: values of the plan, by dotted path; those of `data` are left to `data`.
        data: source, fingerprint, rows and split.
        result: the networks' scores, by metric; None where a run does not have the metric.
        obstacles: why the scores cannot be compared, one sentence each; empty when they can.
        comparison: the first network against the second on the same rows, when the scores can be compared.
        conclusion: what follows, in words.
    """

    first: str
    second: str
    plan: Mapping[str, tuple[Any, Any]]
    data: Mapping[str, tuple[Any, Any]]
    result: Mapping[str, tuple[Score | None, Score | None]]
    obstacles: tuple[str, ...]
    comparison: Comparison | None
    conclusion: str

    @property
    def comparable(self) -> bool:
        """Return whether the two scores measure the same thing."""
        return not self.obstacles

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return {**asdict(self), "comparable": self.comparable}


def compare(runs: Sequence[Run]) -> Leaderboard:
    """Return the leaderboard of these runs.

    Raises:
        RunError: one of the folders is no run.
    """
    groups: dict[tuple[Any, ...], list[Place]] = {}
    unranked = []
    for run in runs:
        model = run.plan.model.name  # raises for a folder that is no run at all
        try:
            groups.setdefault(_yardstick(run), []).append(_place(run, model))
        except RunError as error:
            unranked.append(Unranked(str(run.folder.path), str(error)))
    ordered = sorted(groups.items(), key=lambda item: -len(item[1]))
    places = []
    for group, (yardstick, members) in enumerate(ordered):
        sign = -1 if yardstick[0] else 1
        members.sort(key=lambda place: (np.isnan(place.score.value), sign * place.score.value))
        places += [Place(**{**vars(place), "group": group}) for place in members]
    return Leaderboard(tuple(places), tuple(unranked), _remarks([members for _, members in ordered]))


def differences(first: Run, second: Run) -> Differences:
    """Return what differs between two finished runs in plan, data and result.

    Raises:
        RunError: a folder is no run, or the run is not finished.
    """
    ours, theirs = first.scorecard, second.scorecard
    names = [*ours.network.scores, *(name for name in theirs.network.scores if name not in ours.network.scores)]
    obstacles = _obstacles(first, second)
    comparison = None if obstacles else _paired(first, second)
    return Differences(
        first=str(first.folder.path),
        second=str(second.folder.path),
        plan=_plan_differences(first, second),
        data=_data_differences(first, second),
        result={name: (ours.network.scores.get(name), theirs.network.scores.get(name)) for name in names},
        obstacles=obstacles,
        comparison=comparison,
        conclusion=_conclusion(first, second, obstacles, comparison),
    )


def _place(run: Run, model: str) -> Place:
    card = run.scorecard
    baseline = next(iter(card.models[1:]), None)
    weights = [run.folder.member(index).best for index in range(len(run.networks))]
    return Place(
        run=str(run.folder.path),
        group=0,
        model=model,
        task=card.task,
        part=card.part,
        num_rows=card.num_rows,
        metric=card.metric,
        higher_is_better=card.higher_is_better,
        score=card.network.scores[card.metric],
        scores=card.network.scores,
        baseline=baseline.name if baseline else None,
        baseline_score=baseline.scores[card.metric] if baseline else None,
        fit_seconds=card.network.fit_seconds,
        num_train_rows=card.network.num_train_rows,
        num_parameters=sum(parameter.numel() for parameter in run.module.parameters()),
        size_bytes=sum(path.stat().st_size for path in weights if path.is_file()),
        valid_score=card.network.valid_score,
    )


def _yardstick(run: Run) -> tuple[Any, ...]:
    """Return what two runs must share for their scores to be comparable: direction, question, and the very rows scored."""
    card, data = run.scorecard, run.plan.data
    question = (card.task, card.metric, run.schema.target, card.part)
    return (card.higher_is_better, *question, _fingerprint(run), data.test, _scored_rows(run))


def _fingerprint(run: Run) -> str | None:
    return run.folder.read_json(run.folder.data).get("fingerprint")


def _scored(run: Run) -> pl.DataFrame:
    """Return the predictions of the part on the score card, in the order of their rows; of folds, every test part."""
    part = "valid" if run.scorecard.part == "valid" else "test"
    return run.predictions.filter(pl.col("part") == part).sort("row", maintain_order=True)


def _scored_rows(run: Run) -> str:
    """Return a digest of the source rows that the score card is about."""
    return hashlib.sha256(_scored(run)["row"].to_numpy().astype(np.int64).tobytes()).hexdigest()


def _remarks(groups: list[list[Place]]) -> tuple[str, ...]:
    remarks = []
    if len(groups) > 1:
        remarks.append(
            f"These runs fall into {len(groups)} groups that cannot be compared with each other: "
            "their scores are about other rows, another source, another task or another metric."
        )
    largest = max((len(members) for members in groups), default=0)
    if largest > 1 and groups[0][0].part == "test":
        shown = all(place.valid_score is not None for place in groups[0])
        remarks.append(OPTIMISM.format(num=largest) + (CHOOSE if shown else CONFIRM))
    return tuple(remarks)


def _obstacles(first: Run, second: Run) -> tuple[str, ...]:
    """Return every reason why the scores of two runs say nothing about each other."""
    ours, theirs = first.scorecard, second.scorecard
    pairs = (
        ("They answer different questions", ours.task, theirs.task),
        ("Their main metrics differ", spoken(ours.metric), spoken(theirs.metric)),
        ("Different parts were scored", ours.part, theirs.part),
        ("They predict different columns", first.schema.target, second.schema.target),
    )
    found = [f"{sentence}: {a} and {b}." for sentence, a, b in pairs if a != b]
    if _fingerprint(first) != _fingerprint(second):
        found.append("Their sources differ in content (the fingerprints are not the same).")
    elif first.plan.data.test != second.plan.data.test:
        found.append(f"Their test files differ: {first.plan.data.test} and {second.plan.data.test}.")
    elif not found and _scored_rows(first) != _scored_rows(second):
        shared = len(np.intersect1d(_scored(first)["row"].to_numpy(), _scored(second)["row"].to_numpy()))
        found.append(
            f"They were scored on different {ours.part} rows: {ours.num_rows:,} and {theirs.num_rows:,}, of which {shared:,} "
            "are the same. Train both with the same seed and the same split to compare them."
        )
    return tuple(found)


def _plan_differences(first: Run, second: Run) -> dict[str, tuple[Any, Any]]:
    """Return the plan's differences, without reasons and without what `data` tells."""
    told = {
        path: pair for path, pair in diff(first.plan, second.plan).items() if not all(value in ({}, None) for value in pair)
    }
    return {path: pair for path, pair in told.items() if not path.startswith("data.") and not _is_reason(path)}


def _is_reason(path: str) -> bool:
    return path.split(".")[0] == "reasons" or (path.startswith("schema.columns.") and path.endswith(".reason"))


def _data_differences(first: Run, second: Run) -> dict[str, tuple[Any, Any]]:
    ours, theirs = _facts(first), _facts(second)
    return {name: (ours[name], theirs[name]) for name in ours if ours[name] != theirs[name]}


def _facts(run: Run) -> dict[str, Any]:
    data = run.folder.read_json(run.folder.data)
    plan = run.plan.data
    card = run.scorecard
    return {
        "source": plan.source,
        "query": plan.query,
        "validation file": plan.valid,
        "test file": plan.test,
        "fingerprint": data.get("fingerprint"),
        "rows": data.get("num_rows"),
        "rows removed": sum(one["count"] for one in data.get("removed", ())),
        "training rows": card.network.num_train_rows,
        "scored part": card.part,
        "scored rows": card.num_rows,
        "digest of the scored rows": _scored_rows(run)[:DIGEST_LENGTH],
    }


def _paired(first: Run, second: Run) -> Comparison | None:
    """Return the paired comparison of two networks on the same rows, or None where the answers cannot be read back."""
    card, classes = first.scorecard, first.question.classes
    one, other = _answers(first, classes), _answers(second, classes)
    if one is None or other is None:
        return None
    (target, ours), (same_target, theirs) = one, other
    given = first.prepared.given() if runs_in_time(first.plan) else {}
    metrics = {metric.name: metric for metric in build_task(first.plan.task, max(len(classes), 1), data=given).metrics}
    if card.metric not in metrics or not np.array_equal(target, same_target):
        return None
    frame = _scored(first)
    groups = frame[GROUP][:: frame.height // len(ours.rows)] if GROUP in frame.columns else None
    part = scored_part(card.part, ours.rows, None, groups)
    return paired(metrics[card.metric], target, ours, theirs, str(second.folder.path), first.plan.seed, part.drawn)


def _answers(run: Run, classes: tuple[str, ...]) -> tuple[FloatArray, Prediction] | None:
    """Return targets and predictions of the scored part, classes as their indices."""
    frame = _scored(run)
    if "target" not in frame.columns or run.question.classes != classes:
        return None
    if "column" in frame.columns:
        return _paths(frame)
    target, values = (_numbers(frame[name], classes, run.plan.task.name) for name in ("target", "prediction"))
    if "score" in frame.columns:  # in alarm levels
        return target, as_prediction(frame["row"].cast(pl.Int64).to_numpy(), frame["score"].to_numpy(), FIRST_LEVEL)
    probabilities = [f"probability_{name}" for name in classes]
    quantiles = [name for name in frame.columns if name.startswith("quantile_")]
    return target, Prediction(
        rows=frame["row"].cast(pl.Int64).to_numpy(),
        values=values,
        probabilities=frame.select(probabilities).to_numpy() if classes else None,
        quantiles=frame.select(quantiles).to_numpy() if quantiles else None,
    )


def _paths(frame: pl.DataFrame) -> tuple[FloatArray, Prediction]:
    """Return targets and predictions of forecasts, (N, V, H)."""
    lines = frame["column"].n_unique()

    def held(name: str) -> FloatArray:
        values = frame[name].to_numpy().astype(np.float64)
        return values.reshape(len(values) // lines, lines, -1)

    quantiles = [name for name in frame.columns if name.startswith("quantile_")]
    levels = np.stack([held(name) for name in quantiles], axis=-1) if quantiles else None
    rows = frame["row"].cast(pl.Int64).to_numpy()[::lines]
    return held("target"), Prediction(rows, held("prediction"), quantiles=levels)


def _numbers(words: pl.Series, classes: tuple[str, ...], task: str) -> FloatArray:
    """Return answers as numbers: a class as its index, several labels as a row of zeros and ones."""
    if tasks()[task].target == "labels":
        given = words.cast(pl.String).str.split(";")
        return np.stack([given.list.contains(name).cast(pl.Float64).to_numpy() for name in classes], axis=1)
    if classes:
        words = words.cast(pl.String).replace_strict(list(classes), range(len(classes)), default=None)
    return words.cast(pl.Float64).to_numpy()


def _conclusion(first: Run, second: Run, obstacles: tuple[str, ...], comparison: Comparison | None) -> str:
    """Return what follows from two runs, in one sentence or two."""
    if obstacles:
        return "The scores of these runs cannot be compared. " + " ".join(obstacles)
    card = first.scorecard
    if comparison is None:
        return "The runs were scored on the same rows; compare their intervals."
    name, rows = spoken(card.metric), f"{card.num_rows:,} {'row' if card.num_rows == 1 else 'rows'}"
    shown = show(card.higher_is_better, _main_score(first), _main_score(second), comparison)
    if comparison.low > 0 or comparison.high < 0:
        better = first if comparison.low > 0 else second
        ends = sorted((abs(shown.low), abs(shown.high)))
        by, near, far = (f"{abs(one):,.{shown.decimals}f}" for one in (shown.difference, *ends))
        return f"{better.folder.path} is better in {name}, by {by} ({near} to {far}) on the same {rows}."
    difference, low, high = (signed(one, shown.decimals) for one in (shown.difference, shown.low, shown.high))
    note = "higher" if card.higher_is_better else "lower"
    return (
        f"No difference that {rows} can show: in {name} the first minus the second is {difference} [{low}, {high}] "
        f"({note} is better)."
    )


def _main_score(run: Run) -> float:
    card = run.scorecard
    return card.network.scores[card.metric].value

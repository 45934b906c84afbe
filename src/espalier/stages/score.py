"""Scores: the threshold from the validation part, then the test part is opened, once, for the network and all baselines."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

import numpy as np
import polars as pl

from espalier.core.batch import FloatArray, Prediction, join
from espalier.core.files import replaced, write_json
from espalier.core.plan import Plan
from espalier.core.records import Records
from espalier.core.run_folder import GROUP, RunFolder
from espalier.core.scorecard import Scorecard
from espalier.core.seeds import derive_seed
from espalier.data.prepare.forecast import PreparedForecast
from espalier.data.prepare.preparation import pictures_of
from espalier.evaluation.anomaly.scores import choose_level, in_levels, with_level
from espalier.evaluation.baselines.baseline import left_out_baselines
from espalier.evaluation.score import NETWORK, Contender, Part, make_scorecard
from espalier.evaluation.threshold import answer as answer_at
from espalier.evaluation.threshold import best_threshold, choose_threshold
from espalier.explanation.permutation import importance
from espalier.stages.answers import to_frame, to_paths, to_words, with_boxes
from espalier.stages.fold import Fold
from espalier.stages.network import OWN_MODULE, main_metric, target_kind, with_threshold
from espalier.stages.rewritten import write_rewritten
from espalier.stages.rivals import ASKED, size_of
from espalier.stages.scored_part import group_values, scored_part
from espalier.stages.series_importance import series_importance
from espalier.tasks.anomaly import Anomaly
from espalier.tasks.binary import Binary
from espalier.tasks.forecasting import Forecasting
from espalier.training.ending import ending

MAX_EXPLAINED_CELLS = 2_000_000  # predicted rows times permutations times columns, so that importance takes seconds
MIN_EXPLAINED_ROWS, MAX_EXPLAINED_ROWS = 200, 5_000
FEWEST_EXPLAINED_ROWS = 50  # under a budget
MAX_EXPLAINED_PICTURES = 500  # each is read from its file again for every permutation of every column
PERMUTATIONS = 5  # of each column
NAMED_COLUMNS = 3  # in the sentence
NOTHING_TOLD = "the validation part has too few rows to tell which columns matter"
ROTATED = (
    "Mean of {count} networks; those after the first learnt from the validation part too, and held out other rows in turn. "
    "Validation rows are answered by the first alone."
)
NORMAL_ALONE = "the validation part holds normal rows alone, which cannot tell which columns matter"
ONE_COLUMN = "'{}' is the only input: there is nothing to compare it with"
SCORING_FACTOR = 2.0  # scores and their intervals take about as long as the answers


def score(plan: Plan, folds: Sequence[Fold], folder: RunFolder) -> Scorecard:
    """Choose the threshold, open the test part, score everything, and write predictions and score card.

    Args:
        plan: of the run.
        folds: fitted; one, or all of a cross-validation, whose test rows are scored together.
        folder: of the run.
    """
    threshold, reason = _threshold(folds)
    folds = [replace(fold, networks=tuple(with_threshold(one, threshold) for one in fold.networks)) for fold in folds]
    tests = [fold.splits.test.open("score card of the finished run") for fold in folds]
    openings = len(folder.read_json(folder.openings))
    truth = _truth(folds, tests)
    answers = [fold.answer(test) for fold, test in zip(folds, tests, strict=True)]
    rows = sum(fold.num_learnt_rows for fold in folds) // len(folds)
    is_rotated = any(fold.num_learnt_rows > len(fold.splits.train) for fold in folds)
    network = Contender(
        NETWORK,
        join(answers),
        sum(fold.seconds for fold in folds),
        rows,
        note=ROTATED.format(count=len(folds[0].networks)) if is_rotated else "",
        valid_scores=_mean_scores([_valid_scores(fold) for fold in folds]),
        architecture="" if plan.model.name == OWN_MODULE else plan.model.name,
        cut_short_epochs=_cut_short_epochs(plan, folder, len(folds)),
    )
    baselines = [_contender(name, folds, tests) for name in folds[0].baselines]
    part = _part(plan, tests)
    seed = derive_seed(plan.seed, "score")
    metrics = folds[0].networks[0].task.metrics
    card = make_scorecard(plan.task.name, metrics, truth, network, baselines, part, seed)
    card = replace(card, threshold=threshold, openings=openings, threshold_reason=reason, left_out=_left_out(plan, folds[0]))
    _write_predictions(plan, folds, tests, answers, folder)
    if isinstance(folds[0].networks[0].task, Anomaly):
        write_rewritten(folds[0], tests[0], answers[0], folder)
    write_json(folder.scorecard, card.to_mapping())
    return card


def explain(plan: Plan, fold: Fold, folder: RunFolder, seconds: float = math.inf) -> str:
    """Write how much each column matters on the validation part, and return it in a sentence.

    Args:
        plan: of the run.
        fold: whose networks are explained.
        folder: of the run.
        seconds: it may take about so long: fewer rows are looked at.
    """
    columns = tuple(dict.fromkeys(fold.prepared.sources))  # a time column that dates the rows is among them
    if len(columns) == 1:
        write_json(folder.importance, [])
        return ONE_COLUMN.format(columns[0])
    if isinstance(fold.networks[0].task, Anomaly):
        write_json(folder.importance, [])
        return NORMAL_ALONE
    valid = fold.splits.valid
    most = int(np.clip(MAX_EXPLAINED_CELLS // max(len(columns), 1) // PERMUTATIONS, MIN_EXPLAINED_ROWS, MAX_EXPLAINED_ROWS))
    most = most if pictures_of(fold.prepared) is None else min(most, MAX_EXPLAINED_PICTURES)
    most = min(most, _affordable(fold, len(columns), seconds))
    seed = derive_seed(plan.seed, "importance")
    if len(valid) > most:
        valid = valid.take(np.sort(np.random.default_rng(seed).permutation(len(valid))[:most]))
    if isinstance(fold.prepared, PreparedForecast):
        found = series_importance(fold, valid, fold.prepared, fold.prepared.columns, seed, PERMUTATIONS)
    else:
        truth = fold.prepared.target_values(valid)
        metric = main_metric(fold.networks[0].task, truth)
        found = importance(fold.answer_valid, valid, truth, metric, columns, seed, PERMUTATIONS)
    write_json(folder.importance, [asdict(one) for one in found])
    clear = [one.column for one in found if one.low > 0]
    if clear:
        return f"most important columns: {', '.join(clear[:NAMED_COLUMNS])}"
    return "no column changes the answers beyond chance" if found else NOTHING_TOLD


def _affordable(fold: Fold, num_columns: int, seconds: float) -> int:
    """Return how many rows can be explained within a time, judged by the time that some rows take."""
    if math.isinf(seconds):
        return MAX_EXPLAINED_ROWS
    some = fold.splits.valid.take(np.arange(min(len(fold.splits.valid), MIN_EXPLAINED_ROWS)))
    fold.answer_valid(some)
    began = time.perf_counter()
    fold.answer_valid(some)
    row_seconds = (time.perf_counter() - began) / len(some)
    return max(FEWEST_EXPLAINED_ROWS, int(seconds / (row_seconds * PERMUTATIONS * num_columns * SCORING_FACTOR)))


def _threshold(folds: Sequence[Fold]) -> tuple[float | None, str]:
    """Return a binary question's threshold, the plan's or one chosen on the validation rows, and why; None for others."""
    task = folds[0].networks[0].task
    if isinstance(task, Anomaly):
        return _alarm_level(task, [fold.answer_valid(fold.splits.valid) for fold in folds])
    if not isinstance(task, Binary):
        return None, ""
    if task.threshold is not None:
        return task.threshold, ""
    valids = [fold.splits.valid for fold in folds]
    prediction = join(fold.answer_valid(valid) for fold, valid in zip(folds, valids, strict=True))
    if prediction.probabilities is None:
        return None, ""
    chosen = choose_threshold(_truth(folds, valids), prediction.probabilities[:, 1])
    return chosen.value, chosen.reason


def _alarm_level(task: Anomaly, normal: Sequence[Prediction]) -> tuple[float, str]:
    """Return the score above which there is an alarm, the plan's or one chosen on normal validation rows, and why."""
    if task.threshold is not None:
        return task.threshold, ""
    found = choose_level(in_levels(join(normal)), task.level, task.false_alarms)
    return found.value, found.reason


def _truth(folds: Sequence[Fold], parts: Sequence[Records]) -> FloatArray:
    return np.concatenate([fold.prepared.target_values(part) for fold, part in zip(folds, parts, strict=True)])


def _part(plan: Plan, tests: Sequence[Records]) -> Part:
    """Return the part that is scored: the test rows of all folds."""
    found = [values for test in tests if (values := group_values(plan, test)) is not None]
    rows = np.concatenate([test.rows for test in tests])
    name = "test" if len(tests) == 1 else "folds"
    return scored_part(name, rows, plan, pl.concat(found) if found else None)


def _contender(name: str, folds: Sequence[Fold], parts: Sequence[Records]) -> Contender:
    """Return a baseline of all folds with its predictions; a binary question is answered at a threshold of its own."""
    fitted = [fold.baselines[name] for fold in folds]
    prediction = _baseline_answers(name, folds, parts)
    if isinstance(folds[0].networks[0].task, Binary) and not fitted[0].baseline.trivial:
        valids = [fold.splits.valid for fold in folds]
        seen = _baseline_answers(name, folds, valids)
        if seen.probabilities is not None:
            prediction = answer_at(prediction, best_threshold(_truth(folds, valids), seen.probabilities[:, 1]))
    task = folds[0].networks[0].task
    if isinstance(task, Anomaly):
        normal = in_levels(_baseline_answers(name, folds, [fold.splits.valid for fold in folds]))
        prediction = with_level(prediction, choose_level(normal, task.level, task.false_alarms).value)
    contender = fitted[0].contender(prediction)
    return replace(
        contender,
        fit_seconds=sum(one.fit_seconds for one in fitted),
        num_train_rows=sum(one.num_rows for one in fitted) // len(fitted),
        valid_scores={} if isinstance(task, Anomaly) else _mean_scores([one.valid_scores for one in fitted]),
    )


def _mean_scores(folds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the mean over folds of each metric that every fold has."""
    return {name: float(np.mean([one[name] for one in folds])) for name in folds[0] if all(name in one for one in folds)}


def _valid_scores(fold: Fold) -> dict[str, float]:
    """Return the networks' main metric on the validation part, by its name."""
    valid, task = fold.splits.valid, fold.networks[0].task
    if isinstance(task, Anomaly):  # normal rows alone rank nobody
        return {}
    truth = fold.prepared.target_values(valid)
    metric = main_metric(task, truth)
    return {metric.name: metric.measure(truth, fold.answer_valid(valid))}


def _cut_short_epochs(plan: Plan, folder: RunFolder, num_folds: int) -> int:
    """Return the fewest epochs after which a limit ended the learning of one of the networks; 0 when all came to their end."""
    every = [folder.member(index).epochs for index in range(num_folds * plan.model.num_members)]
    endings = [ending(pl.read_csv(path), plan.learning) for path in every]
    return min((one.num_epochs for one in endings if one.is_cut_short), default=0)


def _left_out(plan: Plan, fold: Fold) -> tuple[str, ...]:
    """Return the baselines that the table is too large for; none where a person named the baselines."""
    if plan.baselines is not None:
        return ()
    size = size_of(fold.prepared, len(fold.splits.train), ASKED * len(fold.splits.valid))
    return left_out_baselines(target_kind(plan), *size)


def _baseline_answers(name: str, folds: Sequence[Fold], parts: Sequence[Records]) -> Prediction:
    return join(
        fold.baselines[name].predict(fold.prepared.simple_inputs(fold.prepared.inputs(part)), part.rows)
        for fold, part in zip(folds, parts, strict=True)
    )


def _write_predictions(
    plan: Plan, folds: Sequence[Fold], tests: Sequence[Records], answers: Sequence[Prediction], folder: RunFolder
) -> None:
    """Write predictions for the validation and test rows, in the person's words, with the group of each row where there are."""
    frames = []
    for fold, test, answer in zip(folds, tests, answers, strict=True):
        valid = fold.splits.valid
        for part, records, given in (("valid", valid, fold.answer_valid(valid)), ("test", test, answer)):
            groups = group_values(plan, records)
            frame = _frame(part, fold, records, given)
            frames.append(frame if groups is None else _with_groups(frame, groups))
    with replaced(folder.predictions) as temporary:
        pl.concat(frames).write_parquet(temporary)


def _with_groups(frame: pl.DataFrame, groups: pl.Series) -> pl.DataFrame:
    """Return predictions, of which a row may have several lines, with the group of each row."""
    lines = frame.height // max(len(groups), 1)
    return frame.with_columns(groups[np.repeat(np.arange(len(groups)), lines)].alias(GROUP))


def _frame(part: str, fold: Fold, records: Records, prediction: Prediction) -> pl.DataFrame:
    prepared, task, truth = fold.prepared, fold.networks[0].task, fold.prepared.target_values(records)
    if isinstance(task, Forecasting):
        paths = to_paths(prediction, prepared.sources[: task.num_targets], task, truth)
        return paths.select(pl.lit(part).alias("part"), pl.all())
    boxes = None if prediction.boxes is None else truth[:, 1:]
    target = to_words(truth if boxes is None else truth[:, 0], prepared.classes)
    front = with_boxes(pl.DataFrame({"target": target}), boxes, prepared, records)
    front = front.rename({name: f"target_{name}" for name in front.columns[1:]})
    places = pl.DataFrame({"part": [part] * len(records), "row": records.rows})
    answers = to_frame(prediction, prepared.classes, task)
    return pl.concat([places, front, with_boxes(answers, prediction.boxes, prepared, records)], how="horizontal")

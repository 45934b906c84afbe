"""Score: from predictions of the network and its baselines to a score card."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from espalier.core.batch import FloatArray, Prediction
from espalier.core.errors import InputError, TrainingError
from espalier.core.records import IntArray
from espalier.core.scorecard import ROWS_DRAWN, Comparison, ModelScores, Scorecard
from espalier.evaluation.intervals import Draws, compare, draw, score
from espalier.evaluation.metrics.metric import Metric, legal_metrics
from espalier.evaluation.verdict import FEW_GROUPS, few_groups, verdict

NETWORK = "network"


@dataclass(frozen=True)
class Contender:
    """A trained model with its predictions of the part that is scored.

    Args:
        name: "network", or the baseline's name.
        prediction: in the person's units, for the rows of the part in their order.
        fit_seconds: time to train it.
        num_train_rows: rows that it was trained on.
        note: what a reader must know, or empty.
        trivial: it ignores the inputs (majority class, mean, median).
        valid_scores: metrics on the validation part, by name; the best rival is chosen by the main one.
        architecture: of the network, as the catalogue names it.
        cut_short_epochs: epochs after which a limit ended the network's learning; 0 when it came to its end.
    """

    name: str
    prediction: Prediction
    fit_seconds: float
    num_train_rows: int
    note: str = ""
    trivial: bool = False
    valid_scores: Mapping[str, float] = field(default_factory=dict)
    architecture: str = ""
    cut_short_epochs: int = 0


@dataclass(frozen=True)
class Part:
    """The part that is scored, and which of its rows belong together.

    Args:
        name: for example "test".
        groups: (N,) integer code of each row's group, where rows of one group are alike; None where no row belongs to another.
        column: that the groups come from; empty when a group is one row that was scored several times.
        num_alone: groups that are a single row, because it has no value in that column.
        stretch: steps of each group, where these are stretches of a series: forecasts made close to each other err alike.
    """

    name: str
    groups: IntArray | None = None
    column: str = ""
    num_alone: int = 0
    stretch: int = 0

    @property
    def num_groups(self) -> int | None:
        """Number of groups; None without groups."""
        return None if self.groups is None else len(np.unique(self.groups))

    @property
    def drawn(self) -> IntArray | None:
        """The groups to draw from for an interval; None to draw rows, for want of a second group too."""
        return self.groups if (self.num_groups or 0) > 1 else None

    def resampling(self) -> str:
        """Return what the intervals come from, in words that end a sentence."""
        num = self.num_groups
        if num is None:
            return ROWS_DRAWN
        few = "; too few for the intervals to be trusted" if num < FEW_GROUPS else ""
        if self.stretch:
            return f"whole stretches of {self.stretch:,} steps drawn with replacement: {num:,} stretches{few}"
        if not self.column:
            return f"{ROWS_DRAWN}, each with all of its answers: {num:,} rows, scored once in each repeat of the folds"
        if self.drawn is None:
            return f"{ROWS_DRAWN}; all are of one group of '{self.column}', so the intervals are too narrow"
        alone = (
            f", {self.num_alone:,} of them {'a single row' if self.num_alone == 1 else 'single rows'} without a value"
            if self.num_alone
            else ""
        )
        return f"whole groups of '{self.column}' drawn with replacement: {num:,} groups{alone}{few}"


def make_scorecard(
    task: str,
    metrics: Sequence[Metric],
    target: FloatArray,
    network: Contender,
    baselines: Sequence[Contender],
    part: str | Part,
    seed: int,
) -> Scorecard:
    """Return the score card: every metric of every model with its interval, the comparison and the verdict.

    Metrics without a meaning for this target (ROC AUC of a part with one class) are left out; the first that is left is the
    main one. The network is compared with the baseline that is best on the validation part: the best one on the scored part
    would partly be the luckiest. Baselines without a validation score in the main metric come last, the best on the scored part
    first. Threshold and openings are the caller's to add (`dataclasses.replace`).

    Args:
        task: name of the task.
        metrics: of the task, the main one first.
        target: (N,) or (N, K), the truth in the person's units.
        network: the network and its predictions.
        baselines: the others, in any order.
        part: the part that is scored: its name, for example "test", or the part with its groups, which are then drawn whole
            for every interval.
        seed: of the bootstrap.

    Raises:
        TrainingError: predictions of the network that are not finite.
        InputError: no metric has a meaning for this target, two models have one name, predictions do not fit the target, or
            the part's groups do not.
    """
    contenders, part = [network, *baselines], Part(part) if isinstance(part, str) else part
    legal = _checked(metrics, target, contenders)
    main = legal[0]
    draws = draw(legal, target, {one.name: one.prediction for one in contenders}, seed, part.drawn)
    scores = {one.name: _scores(one, draws[one.name], main.name) for one in contenders}
    ranked = _ranked(main, baselines, scores)
    versus = [compare(main, draws[network.name][main.name], draws[one.name][main.name], one.name) for one in ranked]
    trivial: list[Comparison] = [against for one, against in zip(ranked, versus, strict=True) if one.trivial]
    first, best_trivial = next(iter(versus), None), next(iter(trivial), None)
    models = tuple(scores[one.name] for one in [network, *ranked])
    return Scorecard(
        task=task,
        part=part.name,
        num_rows=len(target),
        metric=main.name,
        higher_is_better=main.higher_is_better,
        models=models,
        comparison=first,
        verdict=verdict(main, models[0], models[1:], first, best_trivial, len(target)) + few_groups(part.num_groups),
        resampling=part.resampling(),
    )


def _checked(metrics: Sequence[Metric], target: FloatArray, contenders: Sequence[Contender]) -> tuple[Metric, ...]:
    """Return the metrics that have a meaning for the target, once everything that is scored fits; the network comes first."""
    if len({one.name for one in contenders}) < len(contenders):
        raise InputError(f"Two models have one name in {[one.name for one in contenders]}. Give each its own.")
    _check_finite(contenders[0])
    legal = legal_metrics(metrics, target)
    if not legal:
        raise InputError(f"None of the metrics {[one.name for one in metrics]} has a meaning for the target of this part.")
    for one in contenders:
        legal[0].check(target, one.prediction)
    return legal


def _ranked(main: Metric, baselines: Sequence[Contender], scores: Mapping[str, ModelScores]) -> list[Contender]:
    """Return the baselines, the best on the validation part first; without validation scores by the part that is scored."""
    sign = -1 if main.higher_is_better else 1

    def place(one: Contender) -> tuple[bool, float]:
        given = scores[one.name]
        value = given.scores[main.name].value if given.valid_score is None else given.valid_score
        return given.valid_score is None, sign * value

    return sorted(baselines, key=place)


def _scores(contender: Contender, draws: dict[str, Draws], main: str) -> ModelScores:
    """Return a model's scores; a metric that came out without a number is left out."""
    kept = {name: score(one) for name, one in draws.items() if np.isfinite(one.value)}
    valid = contender.valid_scores.get(main, math.nan)
    return ModelScores(
        contender.name,
        kept,
        contender.fit_seconds,
        contender.num_train_rows,
        contender.note,
        valid if math.isfinite(valid) else None,
        contender.architecture,
        contender.cut_short_epochs,
    )


def _check_finite(network: Contender) -> None:
    """Raise TrainingError when the network predicts something that is no number."""
    prediction = network.prediction
    parts = [one for one in (prediction.values, prediction.probabilities, prediction.quantiles) if one is not None]
    bad = np.zeros(len(prediction.values), dtype=bool)
    for one in parts:
        bad |= ~np.isfinite(one.reshape(len(one), -1)).all(axis=1)
    if bad.any():
        row = int(prediction.rows[bad.argmax()])
        raise TrainingError(
            f"The network predicts no finite number for {bad.sum()} of {len(bad)} rows, the first from row {row}. "
            "Lower the learning rate and train again."
        )

"""Train a baseline, within a time allowance when one is given, and ask it for predictions."""

import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from espalier.core.batch import FloatArray, Prediction
from espalier.core.records import IntArray
from espalier.core.seeds import derive_seed, numpy_stream
from espalier.evaluation.anomaly.scores import FIRST_LEVEL, as_prediction
from espalier.evaluation.baselines.allowance import Allowance, Pace, Trial
from espalier.evaluation.baselines.baseline import Baseline, all_baselines, named_baselines
from espalier.evaluation.baselines.table import Encoder, Inputs, Matrix, TrainTable
from espalier.evaluation.baselines.threads import openmp_threads
from espalier.evaluation.score import Contender

Answer: TypeAlias = tuple[FloatArray, FloatArray | None]

CELLS = 2**27  # numbers of the training matrix at most, 512 MB
CHUNK_CELLS = 2**24  # numbers of one matrix to predict
PILOT_ROWS = (1000, 4000, 16_000)  # of the trials that foretell the time
PREDICT_ROWS = 2000  # predicted in a trial
PREDICT_STEPS = 100_000  # of paths, likewise
PREDICT_FRACTION = 0.25  # rows to be predicted later (validation and test part), as a share of the training part


@dataclass(frozen=True)
class FittedBaseline:
    """A trained baseline.

    Args:
        name: in the catalogue.
        baseline: its description.
        estimators: one, or one for each label that is learnt on its own.
        encoder: inputs to its matrix.
        kind: the table that it was trained on, without rows.
        shares: (K,) of each class or label in the training part, or (1,) its mean count; empty for quantities and paths.
        fit_seconds: time of the training whose result this is.
        num_rows: rows that it was trained on.
        note: what a reader must know, or empty.
        valid_scores: metrics on the validation part, by name; whoever has that part adds them.
        lacked_time: whether more time would have let it learn from more rows.
        boxes: (K, 4) mean box of each class in the training part, where a class is answered with its box; else None.
    """

    name: str
    baseline: Baseline
    estimators: tuple[Any, ...]
    encoder: Encoder
    kind: str
    shares: FloatArray
    fit_seconds: float
    num_rows: int
    note: str = ""
    valid_scores: Mapping[str, float] = field(default_factory=dict)
    lacked_time: bool = False
    boxes: FloatArray | None = None

    def predict(self, inputs: Inputs, rows: IntArray) -> Prediction:
        """Return predictions in the person's units.

        Args:
            inputs: as in training: numbers (N, F), category codes (N, M) and windows (N, C * L).
            rows: (N,) the source row of each example.
        """
        numbers = np.asarray(inputs[0])
        window = self.encoder.window
        answered = window.num_targets * window.horizon if window else 0
        size = max(1, CHUNK_CELLS // max(1, self.encoder.width(numbers.shape[1]) + answered))
        parts = [
            self._answer(self.encoder.apply([np.asarray(one)[start : start + size] for one in inputs]))
            for start in range(0, len(numbers), size)
        ]
        probabilities = None if parts[0][1] is None else np.concatenate([one for _, one in parts if one is not None])
        values = np.concatenate([one for one, _ in parts])
        boxes = None if self.boxes is None else self.boxes[values.astype(np.int64)]
        return Prediction(np.asarray(rows), values, probabilities, boxes=boxes)

    def contender(self, prediction: Prediction) -> Contender:
        """Return the baseline with its predictions, as the score card takes it."""
        about = (self.fit_seconds, self.num_rows, self.note, self.baseline.trivial, self.valid_scores)
        return Contender(self.name, prediction, *about)

    def _answer(self, matrix: Matrix) -> Answer:
        """Return values and probabilities for some rows."""
        if self.kind == "class":
            probabilities = self._class_probabilities(matrix)
            return probabilities.argmax(axis=1).astype(np.float64), probabilities
        if self.kind == "labels":
            probabilities = np.clip(self._label_probabilities(matrix), 0, 1)
            return (probabilities >= 0.5).astype(np.float64), probabilities
        values = np.asarray(self.estimators[0].predict(matrix), dtype=np.float64)
        if self.kind == "anomaly":
            made = as_prediction(np.arange(len(values)), values, FIRST_LEVEL)
            return made.values, made.probabilities
        if self.kind == "path" and self.encoder.window is not None:
            return self.encoder.window.paths(values), None
        if self.kind == "count":
            values = self._joined(np.maximum(values, 0)[:, None], self.estimators[0], matrix)[:, 0]
        return values, None

    def _class_probabilities(self, matrix: Matrix) -> FloatArray:
        """Return (N, K), with a column for every class, rows summing to one."""
        estimator = self.estimators[0]
        present = estimator.classes_.astype(int)
        given = np.asarray(estimator.predict_proba(matrix), dtype=np.float64)
        absent = np.setdiff1d(np.arange(len(self.shares)), present)
        votes = np.zeros((len(matrix), len(self.shares)))
        votes[:, present] = given
        probabilities = self._joined(votes, estimator, matrix)
        probabilities[:, present] *= 1 - self.shares[absent].sum()
        probabilities[:, absent] = self.shares[absent]
        return np.asarray(probabilities / probabilities.sum(axis=1, keepdims=True))

    def _label_probabilities(self, matrix: Matrix) -> FloatArray:
        """Return (N, K), the probability of each label."""
        if self.baseline.labels_at_once:
            estimator = self.estimators[0]
            given, classes = estimator.predict_proba(matrix), estimator.classes_
            if len(self.shares) == 1:  # scikit-learn drops the list of labels when there is only one
                given, classes = [given], [classes]
            columns = [_positive(one, known) for one, known in zip(given, classes, strict=True)]
            return self._joined(np.stack(columns, axis=1), estimator, matrix)
        columns = [
            np.full(len(matrix), share) if one is None else _positive(one.predict_proba(matrix), one.classes_)
            for one, share in zip(self.estimators, self.shares, strict=True)
        ]
        return np.stack(columns, axis=1)

    def _joined(self, answers: FloatArray, estimator: object, matrix: Matrix) -> FloatArray:
        """Return answers that are shares of votes, joined by one vote for the shares of the training part."""
        if self.baseline.votes is None:
            return answers
        votes = np.asarray(self.baseline.votes(estimator, matrix), dtype=np.float64).reshape(-1, 1)
        return np.asarray((votes * answers + self.shares) / (votes + 1))


def fit_baseline(name: str, table: TrainTable, seed: int, max_seconds: float | None = None) -> FittedBaseline:
    """Return a trained baseline.

    Args:
        name: in the catalogue.
        table: the prepared training part.
        seed: the plan's seed; the baseline's own follows from it.
        max_seconds: time allowance for training and for predicting a quarter as many rows; None for none. When two trials on
            few rows foretell that all rows take longer, a random subset is used, and `note` says so.

    Raises:
        UnknownNameError: a name that no baseline has.
        PlanError: the baseline cannot learn this kind of target.
        MissingExtraError: the package that it needs is not installed.
    """
    named_baselines([name], table.kind)
    if table.kind == "box":
        of_classes = replace(table, target=table.target[:, 0], kind="class")
        return replace(fit_baseline(name, of_classes, seed, max_seconds), boxes=_mean_boxes(table))
    baseline = all_baselines()[name]
    order = numpy_stream(seed, "baseline", name).permutation(len(table))
    most = min(len(table), baseline.max_rows(table.num_classes), _rows_that_fit(baseline, table))
    reason = "more rows are not used by this baseline"
    learns = not baseline.trivial and baseline.most_forecasts is None
    if max_seconds is not None and most > PILOT_ROWS[1] and learns:
        affordable, trial = _affordable(name, table, order, seed, Allowance(max_seconds, most, time.perf_counter()))
        if affordable < most:
            reason = (
                f"all would take longer than the {max_seconds:.3g} s allowed" if max_seconds else "no time was left for more"
            )
            fitted = trial if trial.num_rows >= affordable else _train(name, _some(table, order[:affordable]), seed)
            return replace(_noted(fitted, len(table), reason), lacked_time=True)
    return _noted(_train(name, _some(table, order[:most]) if most < len(table) else table, seed), len(table), reason)


def _some(table: TrainTable, rows: IntArray) -> TrainTable:
    """Return some rows; those of forecasts stay in the order of time, because models are chosen on the last of them."""
    return table.take(np.sort(rows) if table.kind == "path" else rows)


def _noted(fitted: FittedBaseline, num_rows: int, reason: str) -> FittedBaseline:
    """Return the baseline with a note when it was trained on a part of the rows."""
    if fitted.num_rows >= num_rows:
        return fitted
    said = f"trained on {fitted.num_rows:,} of {num_rows:,} rows, drawn at random: {reason}"
    return replace(fitted, note=f"{said}; {fitted.note}" if fitted.note else said)


def _rows_that_fit(baseline: Baseline, table: TrainTable) -> int:
    """Return the number of rows whose matrix stays within the memory allowed."""
    return max(1, CELLS // max(1, Encoder.fit(table, baseline.encoding).width(table.numbers.shape[1])))


def _affordable(name: str, table: TrainTable, order: IntArray, seed: int, allowance: Allowance) -> tuple[int, FittedBaseline]:
    """Return how many rows the allowance pays for, and the last trial's model."""
    baseline = all_baselines()[name]
    pace = Pace(baseline.growth, baseline.lazy, PREDICT_FRACTION * len(table))
    fitted, last = _trial(name, table.take(order[: PILOT_ROWS[0]]), seed)
    before: Trial | None = None
    for num_rows in PILOT_ROWS[1:]:
        if num_rows >= allowance.most or not pace.allows_trial(before, last, num_rows, allowance.left()):
            break
        before = last
        fitted, last = _trial(name, table.take(order[:num_rows]), seed)
    return pace.affordable_rows(before, last, allowance.most, allowance.left()), fitted


def _trial(name: str, part: TrainTable, seed: int) -> tuple[FittedBaseline, Trial]:
    """Return a model of few rows and how long it took to train and to ask."""
    fitted = _train(name, part, seed)
    start = time.perf_counter()
    steps = np.prod(part.target.shape[1:], dtype=int) if part.kind == "path" else 1
    asked = np.arange(min(PREDICT_ROWS, len(part), max(1, PREDICT_STEPS // int(steps))))
    fitted.predict(part.take(asked).inputs, asked)
    return fitted, Trial(len(part), fitted.fit_seconds, (time.perf_counter() - start) / len(asked))


def _train(name: str, table: TrainTable, seed: int) -> FittedBaseline:
    """Return the baseline trained on all rows of a table."""
    baseline = all_baselines()[name]
    start = time.perf_counter()
    shares = _shares(table)
    kept, note = _learnable(table, baseline.min_class_rows)
    own_seed = derive_seed(seed, "baseline", name, "estimator") % 2**31
    estimator = baseline.build(kept, own_seed)
    if kept.kind == "class" and not _varied(kept.target) and not baseline.trivial:
        kept, estimator, baseline = table, DummyClassifier(strategy="prior"), replace(baseline, votes=None)
        note = "too few rows of different classes to learn from, so that it answers the class shares"
    encoder = Encoder.fit(kept, baseline.encoding)
    matrix = encoder.apply(kept.inputs)
    with (
        warnings.catch_warnings(record=True) as caught,
        threadpool_limits(openmp_threads(len(kept)), user_api="openmp"),
    ):
        warnings.simplefilter("always", ConvergenceWarning)
        if kept.kind == "labels" and not baseline.labels_at_once:
            labels = [one.astype(np.int64) for one in kept.target.T]
            estimators = tuple(baseline.build(kept, own_seed).fit(matrix, one) if _varied(one) else None for one in labels)
        else:
            estimators = (estimator.fit(matrix, _typed(kept)),)
    for one in estimators:
        if one is not None and hasattr(one, "n_jobs"):
            one.n_jobs = 1  # trees are then always summed in one order, so that predictions repeat to the last bit
    for one in caught:
        if not issubclass(one.category, ConvergenceWarning):
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
        elif "converge" not in note:
            note = f"{note}; " * bool(note) + "stopped before it had converged"
    took = time.perf_counter() - start
    return FittedBaseline(name, baseline, estimators, encoder, table.kind, shares, took, len(table), note)


def _learnable(table: TrainTable, min_class_rows: int) -> tuple[TrainTable, str]:
    """Return the table without the classes that have too few rows for the baseline, and the note that says so."""
    if table.kind != "class" or min_class_rows <= 1:
        return table, ""
    index = table.target.astype(int)
    counts = np.bincount(index)
    rare = np.flatnonzero((counts > 0) & (counts < min_class_rows))
    if len(rare) == 0:
        return table, ""
    return table.take(
        np.flatnonzero(~np.isin(index, rare))
    ), f"without the classes of fewer than {min_class_rows} rows ({len(rare)})"


def _mean_boxes(table: TrainTable) -> FloatArray:
    """Return (K, 4) the mean box of each class; a class that the part lacks gets the mean of all boxes."""
    index, boxes = table.target[:, 0].astype(int), table.target[:, 1:]
    means = np.tile(boxes.mean(axis=0), (table.num_classes, 1))
    for one in np.unique(index):
        means[one] = boxes[index == one].mean(axis=0)
    return means


def _shares(table: TrainTable) -> FloatArray:
    """Return the share of each class (Laplace's rule) or label, or the mean count, in the training part; else nothing."""
    if table.kind == "class":
        counts = np.bincount(table.target.astype(int), minlength=table.num_classes)
        return np.asarray((counts + 1) / (len(table) + len(counts)))
    if table.kind == "labels":
        return np.asarray((table.target.sum(axis=0) + 1) / (len(table) + 2))
    return np.array([float(np.mean(table.target))]) if table.kind == "count" else np.empty(0)


def _typed(table: TrainTable) -> FloatArray | IntArray:
    """Return the target as estimators want it: whole numbers for classes and labels, one row for a path."""
    if table.kind == "path":
        return np.asarray(table.target, dtype=np.float64).reshape(len(table), -1)
    return table.target.astype(np.int64) if table.kind in ("class", "labels") else np.asarray(table.target, dtype=np.float64)


def _varied(target: FloatArray) -> bool:
    """Return whether a target has more than one value."""
    return len(target) > 0 and bool((target != target[0]).any())


def _positive(probabilities: FloatArray, classes: IntArray) -> FloatArray:
    """Return the probability of class 1, also when an estimator has only ever seen one class."""
    found = np.flatnonzero(classes == 1)
    return np.asarray(probabilities[:, found[0]] if len(found) else np.zeros(len(probabilities)), dtype=np.float64)

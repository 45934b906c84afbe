"""Simple model: what a linear model and a few trees get out of the rows that a network was trained on, cross-fitted.

A network that has seen these rows, and still answers them worse than a model that has not, has learnt too little.
"""

import warnings
from collections.abc import Iterator

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression, Ridge
from torch import Tensor

from espalier.core.batch import FloatArray
from espalier.core.records import IntArray
from espalier.core.seeds import numpy_stream
from espalier.diagnosis.encode import Answer
from espalier.diagnosis.kept_rows import Rows
from espalier.diagnosis.quick_model import cross_fit
from espalier.tasks.loss_kind import BY_CLASS, BY_PROBABILITY, Criterion, LossKind

NUM_FOLDS = 3
MAX_INPUTS = 256  # of more, some are taken, evenly spread
MAX_LEVELS = 64  # of whole numbers that are taken for categories
MAX_ANSWERS = 2000  # places of sequences
MAX_CLASSES = 100
SMALLEST = 1e-4  # probability that a model may give
EVEN = 0.02  # share of the trees' probabilities that is dealt out as the classes are
PENALTY = 1.0
MAX_ITERATIONS = 60


def simple_losses(rows: Rows, kind: LossKind, criterion: Criterion) -> FloatArray | None:
    """Return (N,) the loss of the better of two simple models for each row; None where none can be fitted.

    Args:
        rows: that were kept.
        kind: of the loss.
        criterion: of the training.
    """
    matrix = _matrix(rows)
    fold = np.repeat(numpy_stream(0, "simple", len(rows)).permutation(len(rows)) % NUM_FOLDS, rows.per_row)
    if matrix is None or not np.isfinite(matrix).all() or len(matrix) > MAX_ANSWERS:
        return None
    found = [rows.losses(criterion, answers) for answers in _predictions(rows, kind, matrix, fold)]
    return min(found, key=lambda losses: float(losses.mean())) if found else None


def _predictions(rows: Rows, kind: LossKind, matrix: FloatArray, fold: IntArray) -> Iterator[Tensor]:
    """Yield the cross-fitted answers of a linear model and of trees, in the form that the criterion takes."""
    target = rows.targets()
    shape = (len(target), *rows.form.shape[1:])
    if kind in BY_CLASS:
        num_classes = shape[1] if len(shape) == 2 else 0
        if not 1 < num_classes <= MAX_CLASSES or target.ndim != 1 or target.is_floating_point() or int(target.min()) < 0:
            return
        for found in _probabilities(matrix, target.cpu().numpy(), num_classes, fold):
            yield torch.as_tensor(np.log(found)).to(target.device, torch.float32)
    elif target.numel() != len(target) or np.prod(shape) != len(target):
        return
    elif kind in BY_PROBABILITY:
        values = target.reshape(-1).cpu().numpy()
        if not np.isin(values, (0, 1)).all():
            return
        for found in _probabilities(matrix, values.astype(np.int64), 2, fold):
            share = found[:, 1]
            value = np.log(share / (1 - share)) if kind is LossKind.BINARY_LOGITS else share
            yield torch.as_tensor(value).to(target.device, torch.float32).reshape(shape)
    elif kind is not LossKind.UNKNOWN and target.is_floating_point():
        values = target.reshape(-1).double().cpu().numpy()
        for value in (_ridge(matrix, values, fold), cross_fit(matrix, Answer(values[:, None], ()), fold)[:, 0]):
            yield torch.as_tensor(value).to(target.device, torch.float32).reshape(shape)


def _probabilities(matrix: FloatArray, classes: IntArray, num_classes: int, fold: IntArray) -> Iterator[FloatArray]:
    """Yield (N, K) the cross-fitted probabilities of a linear model and of trees."""
    hot = np.eye(num_classes)[classes]
    linear = np.empty_like(hot)
    for one in np.unique(fold):
        out = fold == one
        linear[out] = _logistic(matrix[~out], classes[~out], matrix[out], num_classes)
    trees = (1 - EVEN) * cross_fit(matrix, Answer(hot, tuple(map(str, range(num_classes)))), fold) + EVEN * hot.mean(axis=0)
    for found in (linear, trees):
        found = np.clip(found, SMALLEST, 1 - SMALLEST)
        yield found / found.sum(axis=1, keepdims=True)


def _logistic(matrix: FloatArray, classes: IntArray, asked: FloatArray, num_classes: int) -> FloatArray:
    found = np.zeros((len(asked), num_classes))
    known = np.unique(classes)
    if len(known) == 1:
        found[:, known[0]] = 1.0
        return found
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is not quite done; it need not be
        fitted = LogisticRegression(C=PENALTY, max_iter=MAX_ITERATIONS).fit(matrix, classes)
    found[:, fitted.classes_] = fitted.predict_proba(asked)
    return found


def _ridge(matrix: FloatArray, values: FloatArray, fold: IntArray) -> FloatArray:
    found = np.empty(len(values))
    for one in np.unique(fold):
        out = fold == one
        found[out] = Ridge(alpha=PENALTY).fit(matrix[~out], values[~out]).predict(matrix[out])
    return found


def _matrix(rows: Rows) -> FloatArray | None:
    """Return (N x answers, F) inputs as numbers in deviations from their means; whole numbers as categories."""
    columns = [_columns(one, rows.per_row) for one in rows.inputs if one.dtype is not torch.bool and not one.is_complex()]
    if not columns or any(one is None for one in columns):
        return None
    matrix = np.concatenate([one for one in columns if one is not None], axis=1)
    places = np.linspace(0, matrix.shape[1] - 1, min(MAX_INPUTS, matrix.shape[1])).astype(np.int64)
    matrix = matrix[:, places]
    spread = matrix.std(axis=0)
    return (matrix[:, spread > 0] - matrix[:, spread > 0].mean(axis=0)) / spread[spread > 0] if (spread > 0).any() else None


def _columns(values: Tensor, per_row: int) -> FloatArray | None:
    """Return the columns of one input: of a sequence with an answer at each place, those of the place and the one before."""
    if per_row > 1:
        if values.ndim < 2 or values.shape[1] != per_row:
            return None
        before = torch.cat([values[:, :1], values[:, :-1]], dim=1)
        values = torch.stack([values, before], dim=2).flatten(0, 1)
    flat = values.flatten(1)
    if flat.is_floating_point():
        return flat.double().cpu().numpy()
    if int(flat.min()) < 0 or int(flat.max()) >= MAX_LEVELS:
        return flat.double().cpu().numpy()
    return torch.nn.functional.one_hot(flat.long(), int(flat.max()) + 1).flatten(1).double().cpu().numpy()

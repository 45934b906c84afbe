"""Quick model: a small ensemble of random trees that shows what a split, or a column, does to a score."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor

from espalier.core.batch import FloatArray
from espalier.core.records import IntArray
from espalier.core.seeds import numpy_stream
from espalier.diagnosis.encode import Answer
from espalier.diagnosis.significance import auc, z_of_mean

NUM_TREES = 20
MIN_ROWS_OF_A_LEAF = 3
INPUT_FRACTION = 0.5  # share of the inputs that each cut chooses from
MAX_INPUTS = 50  # and at most that many, so that wide tables stay quick
NUM_FOLDS = 5


@dataclass(frozen=True)
class Gap:
    """The same quick model judged in two ways.

    Args:
        mixed: explained share of the target (1 is everything) when rows are dealt out at random.
        apart: the same when whole units are held out.
        z: standard errors of the difference, from the differences of whole units.
        mixed_score, apart_score: the same two in the score's words.
        score: "AUC", "accuracy" or "R2".
    """

    mixed: float
    apart: float
    z: float
    mixed_score: float
    apart_score: float
    score: str

    @property
    def size(self) -> float:
        """Return how much is lost when whole units are held out."""
        return self.mixed - self.apart

    def sentence(self, mixed: str, apart: str) -> str:
        """Return both scores in a sentence; `mixed` and `apart` say when each is reached."""
        return (
            f"A quick model reaches {self.score} {self.mixed_score:.2f} when {mixed}, and {self.apart_score:.2f} when {apart}."
        )

    def evidence(self) -> dict[str, Any]:
        """Return the numbers as plain values."""
        return {
            "score": self.score,
            "score_with_leak": self.mixed_score,
            "score_without_leak": self.apart_score,
            "gap": self.size,
            "z": self.z,
        }


def cross_fit(matrix: FloatArray, answer: Answer, fold: IntArray) -> FloatArray:
    """Return (N, K) predictions, each row's from trees that were grown without its fold.

    Shapes:
        matrix (N, F); fold (N,), 0 or more.
    """
    predicted = np.empty_like(answer.matrix)
    num_inputs = min(math.ceil(INPUT_FRACTION * matrix.shape[1]), MAX_INPUTS)
    target = answer.matrix if answer.classes else answer.matrix[:, 0]
    for one in np.unique(fold):
        out = fold == one
        trees = ExtraTreesRegressor(
            NUM_TREES, min_samples_leaf=MIN_ROWS_OF_A_LEAF, max_features=num_inputs, random_state=0, n_jobs=1
        )
        trees.fit(matrix[~out], target[~out])
        predicted[out] = trees.predict(matrix[out]).reshape(int(out.sum()), -1)
    return predicted


def explained(answer: Answer, predicted: FloatArray) -> float:
    """Return the share of the target's squared deviation from its mean that predictions explain; classes as 0 and 1."""
    total = ((answer.matrix - answer.matrix.mean(axis=0)) ** 2).sum()
    return float(1 - ((answer.matrix - predicted) ** 2).sum() / total) if total else 0.0


def readable(answer: Answer) -> tuple[str, Callable[[FloatArray], float]]:
    """Return the name of a score that readers know, and the score: AUC of two classes, accuracy of more, R2 of a number."""
    if len(answer.classes) == 2:
        return "AUC", lambda predicted: auc(answer.matrix[:, 1] > 0, predicted[:, 1])
    if answer.classes:
        return "accuracy", lambda predicted: float((predicted.argmax(axis=1) == answer.indices).mean())
    return "R2", lambda predicted: explained(answer, predicted)


def random_folds(num_rows: int) -> IntArray:
    """Return (N,) a fold of 0 to 4 for each row, drawn at random."""
    return numpy_stream(0, "folds", num_rows).permutation(num_rows) % NUM_FOLDS


def gap_between(matrix: FloatArray, answer: Answer, units: IntArray) -> Gap:
    """Return what is lost when rows of one unit do not stand on both sides.

    The standard error comes from the units, because rows of one unit are not independent.

    Args:
        matrix: (N, F) inputs.
        answer: the target.
        units: (N,) number of the unit that each row belongs to, two or more of them.
    """
    units = np.unique(units, return_inverse=True)[1]
    mixed = cross_fit(matrix, answer, random_folds(len(units)))
    apart = cross_fit(matrix, answer, random_folds(int(units.max()) + 1)[units])
    name, score = readable(answer)
    loss = ((answer.matrix - apart) ** 2 - (answer.matrix - mixed) ** 2).sum(axis=1)
    z = z_of_mean(np.bincount(units, weights=loss).astype(np.float64))
    return Gap(explained(answer, mixed), explained(answer, apart), z, score(mixed), score(apart), name)

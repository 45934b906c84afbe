"""Selection: only the inputs that tell most about the target are kept, by mutual information.

Mutual information is estimated from nearest neighbours (Kraskov et al. 2004; Ross 2014), as scikit-learn does.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import polars as pl
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression

from espalier.core.batch import FloatArray
from espalier.core.records import IntArray, Records, TrainRecords
from espalier.data.split import sample_train

MAX_ROWS = 10_000  # neighbours among more rows take minutes and change the order of no clear inputs

FeatureReader: TypeAlias = Callable[[pl.DataFrame], tuple[FloatArray, FloatArray]]


@dataclass(frozen=True)
class Selector:
    """Learns which inputs tell most about the target.

    Args:
        count: inputs kept, at least 1; all when there are no more.
        classes: the target is a class (or several yes-or-no labels), not a quantity.
    """

    count: int
    classes: bool

    def fit(self, train: TrainRecords, read: FeatureReader, target: Callable[[Records], FloatArray]) -> "FittedSelector":
        """Return the fitted step.

        Args:
            train: the training part.
            read: gives the numbers (N, F) and the categories (N, M) of a frame.
            target: gives (N,) class indices or quantities, or (N, K) labels.
        """
        sample = sample_train(train, MAX_ROWS)
        numbers, categories = read(sample.records.frame)
        information = self._information(numbers, categories, target(sample.records))
        best = np.sort(np.argsort(-information, kind="stable")[: self.count])
        num_numbers = numbers.shape[1]
        return FittedSelector(best[best < num_numbers], best[best >= num_numbers] - num_numbers)

    def _information(self, numbers: FloatArray, categories: FloatArray, target: FloatArray) -> FloatArray:
        """Return (F + M,) the mutual information of each input with the target; summed over several labels."""
        values = np.hstack([numbers, categories])
        discrete = np.arange(values.shape[1]) >= numbers.shape[1]
        discrete |= ((values == 0) | (values == 1)).all(axis=0)
        estimate = mutual_info_classif if self.classes else mutual_info_regression
        targets = target.reshape(len(target), -1).T
        return sum(estimate(values, one, discrete_features=discrete, random_state=0) for one in targets)


@dataclass(frozen=True, eq=False)
class FittedSelector:
    """Keeps some inputs.

    Args:
        numbers: positions of the numbers kept, rising.
        categories: positions of the categories kept, rising.
    """

    numbers: IntArray
    categories: IntArray

    def apply(self, numbers: FloatArray, categories: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the kept columns of (N, F) numbers and of (N, M) categories."""
        return numbers[:, self.numbers], categories[:, self.categories]

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return {"numbers": self.numbers.tolist(), "categories": self.categories.tolist()}

    @staticmethod
    def from_mapping(value: Mapping[str, Any]) -> "FittedSelector":
        """Return the step that plain values describe."""
        return FittedSelector(np.array(value["numbers"], dtype=np.int64), np.array(value["categories"], dtype=np.int64))

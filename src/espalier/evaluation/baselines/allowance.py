"""How many rows a time allowance pays for, foretold from trials on few rows."""

import time
from dataclasses import dataclass

import numpy as np

from espalier.core.batch import FloatArray

CAUTION = 0.7  # share of the time left that the forecast may fill
LATER_SHARE = 0.15  # of the time left, that a third trial may take by the forecast of the first two
NUM_CANDIDATES = 200  # numbers of rows tried, between the last trial and all


@dataclass(frozen=True)
class Trial:
    """How long a model of few rows took.

    Args:
        num_rows: rows that it was trained on.
        fit_seconds: time to train it.
        predict_seconds: time to predict one row.
    """

    num_rows: int
    fit_seconds: float
    predict_seconds: float


@dataclass(frozen=True)
class Pace:
    """How time grows with the number of training rows.

    Args:
        growth: training takes a + b n^growth; two trials give a and b, one alone gives b.
        lazy: predicting a row takes time in proportion to n; otherwise n does not matter.
        num_predicted: rows to be predicted.
    """

    growth: float
    lazy: bool
    num_predicted: float

    def fit_seconds(self, before: Trial | None, last: Trial, rows: FloatArray) -> FloatArray:
        """Return the time to train on so many rows, by the last two trials."""
        power = last.num_rows**self.growth
        if before is None:
            return last.fit_seconds * rows**self.growth / power
        slope = max((last.fit_seconds - before.fit_seconds) / (power - before.num_rows**self.growth), 0.0)
        return last.fit_seconds + slope * (rows**self.growth - power)

    def predict_seconds(self, last: Trial, rows: FloatArray) -> FloatArray:
        """Return the time to predict with a model of so many rows, by the last trial."""
        return last.predict_seconds * self.num_predicted * (rows / last.num_rows if self.lazy else np.ones_like(rows))

    def allows_trial(self, before: Trial | None, last: Trial, num_rows: int, seconds: float) -> bool:
        """Return whether a further trial is worth its time, and its model would not be too slow to be asked.

        Args:
            before: the trial before the last; None when there was none.
            last: the trial on most rows so far.
            num_rows: rows of the further trial.
            seconds: time left.
        """
        rows = np.array([float(num_rows)])
        fit = self.fit_seconds(before, last, rows)[0]
        share = 1.0 if before is None else LATER_SHARE
        return bool(fit <= share * seconds and fit + self.predict_seconds(last, rows)[0] <= seconds)

    def affordable_rows(self, before: Trial | None, last: Trial, most: int, seconds: float) -> int:
        """Return the largest number of rows whose training and predictions fit into the time left.

        Args:
            before: the trial before the last; None when there was none.
            last: the trial on most rows; its number is the least that is returned.
            most: rows that there are.
            seconds: time left after the trials.

        Example:
            >>> pace = Pace(growth=1.0, lazy=False, num_predicted=1000)
            >>> first, second = Trial(1000, 1.0, 0.0), Trial(2000, 2.0, 0.0)
            >>> pace.affordable_rows(first, second, most=9000, seconds=100.0)
            9000
            >>> 6500 < pace.affordable_rows(first, second, most=9000, seconds=10.0) <= 7000
            True
        """
        rows = np.geomspace(last.num_rows, max(most, last.num_rows), NUM_CANDIDATES)
        within = rows[self.fit_seconds(before, last, rows) + self.predict_seconds(last, rows) <= CAUTION * seconds]
        return round(float(within[-1])) if len(within) else last.num_rows


@dataclass(frozen=True)
class Allowance:
    """Time and rows that a baseline may use.

    Args:
        seconds: time from the start.
        most: rows at most.
        start: of `time.perf_counter`.
    """

    seconds: float
    most: int
    start: float

    def left(self) -> float:
        """Return the seconds left."""
        return max(0.0, self.seconds - (time.perf_counter() - self.start))

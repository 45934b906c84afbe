"""Calibration: how far a score of a sign lies outside what healthy trainings show.

The file beside this one holds the median and the reach of each sign's score over healthy runs, and one threshold for all of
them: the run-level maximum that one healthy run in a hundred passes. `make calibrate` measures it again.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("calibration.json")


@dataclass(frozen=True)
class Usual:
    """The scores of one sign over healthy runs, on a logarithmic scale.

    Args:
        median: of the runs in which it could be looked at.
        reach: from the median to the 99th percentile, so that signs with long and with short tails are put on one scale.
        num_runs: in which it could be looked at.
    """

    median: float
    reach: float
    num_runs: int


@dataclass(frozen=True)
class Calibration:
    """What was measured.

    Args:
        version: of the form of the file.
        date: of the measurement.
        torch: version.
        num_runs: healthy runs.
        alpha: share of healthy runs that pass the threshold.
        threshold: reaches above the median, of the sign that is farthest out.
        signs: by id.
    """

    version: int
    date: str
    torch: str
    num_runs: int
    alpha: float
    threshold: float
    signs: dict[str, Usual]

    def distance(self, sign: str, score: float) -> float:
        """Return how many reaches a score lies above the healthy median.

        Args:
            sign: its id.
            score: as the sign's `score` gives it.
        """
        usual = self.signs[sign]
        return (score - usual.median) / usual.reach

    def limit(self, sign: str) -> float:
        """Return the score from which on a sign is unusual."""
        usual = self.signs[sign]
        return usual.median + self.threshold * usual.reach


@cache
def calibration() -> Calibration:
    """Return what was measured on healthy runs."""
    given = json.loads(FILE.read_text(encoding="utf-8"))
    return Calibration(**{**given, "signs": {sign: Usual(**one) for sign, one in given["signs"].items()}})


def is_unusual(sign: str, score: float | None) -> bool:
    """Return whether a score lies farther outside than healthy runs do; a sign that could not be looked at is not.

    Args:
        sign: its id.
        score: as the sign's `score` gives it.
    """
    return score is not None and calibration().distance(sign, score) > calibration().threshold

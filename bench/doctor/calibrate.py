"""Measure on healthy runs of part D what is usual, and write the file that the signs read: one threshold for the whole doctor.

Each score is taken by its distance from the healthy median, and that by the distance of the 99th percentile. The threshold is
that order statistic of the runs' largest distances which one healthy run in a hundred passes; runs of part T are not looked at.

    python bench/doctor/calibrate.py [--variants 36]
"""

import argparse
import datetime
import json
import math

import numpy as np
import torch
from healthy import all_runs

from espalier.core.files import write_json
from espalier.diagnosis.calibration import FILE

VERSION = 1
ALPHA = 0.01  # of the healthy runs
FEWEST_RUNS = 99  # for which the order statistic exists
SMALLEST_REACH = 0.18  # a physical margin: the limit stays three times beyond the farthest gain of healthy runs, 0.07


def calibrated(runs):
    """Return the contents of the file.

    Args:
        runs: healthy ones.
    """
    signs = {}
    for sign in sorted({sign for run in runs for sign in run.scores}):
        middle, high = np.quantile([run.scores[sign] for run in runs if sign in run.scores], (0.5, 1 - ALPHA))
        count = sum(sign in run.scores for run in runs)
        signs[sign] = {"median": float(middle), "reach": max(float(high - middle), SMALLEST_REACH), "num_runs": count}
    distances = sorted(
        max(((score - signs[sign]["median"]) / signs[sign]["reach"] for sign, score in run.scores.items()), default=-math.inf)
        for run in runs
    )
    place = math.ceil((len(runs) + 1) * (1 - ALPHA))
    return {
        "version": VERSION,
        "date": datetime.date.today().isoformat(),
        "torch": torch.__version__.partition("+")[0],
        "num_runs": len(runs),
        "alpha": ALPHA,
        "threshold": distances[place - 1],
        "signs": signs,
    }


def main():
    """Train the healthy runs of part D and write the file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--variants", type=int, default=36, help="of each task")
    given = parser.parse_args()
    torch.set_num_threads(1)
    runs = [run for run in all_runs("D", given.variants) if run.is_healthy]
    if len(runs) < FEWEST_RUNS:
        raise SystemExit(
            f"{len(runs)} healthy runs are too few: a threshold that one in {1 / ALPHA:.0f} passes needs {FEWEST_RUNS}."
        )
    found = calibrated(runs)
    write_json(FILE, found)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()

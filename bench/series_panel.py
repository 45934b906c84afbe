"""Forecasts of m4_hourly, 414 series over 48 hours, scored as in the M4 competition: OWA, 1 being as good as Naive 2.

The steps to be forecast are joined to the training file; they are the test part, and the 48 before them the validation part:
one forecast for each series in both. The loss is the absolute error unless told otherwise. Model, look-back and loss are chosen
by the OWA of the validation part; the chosen one alone opens the test part.

    python bench/series_panel.py [--only NAME] [--closed]
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from espalier import process
from espalier.evaluation.metrics.forecasts import panel_scores
from espalier.evaluation.metrics.naive2 import naive2
from results import write_section
from series_run import Learnt, test_paths

DATA = Path(os.environ.get("ESPALIER_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
HORIZON, SEASON = 48, 24
BAR, WINNER = 0.6, 0.440  # the winner's OWA on the hourly series, as published
COMMON = {
    "data.kind": "series",
    "task.name": "forecasting",
    "schema.columns.id.role": "group",
    "schema.columns.step.role": "time",
    "prepare.forecast.horizon": HORIZON,
    "prepare.forecast.season": SEASON,
    "prepare.forecast.scale": "window",
    "task.options.loss": "mae",
    "split.train": 0.92,  # the other parts become one horizon of each series
    "split.valid": 0.04,
    "split.test": 0.04,
    "learning.threads": 1,
    "baselines": ("seasonal naive",),
}
CANDIDATES = {
    "nlinear, 168 back, squared error": {
        "model.name": "nlinear",
        "prepare.forecast.look_back": 168,
        "task.options.loss": "mse",
    },
    "nlinear, 168 back": {"model.name": "nlinear", "prepare.forecast.look_back": 168},
    "nlinear, 336 back": {"model.name": "nlinear", "prepare.forecast.look_back": 336},
    "dlinear, 336 back": {"model.name": "dlinear", "prepare.forecast.look_back": 336},
    "nhits, 168 back": {"model.name": "nhits", "prepare.forecast.look_back": 168, "learning.epochs": 8},
}


def panel():
    """Return each series, its last 48 values being those of the test file."""
    ahead = {row[0]: row[1:] for row in pl.read_csv(DATA / "m4_hourly" / "Hourly-test.csv.gz", infer_schema=False).iter_rows()}
    train = pl.read_csv(DATA / "m4_hourly" / "Hourly-train.csv.gz", infer_schema=False)
    every = {}
    for name, *values in train.iter_rows():
        known = [float(value) for value in values if value]
        every[name] = np.array(known + [float(value) for value in ahead[name]])
    return every


def table(every, folder):
    """Write the long table and return its path."""
    parts = [
        pl.DataFrame({"id": [name] * len(one), "step": np.arange(1, len(one) + 1), "value": one}) for name, one in every.items()
    ]
    path = Path(folder) / "m4_hourly.csv"
    pl.concat(parts).write_csv(path)
    return str(path)


def owa(forecast, every, held_out):
    """Return the OWA of forecasts (S, 48) of what comes `held_out` steps before the end of each series."""
    past = [one[: len(one) - held_out] for one in every.values()]
    truth = np.stack([one[len(one) - held_out :][:HORIZON] for one in every.values()])
    base = panel_scores(truth, np.stack([naive2(one, HORIZON, SEASON) for one in past]), past, SEASON)
    return panel_scores(truth, forecast, past, SEASON).owa(base)


def seasonal(every, held_out):
    """Return the forecasts (S, 48) that repeat the last day."""
    lasts = np.stack([one[len(one) - held_out - SEASON : len(one) - held_out] for one in every.values()])
    return np.tile(lasts, (1, HORIZON // SEASON))


def main():
    """Measure and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", action="append", choices=list(CANDIDATES))
    parser.add_argument("--closed", action="store_true", help="leave the test part closed")
    given = parser.parse_args()
    every = panel()
    seasonal_valid, seasonal_test = (owa(seasonal(every, steps), every, steps) for steps in (2 * HORIZON, HORIZON))
    print(json.dumps({"seasonal naive": [seasonal_valid, seasonal_test]}), flush=True)
    lines = [
        "| forecast | OWA on the validation part | OWA on the test part | epochs | minutes to learn |",
        "|---|---|---|---|---|",
        f"| seasonal naive | {seasonal_valid:.3f} | {seasonal_test:.3f} | | |",
    ]
    with tempfile.TemporaryDirectory() as folder:
        source = table(every, folder)
        found = {}
        for name in given.only or CANDIDATES:
            began = time.perf_counter()
            made = process.draft(source, target=("value",), changes={**COMMON, **CANDIDATES[name]})
            learnt = Learnt(made, Path(folder) / name.replace(" ", "-"))
            score = owa(learnt.valid()[0][:, 0], every, 2 * HORIZON)
            found[name] = score, learnt
            told = {
                "valid_owa": score,
                "rate": learnt.rate,
                "epochs": len(learnt.epochs),
                "seconds": time.perf_counter() - began,
            }
            print(json.dumps({"candidate": name, **told}), flush=True)
        if given.closed:
            return
        chosen = min(found, key=lambda name: found[name][0])
        test = owa(test_paths(found[chosen][1].score())[0][:, 0], every, HORIZON)
    for name, (score, learnt) in found.items():
        opened = f"{test:.3f}" if name == chosen else "not opened"
        lines.append(f"| {name} | {score:.3f} | {opened} | {len(learnt.epochs)} | {learnt.epochs[-1].seconds / 60:.1f} |")
    lines += ["", f"Set as bar: {BAR}; the winner of the competition had {WINNER}."]
    print("\n".join(lines))
    if not given.only:
        write_section("Forecasts of m4_hourly", "python bench/series_panel.py", lines)


if __name__ == "__main__":
    main()

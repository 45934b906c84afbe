"""Long forecasts of etth1, all seven variables, under the protocol of arXiv 2205.13504, beside its DLinear.

The first 14,400 hours are cut into 12, 4 and 4 months; the network looks 336 hours back; errors are of values scaled by the
training part, over all variables, steps and windows of the test part. Of several models the one with the lowest error on the
validation part is chosen for each horizon, and it alone opens the test part.

    python bench/series_forecast.py [--horizon 96] [--model dlinear]
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
from results import write_section
from series_run import Learnt, test_paths

DATA = Path(os.environ.get("ESPALIER_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
NUM_STEPS, LOOK_BACK = 14_400, 336
PARTS = {"split.train": 0.6, "split.valid": 0.2, "split.test": 0.2}
PUBLISHED = {96: (0.375, 0.399), 192: (0.405, 0.416), 336: (0.439, 0.443), 720: (0.472, 0.490)}  # MSE and MAE of DLinear
MODELS = {
    "dlinear": {"model.name": "dlinear"},
    "nlinear": {"model.name": "nlinear"},
}


def table(folder):
    """Write the first 14,400 hours and return the path and the names of the variables."""
    frame = pl.read_csv(DATA / "etth1" / "ETTh1.csv.gz").head(NUM_STEPS)
    path = Path(folder) / "etth1.csv"
    frame.write_csv(path)
    return str(path), tuple(frame.columns[1:])


def learn(name, horizon, source, variables, folder):
    """Return a model that has learnt one horizon."""
    changes = {
        "prepare.forecast.horizon": horizon,
        "prepare.forecast.look_back": LOOK_BACK,
        "learning.threads": 1,
        "baselines": ("naive", "seasonal naive"),
        **PARTS,
        **MODELS[name],
    }
    began = time.perf_counter()
    learnt = Learnt(process.draft(source, target=variables, changes=changes), Path(folder) / f"{name}-{horizon}")
    told = {
        "horizon": horizon,
        "model": name,
        "rate": learnt.rate,
        "epochs": len(learnt.epochs),
        "valid_mse": learnt.valid_loss,
        "seconds": time.perf_counter() - began,
    }
    print(json.dumps(told), flush=True)
    return learnt


def errors(run):
    """Return MSE and MAE of the test part on scaled values, and its number of windows."""
    forecast, truth = test_paths(run)
    gaps = (forecast - truth) / np.array(run.prepared.scale)[:, None]
    return float(np.square(gaps).mean()), float(np.abs(gaps).mean()), len(gaps)


def main():
    """Measure and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--horizon", action="append", type=int, choices=list(PUBLISHED))
    parser.add_argument("--model", action="append", choices=list(MODELS))
    parser.add_argument("--closed", action="store_true", help="leave the test part closed")
    given = parser.parse_args()
    lines = [
        "| horizon | chosen by the validation part | MSE on it: "
        + ", ".join(MODELS)
        + " | test windows | test MSE (DLinear as "
        "published) | test MAE (DLinear as published) | seconds to learn |",
        "|---|---|---|---|---|---|---|",
    ]
    for horizon in given.horizon or PUBLISHED:
        with tempfile.TemporaryDirectory() as folder:
            source, variables = table(folder)
            every = {name: learn(name, horizon, source, variables, folder) for name in given.model or MODELS}
            if given.closed:
                continue
            chosen = min(every, key=lambda name: every[name].valid_loss)
            mse, mae, num_windows = errors(every[chosen].score())
        known_mse, known_mae = PUBLISHED[horizon]
        seen = ", ".join(f"{one.valid_loss:.3f}" for one in every.values())
        lines.append(
            f"| {horizon} | {chosen} | {seen} | {num_windows:,} | {mse:.3f} ({known_mse:.3f}) | {mae:.3f} ({known_mae:.3f}) "
            f"| {every[chosen].epochs[-1].seconds:.0f} |"
        )
        print(lines[-1], flush=True)
    if not (given.horizon or given.model or given.closed):
        write_section("Long forecasts of etth1", "python bench/series_forecast.py", lines)


if __name__ == "__main__":
    main()

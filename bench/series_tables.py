"""Our default forecast of five series beside the best simple forecast, from the same origins, with the verdict as printed.

Nothing is set but the horizon, where a common one is known, and the column. The simple forecast is the one that is best on the
validation part, of those that a run fits by itself (naive, seasonal naive, drift, mean, ETS, Theta, ARIMA, ridge and boosted
trees on lags).

    python bench/series_tables.py [--only airline] [--seed 0]
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

from espalier import process
from espalier.core.progress import StageDone
from espalier.run import Run
from results import write_section

DATA = Path(os.environ.get("ESPALIER_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
SETS = {  # path, column, steps ahead
    "airline": ("airline_passengers/airline-passengers.csv.gz", "Passengers", 12),
    "sunspots": ("sunspots/monthly-sunspots.csv.gz", "Sunspots", 12),
    "temperatures": ("daily_min_temperatures/daily-min-temperatures.csv.gz", "Temp", 7),
    "pm25": ("beijing_pm25/pollution.csv.gz", "pm2.5", 24),
    "netflix": ("netflix_stock/NFLX.csv.gz", "Close", 5),
}


def measure(name, seed):
    """Train the default plan on one set and return its score card with the time that it took."""
    path, column, horizon = SETS[name]
    began = time.perf_counter()
    changes = {"task.name": "forecasting", "prepare.forecast.horizon": horizon}
    made = process.draft(str(DATA / path), target=(column,), changes=changes, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        for one in process.train(made.plan, Path(folder) / "run", made.table):
            if isinstance(one, StageDone) and one.stage == "score":
                break
        run = Run(Path(folder) / "run")
        form = run.plan.prepare.forecast
        return run.scorecard, f"{run.plan.model.name}, {form.look_back} back, season {form.season}", time.perf_counter() - began


def told(card, place):
    """Return the main score of a model with its interval."""
    score = card.models[place].scores[card.metric]
    return f"{score.value:.3f} ({score.low:.3f} to {score.high:.3f})"


def main():
    """Measure and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", action="append", choices=list(SETS))
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    lines = [
        "| series | steps ahead | test origins | network | its score (95 % interval) | best simple forecast on validation "
        "| its score | minutes |",
        "|---|---|---|---|---|---|---|---|",
    ]
    verdicts = []
    for name in given.only or SETS:
        card, network, seconds = measure(name, given.seed)
        every = {one.name: (one.valid_score, one.scores[card.metric].value, one.fit_seconds) for one in card.models}
        print(json.dumps({"set": name, "metric": card.metric, "models": every, "verdict": card.verdict}), flush=True)
        front = f"| {name} | {SETS[name][2]} | {card.num_rows:,} | {network} | {card.metric} {told(card, 0)} "
        lines.append(f"{front}| {card.models[1].name} | {told(card, 1)} | {seconds / 60:.1f} |")
        verdicts.append(f"- {name}: {card.verdict}")
    lines += ["", *verdicts]
    print("\n".join(lines))
    if not given.only:
        write_section("Forecasts of single series", "python bench/series_tables.py", lines)


if __name__ == "__main__":
    main()

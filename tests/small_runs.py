"""Small made-up tables and short runs for the tests of the way from source to run."""

import numpy as np
import polars as pl
import pytest

from espalier import process

NUM_ROWS = 150
SHORT = {
    "model.name": "mlp-tiny",
    "learning.epochs": 2,
    "learning.learning_rate": 1e-2,
    "learning.precision": "float32",
    "learning.batch_size": 32,
    "prepare.bins": 0,
    "baselines": ("majority class", "linear model"),
}
MEASURED = {**SHORT, "baselines": ("mean", "linear model")}


def made_table(num_rows=NUM_ROWS, seed=0):
    """Return a table with numbers, a category with holes, and a target of every kind."""
    stream = np.random.default_rng(seed)
    size = stream.normal(size=num_rows).round(4)
    age = stream.integers(18, 90, num_rows)
    color = stream.choice(["red", "green", "blue"], num_rows)
    score = size + 0.02 * age + 0.5 * (color == "red") + 0.3 * stream.normal(size=num_rows)
    return pl.DataFrame(
        {
            "size": size,
            "age": age,
            "color": pl.Series(color).set(pl.Series(stream.random(num_rows) < 0.1), None),
            "sold": np.where(score > np.median(score), "yes", "no"),
            "grade": np.array(["low", "middle", "high"])[np.digitize(score, np.quantile(score, [0.3, 0.7]))],
            "price": (score * 10 + 100).round(3),
            "income": np.exp(1.5 * score).round(4),
            "visits": stream.poisson(np.exp(0.5 * score)),
        }
    )


def write_table(path, target, frame=None):
    """Write the inputs and one target, or several, as CSV and return the path."""
    frame = made_table() if frame is None else frame
    targets = [target] if isinstance(target, str) else list(target)
    kept = [name for name in frame.columns if name not in ("sold", "grade", "price", "income", "visits") or name in targets]
    frame.select(kept).write_csv(path)
    return path


def as_pandas(frame):
    """Return a pandas frame, with None for missing words; skip where pandas is not installed."""
    return pytest.importorskip("pandas").DataFrame(frame.to_dict(as_series=False))


def finish(stages):
    """Go through all stages and return the run and what was told on the way."""
    told = []
    while True:
        try:
            told.append(next(stages))
        except StopIteration as end:
            return end.value, told


def run_of(tmp_path, target, changes=None, frame=None):
    """Train on a made-up table in `tmp_path / "run"` and return the run."""
    source = write_table(tmp_path / "table.csv", target, frame)
    targets = [target] if isinstance(target, str) else list(target)
    measured = targets[0] in ("price", "income", "visits")
    made = process.draft(source, target=targets, changes={**(MEASURED if measured else SHORT), **(changes or {})})
    return finish(process.train(made.plan, tmp_path / "run", made.table))[0]

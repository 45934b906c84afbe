"""The whole way with series: from steps in time, or from windows, to a run that answers what comes next."""

import json

import numpy as np
import polars as pl
import pytest
import torch

from espalier import process
from espalier.core.errors import ColumnError, PlanError, SplitError
from espalier.core.progress import EpochDone
from espalier.data.prepare.preparation import fit_preparation, preparation_from_mapping
from espalier.stages.parts import deal_parts
from espalier.training.checkpoint import read_checkpoint
from small_runs import finish

SHORT = {
    "learning.epochs": 3,
    "learning.learning_rate": 0.01,
    "learning.precision": "float32",
    "learning.threads": 1,
    "prepare.forecast.look_back": 24,
    "baselines": ("naive", "seasonal naive", "ridge on lags"),
}
STEPS, SEASON, HORIZON = 240, 12, 6


def monthly(num_steps=STEPS, seed=0):
    """Sales that rise with a season of twelve months, and a second column that leads them."""
    stream = np.random.default_rng(seed)
    time = np.arange(num_steps)
    season = 10 * np.sin(2 * np.pi * time / SEASON)
    dates = pl.datetime_range(
        pl.datetime(2000, 1, 1), pl.datetime(2000, 1, 1).dt.offset_by(f"{num_steps - 1}mo"), "1mo", eager=True
    )
    sales = 100 + 0.3 * time + season + stream.normal(size=num_steps)
    return pl.DataFrame({"month": dates.dt.strftime("%Y-%m-%d"), "sales": sales.round(3), "visits": (sales * 7 + 3).round(1)})


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("series") / "sales.csv"
    monthly().write_csv(path)
    return path


def drafted(path, target=("sales",), **changes):
    return process.draft(str(path), target=target, changes={**SHORT, "prepare.forecast.horizon": HORIZON, **changes})


def trained(path, out, target=("sales",), **changes):
    made = drafted(path, target, **changes)
    return finish(process.train(made.plan, out, made.table))


@pytest.fixture(scope="module")
def run(table, tmp_path_factory):
    return trained(table, tmp_path_factory.mktemp("run") / "run", **{"learning.epochs": 30})[0]


def test_a_series_becomes_a_run_that_beats_the_last_season(run):
    assert run.plan.task.name == "forecasting"
    assert run.plan.prepare.forecast.season == SEASON
    scores = {one.name: one.scores["mase"].value for one in run.scorecard.models}
    assert scores["network"] < scores["naive"]
    assert scores["network"] < 1.2 * scores["seasonal naive"]
    assert "stretches of 6 steps" in run.scorecard.resampling


def test_each_forecast_is_written_with_what_came(run, table):
    lines = run.predictions.filter(part="test")
    first = lines.row(0, named=True)
    origin = first["row"] - 2  # line 2 is the first step
    assert np.allclose(first["target"], monthly()["sales"][origin + 1 : origin + 1 + HORIZON], atol=1e-3)
    assert set(lines["column"]) == {"sales"}


def test_the_answer_is_what_comes_after_the_last_step(run, table):
    answer = run.predict(str(table))
    assert answer.columns == ["month", "prediction"]
    assert answer.height == HORIZON
    assert answer["month"][0].strftime("%Y-%m-%d") == "2020-01-01"
    assert answer["month"][-1].strftime("%Y-%m-%d") == "2020-06-01"
    assert abs(answer["prediction"][0] - 172) < 15


def test_a_past_that_is_too_short_is_refused(run, tmp_path):
    monthly(20).write_csv(tmp_path / "short.csv")
    with pytest.raises(ColumnError, match="has 20 known steps; this model looks back 24"):
        run.predict(str(tmp_path / "short.csv"))


def test_no_forecast_of_one_part_ends_in_the_next(table):
    made = drafted(table)
    _, [splits] = deal_parts(made.plan, made.table, None)
    ends = {
        "train": splits.train.records.rows.max() + HORIZON,
        "valid": splits.valid.rows.max() + HORIZON,
    }
    assert ends["train"] <= splits.valid.rows.min()
    assert ends["valid"] <= splits.test.hidden.rows.min()
    assert splits.valid.rows.min() - ends["train"] == 0  # and no step more is given away


def test_what_is_fitted_does_not_depend_on_later_steps(table, tmp_path):
    made = drafted(table)
    _, [splits] = deal_parts(made.plan, made.table, None)
    last = int(splits.train.records.rows.max()) + HORIZON - 2  # the last step of the training part
    later = (
        monthly()
        .with_row_index()
        .with_columns(pl.when(pl.col("index") > last).then(pl.col("sales") * 50).otherwise(pl.col("sales")).alias("sales"))
    )
    later.drop("index").write_csv(tmp_path / "later.csv")
    other = drafted(tmp_path / "later.csv")
    _, [changed] = deal_parts(other.plan, other.table, None)
    fitted = [fit_preparation(one.train, made.plan.schema, made.plan.prepare, "path").to_mapping() for one in (splits, changed)]
    assert fitted[0] == fitted[1]


def test_the_preparation_survives_json_exactly(table):
    made = drafted(table, **{"prepare.forecast.calendar": True})
    _, [splits] = deal_parts(made.plan, made.table, None)
    prepared = fit_preparation(splits.train, made.plan.schema, made.plan.prepare, "path")
    again = preparation_from_mapping(json.loads(json.dumps(prepared.to_mapping())))
    for one, other in zip(prepared.inputs(splits.valid), again.inputs(splits.valid), strict=True):
        assert torch.equal(one, other)
    assert prepared.names == ("sales", "visits", "day of the year (sine)", "day of the year (cosine)")


def test_windows_hold_the_past_alone_and_targets_what_follows(table):
    made = drafted(table, **{"prepare.forecast.scale": "none"})
    _, [splits] = deal_parts(made.plan, made.table, None)
    prepared = fit_preparation(splits.train, made.plan.schema, made.plan.prepare, "path")
    inputs, target = prepared.inputs(splits.valid), prepared.target(splits.valid)
    batch = next(prepared.in_order(inputs, target, torch.as_tensor(splits.valid.rows)))
    sales = monthly()["sales"].to_numpy()
    for place in (0, len(batch.rows) - 1):
        origin = int(batch.rows[place]) - 2
        assert np.allclose(batch.inputs[0][place, 0], sales[origin - 23 : origin + 1], atol=1e-3)
        assert np.allclose(batch.target[place, 0], sales[origin + 1 : origin + 1 + HORIZON], atol=1e-3)


def test_a_forecast_that_was_stopped_goes_on_to_the_same_weights(table, tmp_path):
    whole, _ = trained(table, tmp_path / "whole")
    made = drafted(table)
    stages = process.train(made.plan, tmp_path / "cut", made.table)
    for told in stages:
        if isinstance(told, EpochDone):
            stages.close()
            break
    resumed, _ = finish(process.resume(tmp_path / "cut"))
    one, other = (read_checkpoint(each.folder.member(0).best).tensors for each in (whole, resumed))
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("model", ["lstm-tiny", "nlinear", "tcn-tiny"])
def test_several_columns_are_forecast_with_intervals(table, tmp_path, model):
    changes = {"model.name": model, "task.options.loss": "quantile", "learning.epochs": 1}
    run, _ = trained(table, tmp_path / "run", ("sales", "visits"), **changes)
    answer = run.predict(str(table))
    assert {"prediction_sales", "quantile_0.05_visits", "quantile_0.95_sales"} <= set(answer.columns)
    assert (answer["quantile_0.95_sales"] >= answer["quantile_0.05_sales"]).all()
    assert run.predictions.filter(part="test")["column"].n_unique() == 2


def test_series_of_different_sizes_count_alike(tmp_path):
    parts = [
        monthly(90, seed).with_columns(pl.lit(f"shop {seed}").alias("shop"), (pl.col("sales") * 40**seed).alias("sales"))
        for seed in range(3)
    ]
    pl.concat(parts).drop("visits").write_csv(tmp_path / "shops.csv")
    changes = {"schema.columns.shop.role": "group", "schema.columns.month.role": "time", "learning.epochs": 1}
    run, _ = trained(tmp_path / "shops.csv", tmp_path / "run", **changes)
    assert run.plan.prepare.forecast.scale == "window"
    answer = run.predict(str(tmp_path / "shops.csv"))
    assert answer.columns == ["shop", "month", "prediction"]
    assert answer.height == 3 * HORIZON
    size = answer.group_by("shop", maintain_order=True).agg(pl.col("prediction").mean())["prediction"].to_list()
    assert size[1] > 10 * size[0] and size[2] > 10 * size[1]


def test_a_column_known_ahead_is_seen_where_it_counts(tmp_path):
    stream = np.random.default_rng(1)
    plan = stream.normal(size=300)
    frame = monthly(300).with_columns(pl.Series("plan", plan.round(3)), pl.Series("sales", (5 * plan).round(3))).drop("visits")
    frame.write_csv(tmp_path / "planned.csv")
    changes = {"prepare.forecast.horizon": 1, "learning.epochs": 60}
    blind, _ = trained(tmp_path / "planned.csv", tmp_path / "blind", **changes)
    seeing, _ = trained(tmp_path / "planned.csv", tmp_path / "seeing", **changes, **{"prepare.forecast.known": ("plan",)})
    errors = [one.scorecard.network.scores["mae"].value for one in (blind, seeing)]
    assert errors[1] < 0.2 * errors[0]
    with pytest.raises(ColumnError, match="ends 0 steps after its last known value; plan must be known for the 1 steps"):
        seeing.predict(str(tmp_path / "planned.csv"))


def test_a_horizon_that_the_series_cannot_hold_is_refused(table):
    made = drafted(table, **{"prepare.forecast.horizon": 300})
    with pytest.raises(SplitError, match="240 steps"):
        deal_parts(made.plan, made.table, None)


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"model.name": "mlp"}, PlanError, "The model 'mlp' reads tables, and the data is a series. Choose among: .*dlinear"),
        ({"model.name": "dense-autoencoder"}, PlanError, "The model 'dense-autoencoder' answers anomaly, and the task is fore"),
        ({"schema.columns.month.role": "ignored"}, ColumnError, "says when a row was made"),
        ({"data.test": "later.csv"}, PlanError, "Put all steps into one table"),
    ],
)
def test_what_does_not_fit_a_forecast_is_refused_in_words(table, tmp_path, changes, error, said):
    monthly(40).write_csv(tmp_path / "later.csv")
    given = {path: str(tmp_path / value) if path == "data.test" else value for path, value in changes.items()}
    with pytest.raises(error, match=said):
        trained(table, tmp_path / "run", **given)


def windows(num_windows=60, seed=0, channels=2):
    """Windows of two kinds, slow and fast waves, of 12 to 30 steps."""
    stream = np.random.default_rng(seed)
    series, labels, lengths = [], [], stream.integers(12, 31, num_windows)
    for number, length in enumerate(lengths):
        speed = 0.3 if number % 2 else 0.9
        wave = np.sin(speed * np.arange(length) + stream.uniform(0, 6))
        padded = np.full((channels, 30), np.nan)
        padded[:, :length] = wave + 0.2 * stream.normal(size=(channels, length))
        series.append(padded)
        labels.append("slow" if number % 2 else "fast")
    return {"X": np.array(series, dtype=np.float32), "y": np.array(labels), "len": lengths}


@pytest.fixture
def recordings(tmp_path):
    np.savez(tmp_path / "waves.npz", **windows())
    return tmp_path / "waves.npz"


WINDOWED = {
    "model.name": "gru-tiny",
    "learning.epochs": 20,
    "learning.learning_rate": 0.02,
    "learning.precision": "float32",
    "learning.threads": 1,
    "baselines": ("majority class", "nearest window", "random forest"),
}


def test_windows_of_different_lengths_are_told_apart(recordings, tmp_path):
    made = process.draft(str(recordings), changes=WINDOWED)
    run, _ = finish(process.train(made.plan, tmp_path / "run", made.table))
    assert run.plan.prepare.windows.length == 30
    assert run.scorecard.network.scores["accuracy"].value >= 0.8
    answer = run.predict(str(recordings))
    assert set(answer["prediction"]) <= {"slow", "fast"}
    assert answer.height == 60
    assert run.scorecard.models[1].name in ("nearest window", "random forest", "majority class")


def test_windows_with_other_channels_are_refused(recordings, tmp_path):
    made = process.draft(str(recordings), changes={**WINDOWED, "learning.epochs": 1})
    run, _ = finish(process.train(made.plan, tmp_path / "run", made.table))
    np.savez(tmp_path / "other.npz", **windows(channels=3))
    with pytest.raises(ColumnError, match="have 3 channels; this model reads 2"):
        run.predict(str(tmp_path / "other.npz"))


def test_the_column_that_leads_matters_and_noise_does_not(tmp_path):
    stream = np.random.default_rng(2)
    signal = stream.normal(size=300)
    frame = monthly(300).select(
        "month",
        pl.Series("sales", np.concatenate([[0.0], 5 * signal[:-1]]).round(3)),
        pl.Series("signal", signal.round(3)),
        pl.Series("noise", stream.normal(size=300).round(3)),
    )
    frame.write_csv(tmp_path / "led.csv")
    run, _ = trained(tmp_path / "led.csv", tmp_path / "run", **{"prepare.forecast.horizon": 1, "learning.epochs": 60})
    found = {one.column: one for one in run.importance}
    assert run.importance[0].column == "signal" and found["signal"].low > 0
    assert abs(found["noise"].drop) < 0.1 * found["signal"].drop

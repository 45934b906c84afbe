"""On real tables: baselines reach what is known of them, small networks are judged against them, thresholds help."""

import numpy as np
import polars as pl
import pytest
import torch
from torch import nn

from espalier.core.batch import Batch
from espalier.core.plan import TaskPlan
from espalier.evaluation.baselines.fit import fit_baseline
from espalier.evaluation.baselines.table import TrainTable
from espalier.evaluation.metrics.classes import f1
from espalier.evaluation.score import Contender, make_scorecard
from espalier.evaluation.threshold import answer, choose_threshold
from espalier.tasks.build import build_task
from real_data import data_file


def matrix_of(frame, target, num_rows, kind, num_classes=0):
    """Return (train, test) tables: numbers standardised, text as codes, rows shuffled; quick and by hand."""
    frame = frame.sample(min(num_rows, frame.height), seed=0, shuffle=True)
    numbers, codes, cardinalities = [], [], []
    for column in frame.drop(target).get_columns():
        if column.dtype == pl.String:
            code = column.fill_null("?").cast(pl.Categorical).to_physical().to_numpy().astype(np.int64)
            codes.append(code)
            cardinalities.append(int(code.max()) + 1)
        else:
            value = column.cast(pl.Float64).fill_null(strategy="mean").to_numpy()
            numbers.append((value - value.mean()) / (value.std() + 1e-9))
    truth = frame[target]
    if truth.dtype == pl.String:
        truth = truth.rank("dense") - 1
    inputs = (np.stack(numbers, 1).astype(np.float32), np.stack(codes, 1) if codes else np.empty((frame.height, 0), np.int64))
    table = TrainTable(inputs, tuple(cardinalities), truth.to_numpy().astype(float), kind, num_classes)
    cut = frame.height * 7 // 10
    return table.take(np.arange(cut)), table.take(np.arange(cut, frame.height))


class Small(nn.Module):
    """A hidden layer over numbers and embedded codes."""

    def __init__(self, num_numbers, cardinalities, num_outputs):
        super().__init__()
        self.embed = nn.ModuleList(nn.Embedding(one, 4) for one in cardinalities)
        self.body = nn.Sequential(nn.Linear(num_numbers + 4 * len(cardinalities), 48), nn.ReLU(), nn.Linear(48, num_outputs))

    def forward(self, numbers, categories):
        embedded = [one(categories[:, i]) for i, one in enumerate(self.embed)]
        return self.body(torch.cat([numbers, *embedded], dim=1))


def train(task, table, target, steps):
    torch.manual_seed(0)
    model = Small(table.numbers.shape[1], table.cardinalities, task.num_outputs)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=1e-2)
    inputs = tuple(torch.from_numpy(np.asarray(one)) for one in table.inputs)
    for step in range(steps):
        rows = torch.randint(0, len(target), (256,), generator=torch.Generator().manual_seed(step))
        optimizer.zero_grad()
        sum(task.losses(model, Batch(tuple(one[rows] for one in inputs), target[rows])).values()).backward()
        optimizer.step()
    return model.eval()


def predict(task, model, table):
    return task.predict(model, Batch(tuple(torch.from_numpy(np.asarray(one)) for one in table.inputs)))


def card_of(task, train_table, test_table, prediction, names, seed=0):
    fitted = [fit_baseline(name, train_table, seed) for name in names]
    baselines = [one.contender(one.predict(test_table.inputs, np.arange(len(test_table)))) for one in fitted]
    network = Contender("network", prediction, 30.0, len(train_table))
    return make_scorecard(task.name, task.metrics, test_table.target, network, baselines, "test", seed)


def test_on_adult_the_forest_reaches_its_known_score_and_a_small_network_is_close():
    frame = pl.read_csv(data_file("adult/adult_train.csv.gz"))
    train_table, test_table = matrix_of(frame, frame.columns[-1], 3000, "class", 2)
    task = build_task(TaskPlan("binary"), 2)
    model = train(task, train_table, torch.from_numpy(train_table.target).long(), 150)
    prediction = predict(task, model, test_table)
    names = ["majority class", "linear model", "random forest"]
    card = card_of(task, train_table, test_table, prediction, names)
    scores = {one.name: one.scores["roc_auc"].value for one in card.models}
    assert scores["majority class"] == 0.5
    assert 0.86 < scores["random forest"] < 0.93
    assert 0.84 < scores["network"] < 0.93
    assert card.models[1].scores["roc_auc"].value == max(list(scores.values())[1:])
    assert card.comparison.low < card.comparison.difference < card.comparison.high
    assert card.verdict.startswith(("No difference between the network", "The random forest is", "The linear model is"))


def test_on_adult_a_chosen_threshold_raises_f1_on_other_rows():
    frame = pl.read_csv(data_file("adult/adult_train.csv.gz"))
    train_table, rest = matrix_of(frame, frame.columns[-1], 8000, "class", 2)
    half = len(rest) // 2
    valid, test = rest.take(np.arange(half)), rest.take(np.arange(half, len(rest)))
    fitted = fit_baseline("linear model", train_table, 0)
    on_valid, on_test = (fitted.predict(one.inputs, np.arange(len(one))) for one in (valid, test))
    threshold = choose_threshold(valid.target, on_valid.probabilities[:, 1])
    assert threshold.criterion == "f1" and 0.2 < threshold.value < 0.5
    assert f1.measure(test.target, answer(on_test, threshold.value)) > f1.measure(test.target, on_test)


def test_on_penguins_every_baseline_knows_the_species_and_the_verdict_needs_no_network():
    frame = pl.read_csv(data_file("penguins/penguins.csv.gz"), null_values=["NA", ""])
    train_table, test_table = matrix_of(frame, "species", 344, "class", 3)
    task = build_task(TaskPlan("multiclass"), 3)
    model = train(task, train_table, torch.from_numpy(train_table.target).long(), 100)
    names = ["majority class", "linear model", "k nearest neighbours", "support vector machine", "random forest"]
    card = card_of(task, train_table, test_table, predict(task, model, test_table), names)
    assert card.metric == "log_loss"
    assert all(one.scores["accuracy"].value > 0.95 for one in card.models[1:-1])
    assert card.models[-1].name == "majority class"
    assert "network" in card.verdict


@pytest.mark.parametrize("loss", ["mse", "quantile"])
def test_on_boston_errors_are_told_in_thousands_of_dollars(loss):
    frame = pl.read_csv(data_file("boston_housing/boston.csv.gz"))
    train_table, test_table = matrix_of(frame, "MEDV", 506, "number")
    task = build_task(TaskPlan("regression", {"loss": loss}), 0)
    mean, std = train_table.target.mean(), train_table.target.std()
    model = train(task, train_table, torch.from_numpy((train_table.target - mean) / std).float(), 250)
    scaled = predict(task, model, test_table)
    quantiles = None if scaled.quantiles is None else scaled.quantiles * std + mean
    prediction = type(scaled)(scaled.rows, scaled.values * std + mean, None, quantiles)
    names = ["mean", "median", "linear model", "random forest", "support vector machine"]
    card = card_of(task, train_table, test_table, prediction, names)
    assert card.metric == ("rmse" if loss == "mse" else "mae")
    assert 2 < card.network.scores["rmse"].value < 6
    forest = next(one for one in card.models if one.name == "random forest")
    assert 2 < forest.scores["rmse"].value < 5
    if loss == "quantile":
        assert 0.6 < card.network.scores["coverage"].value <= 1


def test_on_bicycle_hires_poisson_baselines_beat_the_mean():
    frame = pl.read_csv(data_file("bike_sharing/bikeshare.csv.gz"), try_parse_dates=True)
    hour = frame.with_columns(pl.col("datetime").dt.hour().cast(pl.String).alias("hour"))
    frame = hour.drop("datetime", "casual", "registered")
    train_table, test_table = matrix_of(frame, "count", 4000, "count")
    task = build_task(TaskPlan("counts", {"base_rate": float(train_table.target.mean())}), 0)
    model = train(task, train_table, torch.from_numpy(train_table.target).float(), 250)
    names = ["mean", "linear model", "boosted trees"]
    card = card_of(task, train_table, test_table, predict(task, model, test_table), names)
    scores = {one.name: one.scores["poisson_deviance"].value for one in card.models}
    assert scores["boosted trees"] < scores["linear model"] < scores["mean"] / 2
    assert scores["network"] < scores["mean"] / 2

"""Every baseline learns every kind of target that it claims, repeats, and gives probabilities for all classes."""

import numpy as np
import pytest

from espalier.evaluation.baselines import kernel_features
from espalier.evaluation.baselines.baseline import all_baselines, suited_baselines
from espalier.evaluation.baselines.fit import fit_baseline
from espalier.evaluation.baselines.table import TrainTable
from espalier.evaluation.baselines.window import WindowShape
from espalier.evaluation.metrics import forecasts, labels
from espalier.evaluation.metrics.counts import poisson_deviance
from espalier.evaluation.metrics.numbers import mae, rmse
from espalier.evaluation.metrics.probabilities import log_loss
from espalier.evaluation.metrics.ranking import roc_auc

NUM_CLASSES = 4  # the last one is in no row
MAIN = {"class": log_loss, "number": rmse, "count": poisson_deviance, "labels": labels.log_loss, "path": forecasts.rmse}
TRIVIAL = {"class": "majority class", "number": "mean", "count": "mean", "labels": "majority class", "path": "naive"}
KINDS = list(TRIVIAL)
SHAPE = (2, 24)  # channels and steps of windows with a class or a number
AVAILABLE = {name: one for name, one in all_baselines().items() if one.available()}
PAIRS = [(name, kind) for name, one in AVAILABLE.items() for kind in one.kinds]
LEARNING = [(name, kind) for name, kind in PAIRS if not AVAILABLE[name].trivial and kind != "anomaly"]
ODD = [name for name, kind in PAIRS if kind == "anomaly"]


@pytest.fixture(autouse=True)
def few_kernel_features(monkeypatch):
    """A tenth of the kernels' features: they cost time and change nothing that is asked here."""
    monkeypatch.setattr(kernel_features, "NUM_FEATURES", 1000)


def waves(signal, rng):
    """Windows (N, C * L) of two channels, in the first of which a wave is as high as the signal says; one is shorter."""
    windows = 0.2 * rng.normal(size=(len(signal), *SHAPE))
    windows[:, 0] += signal[:, None] * np.sin(np.arange(SHAPE[1]) / 2)
    windows[-1, :, :9] = np.nan
    return windows.reshape(len(signal), -1).astype(np.float32)


def paths(num_rows, seed):
    """Two variables with a season of 4 steps, of different size and level, and one that is not to be forecast."""
    rng = np.random.default_rng(seed)
    shape = WindowShape(channels=3, length=24, horizon=6, num_targets=2, season=4, look_back=16)
    start, steps = rng.integers(0, 1000, (num_rows, 1, 1)), np.arange(30)
    whole = np.sin(2 * np.pi * (start + steps) / 4) + 0.1 * rng.normal(size=(num_rows, 3, 30))
    whole = whole * np.array([1, 50, 1])[:, None] + np.array([0, 1000, 0])[:, None]
    windows, target = whole[:, :, :24].astype(np.float32), whole[:, :2, 24:]
    windows[1, :, :20] = np.nan  # a short history
    target[1, 1, 3] = np.nan
    inputs = (np.zeros((num_rows, 1), np.float32), np.zeros((num_rows, 0), int), windows.reshape(num_rows, -1))
    return TrainTable(inputs, (), target, "path", 0, shape)


def oddities(num_rows, seed, odd=0.0):
    """Windows that repeat a wave; odd ones have a burst at the end and other statistics."""
    rng = np.random.default_rng(seed)
    target = (rng.random(num_rows) < odd) * 1.0
    waves = rng.uniform(1, 3, (num_rows, 1, 1)) * np.sin(2 * np.pi * np.arange(24) / 12)
    windows = waves + 0.1 * rng.normal(size=(num_rows, 2, 24))
    windows[:, :, 18:21] += 1.5 * target[:, None, None]
    windows[0, :, :9] = np.nan  # a short past
    numbers = rng.normal(size=(num_rows, 3)) + 3 * target[:, None]
    inputs = (numbers.astype(np.float32), np.zeros((num_rows, 0), int), windows.reshape(num_rows, -1).astype(np.float32))
    return TrainTable(inputs, (), target, "anomaly", 2, WindowShape(2, 24, season=12, look_back=12))


def toy(kind, num_rows=400, seed=0):
    """Two numbers that matter, one that does not, a category that matters, windows that tell all; easy for every model."""
    if kind == "path":
        return paths(num_rows, seed)
    if kind == "anomaly":
        return oddities(num_rows, seed)
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(num_rows, 3)).astype(np.float32)
    codes = rng.integers(0, 5, (num_rows, 1))
    signal = 2 * numbers[:, 0] - numbers[:, 1] + 1.5 * (codes[:, 0] == 3)
    target = {
        "class": np.digitize(signal, [-1, 1]) * 1.0,
        "number": 1000 + 300 * signal + 30 * rng.normal(size=num_rows),
        "count": rng.poisson(np.exp(np.clip(signal * 0.7 + 0.5, -3, 3))) * 1.0,
        "labels": np.stack([signal > 0, signal > 1, np.zeros(num_rows)], 1) * 1.0,  # the last label is in no row
    }[kind]
    num_classes = {"class": NUM_CLASSES, "labels": 3}.get(kind, 0)
    inputs = (numbers, codes, waves(signal, rng))
    return TrainTable(inputs, (6,), target, kind, num_classes, WindowShape(*SHAPE))  # code 5 is in no row


def num_asked(name, most):
    """How many rows are predicted in a test: few where each is fitted on its own."""
    return most if AVAILABLE[name].most_forecasts is None else 2


def score(name, kind, like):
    test = toy(kind, num_asked(like, 300), seed=1)
    prediction = fit_baseline(name, toy(kind), seed=0).predict(test.inputs, np.arange(len(test)))
    return MAIN[kind].measure(test.target, prediction)


@pytest.mark.parametrize(("name", "kind"), LEARNING)
def test_a_baseline_beats_the_answer_that_ignores_the_inputs(name, kind):
    assert score(name, kind, name) < 0.8 * score(TRIVIAL[kind], kind, name)


@pytest.mark.parametrize("name", ODD)
def test_rows_unlike_the_normal_ones_score_higher(name):
    asked = oddities(300, seed=1, odd=0.2)
    prediction = fit_baseline(name, oddities(300, seed=0), seed=0).predict(asked.inputs, np.arange(300))
    assert roc_auc.measure(asked.target, prediction) > 0.95
    with_some = fit_baseline(name, oddities(300, seed=0, odd=0.2), seed=0).predict(asked.inputs, np.arange(300))
    assert roc_auc.measure(asked.target, with_some) > 0.95  # odd rows of the training part are not learnt from


@pytest.mark.parametrize(("name", "kind"), PAIRS)
def test_predictions_are_valid(name, kind):
    test = toy(kind, num_asked(name, 50), seed=1)
    rows = np.arange(len(test)) + 100
    prediction = fit_baseline(name, toy(kind), seed=0).predict(test.inputs, rows)
    assert (prediction.rows == rows).all()
    assert np.isfinite(prediction.values).all()
    assert prediction.values.dtype == np.float64
    if kind == "class":
        assert prediction.probabilities.shape == (len(test), NUM_CLASSES)
        np.testing.assert_allclose(prediction.probabilities.sum(1), 1)
        assert (prediction.probabilities >= 0).all()
        assert (prediction.probabilities[:, 3] > 0).all()  # never seen, yet not impossible
    if kind == "labels":
        assert prediction.values.shape == prediction.probabilities.shape == (len(test), 3)
        assert ((prediction.probabilities >= 0) & (prediction.probabilities <= 1)).all()
        assert (prediction.probabilities[:, 2] < 0.05).all()
    if kind == "count":
        assert (prediction.values > 0).all()
    if kind == "path":
        assert prediction.values.shape == test.target.shape
    if kind == "anomaly":
        assert prediction.probabilities.shape == (len(test), 2)
        assert ((prediction.probabilities >= 0) & (prediction.probabilities <= 1)).all()


@pytest.mark.parametrize(("name", "kind"), PAIRS)
def test_equal_seeds_give_equal_predictions(name, kind):
    test = toy(kind, num_asked(name, 30), seed=1)
    rows = np.arange(len(test))
    first, second = (fit_baseline(name, toy(kind, 200), seed=5).predict(test.inputs, rows) for _ in range(2))
    np.testing.assert_array_equal(first.values, second.values)
    if first.probabilities is not None:
        np.testing.assert_array_equal(first.probabilities, second.probabilities)


@pytest.mark.parametrize(("name", "kind"), PAIRS)
def test_a_row_is_predicted_the_same_alone(name, kind):
    test = toy(kind, num_asked(name, 20), seed=1)
    fitted, row = fit_baseline(name, toy(kind, 200), seed=0), np.array([len(test) // 3])
    together = fitted.predict(test.inputs, np.arange(len(test))).take(row)
    alone = fitted.predict(test.take(row).inputs, row)
    np.testing.assert_allclose(alone.values, together.values, rtol=1e-6)


@pytest.mark.parametrize("name", [name for name, one in AVAILABLE.items() if "class" in one.kinds])
@pytest.mark.parametrize("counts", [(30, 1), (3, 2), (12, 0), (1, 1)], ids=str)
def test_tiny_and_lopsided_training_parts_are_survived(name, counts):
    rng = np.random.default_rng(0)
    target = np.repeat([0.0, 1.0], counts)
    numbers = rng.normal(size=(len(target), 2)).astype(np.float32)
    inputs = (numbers, np.zeros((len(target), 0), int), waves(numbers[:, 0], rng))
    table = TrainTable(inputs, (), target, "class", 2, WindowShape(*SHAPE))
    prediction = fit_baseline(name, table, seed=0).predict(table.inputs, np.arange(len(target)))
    assert prediction.probabilities.shape == (len(target), 2)
    np.testing.assert_allclose(prediction.probabilities.sum(1), 1)


@pytest.mark.parametrize("name", AVAILABLE)
def test_every_baseline_says_what_it_does_in_a_sentence(name):
    assert AVAILABLE[name].sentence.endswith(".")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_trivial_baseline_first_and_several_that_learn(kind):
    names = suited_baselines(kind, 1000, 10)
    assert AVAILABLE[names[0]].trivial
    assert len(names) >= (6 if kind != "path" else 5)
    assert [AVAILABLE[name].simplicity for name in names] == sorted(AVAILABLE[name].simplicity for name in names)


def test_windows_bring_baselines_of_their_own():
    without, beside = (suited_baselines("class", 1000, 10, has_windows=one) for one in (False, True))
    assert set(beside) - set(without) == {"nearest window", "random kernels"}


def test_the_median_is_the_best_constant_for_absolute_errors():
    table = TrainTable((np.zeros((100, 1), np.float32),), (), np.random.default_rng(0).gamma(1, 1, 100), "number")
    mean, median = (
        mae.measure(table.target, fit_baseline(name, table, 0).predict(table.inputs, np.arange(100)))
        for name in ("mean", "median")
    )
    assert median < mean

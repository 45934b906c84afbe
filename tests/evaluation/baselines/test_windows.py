"""Baselines of windows: fixed kernels agree with torch's convolution, leave-one-out with doing it, nearest with looking."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import RidgeClassifier

from espalier.evaluation.baselines.fit import fit_baseline
from espalier.evaluation.baselines.kernel_features import KERNELS, KernelFeatures, dilations_of
from espalier.evaluation.baselines.random_kernels import best_factor, left_out_decisions
from espalier.evaluation.baselines.table import TrainTable
from espalier.evaluation.baselines.window import WindowShape, from_their_start


def table_of(windows, target, kind="class"):
    windows = np.asarray(windows, np.float32)
    num_classes = int(max(target)) + 1 if kind == "class" else 0
    inputs = (np.zeros((len(windows), 1)), np.zeros((len(windows), 0), int), windows.reshape(len(windows), -1))
    return TrainTable(inputs, (), np.asarray(target, float), kind, num_classes, WindowShape(*windows.shape[1:]))


def by_convolution(features, windows):
    """The features of whole windows, kernel by kernel, by torch.nn.functional.conv1d."""
    scaled = (windows - features.center[:, None]) / features.scale[:, None]
    columns = []
    for place, dilation in enumerate(features.dilations):
        for index, kernel in enumerate(KERNELS):
            weight = torch.full((1, len(dilation.channels[index]), 9), -1.0, dtype=torch.float64)
            weight[:, :, list(kernel)] = 2.0
            reach = 4 * dilation.step
            own = torch.from_numpy(scaled[:, dilation.channels[index]])
            answer = torch.nn.functional.conv1d(own, weight, padding=reach, dilation=dilation.step)[:, 0].numpy()
            answer = answer[:, reach:-reach] if (place + index) % 2 else answer
            columns += [(answer > bias).mean(axis=1) for bias in dilation.biases[index]]
    return np.stack(columns, axis=1)


@pytest.mark.parametrize("num_channels", [1, 3])
def test_features_are_shares_of_a_convolution_above_its_bias(num_channels, monkeypatch):
    monkeypatch.setattr("espalier.evaluation.baselines.kernel_features.NUM_FEATURES", 900)
    windows = np.random.default_rng(0).normal(5, 3, (12, num_channels, 40)).astype(np.float32).astype(np.float64)
    flat = windows.reshape(12, -1)
    features = KernelFeatures.fit(flat, WindowShape(num_channels, 40), seed=0)
    ours, expected = features.apply(flat), by_convolution(features, windows)
    assert ours.shape == (12, 840)
    assert (np.abs(ours - expected) > 1e-6).mean() < 0.002  # ties with a bias may fall to either side
    assert ours.std(axis=0).mean() > 0.05


def test_there_are_9996_features_as_in_the_paper():
    for length in (9, 10, 40, 128, 1000):
        steps, counts = dilations_of(length)
        assert counts.sum() * 84 == 9996
        assert (counts > 0).all()
        assert steps[-1] * 8 < length
    assert len(set(KERNELS)) == 84


def test_steps_that_a_window_does_not_have_change_nothing(monkeypatch):
    monkeypatch.setattr("espalier.evaluation.baselines.kernel_features.NUM_FEATURES", 900)
    windows = np.random.default_rng(0).normal(size=(10, 2, 30))
    windows[3, :, 20:] = np.nan
    features = KernelFeatures.fit(windows.reshape(10, -1), WindowShape(2, 30), seed=0)
    at_the_end = features.apply(windows.reshape(10, -1))
    windows[3] = np.roll(windows[3], 10, axis=1)
    np.testing.assert_array_equal(features.apply(windows.reshape(10, -1)), at_the_end)


def test_windows_shorter_than_a_kernel_are_survived():
    windows = np.random.default_rng(0).normal(size=(30, 1, 5))
    windows[0, 0, 1:] = np.nan
    windows[1] = np.nan
    target = (windows[:, 0, 0] > 0) * 1.0
    table = table_of(windows, target)
    for name in ("random kernels", "nearest window"):
        assert np.isfinite(fit_baseline(name, table, 0).predict(table.inputs, np.arange(30)).probabilities).all()


def test_decisions_of_left_out_rows_are_those_of_a_ridge_without_them():
    rng = np.random.default_rng(0)
    places = rng.integers(0, 3, 25)
    inputs = rng.normal(size=(25, 40)) + places[:, None]
    inputs -= inputs.mean(axis=0)
    ours = left_out_decisions(inputs, places, 10.0)
    for row in (0, 7, 24):
        others = np.delete(np.arange(25), row)
        ridge = RidgeClassifier(alpha=10.0).fit(inputs[others], places[others])
        np.testing.assert_allclose(ours[row], ridge.decision_function(inputs[[row]])[0], atol=1e-3)


def test_sure_decisions_get_a_larger_factor_than_doubtful_ones():
    places = np.array([0, 1] * 50)
    right = np.where(places[:, None] == np.arange(2), 1.0, -1.0)
    doubtful = right * np.where(np.arange(100) % 5 == 0, -1, 1)[:, None]
    assert best_factor(right, places) > 10 > 2 > best_factor(doubtful, places)


def test_kernels_tell_patterns_whose_place_and_level_differ():
    rng = np.random.default_rng(0)

    def draw(num_rows):
        target = rng.integers(0, 2, num_rows)
        windows = rng.normal(0, 0.3, (num_rows, 1, 60)) + rng.normal(0, 5, (num_rows, 1, 1))
        for row, one in enumerate(target):
            start = rng.integers(0, 40)
            windows[row, 0, start : start + 16] += np.sin(np.arange(16) / (1 if one else 2)) * 3
        return table_of(windows, target)

    test = draw(60)
    prediction = fit_baseline("random kernels", draw(80), 0).predict(test.inputs, np.arange(60))
    assert (prediction.values == test.target).mean() > 0.9


def test_nearest_looks_at_level_or_shape_whichever_tells_more():
    rng = np.random.default_rng(0)
    target = rng.integers(0, 2, 80)
    wave = np.sin(np.arange(30) / 2)
    by_level = target[:, None, None] * 3.0 + rng.normal(0, 1, (80, 1, 30))
    by_shape = np.where(target[:, None, None] == 1, wave, -wave) + rng.normal(0, 20, (80, 1, 1))
    for windows, within in ((by_level, False), (by_shape, True)):
        table = table_of(windows, target)
        fitted = fit_baseline("nearest window", table.take(np.arange(60)), 0)
        assert fitted.estimators[0].within == within
        test = table.take(np.arange(60, 80))
        assert (fitted.predict(test.inputs, np.arange(20)).values == test.target).mean() > 0.9


def test_the_nearest_window_answers_its_number():
    windows = np.arange(5.0)[:, None, None] + np.zeros((5, 1, 6))
    table = table_of(windows, np.arange(5) * 10.0, "number")
    prediction = fit_baseline("nearest window", table, 0).predict((*table.inputs[:2], table.inputs[2] + 0.2), np.arange(5))
    assert prediction.values.tolist() == [0, 10, 20, 30, 40]


def test_windows_begin_with_their_first_known_step():
    nan = np.nan
    windows = np.array([[[nan, 1.0, 2.0], [nan, nan, 5.0]], [[7.0, 8.0, nan], [nan, nan, nan]], np.full((2, 3), nan)])
    moved, lengths = from_their_start(windows)
    assert lengths.tolist() == [2, 2, 0]
    np.testing.assert_array_equal(moved[0], [[1, 2, nan], [nan, 5, nan]])
    np.testing.assert_array_equal(moved[1:], windows[1:])

"""Log loss and Brier score agree with scikit-learn; the calibration error with a bin-by-bin version."""

import numpy as np
import pytest
from sklearn import metrics as reference

from espalier.core.batch import Prediction
from espalier.evaluation.metrics.probabilities import brier, calibration_curve, calibration_error, equal_mass_bins, log_loss


def drawn(num_classes, num_rows=300, seed=0):
    rng = np.random.default_rng(seed)
    target, probabilities = rng.integers(0, num_classes, num_rows).astype(float), rng.dirichlet(np.ones(num_classes), num_rows)
    return target, Prediction(np.arange(num_rows), probabilities.argmax(1) * 1.0, probabilities), rng.random(num_rows)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("num_classes", [2, 5])
def test_log_loss_agrees_with_scikit_learn(num_classes, weighted):
    target, prediction, weight = drawn(num_classes)
    weight = weight if weighted else None
    expected = reference.log_loss(target, prediction.probabilities, sample_weight=weight)
    assert log_loss.measure(target, prediction, weight) == pytest.approx(expected, rel=1e-12)


def test_log_loss_of_a_class_absent_from_the_part_agrees_with_scikit_learn():
    target, prediction, _ = drawn(4)
    target[target == 2] = 1
    expected = reference.log_loss(target, prediction.probabilities, labels=range(4))
    assert log_loss.measure(target, prediction) == pytest.approx(expected, rel=1e-12)


def test_being_sure_and_wrong_costs_much_and_stays_finite():
    prediction = Prediction(np.arange(1), np.zeros(1), np.array([[1.0, 0.0]]))
    assert 30 < log_loss.measure(np.ones(1), prediction) < 40


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("num_classes", [2, 5])
def test_the_brier_score_agrees_with_scikit_learn(num_classes, weighted):
    target, prediction, weight = drawn(num_classes)
    weight = weight if weighted else None
    score = prediction.probabilities[:, 1] if num_classes == 2 else prediction.probabilities
    expected = reference.brier_score_loss(target, score, sample_weight=weight)
    assert brier.measure(target, prediction, weight) == pytest.approx(expected, rel=1e-12)


def bin_by_bin(score, happened, weight):
    index, total = equal_mass_bins(score, 15), 0.0
    for one in np.unique(index):
        chosen = index == one
        gap = np.average(score[chosen], weights=weight[chosen]) - np.average(happened[chosen], weights=weight[chosen])
        total += abs(gap) * weight[chosen].sum() / weight.sum()
    return total


def test_the_calibration_error_of_two_classes_looks_at_the_positive_one():
    target, prediction, weight = drawn(2)
    expected = bin_by_bin(prediction.probabilities[:, 1], target, weight)
    assert calibration_error.measure(target, prediction, weight) == pytest.approx(expected)


def test_the_calibration_error_of_many_classes_looks_at_the_most_probable_one():
    target, prediction, weight = drawn(4)
    probabilities = prediction.probabilities
    expected = bin_by_bin(probabilities.max(1), (probabilities.argmax(1) == target) * 1.0, weight)
    assert calibration_error.measure(target, prediction, weight) == pytest.approx(expected)


def test_honest_probabilities_have_a_small_calibration_error_and_bent_ones_a_large_one():
    rng = np.random.default_rng(0)
    honest = rng.random(50_000)
    target = (rng.random(50_000) < honest) * 1.0
    for probability, low, high in ((honest, 0, 0.01), (honest**3, 0.2, 0.3)):
        prediction = Prediction(np.arange(50_000), target, np.stack([1 - probability, probability], 1))
        assert low < calibration_error.measure(target, prediction) < high


def test_bins_hold_equally_many_rows_and_equal_scores_share_a_bin():
    counts = np.bincount(equal_mass_bins(np.random.default_rng(0).random(1500), 15))
    assert counts.tolist() == [100] * 15
    assert len(np.unique(equal_mass_bins(np.full(50, 0.3), 15))) == 1


@pytest.mark.parametrize("num_zeros", [1, 20, 280, 299])
def test_a_frequent_score_shares_its_bin_with_no_other(num_zeros):
    score = np.repeat([0.0, 1.0], [num_zeros, 300 - num_zeros])
    probabilities = np.stack([1 - score, score], axis=1)
    curve = calibration_curve(score, probabilities, num_bins=10)
    assert curve.promised.tolist() == curve.happened.tolist() == [0.0, 1.0]
    assert curve.weight.tolist() == [num_zeros, 300 - num_zeros]
    upside_down = Prediction(np.arange(300), score, probabilities)
    assert calibration_error.measure(1 - score, upside_down) == 1.0


@pytest.mark.parametrize("num_rows", [1, 14, 100, 307])
def test_scores_that_all_differ_go_to_bins_by_their_rank(num_rows):
    score = np.random.default_rng(num_rows).permutation(num_rows) / num_rows
    starts = [bin_index * num_rows // 15 for bin_index in range(1, 15)]
    expected = [sum(start <= rank for start in starts) for rank in range(num_rows)]
    assert equal_mass_bins(score, 15)[np.argsort(score)].tolist() == expected


def test_no_rows_give_an_empty_curve():
    assert len(calibration_curve(np.empty(0), np.empty((0, 2)), num_bins=1).weight) == 0


def test_the_calibration_curve_holds_every_row_once():
    target, prediction, _ = drawn(2)
    curve = calibration_curve(target, prediction.probabilities, num_bins=10)
    assert curve.weight.sum() == 300
    assert (curve.weight * curve.happened).sum() == pytest.approx(target.sum())
    assert (np.diff(curve.promised) > 0).all()


@pytest.mark.parametrize("metric", [log_loss, brier, calibration_error], ids=lambda one: one.name)
@pytest.mark.parametrize("num_classes", [2, 4])
def test_many_weightings_at_once_equal_one_after_the_other(metric, num_classes):
    target, prediction, _ = drawn(num_classes)
    weights = np.random.default_rng(1).integers(0, 3, (300, 5)).astype(np.float32)
    single = [metric.measure(target, prediction, column) for column in weights.T]
    np.testing.assert_allclose(metric.measure_many(target, prediction, weights), single, rtol=1e-4)

"""The threshold is moved where that pays, and stays 0.5 where nothing can be told."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score

from espalier.core.batch import Prediction
from espalier.evaluation.threshold import answer, best_threshold, choose_threshold


def drawn(num_rows, positive_fraction, seed=0, shift=1.5):
    """Rows whose probabilities are right for classes of equal size, so that another share needs another threshold."""
    rng = np.random.default_rng(seed)
    target = (rng.random(num_rows) < positive_fraction) * 1.0
    score = rng.normal(size=num_rows) + shift * target - shift / 2
    prior = np.log(positive_fraction / (1 - positive_fraction))
    return target, 1 / (1 + np.exp(-(shift * score + prior)))  # calibrated


def test_a_rare_class_gets_a_threshold_that_raises_f1_on_new_rows():
    target, probability = drawn(3000, 0.05)
    threshold = choose_threshold(target, probability)
    new_target, new_probability = drawn(20_000, 0.05, seed=1)
    assert threshold.criterion == "f1"
    assert threshold.value < 0.35
    assert f1_score(new_target, new_probability >= threshold.value) > f1_score(new_target, new_probability >= 0.5) + 0.05


def test_frequent_positives_are_judged_by_balanced_accuracy():
    target, probability = drawn(3000, 0.8)
    threshold = choose_threshold(target, probability)
    new_target, new_probability = drawn(20_000, 0.8, seed=1)
    after = balanced_accuracy_score(new_target, new_probability >= threshold.value)
    assert threshold.criterion == "balanced_accuracy"
    assert after > balanced_accuracy_score(new_target, new_probability >= 0.5) + 0.02
    assert "balanced accuracy" in threshold.reason


def test_a_threshold_that_gains_nothing_stays_a_half():
    target, probability = drawn(400, 0.5)
    threshold = choose_threshold(target, probability)
    assert threshold.value == 0.5
    assert "0.5 stays: other thresholds gain no balanced accuracy on rows not used" in threshold.reason


def test_a_tiny_part_keeps_a_half_and_says_why():
    target, probability = np.repeat([0.0, 1.0], [50, 4]), np.linspace(0, 1, 54)
    threshold = choose_threshold(target, probability)
    assert threshold.value == 0.5
    assert "only 4 rows of the positive class" in threshold.reason


def test_a_part_without_one_class_keeps_a_half():
    assert best_threshold(np.zeros(40), np.linspace(0, 1, 40)) == 0.5


def test_one_probability_for_all_rows_keeps_a_half():
    assert best_threshold(np.repeat([0.0, 1.0], 30), np.full(60, 0.2)) == 0.5


def test_the_threshold_repeats():
    target, probability = drawn(500, 0.1)
    assert best_threshold(target, probability, seed=3) == best_threshold(target, probability, seed=3)


def test_weights_change_the_share_and_so_the_criterion():
    target, probability = drawn(1000, 0.5)
    rare = choose_threshold(target, probability, weight=np.where(target == 1, 0.05, 1.0))
    assert rare.criterion == "f1"


def test_big_parts_are_drawn_down_and_still_repeat():
    target, probability = drawn(60_000, 0.05)
    assert best_threshold(target, probability) == pytest.approx(best_threshold(target, probability, seed=1), abs=0.05)


def test_answers_follow_the_threshold():
    probabilities = np.array([[0.8, 0.2], [0.6, 0.4]])
    prediction = Prediction(np.array([5, 7]), np.zeros(2), probabilities)
    assert answer(prediction, 0.3).values.tolist() == [0, 1]
    assert answer(prediction, 0.4).values.tolist() == [0, 1]
    assert answer(prediction, 0.2).rows.tolist() == [5, 7]

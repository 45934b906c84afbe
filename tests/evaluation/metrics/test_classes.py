"""Metrics of the answered class agree with scikit-learn, with weights, absent classes and many weightings at once."""

import numpy as np
import pytest
from sklearn import metrics as reference

from espalier.core.batch import Prediction
from espalier.core.errors import InputError
from espalier.evaluation.metrics import classes
from espalier.evaluation.metrics.metric import Metric


def drawn(num_classes, num_rows=300, seed=0, absent=None):
    rng = np.random.default_rng(seed)
    target = rng.integers(0, num_classes, num_rows).astype(float)
    if absent is not None:
        target[target == absent] = 0
    answer = np.where(rng.random(num_rows) < 0.6, target, rng.integers(0, num_classes, num_rows)).astype(float)
    return target, Prediction(np.arange(num_rows), answer), rng.random(num_rows) * 3


MACRO = [
    (classes.accuracy, reference.accuracy_score, {}),
    (classes.precision_macro, reference.precision_score, {"average": "macro", "zero_division": 0}),
    (classes.recall_macro, reference.recall_score, {"average": "macro", "zero_division": 0}),
    (classes.f1_macro, reference.f1_score, {"average": "macro", "zero_division": 0}),
    (classes.f1_micro, reference.f1_score, {"average": "micro"}),
]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("absent", [None, 2])
@pytest.mark.parametrize(("metric", "judge", "options"), MACRO, ids=lambda one: getattr(one, "name", ""))
def test_metrics_of_many_classes_agree_with_scikit_learn(metric, judge, options, absent, weighted):
    target, prediction, weight = drawn(4, absent=absent)
    weight = weight if weighted else None
    expected = judge(target, prediction.values, sample_weight=weight, **options)
    assert metric.measure(target, prediction, weight) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_balanced_accuracy_agrees_with_scikit_learn(weighted):
    target, prediction, weight = drawn(4)
    weight = weight if weighted else None
    expected = reference.balanced_accuracy_score(target, prediction.values, sample_weight=weight)
    assert classes.balanced_accuracy.measure(target, prediction, weight) == pytest.approx(expected, abs=1e-12)


def test_balanced_accuracy_averages_over_the_classes_of_the_part_only():
    target = np.array([0.0, 0, 1, 1])
    prediction = Prediction(np.arange(4), np.array([0.0, 2, 1, 1]))
    assert classes.balanced_accuracy.measure(target, prediction) == pytest.approx((0.5 + 1) / 2)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("metric", "judge"),
    [
        (classes.precision, reference.precision_score),
        (classes.recall, reference.recall_score),
        (classes.f1, reference.f1_score),
    ],
    ids=lambda one: getattr(one, "name", ""),
)
def test_metrics_of_the_positive_class_agree_with_scikit_learn(metric, judge, weighted):
    target, prediction, weight = drawn(2)
    weight = weight if weighted else None
    expected = judge(target, prediction.values, sample_weight=weight, zero_division=0)
    assert metric.measure(target, prediction, weight) == pytest.approx(expected, abs=1e-12)


def test_a_positive_class_that_is_never_answered_has_precision_zero_and_f1_zero():
    target, prediction = np.array([0.0, 1.0]), Prediction(np.arange(2), np.zeros(2))
    assert [one.measure(target, prediction) for one in (classes.precision, classes.recall, classes.f1)] == [0, 0, 0]


def test_scores_of_each_class_agree_with_scikit_learn():
    target, prediction, weight = drawn(5)
    scores = classes.class_scores(target, prediction.values, weight)
    expected = reference.precision_recall_fscore_support(target, prediction.values, sample_weight=weight)
    for ours, theirs in zip((scores.precision, scores.recall, scores.f1, scores.support), expected, strict=True):
        np.testing.assert_allclose(ours, theirs)


def test_the_confusion_matrix_agrees_with_scikit_learn():
    target, prediction, weight = drawn(4, absent=3)
    ours = classes.confusion_matrix(target, prediction.values, 5, weight)
    np.testing.assert_allclose(
        ours, reference.confusion_matrix(target, prediction.values, labels=range(5), sample_weight=weight)
    )


@pytest.mark.parametrize("metric", [one for one in vars(classes).values() if isinstance(one, Metric)], ids=lambda one: one.name)
def test_many_weightings_at_once_equal_one_after_the_other(metric):
    target, prediction, _ = drawn(2)
    weights = np.random.default_rng(1).integers(0, 3, (300, 5)).astype(np.float32)
    single = [metric.measure(target, prediction, column) for column in weights.T]
    np.testing.assert_allclose(metric.measure_many(target, prediction, weights), single, rtol=1e-6)


def test_lengths_that_differ_are_refused_with_both_numbers():
    with pytest.raises(InputError, match="accuracy: 3 targets and 2 predictions"):
        classes.accuracy.measure(np.zeros(3), Prediction(np.arange(2), np.zeros(2)))


def test_weights_of_another_length_are_refused():
    with pytest.raises(InputError, match=r"weights of shape \(2,\) for 3 rows"):
        classes.accuracy.measure(np.zeros(3), Prediction(np.arange(3), np.zeros(3)), np.ones(2))

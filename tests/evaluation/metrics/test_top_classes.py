"""Top-5 accuracy agrees with scikit-learn where no classes tie, and is fair where they do."""

import numpy as np
import pytest
from sklearn import metrics as reference

from espalier.core.batch import Prediction
from espalier.evaluation.metrics.classes import accuracy
from espalier.evaluation.metrics.top_classes import hits_among, top_5_accuracy
from espalier.tasks.multiclass import Multiclass


def drawn(num_classes=9, num_rows=400):
    rng = np.random.default_rng(0)
    target, probabilities = rng.integers(0, num_classes, num_rows).astype(float), rng.dirichlet(np.ones(num_classes), num_rows)
    return target, Prediction(np.arange(num_rows), probabilities.argmax(1) * 1.0, probabilities), rng.random(num_rows)


@pytest.mark.parametrize("weighted", [False, True])
def test_top_5_accuracy_agrees_with_scikit_learn(weighted):
    target, prediction, weight = drawn()
    weight = weight if weighted else None
    expected = reference.top_k_accuracy_score(target, prediction.probabilities, k=5, sample_weight=weight, labels=range(9))
    assert top_5_accuracy.measure(target, prediction, weight) == pytest.approx(expected, abs=1e-12)


def test_the_most_probable_class_alone_gives_accuracy():
    target, prediction, _ = drawn()
    assert hits_among(target, prediction.probabilities, 1).mean() == pytest.approx(accuracy.measure(target, prediction))


def test_an_answer_that_is_the_same_for_every_class_scores_as_five_lots():
    target = np.arange(20.0) % 10
    prediction = Prediction(np.arange(20), np.zeros(20), np.full((20, 10), 0.1))
    assert top_5_accuracy.measure(target, prediction) == pytest.approx(0.5)


def test_many_weightings_at_once_agree_with_one_after_the_other():
    target, prediction, weight = drawn()
    weights = np.stack([weight, np.ones(len(weight))], axis=1)
    together = top_5_accuracy.measure_many(target, prediction, weights)
    assert together.tolist() == pytest.approx([top_5_accuracy.measure(target, prediction, one) for one in weights.T])


def test_it_is_scored_where_there_are_more_than_five_classes():
    assert top_5_accuracy in Multiclass(6).metrics
    assert top_5_accuracy not in Multiclass(5).metrics

"""ROC AUC and average precision agree with scikit-learn, ties, weights and absent classes included."""

import numpy as np
import pytest
from sklearn import metrics as reference

from espalier.core.batch import Prediction
from espalier.core.errors import InputError
from espalier.evaluation.metrics import ranking
from espalier.evaluation.metrics.metric import legal_metrics


def drawn(num_rows=400, ties=False, seed=0):
    rng = np.random.default_rng(seed)
    target = (rng.random(num_rows) < 0.3).astype(float)
    score = 1 / (1 + np.exp(-(rng.normal(size=num_rows) + target)))
    score = np.round(score, 1) if ties else score
    return target, Prediction(np.arange(num_rows), (score > 0.5) * 1.0, np.stack([1 - score, score], 1)), rng.random(num_rows)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize(
    ("metric", "judge"),
    [(ranking.roc_auc, reference.roc_auc_score), (ranking.pr_auc, reference.average_precision_score)],
    ids=lambda one: getattr(one, "name", ""),
)
def test_ranking_metrics_agree_with_scikit_learn(metric, judge, ties, weighted):
    target, prediction, weight = drawn(ties=ties)
    weight = weight if weighted else None
    expected = judge(target, prediction.probabilities[:, 1], sample_weight=weight)
    assert metric.measure(target, prediction, weight) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_one_against_the_rest_agrees_with_scikit_learn(weighted):
    rng = np.random.default_rng(0)
    target, probabilities, weight = rng.integers(0, 4, 200).astype(float), rng.dirichlet(np.ones(4), 200), rng.random(200)
    weight = weight if weighted else None
    expected = reference.roc_auc_score(target, probabilities, multi_class="ovr", average="macro", sample_weight=weight)
    prediction = Prediction(np.arange(200), probabilities.argmax(1) * 1.0, probabilities)
    assert ranking.roc_auc_macro.measure(target, prediction, weight) == pytest.approx(expected, abs=1e-12)


def test_a_class_absent_from_the_part_is_left_out_of_the_macro_average():
    rng = np.random.default_rng(0)
    target, probabilities = rng.integers(0, 3, 100).astype(float), rng.dirichlet(np.ones(4), 100)  # class 3 is absent
    single = [reference.roc_auc_score(target == k, probabilities[:, k]) for k in range(3)]
    prediction = Prediction(np.arange(100), probabilities.argmax(1) * 1.0, probabilities)
    assert ranking.roc_auc_macro.measure(target, prediction) == pytest.approx(np.mean(single))


def test_equal_scores_for_all_are_guessing():
    target = np.array([0.0, 1, 1, 0])
    prediction = Prediction(np.arange(4), np.zeros(4), np.full((4, 2), 0.5))
    assert ranking.roc_auc.measure(target, prediction) == 0.5
    assert ranking.pr_auc.measure(target, prediction) == 0.5


def test_one_class_alone_makes_the_metric_illegal_and_its_value_no_number():
    prediction = Prediction(np.arange(3), np.zeros(3), np.full((3, 2), 0.5))
    assert legal_metrics([ranking.roc_auc], np.ones(3)) == ()
    assert np.isnan(ranking.roc_auc.measure(np.ones(3), prediction))
    assert np.isnan(ranking.roc_auc_macro.measure(np.ones(3), prediction))


@pytest.mark.parametrize("metric", [ranking.roc_auc, ranking.pr_auc, ranking.roc_auc_macro], ids=lambda one: one.name)
def test_many_weightings_at_once_equal_one_after_the_other(metric):
    target, prediction, _ = drawn(ties=True)
    weights = np.random.default_rng(1).integers(0, 3, (400, 5)).astype(np.float32)
    weights[:, 4] = target == 0  # no positive row: no meaning
    single = [metric.measure(target, prediction, column) for column in weights.T]
    np.testing.assert_allclose(metric.measure_many(target, prediction, weights), single, rtol=1e-6)


def test_values_without_probabilities_are_refused():
    with pytest.raises(InputError, match="roc_auc reads probabilities, and this prediction has none"):
        ranking.roc_auc.measure(np.array([0.0, 1.0]), Prediction(np.arange(2), np.zeros(2)))

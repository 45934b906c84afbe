"""Metrics of several labels agree with scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics as reference

from espalier.core.batch import Prediction
from espalier.evaluation.metrics import labels
from espalier.evaluation.metrics.metric import legal_metrics


def drawn(num_labels=4, num_rows=300, seed=0):
    rng = np.random.default_rng(seed)
    target = (rng.random((num_rows, num_labels)) < 0.3) * 1.0
    score = np.clip(rng.random((num_rows, num_labels)) * 0.7 + 0.3 * target, 0, 1)
    return target, Prediction(np.arange(num_rows), (score > 0.5) * 1.0, score), rng.random(num_rows)


PAIRS = [
    (labels.pr_auc_macro, lambda t, p, w: reference.average_precision_score(t, p.probabilities, sample_weight=w)),
    (labels.roc_auc_macro, lambda t, p, w: reference.roc_auc_score(t, p.probabilities, sample_weight=w)),
    (labels.f1_macro, lambda t, p, w: reference.f1_score(t, p.values, average="macro", sample_weight=w)),
    (labels.f1_micro, lambda t, p, w: reference.f1_score(t, p.values, average="micro", sample_weight=w)),
    (labels.exact_match, lambda t, p, w: reference.accuracy_score(t, p.values, sample_weight=w)),
    (
        labels.log_loss,
        lambda t, p, w: np.mean([reference.log_loss(t[:, k], p.probabilities[:, k], sample_weight=w) for k in range(4)]),
    ),
]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("metric", "judge"), PAIRS, ids=lambda one: getattr(one, "name", ""))
def test_metrics_of_labels_agree_with_scikit_learn(metric, judge, weighted):
    target, prediction, weight = drawn()
    weight = weight if weighted else None
    assert metric.measure(target, prediction, weight) == pytest.approx(judge(target, prediction, weight), abs=1e-9)


def test_a_label_that_no_row_has_is_left_out_of_ranking_averages():
    target, prediction, _ = drawn()
    target[:, 2] = 0
    single = [reference.average_precision_score(target[:, k], prediction.probabilities[:, k]) for k in (0, 1, 3)]
    assert labels.pr_auc_macro.measure(target, prediction) == pytest.approx(np.mean(single))
    assert legal_metrics([labels.log_loss, labels.pr_auc_macro], np.zeros((5, 2))) == (labels.log_loss,)


@pytest.mark.parametrize("metric", [one for one, _ in PAIRS], ids=lambda one: one.name)
def test_many_weightings_at_once_equal_one_after_the_other(metric):
    target, prediction, _ = drawn()
    weights = np.random.default_rng(1).integers(0, 3, (300, 5)).astype(np.float32)
    single = [metric.measure(target, prediction, column) for column in weights.T]
    np.testing.assert_allclose(metric.measure_many(target, prediction, weights), single, rtol=1e-5)

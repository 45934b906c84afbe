"""Bootstrap intervals: they repeat, cover the truth as often as they promise, and compare models on the same draws."""

import time
import tracemalloc

import numpy as np
import pytest
from scipy import stats

from espalier.core.batch import Prediction
from espalier.core.errors import InputError
from espalier.core.seeds import numpy_stream
from espalier.evaluation.intervals import bootstrap, draw, num_resamples, paired, resamples
from espalier.evaluation.metrics.classes import accuracy
from espalier.evaluation.metrics.numbers import mae, r2, rmse
from espalier.evaluation.metrics.probabilities import calibration_error, log_loss
from espalier.evaluation.metrics.ranking import roc_auc


def binary(num_rows, seed=0, strength=1.0):
    rng = np.random.default_rng(seed)
    target = (rng.random(num_rows) < 0.4) * 1.0
    score = 1 / (1 + np.exp(-(rng.normal(size=num_rows) + strength * target)))
    return target, Prediction(np.arange(num_rows), (score > 0.5) * 1.0, np.stack([1 - score, score], 1))


def drawn_rows(groups, seed):
    """Yield the rows of each draw of whole groups, one after the other, as a loop over groups finds them."""
    names = list(dict.fromkeys(groups.tolist()))
    members = [np.flatnonzero(groups == name) for name in names]
    for drawn in numpy_stream(seed, "bootstrap").integers(0, len(names), size=(num_resamples(len(groups)), len(names))):
        yield np.concatenate([members[unit] for unit in drawn])


def test_each_resample_draws_as_many_rows_as_there_are():
    weights = np.concatenate(list(resamples(300, seed=1)), axis=1)
    assert weights.shape == (300, 1000)
    assert (weights.sum(axis=0) == 300).all()
    assert np.var(weights) == pytest.approx(1, rel=0.02)  # multinomial: variance 1 - 1/N


@pytest.mark.parametrize(("rows", "number"), [(50, 1000), (20_000, 1000), (100_000, 200), (500_000, 50)])
def test_big_parts_are_drawn_less_often(rows, number):
    assert num_resamples(rows) == number


def test_equal_seeds_give_equal_intervals_and_other_seeds_others():
    target, prediction = binary(200)
    first = bootstrap(roc_auc, target, prediction, seed=1)
    assert first == bootstrap(roc_auc, target, prediction, seed=1)
    assert first != bootstrap(roc_auc, target, prediction, seed=2)


def test_the_interval_of_a_mean_agrees_with_scipys_bca():
    error = np.random.default_rng(0).gamma(1.0, 1.0, 60)
    score = bootstrap(mae, np.zeros(60), Prediction(np.arange(60), error), seed=0)
    theirs = stats.bootstrap((error,), np.mean, n_resamples=20_000, method="BCa", rng=np.random.default_rng(0))
    low, high = theirs.confidence_interval
    assert score.value == pytest.approx(error.mean())
    assert (score.low, score.high) == (pytest.approx(low, abs=0.03), pytest.approx(high, abs=0.04))


def test_an_interval_of_r2_covers_the_truth_about_as_often_as_it_promises():
    hits = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        prediction = rng.normal(size=150)
        target = prediction + rng.normal(size=150)  # true R2 = 0.5
        score = bootstrap(r2, target, Prediction(np.arange(150), prediction), seed)
        hits += score.low <= 0.5 <= score.high
    assert 51 <= hits <= 60


def test_a_normal_interval_of_a_big_part_agrees_with_the_formula():
    error = np.random.default_rng(0).normal(size=50_000)
    score = bootstrap(mae, np.zeros(50_000), Prediction(np.arange(50_000), error), seed=0)
    reach = 1.96 * np.abs(error).std() / np.sqrt(50_000)
    assert (score.high - score.low) / 2 == pytest.approx(reach, rel=0.15)


@pytest.mark.parametrize("metric", [roc_auc, log_loss, accuracy, calibration_error], ids=lambda one: one.name)
def test_the_interval_holds_the_value(metric):
    target, prediction = binary(120)
    score = bootstrap(metric, target, prediction, seed=0)
    assert score.low <= score.value <= score.high
    assert score.low < score.high


def test_a_metric_without_meaning_in_some_draws_still_gets_an_interval():
    target, prediction = binary(12)
    target[:] = 0
    target[3] = 1  # a third of the draws lack the only positive row
    score = bootstrap(roc_auc, target, prediction, seed=0)
    assert np.isfinite([score.low, score.high]).all()


def test_a_perfect_score_has_an_interval_without_width():
    target = np.ones(30)
    score = bootstrap(accuracy, target, Prediction(np.arange(30), target), seed=0)
    assert (score.low, score.value, score.high) == (1, 1, 1)


@pytest.mark.parametrize(("metric", "sign"), [(roc_auc, 1), (log_loss, -1)], ids=["higher", "lower"])
def test_a_difference_above_zero_means_that_the_first_is_better_in_either_direction(metric, sign):
    target, strong = binary(800, strength=3)
    rng = np.random.default_rng(5)
    noise = np.clip(strong.probabilities[:, 1] + rng.normal(scale=0.5, size=800), 0.01, 0.99)
    weak = Prediction(np.arange(800), noise, np.stack([1 - noise, noise], 1))
    better = paired(metric, target, strong, weak, "weak", seed=0)
    raw = metric.measure(target, strong) - metric.measure(target, weak)
    assert better.difference == pytest.approx(sign * raw)
    assert better.low > 0 and better.rival == "weak"
    worse = paired(metric, target, weak, strong, "strong", seed=0)
    assert worse.high < 0


def test_pairing_makes_the_interval_of_a_small_steady_gain_narrow():
    rng = np.random.default_rng(0)
    target = rng.normal(size=300)
    error = rng.normal(size=300)
    close, far = Prediction(np.arange(300), target + error), Prediction(np.arange(300), target + 1.05 * error)
    difference = paired(rmse, target, close, far, "far", seed=0)
    alone = bootstrap(rmse, target, close, seed=0)
    assert difference.low > 0
    assert difference.high - difference.low < (alone.high - alone.low) / 5


def test_equal_predictions_differ_by_exactly_nothing():
    target, prediction = binary(100)
    same = paired(log_loss, target, prediction, prediction, "twin", seed=0)
    assert (same.difference, same.low, same.high) == (0, 0, 0)


@pytest.mark.parametrize("metric", [roc_auc, log_loss, accuracy, calibration_error], ids=lambda one: one.name)
def test_a_hundred_thousand_rows_take_about_a_second(metric):
    target, prediction = binary(100_000)
    start = time.process_time()
    bootstrap(metric, target, prediction, seed=0)
    assert time.process_time() - start < 3  # about 0.5 s on an idle machine; other work shares this one


# groups


@pytest.mark.parametrize("metric", [roc_auc, log_loss, accuracy], ids=lambda one: one.name)
def test_whole_groups_are_drawn_as_a_loop_over_groups_draws_them(metric):
    target, prediction = binary(60)
    groups = np.random.default_rng(2).integers(-4, 9, 60) * 10
    found = draw([metric], target, {"it": prediction}, 5, groups)["it"][metric.name]
    expected = [metric.measure(target[rows], prediction.take(rows)) for rows in drawn_rows(groups, 5)]
    np.testing.assert_allclose(found.drawn, expected, rtol=1e-5)
    left_out = [metric.measure(target[groups != one], prediction.take(np.flatnonzero(groups != one))) for one in set(groups)]
    np.testing.assert_allclose(np.sort(found.without), np.sort(left_out), rtol=1e-5)


def test_two_models_are_compared_on_the_same_drawn_groups():
    target, prediction = binary(80)
    _, rival = binary(80, seed=1)
    groups = np.arange(80) // 4
    found = draw([log_loss], target, {"it": prediction, "rival": rival}, 3, groups)
    gain = found["rival"]["log_loss"].drawn - found["it"]["log_loss"].drawn
    expected = [
        log_loss.measure(target[rows], rival.take(rows)) - log_loss.measure(target[rows], prediction.take(rows))
        for rows in drawn_rows(groups, 3)
    ]
    np.testing.assert_allclose(gain, expected, atol=1e-5)
    against = paired(log_loss, target, prediction, rival, "rival", 3, groups)
    assert min(expected) < against.low < against.difference < against.high < max(expected)
    assert against != paired(log_loss, target, prediction, rival, "rival", 3)


def test_groups_of_one_row_each_are_drawn_exactly_as_rows_are():
    target, prediction = binary(150)
    groups = np.random.default_rng(0).permutation(150) * 3 - 7
    assert bootstrap(roc_auc, target, prediction, 4, groups) == bootstrap(roc_auc, target, prediction, 4)


def test_groups_of_copies_get_the_interval_of_their_originals():
    error = np.random.default_rng(0).gamma(1.0, 1.0, 40)
    copies = np.tile(error, 6)
    alone = bootstrap(mae, np.zeros(40), Prediction(np.arange(40), error), seed=0)
    score = bootstrap(mae, np.zeros(240), Prediction(np.arange(240), copies), 0, np.tile(np.arange(40), 6))
    assert (score.low, score.high) == (pytest.approx(alone.low, abs=1e-5), pytest.approx(alone.high, abs=1e-5))


def test_where_rows_of_a_group_are_copies_only_drawn_groups_cover_the_truth_as_often_as_they_promise():
    groups = np.repeat(np.arange(40), 5)
    by_rows = by_groups = 0
    for seed in range(60):
        error = np.random.default_rng(seed).exponential(size=40)[groups]  # true mean absolute error 1
        prediction = Prediction(np.arange(200), error)
        rows, whole = (bootstrap(mae, np.zeros(200), prediction, seed, given) for given in (None, groups))
        by_rows += rows.low <= 1 <= rows.high
        by_groups += whole.low <= 1 <= whole.high
    assert by_rows <= 45
    assert 53 <= by_groups <= 60


def test_groups_of_a_million_rows_are_drawn_within_little_memory():
    groups = np.arange(1_000_000) // 20
    tracemalloc.start()
    weights = next(resamples(1_000_000, 0, groups))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (weights.shape, weights.dtype) == ((1_000_000, 10), np.float32)
    assert (weights[::20] == weights[19::20]).all()
    assert peak < 100e6  # bytes; the weights themselves take 40 MB


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        (np.arange(5), r"Groups of shape \(5,\) and type int64 for 20 rows; expected one integer code a row"),
        (np.linspace(0, 1, 20), r"type float64 for 20 rows; expected one integer code a row"),
        (np.zeros(20, dtype=int), "All 20 rows are of one group; expected two or more to draw from. Leave the groups out"),
    ],
    ids=["too few codes", "no integers", "one group"],
)
def test_groups_that_cannot_be_drawn_are_refused(groups, words):
    target, prediction = binary(20)
    with pytest.raises(InputError, match=words):
        bootstrap(accuracy, target, prediction, 0, groups)

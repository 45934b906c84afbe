"""Metrics of anomalies: events found, false alarms, the points of the Numenta benchmark, by hand."""

import numpy as np
import pytest

from espalier.core.batch import Prediction
from espalier.evaluation.metrics.classes import f1
from espalier.evaluation.metrics.events import (
    FALSE_ALARM,
    NabPoints,
    event_f1,
    event_precision,
    event_recall,
    event_scores,
    nab_points,
    stretches,
)


def steps_of(text):
    """A string of dots and marks as 0 and 1."""
    return np.array([one != "." for one in text], dtype=float)


def scores_of(target, flagged):
    return event_scores(steps_of(target), steps_of(flagged))


@pytest.mark.parametrize(
    ("target", "flagged", "precision", "recall"),
    [
        ("..xxx....xx.", "...x........", 1.0, 0.5),
        ("..xxx....xx.", "...x...x..x.", 2 / 3, 1.0),
        ("..xxx....xx.", "xx..........", 0.0, 0.0),
        ("..xxx....xx.", "............", 0.0, 0.0),
        ("..xxx....xxx", "...xxx......", 1.0, 0.5),  # an alarm that outlasts its event a little is not false
        ("..x.........", "xxxxxxxxxxxx", 1 / 12, 1.0),  # flagging everything does not pay
        ("..xx........", "......xxxxxx", 0.0, 0.0),
    ],
)
def test_events_count_once_and_so_do_short_alarms(target, flagged, precision, recall):
    scores = scores_of(target, flagged)
    assert scores.precision == pytest.approx(precision)
    assert scores.recall == pytest.approx(recall)
    both = precision + recall
    assert scores.f1 == pytest.approx(2 * precision * recall / both if both else 0)


def test_a_long_false_alarm_counts_as_often_as_a_usual_event_fits_in():
    scores = scores_of("..xx........", "......xxxxx.")
    assert scores.false_alarms.tolist() == [[6, 11]]
    assert scores.counts.tolist() == [2]


def test_one_long_event_does_not_rule_the_score_as_it_does_point_by_point():
    target, flagged = steps_of("xxxxxxxxxxxx....x....x..x"), steps_of("xxxxxxxxxxxx.............")
    prediction = Prediction(np.arange(25), flagged)
    assert f1.measure(target, prediction) > 0.85
    assert event_f1.measure(target, prediction) == pytest.approx(2 * 1 * 0.25 / 1.25)


def test_metrics_work_under_many_weights_at_once():
    rng = np.random.default_rng(0)
    target, flagged = (rng.random(200) < 0.1) * 1.0, (rng.random(200) < 0.2) * 1.0
    prediction = Prediction(np.arange(200), flagged)
    weights = rng.integers(0, 3, (200, 4)).astype(np.float32)
    for metric in (event_precision, event_recall, event_f1):
        many = metric.measure_many(target, prediction, weights)
        single = [metric.measure(target, prediction, column) for column in weights.T]
        np.testing.assert_allclose(many, single, rtol=1e-5)
        assert metric.measure(target, prediction, np.full(200, 3.0)) == pytest.approx(metric.measure(target, prediction))


def test_without_events_or_alarms_nothing_is_claimed():
    scores = scores_of("....", "....")
    assert np.isnan(scores.recall)
    assert np.isnan(scores.f1)
    assert stretches(np.zeros(4)).shape == (0, 2)


def sigmoid(place):
    return 2 / (1 + np.exp(5 * place)) - 1


def test_an_event_flagged_at_its_first_step_earns_a_full_point():
    assert nab_points(steps_of("...xxxx..."), steps_of("...x......"), probation=0) == NabPoints(pytest.approx(1), 1)


def test_a_later_flag_earns_less_and_only_the_first_one_counts():
    points = nab_points(steps_of("...xxxx..."), steps_of(".....xx..."), probation=0).points
    assert points == pytest.approx(sigmoid(-2 / 4) / sigmoid(-1))


def test_a_missed_event_costs_a_point():
    assert nab_points(steps_of("...xxxx...xx"), steps_of("............"), probation=0) == NabPoints(-2, 2)


def test_every_false_flag_costs_less_shortly_after_an_event():
    far = nab_points(steps_of("....xxx............."), steps_of("xx.................."), probation=0).points
    assert far == pytest.approx(-1 - 2 * FALSE_ALARM)
    near = nab_points(steps_of("....xxx............."), steps_of(".......x............"), probation=0).points
    assert near == pytest.approx(-1 + FALSE_ALARM * sigmoid(1 / 2))
    late = nab_points(steps_of("....xxx............."), steps_of("...................x"), probation=0).points
    assert late == pytest.approx(-1 - FALSE_ALARM)


def test_the_first_steps_are_not_scored():
    target, flagged = np.zeros(100), np.zeros(100)
    target[2:6], target[50:60] = 1, 1
    flagged[[0, 3, 14, 50]] = 1
    assert nab_points(target, flagged) == NabPoints(pytest.approx(1), 1)
    flagged[15] = 1  # the first that is; it is well behind the first event
    assert nab_points(target, flagged).points == pytest.approx(1 + FALSE_ALARM * -1)


def test_scores_run_from_nothing_flagged_at_0_to_perfect_at_100():
    target = steps_of("...xxxx...xx..")
    assert nab_points(target, np.zeros(14), probation=0).score == 0
    perfect = nab_points(target, steps_of("...x......x..."), probation=0)
    assert perfect.score == pytest.approx(100)
    assert (perfect + nab_points(target, np.zeros(14), probation=0)).score == pytest.approx(50)
    assert nab_points(target, np.ones(14), probation=0).score < 100
    assert np.isnan(nab_points(np.zeros(9), np.zeros(9)).score)

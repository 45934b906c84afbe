"""The verdict says what the numbers say, and no more."""

import pytest

from espalier.core.scorecard import Comparison, ModelScores, Score
from espalier.evaluation.metrics.numbers import rmse
from espalier.evaluation.metrics.ranking import roc_auc
from espalier.evaluation.verdict import seconds, verdict


def model(name, value, fit_seconds=1.2, metric="roc_auc"):
    return ModelScores(name, {metric: Score(value, value - 0.01, value + 0.01)}, fit_seconds, 1000)


FOREST, MAJORITY = model("random forest", 0.921), model("majority class", 0.5)
LEARNT = Comparison("majority class", 0.4, 0.3, 0.5)


def test_a_network_above_the_interval_is_better():
    network = model("network", 0.934, fit_seconds=45)
    text = verdict(roc_auc, network, [FOREST, MAJORITY], Comparison("random forest", 0.013, 0.004, 0.022), LEARNT, 1000)
    assert text == (
        "The network is better than the best baseline (random forest): roc_auc 0.934 against 0.921, +0.013 [+0.004, +0.022]."
    )


def test_an_interval_over_nothing_prefers_the_simpler_model():
    network = model("network", 0.924, fit_seconds=45)
    text = verdict(roc_auc, network, [FOREST, MAJORITY], Comparison("random forest", 0.003, -0.008, 0.012), LEARNT, 1000)
    assert text == (
        "No difference between the network and the best baseline (random forest) can be told: roc_auc 0.924 against 0.921, "
        "+0.003 [-0.008, +0.012]. Prefer the random forest: it is simpler and trained in 1 s (the network: 45 s)."
    )


def test_a_slower_baseline_is_only_called_simpler():
    slow = model("random forest", 0.921, fit_seconds=300)
    comparison = Comparison("random forest", 0.003, -0.008, 0.012)
    text = verdict(roc_auc, model("network", 0.924), [slow, MAJORITY], comparison, LEARNT, 1000)
    assert text.endswith("Prefer the random forest: it is simpler.")


def test_a_better_baseline_needs_no_network():
    network = model("network", 0.90)
    text = verdict(roc_auc, network, [FOREST, MAJORITY], Comparison("random forest", -0.021, -0.032, -0.011), LEARNT, 1000)
    assert text == (
        "The random forest is better than the network: roc_auc 0.900 against 0.921, -0.021 [-0.032, -0.011]. "
        "No network is needed here."
    )


def test_names_in_the_plural_have_their_verb():
    network, rival = model("network", 0.9, fit_seconds=9), model("boosted trees", 0.95)
    worse = verdict(roc_auc, network, [rival], Comparison("boosted trees", -0.05, -0.06, -0.04), None, 1000)
    equal = verdict(roc_auc, network, [rival], Comparison("boosted trees", -0.05, -0.16, 0.04), None, 1000)
    assert worse.startswith("The boosted trees are better than the network")
    assert "Prefer the boosted trees: they are simpler and trained in 1 s (the network: 9 s)." in equal


def test_a_proper_name_goes_without_article():
    rival = model("LightGBM", 0.95)
    text = verdict(roc_auc, model("network", 0.9), [rival, MAJORITY], Comparison("LightGBM", -0.05, -0.06, -0.04), LEARNT, 1000)
    assert text.startswith("LightGBM is better than the network")


def test_lower_is_better_is_told_in_the_metrics_own_direction():
    network, rival = model("network", 52_310.4, metric="rmse"), model("boosted trees", 55_120.9, metric="rmse")
    text = verdict(rmse, network, [rival], Comparison("boosted trees", 2810.5, 2100.0, 3500.0), None, 1000)
    assert "rmse 52,310 against 55,121, -2,810 [-3,500, -2,100] (lower is better)" in text
    assert text.startswith("The network is better")


def test_a_network_no_better_than_the_majority_has_learnt_nothing():
    network = model("network", 0.51)
    text = verdict(
        roc_auc,
        network,
        [FOREST, MAJORITY],
        Comparison("random forest", -0.41, -0.45, -0.37),
        Comparison("majority class", 0.01, -0.03, 0.05),
        1000,
    )
    assert text.startswith("The network has learnt nothing that shows: it is not better than the majority class")
    assert "The random forest does better" in text


def test_when_nobody_learns_the_inputs_or_the_rows_are_named():
    comparison = Comparison("majority class", 0.01, -0.03, 0.05)
    text = verdict(roc_auc, model("network", 0.51), [MAJORITY], comparison, comparison, 1000)
    assert text.endswith("Either the inputs say little about the target, or the rows are too few to show it.")


def test_without_baselines_the_score_stands_alone():
    text = verdict(roc_auc, model("network", 0.9), [], None, None, 1000)
    assert text == "The network reaches roc_auc 0.900 [0.890, 0.910]. There is no baseline to hold it against."


def test_few_rows_are_said():
    text = verdict(roc_auc, model("network", 0.9), [], None, None, 40)
    assert text.endswith("With 40 rows only large differences can be seen.")


@pytest.mark.parametrize("difference", [0.0, 1e-9, 123456.789])
def test_any_size_of_number_can_be_told(difference):
    comparison = Comparison("random forest", difference, difference, difference)
    text = verdict(roc_auc, model("network", 0.9), [FOREST], comparison, None, 1000)
    assert "nan" not in text and "-0.0" not in text


def test_durations_are_told_in_words():
    assert [seconds(one) for one in (0.1, 1.4, 59.7, 61, 3600)] == ["under 1 s", "1 s", "1 min 0 s", "1 min 1 s", "60 min 0 s"]

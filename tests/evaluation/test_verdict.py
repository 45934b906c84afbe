"""The verdict says what the numbers say, and no more."""

from dataclasses import replace

import pytest

from espalier.core.scorecard import Comparison, ModelScores, Score
from espalier.evaluation.metrics.numbers import rmse
from espalier.evaluation.metrics.probabilities import log_loss
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
        "The network is better than the best baseline (random forest): roc auc 0.934 against 0.921, +0.013 [+0.004, +0.022]."
    )


def test_baselines_that_score_better_than_a_network_that_wins_are_named():
    network, comparison = model("network", 0.934), Comparison("random forest", 0.013, 0.004, 0.022)
    more = [FOREST, model("decision tree", 0.94), model("LightGBM", 0.95), MAJORITY]
    text = verdict(roc_auc, network, more, comparison, LEARNT, 1000)
    assert text.endswith("On the rows scored, though, the decision tree and LightGBM came out better, perhaps by luck.")
    assert verdict(roc_auc, network, more[:2], comparison, LEARNT, 1000).endswith(
        "though, the decision tree came out better, perhaps by luck."
    )


def test_an_interval_over_nothing_prefers_the_simpler_model():
    network = model("network", 0.924, fit_seconds=45)
    text = verdict(roc_auc, network, [FOREST, MAJORITY], Comparison("random forest", 0.003, -0.008, 0.012), LEARNT, 1000)
    assert text == (
        "No difference between the network and the best baseline (random forest) can be told: roc auc 0.924 against 0.921, "
        "+0.003 [-0.008, +0.012]. Prefer the random forest: it is simpler and trained in 1 s (the network: 45 s)."
    )


@pytest.mark.parametrize(("ours", "theirs"), [(1.2, 300.0), (0.6, 0.2)])
def test_a_baseline_that_was_not_clearly_faster_is_only_called_simpler(ours, theirs):
    forest, comparison = model("random forest", 0.921, fit_seconds=theirs), Comparison("random forest", 0.003, -0.008, 0.012)
    text = verdict(roc_auc, model("network", 0.924, ours), [forest, MAJORITY], comparison, LEARNT, 1000)
    assert text.endswith("Prefer the random forest: it is simpler.")


WORSE = Comparison("random forest", -0.021, -0.032, -0.011)


def test_a_better_baseline_needs_no_network_and_numbers_stand_in_the_order_of_the_names():
    text = verdict(roc_auc, model("network", 0.90), [FOREST, MAJORITY], WORSE, LEARNT, 1000)
    assert text == (
        "The network is worse than the best baseline (random forest): roc auc 0.900 against 0.921, -0.021 [-0.032, -0.011]. "
        "No network is needed here."
    )


def test_a_baseline_that_was_chosen_on_the_validation_part_is_called_so():
    forest = replace(FOREST, valid_score=0.93)
    text = verdict(roc_auc, model("network", 0.90), [forest, MAJORITY], WORSE, LEARNT, 1000)
    assert text.startswith("The network is worse than the best baseline on the validation part (random forest): ")


def test_a_network_is_named_by_its_architecture():
    rival, network = model("linear model", 0.921), replace(model("network", 0.90), architecture="linear")
    text = verdict(roc_auc, network, [rival], replace(WORSE, rival="linear model"), None, 1000)
    assert text.startswith("The network (linear) is worse than the best baseline (linear model): ")
    level = verdict(roc_auc, network, [rival], Comparison("linear model", -0.021, -0.05, 0.01), None, 1000)
    assert level.startswith("No difference between the network (linear) and the best baseline (linear model) can be told: ")


def test_a_network_that_was_cut_short_is_not_sent_away():
    network = replace(model("network", 0.90), cut_short_epochs=7)
    told = "The network's learning was cut short after 7 epochs: give it more time before deciding."
    worse = verdict(roc_auc, network, [FOREST, MAJORITY], WORSE, LEARNT, 1000)
    assert worse.endswith(told)
    assert "No network is needed" not in worse
    level = verdict(roc_auc, network, [FOREST], Comparison("random forest", -0.021, -0.05, 0.01), None, 1000)
    assert level.endswith(told)
    assert "Prefer" not in level
    nothing = Comparison("majority class", 0.4, -0.1, 0.5)
    assert verdict(roc_auc, network, [FOREST, MAJORITY], WORSE, nothing, 1000).endswith(told)
    assert "after 1 epoch:" in verdict(roc_auc, replace(network, cut_short_epochs=1), [FOREST], WORSE, None, 1000)


def test_baselines_that_saw_fewer_rows_are_named():
    light, forest = replace(model("LightGBM", 0.92), num_train_rows=1000), replace(FOREST, num_train_rows=4000)
    network = replace(model("network", 0.934), num_train_rows=12_211)
    equal = replace(MAJORITY, num_train_rows=12_211)
    text = verdict(roc_auc, network, [light, forest, equal], Comparison("LightGBM", 0.014, 0.004, 0.022), None, 1000)
    assert text.endswith("LightGBM saw 1,000 of 12,211 rows, the random forest 4,000.")


def test_names_in_the_plural_have_their_verb():
    network, rival = model("network", 0.9, fit_seconds=9), model("boosted trees", 0.95)
    equal = verdict(roc_auc, network, [rival], Comparison("boosted trees", -0.05, -0.16, 0.04), None, 1000)
    assert "Prefer the boosted trees: they are simpler and trained in 1 s (the network: 9 s)." in equal


def test_a_proper_name_goes_without_article():
    rival = model("LightGBM", 0.91)
    text = verdict(roc_auc, model("network", 0.9), [rival, MAJORITY], Comparison("LightGBM", -0.01, -0.03, 0.01), LEARNT, 1000)
    assert "Prefer LightGBM: it is simpler." in text


def test_lower_is_better_is_told_in_the_metrics_own_direction():
    network, rival = model("network", 52_310.4, metric="rmse"), model("boosted trees", 55_120.9, metric="rmse")
    text = verdict(rmse, network, [rival], Comparison("boosted trees", 2810.5, 2100.0, 3500.0), None, 1000)
    assert "rmse 52,310 against 55,121, -2,811 [-3,500, -2,100] (lower is better)" in text
    assert text.startswith("The network is better")


def test_the_difference_can_be_read_off_the_two_scores():
    network, rival = model("network", 4.8561, metric="rmse"), model("decision tree", 3.6342, metric="rmse")
    text = verdict(rmse, network, [rival], Comparison("decision tree", -1.2219, -5.1, 0.96), None, 1000)
    assert "rmse 4.86 against 3.63, +1.23 [-0.96, +5.10] (lower is better)" in text


def test_an_end_of_the_interval_keeps_its_sign_and_a_small_difference_is_not_written_as_nothing():
    network, rival = model("network", 0.9182), model("random forest", 0.9214)
    text = verdict(roc_auc, network, [rival], Comparison("random forest", -0.0032, -0.0053, 0.00021), None, 1000)
    assert "roc auc 0.9182 against 0.9214, -0.0032 [-0.0053, +0.0002]" in text
    close = verdict(
        roc_auc, model("network", 0.9214), [model("forest", 0.9211)], Comparison("forest", 3e-4, -0.04, 0.04), None, 1000
    )
    assert "roc auc 0.9214 against 0.9211, +0.0003 [-0.0400, +0.0400]" in close


def test_metrics_are_named_in_words():
    text = verdict(log_loss, model("network", 0.3, metric="log_loss"), [], None, None, 1000)
    assert text.startswith("The network reaches log loss 0.300 ")


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
    assert text == "The network reaches roc auc 0.900 [0.890, 0.910]. There is no baseline to hold it against."


def test_few_rows_are_said():
    text = verdict(roc_auc, model("network", 0.9), [], None, None, 40)
    assert text.endswith("With 40 rows only large differences can be seen.")


@pytest.mark.parametrize("difference", [0.0, 1e-9, 123456.789])
def test_any_size_of_number_can_be_told(difference):
    comparison = Comparison("random forest", difference, difference, difference)
    text = verdict(roc_auc, model("network", 0.5 + difference), [model("random forest", 0.5)], comparison, None, 1000)
    assert "nan" not in text and "-0.0" not in text


def test_durations_are_told_in_words():
    assert [seconds(one) for one in (0.1, 1.4, 59.7, 61, 3600)] == ["under 1 s", "1 s", "1 min 0 s", "1 min 1 s", "60 min 0 s"]


def test_a_forecast_no_better_than_the_naive_one_says_what_that_one_says():
    network, naive, ridge = (
        model(name, value, metric="rmse") for name, value in (("network", 9.2), ("naive", 9.1), ("ridge on lags", 9.5))
    )
    against = Comparison("naive", -0.1, -0.3, 0.1)
    text = verdict(rmse, network, [naive, ridge], against, against, 1000)
    assert (
        "has learnt nothing that shows: it is not better than the naive forecast, which says that tomorrow is as today" in text
    )
    assert text.endswith("Either the past says little about what comes, or the series are too short to show it.")


def test_a_simple_model_of_the_past_that_does_better_is_named_in_the_singular():
    network, season, ridge = (
        model(name, value, metric="rmse") for name, value in (("network", 9.2), ("seasonal naive", 9.1), ("ridge on lags", 7.5))
    )
    worse, level = Comparison("ridge on lags", -1.7, -1.9, -1.5), Comparison("seasonal naive", -0.1, -0.3, 0.1)
    text = verdict(rmse, network, [ridge, season], worse, level, 1000)
    assert "the seasonal naive forecast, which repeats the last season" in text
    assert "The ridge on lags does better" in text

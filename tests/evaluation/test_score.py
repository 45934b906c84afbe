"""The score card ranks, compares and concludes."""

import json
from dataclasses import replace

import numpy as np
import pytest

from espalier.core.batch import Prediction
from espalier.core.errors import InputError, TrainingError
from espalier.core.scorecard import from_mapping
from espalier.evaluation.intervals import bootstrap, paired
from espalier.evaluation.metrics.classes import accuracy
from espalier.evaluation.metrics.numbers import mae, pinball, rmse
from espalier.evaluation.metrics.probabilities import log_loss
from espalier.evaluation.metrics.ranking import roc_auc
from espalier.evaluation.score import Contender, Part, make_scorecard

BINARY = (roc_auc, log_loss, accuracy)


def contender(name, target, strength, seed=0, **about):
    rng = np.random.default_rng(seed)
    score = 1 / (1 + np.exp(-(rng.normal(size=len(target)) + strength * (2 * target - 1))))
    prediction = Prediction(np.arange(len(target)) + 2, (score > 0.5) * 1.0, np.stack([1 - score, score], 1))
    return Contender(name, prediction, 1.0, 800, **about)


def target_of(num_rows=500):
    return (np.random.default_rng(9).random(num_rows) < 0.5) * 1.0


def test_baselines_are_ranked_best_first_and_the_network_stands_before_them():
    target = target_of()
    baselines = [
        contender("weak", target, 0.5, 1),
        contender("strong", target, 2, 2),
        contender("nothing", target, 0, 3, trivial=True),
    ]
    card = make_scorecard("binary", BINARY, target, contender("network", target, 1, 4), baselines, "test", seed=0)
    assert [one.name for one in card.models] == ["network", "strong", "weak", "nothing"]
    assert card.metric == "roc_auc" and card.higher_is_better and card.num_rows == 500 and card.part == "test"
    assert card.comparison.rival == "strong" and card.comparison.high < 0
    assert "No network is needed here" in card.verdict
    assert set(card.network.scores) == {"roc_auc", "log_loss", "accuracy"}


def with_valid(one, **scores):
    return replace(one, valid_scores=scores)


def test_the_rival_is_the_best_baseline_on_the_validation_part_whatever_luck_it_has_on_the_scored_one():
    target = target_of()
    lucky = with_valid(contender("lucky", target, 2, 2), roc_auc=0.6, log_loss=0.1)
    steady = with_valid(contender("steady", target, 1, 3), roc_auc=0.8, log_loss=0.5)
    network = with_valid(contender("network", target, 1, 4), roc_auc=0.7)
    card = make_scorecard("binary", BINARY, target, network, [lucky, steady], "test", 0)
    assert [(one.name, one.valid_score) for one in card.models] == [("network", 0.7), ("steady", 0.8), ("lucky", 0.6)]
    assert card.models[2].scores["roc_auc"].value > card.models[1].scores["roc_auc"].value
    assert card.comparison.rival == "steady" and card.is_chosen_on_validation
    assert "the best baseline on the validation part (steady)" in card.verdict
    assert from_mapping(json.loads(json.dumps(card.to_mapping()))) == card


def test_where_lower_is_better_the_rival_has_the_lowest_validation_score_and_one_without_a_number_comes_last():
    target = np.random.default_rng(0).normal(size=60)
    names = {"a": 2.0, "b": 1.0, "c": float("nan")}
    baselines = [
        with_valid(Contender(name, Prediction(np.arange(60), target * 0.5), 0, 10), rmse=value) for name, value in names.items()
    ]
    network = Contender("network", Prediction(np.arange(60), target), 1, 10)
    card = make_scorecard("regression", (rmse,), target, network, baselines, "test", 0)
    assert [one.name for one in card.models] == ["network", "b", "a", "c"]
    assert card.models[3].valid_score is None


def test_a_validation_score_in_another_metric_than_the_main_one_decides_nothing():
    target = target_of()
    baselines = [with_valid(contender("weak", target, 0.5, 1), log_loss=0.1), contender("strong", target, 2, 2)]
    card = make_scorecard("binary", BINARY, target, contender("network", target, 1, 4), baselines, "test", 0)
    assert card.comparison.rival == "strong" and not card.is_chosen_on_validation


def test_a_card_goes_to_json_and_back():
    target = target_of()
    card = make_scorecard(
        "binary", BINARY, target, contender("network", target, 1), [contender("other", target, 1, 1)], "test", 0
    )
    assert from_mapping(json.loads(json.dumps(card.to_mapping(), allow_nan=False))) == card


def test_the_card_repeats():
    target = target_of()
    cards = [
        make_scorecard("binary", BINARY, target, contender("network", target, 1), [contender("other", target, 1, 1)], "test", 7)
        for _ in range(2)
    ]
    assert cards[0] == cards[1]


def test_a_network_that_guesses_has_learnt_nothing():
    target = target_of()
    baselines = [contender("forest", target, 2, 2), contender("majority class", target, 0, 3, trivial=True)]
    card = make_scorecard("binary", BINARY, target, contender("network", target, 0, 4), baselines, "test", seed=0)
    assert card.verdict.startswith("The network has learnt nothing that shows: it is not better than the majority class")
    assert "The forest does better" in card.verdict


def test_a_part_with_one_class_is_scored_by_what_has_a_meaning():
    target = np.zeros(40)
    card = make_scorecard(
        "binary", BINARY, target, contender("network", target, 1), [contender("other", target, 1, 1)], "test", 0
    )
    assert card.metric == "log_loss"
    assert set(card.network.scores) == {"log_loss", "accuracy"}


def test_a_baseline_without_quantiles_stands_beside_a_network_that_has_them():
    target = np.random.default_rng(0).normal(size=100)
    network = Prediction(np.arange(100), target * 0.9, quantiles=np.stack([target - 1, target, target + 1], 1))
    rival = Prediction(np.arange(100), target * 0)
    card = make_scorecard(
        "regression",
        (mae, pinball((0.1, 0.5, 0.9)), rmse),
        target,
        Contender("network", network, 1, 10),
        [Contender("mean", rival, 0, 10, trivial=True)],
        "test",
        0,
    )
    assert set(card.models[0].scores) == {"mae", "pinball", "rmse"}
    assert set(card.models[1].scores) == {"mae", "rmse"}


def test_predictions_that_are_no_number_are_named_by_their_row():
    target = np.zeros(3)
    bad = Contender("network", Prediction(np.array([2, 3, 4]), np.array([1.0, np.nan, np.inf])), 1, 10)
    with pytest.raises(TrainingError, match="no finite number for 2 of 3 rows, the first from row 3"):
        make_scorecard("regression", (rmse,), target, bad, [], "test", 0)


def test_two_models_of_one_name_are_refused():
    target = target_of()
    with pytest.raises(InputError, match="Two models have one name"):
        make_scorecard("binary", BINARY, target, contender("a", target, 1), [contender("a", target, 1)], "test", 0)


def test_without_any_metric_that_has_a_meaning_nothing_is_scored():
    with pytest.raises(InputError, match="has a meaning for the target"):
        make_scorecard("binary", (roc_auc,), np.zeros(4), contender("network", np.zeros(4), 1), [], "test", 0)


# groups


def card_of(part, num_rows=120):
    target = target_of(num_rows)
    return make_scorecard(
        "binary", BINARY, target, contender("network", target, 1), [contender("other", target, 0.6, 1)], part, 0
    )


def test_every_interval_comes_from_the_same_drawn_groups():
    target, groups = target_of(120), np.arange(120) // 4
    network, other = contender("network", target, 1).prediction, contender("other", target, 0.6, 1).prediction
    card = card_of(Part("test", groups, "patient"))
    assert card.network.scores["roc_auc"] == bootstrap(roc_auc, target, network, 0, groups)
    assert card.models[1].scores["log_loss"] == bootstrap(log_loss, target, other, 0, groups)
    assert card.comparison == paired(roc_auc, target, network, other, "other", 0, groups)
    assert card.network.scores["roc_auc"] != card_of("test").network.scores["roc_auc"]


def test_the_card_says_that_rows_were_drawn():
    card = card_of("test")
    assert (card.part, card.resampling) == ("test", "rows drawn with replacement")
    assert card == card_of(Part("test"))


def test_the_card_says_which_groups_were_drawn():
    card = card_of(Part("folds", np.arange(120) % 37, "patient"))
    assert (card.part, card.resampling) == ("folds", "whole groups of 'patient' drawn with replacement: 37 groups")
    assert "trusted" not in card.verdict


def test_the_card_counts_rows_without_a_group():
    card = card_of(Part("test", np.maximum(np.arange(120) - 100, 0), "patient", num_alone=19))
    assert card.resampling == (
        "whole groups of 'patient' drawn with replacement: 20 groups, 19 of them single rows without a value"
    )


@pytest.mark.parametrize(("num_groups", "warned"), [(2, True), (9, True), (10, False)])
def test_intervals_of_fewer_than_ten_groups_are_not_to_be_trusted(num_groups, warned):
    card = card_of(Part("test", np.arange(120) % num_groups, "patient"))
    assert card.verdict.endswith(f" With {num_groups} groups the interval is not to be trusted.") is warned
    assert card.resampling.endswith(f": {num_groups} groups; too few for the intervals to be trusted") is warned


def test_of_one_group_rows_are_drawn_and_the_card_says_that_this_is_too_narrow():
    card = card_of(Part("test", np.zeros(120, dtype=int), "patient"))
    assert card.models == card_of("test").models
    assert card.resampling == (
        "rows drawn with replacement; all are of one group of 'patient', so the intervals are too narrow"
    )
    assert card.verdict.endswith(" With 1 group the interval is not to be trusted.")


def test_a_card_of_a_run_that_did_not_tell_what_it_drew_is_read_as_one_that_drew_rows():
    written = card_of("test").to_mapping()
    del written["resampling"]
    assert from_mapping(written) == card_of("test")

"""The score card ranks, compares and concludes."""

import json

import numpy as np
import pytest

from espalier.core.batch import Prediction
from espalier.core.errors import InputError, TrainingError
from espalier.core.scorecard import from_mapping
from espalier.evaluation.metrics.classes import accuracy
from espalier.evaluation.metrics.numbers import mae, pinball, rmse
from espalier.evaluation.metrics.probabilities import log_loss
from espalier.evaluation.metrics.ranking import roc_auc
from espalier.evaluation.score import Contender, make_scorecard

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

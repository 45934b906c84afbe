"""The quick model: gaps between a random and a whole-unit split."""

import numpy as np
import polars as pl
import pytest

from espalier.diagnosis.encode import answer_of
from espalier.diagnosis.quick_model import cross_fit, explained, gap_between, random_folds


def stream(seed=0):
    return np.random.default_rng(seed)


def test_every_row_is_predicted_by_trees_that_have_not_seen_it():
    answer = answer_of(pl.Series(stream().normal(size=200)))
    predicted = cross_fit(stream(1).normal(size=(200, 3)), answer, random_folds(200))
    assert explained(answer, predicted) < 0.05


def test_the_result_is_the_same_on_every_call():
    answer = answer_of(pl.Series(["a", "b"] * 100))
    matrix = stream().normal(size=(200, 3))
    np.testing.assert_array_equal(cross_fit(matrix, answer, random_folds(200)), cross_fit(matrix, answer, random_folds(200)))


@pytest.mark.parametrize(("target", "name"), [("number", "R2"), ("two", "AUC"), ("three", "accuracy")])
def test_a_gap_shows_what_units_give_away(target, name):
    unit = np.repeat(np.arange(60), 8)
    position = stream().normal(size=(60, 4))[unit] + 0.05 * stream(1).normal(size=(480, 4))
    effect = stream(2).normal(size=60)[unit]
    series = {
        "number": pl.Series(effect),
        "two": pl.Series(np.where(effect > 0, "p", "n")),
        "three": pl.Series(np.digitize(effect, [-0.5, 0.5])).cast(pl.String),
    }[target]
    gap = gap_between(position, answer_of(series), unit)
    assert gap.score == name
    assert gap.size > 0.5
    assert gap.z > 3
    assert gap.mixed_score > gap.apart_score + 0.2


def test_units_without_effect_leave_no_sure_gap():
    sizes = []
    for seed in range(5):
        inputs = stream(seed).normal(size=(480, 4))
        answer = answer_of(pl.Series(inputs[:, 0] + stream(seed + 50).normal(size=480)))
        gap = gap_between(inputs, answer, np.repeat(np.arange(60), 8))
        sizes.append(gap.size)
        assert gap.z < 3
    assert abs(np.mean(sizes)) < 0.03

"""Simple anomaly scores: each is high for what it is to find."""

import numpy as np
import pytest

from espalier.core.errors import InputError
from espalier.evaluation.anomaly.isolation_forest import isolation_forest
from espalier.evaluation.anomaly.seasonal_residual import seasonal_residual
from espalier.evaluation.anomaly.z_score import z_score


def wave(num_steps, start=0, noise=0.1, seed=0):
    """Two variables with a season of 12 steps: (T, 2)."""
    steps = start + np.arange(num_steps)
    clean = np.stack([np.sin(2 * np.pi * steps / 12), 5 + 3 * np.cos(2 * np.pi * steps / 12)], axis=1)
    return clean + noise * np.random.default_rng(seed).normal(size=(num_steps, 2))


def test_a_z_score_is_the_distance_of_the_most_unusual_variable():
    past = np.array([[0.0, 10.0], [2.0, 10.0], [np.nan, 13.0]])
    scores = z_score(past, np.array([[1.0, 11.0], [4.0, 11.0], [np.nan, np.nan]]))
    np.testing.assert_allclose(scores, [0, 3, 0])


def test_a_step_usual_in_size_but_not_at_its_place_is_seen_by_the_seasonal_residual_alone():
    past, steps = wave(240), wave(60, start=240, seed=1)
    steps[30] = steps[36]  # half a season off
    assert seasonal_residual(past, steps, 12).argmax() == 30
    assert z_score(past, steps)[30] < 3 < seasonal_residual(past, steps, 12)[30]


def test_the_place_in_the_season_can_be_given():
    past = wave(240)
    late = wave(24, start=245, seed=1)
    assert seasonal_residual(past, late, 12, start=245).max() < 5
    assert seasonal_residual(past, late, 12).max() > 8


def test_a_season_longer_than_the_past_is_refused():
    with pytest.raises(InputError, match="A season of 130 steps for a past of 240; expected 1 to 120"):
        seasonal_residual(wave(240), wave(5), 130)


def test_few_seasons_do_not_make_the_scatter_look_small():
    past, steps = wave(24), wave(1200, start=24, seed=1)
    assert 0.9 < np.median(seasonal_residual(past, steps, 12)) < 2  # the larger of two absolute normals: 1.05 for a long past


def test_gaps_are_no_anomalies():
    past, steps = wave(120), wave(24, start=120, seed=1)
    past[5], steps[3] = np.nan, np.nan
    assert seasonal_residual(past, steps, 12)[3] == 0
    assert np.isfinite(isolation_forest(past, steps, seed=0)).all()


def test_the_forest_sees_an_unusual_shape():
    past, steps = wave(600), wave(60, start=600, seed=1)
    steps[30:33] = 0.0, 8.0  # within the range of each variable, never together
    scores = isolation_forest(past, steps, seed=0)
    assert scores.shape == (60,)
    assert 30 <= scores.argmax() < 40
    np.testing.assert_array_equal(scores, isolation_forest(past, steps, seed=0))


def test_a_past_shorter_than_a_stretch_is_refused():
    with pytest.raises(InputError, match="A past of 5 steps; expected at least the 8"):
        isolation_forest(wave(5), wave(5), seed=0)

"""The one-column oracle, line by line and on columns of every kind."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from espalier.diagnosis.encode import answer_of
from espalier.diagnosis.one_column import _folds, bins_of, cross_fitted_means, strength

NUM_ROWS = 600


def stream():
    return np.random.default_rng(0)


def classes(score):
    return answer_of(pl.Series(np.where(score > 0, "yes", "no")))


def test_means_agree_with_loops_over_rows():
    codes = stream().integers(0, 5, 40)
    matrix = stream().random((40, 2))
    fold = _folds(40)
    expected = np.empty_like(matrix)
    for i in range(40):
        others = [j for j in range(40) if fold[j] != fold[i]]
        prior = np.mean([matrix[j] for j in others], axis=0)
        same = [matrix[j] for j in others if codes[j] == codes[i]]
        expected[i] = (np.sum(same, axis=0) + prior) / (len(same) + 1)
    np.testing.assert_allclose(cross_fitted_means(codes, matrix), expected, rtol=1e-12)


def test_noise_tells_nothing():
    for seed in range(20):
        draws = np.random.default_rng(seed)
        found = strength(pl.Series(draws.normal(size=NUM_ROWS)), classes(draws.normal(size=NUM_ROWS)))
        assert found.score < 0.62
        assert found.z < 3.5


def test_many_levels_of_noise_tell_nothing():
    found = strength(pl.Series([f"level {i % 300}" for i in range(NUM_ROWS)]), classes(stream().normal(size=NUM_ROWS)))
    assert found.score < 0.6


@pytest.mark.parametrize("kind", ["number", "descending", "band", "category", "date", "missing"])
def test_a_copy_tells_everything(kind):
    score = stream().normal(size=NUM_ROWS)
    start = dt.datetime(2024, 1, 1)
    columns = {
        "number": pl.Series(score),
        "descending": pl.Series(-score),
        "band": pl.Series(np.where(score > 0, stream().random(NUM_ROWS) * 0.2 + 0.4, stream().choice([0.1, 0.9], NUM_ROWS))),
        "category": pl.Series(np.where(score > 0, "paid", "open")),
        "date": pl.Series([start + dt.timedelta(days=float(one)) for one in score]),
        "missing": pl.Series([float(i % 7) if one > 0 else None for i, one in enumerate(score)]),
    }
    assert strength(columns[kind], classes(score)).score > 0.99


def test_a_rare_class_is_told_as_well_as_a_common_one():
    values = stream().permutation(NUM_ROWS).astype(float)
    assert strength(pl.Series(values), classes(values - (NUM_ROWS - 12))).score == 1.0


def test_flipped_labels_lower_the_score_by_what_they_are():
    score = stream().normal(size=5000)
    flipped = score * np.where(stream().random(5000) < 0.02, -1, 1)
    found = strength(pl.Series(np.where(flipped > 0, "a", "b")), classes(score))
    assert found.score == pytest.approx(0.98, abs=0.004)


def test_a_number_is_told_by_its_explained_ranks():
    target = stream().normal(size=NUM_ROWS)
    noise = np.random.default_rng(1).normal(size=NUM_ROWS)
    answer = answer_of(pl.Series(np.exp(3 * target)))
    assert strength(pl.Series(target + 0.05 * noise), answer).score > 0.98
    assert 0.3 < strength(pl.Series(target + noise), answer).score < 0.6
    assert strength(pl.Series(noise), answer).score < 0.02


def test_several_classes_are_judged_by_their_mean_recall():
    names = stream().choice(["a", "b", "c"], NUM_ROWS)
    wrong = stream().random(NUM_ROWS) < 0.1
    told = np.where(wrong, np.roll(names, 1), names)
    assert strength(pl.Series(told), answer_of(pl.Series(names))).score == pytest.approx((told == names).mean(), abs=0.03)


def test_bins_put_missing_values_apart_and_keep_few_levels():
    assert bins_of(pl.Series([3.0, None, 1.0, 3.0])).tolist() == [2, 0, 1, 2]
    assert bins_of(pl.Series(["b", None, "a"])).tolist() == [1, 0, 2]
    assert bins_of(pl.Series([None, None], dtype=pl.Float64)).tolist() == [0, 0]
    many = bins_of(pl.Series(stream().normal(size=5000)))
    assert many.max() == 64
    assert np.bincount(many)[1:].min() > 70


def test_a_target_of_very_many_classes_is_cut_to_the_frequent_ones():
    answer = answer_of(pl.Series([f"class {i % 200:03d}" for i in range(1000)]))
    assert answer.matrix.shape == (1000, 51)
    np.testing.assert_array_equal(answer.matrix.sum(axis=1), 1)

import numpy as np
import pytest
from sklearn.preprocessing import QuantileTransformer, RobustScaler, StandardScaler

from data.hand_made import hand_made, real
from espalier.core.records import TrainRecords
from espalier.core.schema import Kind
from espalier.data.prepare.numbers import NumberColumns, number_columns
from espalier.data.prepare.scale import LARGEST, Scaler, center_and_deviation

HOWS = ["standard", "robust", "quantile", "none"]


def fitted(values, how, num_rows=None):
    records, _ = hand_made({"a": values, "y": [0.0] * len(values)})
    return Scaler(how).fit(TrainRecords(records), NumberColumns(("a",)).read)


def scaled(values, how, new=None):
    return fitted(values, how).apply(np.asarray(values if new is None else new, dtype=np.float64)[:, None])[:, 0]


def skewed(count=3000, missing=0.1):
    stream = np.random.default_rng(0)
    values = stream.lognormal(size=count)
    values[stream.random(count) < missing] = np.nan
    return values


def quantile_transformer(num_rows):
    count = max(min(num_rows // 30, 1000), 10)
    return QuantileTransformer(n_quantiles=count, output_distribution="normal", subsample=10**9)


@pytest.mark.parametrize(
    ("how", "theirs"),
    [("standard", StandardScaler()), ("robust", RobustScaler()), ("quantile", quantile_transformer(3000))],
)
def test_scaling_agrees_with_scikit_learn_missing_values_included(how, theirs):
    values = skewed()
    new = np.concatenate([values, np.linspace(-1, values[np.isfinite(values)].max() + 1, 500)])
    expected = theirs.fit(values[:, None]).transform(new[:, None])[:, 0]
    np.testing.assert_allclose(scaled(values, how, new), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("column", ["age", "fnlwgt", "hours_per_week", "education_num"])
def test_quantile_scaling_of_a_real_column_agrees_with_scikit_learn_inside_its_range(column):
    records, _ = real("adult")
    name = next(name for name in records.frame.columns if name.replace("-", "_").replace(".", "_") == column)
    values = records.frame[name].to_numpy()
    expected = quantile_transformer(len(values)).fit_transform(values[:, None])[:, 0]
    inside = (values > values.min()) & (values < values.max())
    np.testing.assert_allclose(scaled(values, "quantile")[inside], expected[inside], rtol=1e-9, atol=1e-9)


def test_a_value_shared_by_most_rows_lands_in_the_middle_of_its_ranks_even_at_the_end_of_the_range():
    values = np.concatenate([np.zeros(900), np.arange(1, 101)])
    noisy = values + np.random.default_rng(0).normal(0, 1e-5, 1000)  # as the authors of the paper do
    expected = quantile_transformer(1000).fit(noisy[:, None]).transform(values[:, None])[:, 0]
    ours = scaled(values, "quantile")
    assert ours[0] == pytest.approx(expected[:900].mean(), abs=0.15)
    assert ours[0] == pytest.approx(-0.13, abs=0.03)  # the normal quantile of 0.45
    assert (np.diff(ours[900:]) > 0).all()


def test_quantile_scaling_keeps_the_order_of_values():
    values = np.round(skewed(missing=0), 1)
    order = np.argsort(values, kind="stable")
    assert (np.diff(scaled(values, "quantile")[order]) >= 0).all()


def test_values_outside_the_range_of_training_become_the_largest_or_smallest():
    assert scaled(np.arange(100.0), "quantile", [-1e300, 1e300]).tolist() == [-LARGEST, LARGEST]


@pytest.mark.parametrize("how", ["standard", "robust", "quantile"])
@pytest.mark.parametrize("value", [0.0, 0.1, -3e100])
def test_a_constant_column_becomes_zero(how, value):
    assert scaled(np.full(50, value), how).tolist() == [0.0] * 50


@pytest.mark.parametrize("how", HOWS)
def test_a_column_without_any_known_value_does_no_harm(how):
    step = fitted(np.full(20, np.nan), how)
    assert np.isfinite(step.apply(np.zeros((3, 1)))).all()


@pytest.mark.parametrize("how", HOWS)
def test_the_largest_floats_are_scaled_to_finite_numbers(how):
    values = np.array([-1.7e308, 0.0, 1.0, 1.7e308] * 5)
    assert np.isfinite(scaled(values, how)).all()


def test_with_equal_quartiles_the_robust_scale_is_half_the_range():
    values = np.array([5.0] * 90 + [25.0] * 10)
    step = fitted(values, "robust")
    assert (step.center[0], step.scale[0]) == (5.0, 10.0)


def test_the_mean_and_deviation_are_those_of_numpy():
    values = skewed(missing=0)
    assert center_and_deviation(values) == (values.mean(), values.std())


def test_every_number_of_house_prices_is_scaled_as_scikit_learn_does():
    records, schema = real("house_prices")
    columns = number_columns(schema)
    assert len(columns.names) > 30
    values = columns.read(records.frame)
    ours = Scaler("standard").fit(TrainRecords(records), columns.read).apply(values)
    np.testing.assert_allclose(ours, StandardScaler().fit_transform(values), rtol=1e-9, atol=1e-9)


def test_ordered_columns_become_their_rank_and_unseen_levels_are_missing():
    for count in (5, 500):  # the way of few rows, and that of many
        values = ["low", "high", "middle", None, "odd"] * (count // 5)
        records, schema = hand_made(
            {"size": values, "y": [0.0] * count},
            kinds={"size": Kind.ORDERED},
            order={"size": ("low", "middle", "high")},
        )
        ranks = number_columns(schema).read(records.frame)[:5, 0]
        np.testing.assert_array_equal(ranks, [0, 2, 1, np.nan, np.nan])

"""Imputation, dates, categories, bins, components, selection: each against a plain version or scikit-learn."""

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import load_wine
from sklearn.decomposition import PCA
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression
from sklearn.impute import SimpleImputer

from data.hand_made import hand_made, real
from espalier.core.errors import ColumnError, PlanError
from espalier.core.records import TrainRecords
from espalier.core.schema import Kind
from espalier.data.prepare.bins import Bins
from espalier.data.prepare.components import Components
from espalier.data.prepare.dates import Dates
from espalier.data.prepare.encode import Encoder
from espalier.data.prepare.impute import Imputer
from espalier.data.prepare.numbers import NumberColumns, number_columns
from espalier.data.prepare.one_hot import FittedOneHot
from espalier.data.prepare.select import Selector


def made(columns):
    records, _ = hand_made({**columns, "y": [0.0] * len(next(iter(columns.values())))})
    return TrainRecords(records), records.frame


@pytest.mark.parametrize("how", ["median", "mean", "zero"])
def test_imputation_agrees_with_scikit_learn(how):
    values = np.random.default_rng(0).normal(size=(200, 3))
    values[:50, 0] = np.nan
    values[::7, 1] = np.nan
    train, frame = made({name: values[:, index] for index, name in enumerate("abc")})
    columns = NumberColumns(("a", "b", "c"))
    step = Imputer(how).fit(train, columns.read)
    theirs = SimpleImputer(strategy="constant" if how == "zero" else how, fill_value=0.0 if how == "zero" else None)
    np.testing.assert_allclose(step.apply(columns.read(frame)), theirs.fit_transform(values), rtol=1e-12)
    assert step.indicated.tolist() == [0, 1]
    np.testing.assert_array_equal(step.indicate(values), np.isnan(values[:, :2]))


def test_infinite_numbers_count_as_missing():
    train, _ = made({"a": [1.0, 2.0, 3.0]})
    step = Imputer().fit(train, NumberColumns(("a",)).read)
    assert step.apply(np.array([[np.inf], [-np.inf], [np.nan], [7.0]]))[:, 0].tolist() == [2.0, 2.0, 2.0, 7.0]


def test_without_indicators_nothing_tells_missing_values():
    train, _ = made({"a": [1.0, None, 3.0]})
    step = Imputer(indicators=False).fit(train, NumberColumns(("a",)).read)
    assert step.indicate(np.array([[np.nan]])).shape == (1, 0)


def dates_of(texts):
    return pl.Series(texts).str.to_datetime("%Y-%m-%d %H:%M", time_unit="us")


HOURLY = pl.datetime_range(pl.datetime(2019, 12, 30), pl.datetime(2021, 2, 1), "7h", time_unit="us", eager=True)


def test_a_date_becomes_a_trend_and_the_sine_and_cosine_of_every_cycle_that_varies():
    train, frame = made({"t": HOURLY})
    step = Dates().fit(train, ("t",))
    cycles = [f"t {part} {wave}" for part in ("month", "day", "weekday", "hour") for wave in ("sine", "cosine")]
    assert step.names == ("t trend", *cycles)
    assert step.sources == ("t",) * 9
    values = dict(zip(step.names, step.apply(frame).T, strict=True))
    assert values["t trend"].mean() == pytest.approx(0, abs=1e-9)
    assert values["t trend"].std() == pytest.approx(1)
    assert (np.diff(values["t trend"]) > 0).all()
    for row, date in enumerate(HOURLY.to_list()[:200]):
        assert values["t month sine"][row] == pytest.approx(np.sin(2 * np.pi * (date.month - 1) / 12), abs=1e-9)
        assert values["t day cosine"][row] == pytest.approx(np.cos(2 * np.pi * (date.day - 1) / 31), abs=1e-9)
        assert values["t weekday sine"][row] == pytest.approx(np.sin(2 * np.pi * date.weekday() / 7), abs=1e-9)
        assert values["t hour cosine"][row] == pytest.approx(np.cos(2 * np.pi * date.hour / 24), abs=1e-9)


def test_parts_of_a_date_that_do_not_vary_in_training_are_left_out():
    train, _ = made({"t": dates_of(["2020-03-02 00:00", "2020-03-09 00:00", "2020-03-16 00:00"])})
    assert Dates().fit(train, ("t",)).names == ("t trend", "t day sine", "t day cosine")
    constant, frame = made({"t": dates_of(["2020-03-02 00:00"] * 3)})
    step = Dates().fit(constant, ("t",))
    assert step.names == ()
    assert step.apply(frame).shape == (3, 0)


def test_a_missing_date_is_in_the_middle_of_every_circle_and_told_by_a_column():
    train, frame = made({"t": pl.concat([HOURLY.head(50), pl.Series([None], dtype=pl.Datetime("us"))])})
    step = Dates().fit(train, ("t",))
    assert step.names[-1] == "t is missing"
    last = step.apply(frame)[-1]
    assert last.tolist() == [0.0] * (len(last) - 1) + [1.0]


def test_dates_as_parts_are_numbers_of_mean_zero():
    train, frame = made({"t": HOURLY})
    step = Dates("parts").fit(train, ("t",))
    assert step.names == ("t year", "t month", "t day", "t weekday", "t hour")
    values = step.apply(frame)
    np.testing.assert_allclose(values.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(values.std(axis=0), 1)


def test_dates_before_1970_and_of_any_hour_are_read_rightly():
    train, frame = made({"t": dates_of(["1969-12-31 23:30", "1900-01-01 06:00", "2020-02-29 12:00"])})
    step = Dates().fit(train, ("t",))
    values = dict(zip(step.names, step.apply(frame).T, strict=True))
    np.testing.assert_allclose(values["t hour sine"], np.sin(2 * np.pi * np.array([23.5, 6, 12]) / 24), atol=1e-9)
    assert values["t trend"].argsort().tolist() == [1, 0, 2]


def test_categories_become_codes_with_unseen_and_rare_as_0_and_missing_as_1():
    train, _ = made({"c": ["b", "b", "a", "a", "a", "rare", None]})
    step = Encoder(rare_count=2).fit(train, ("c",))
    assert step.levels == (("a", "b"),)
    assert step.cardinalities == (4,)
    few = pl.DataFrame({"c": ["a", "b", "rare", "new", None]})
    assert step.apply(few)[:, 0].tolist() == [2, 3, 0, 0, 1]
    many = pl.concat([few] * 100)  # another way through the code
    assert step.apply(many)[:, 0].tolist() == [2, 3, 0, 0, 1] * 100


def test_a_missing_category_is_like_an_unseen_one_where_training_had_none_missing():
    train, _ = made({"c": ["b", "b", "a", "a"], "d": ["b", "b", "a", None]})
    step = Encoder(rare_count=1).fit(train, ("c", "d"))
    frame = pl.DataFrame({"c": [None, "new", "a"], "d": [None, "new", "b"]})
    assert step.apply(frame).tolist() == [[0, 1], [0, 0], [2, 2]]


def test_only_the_most_frequent_levels_are_kept_and_ties_follow_the_alphabet():
    train, _ = made({"c": ["d", "d", "d", "c", "c", "b", "b", "a"]})
    assert Encoder(rare_count=1, max_levels=3).fit(train, ("c",)).levels == (("d", "b", "c"),)


def test_a_column_without_levels_still_has_two_codes():
    train, _ = made({"c": [f"name {row}" for row in range(100)]})
    step = Encoder().fit(train, ("c",))
    assert step.cardinalities == (2,)
    assert set(step.apply(train.records.frame)[:, 0]) == {0}


def test_fifty_thousand_levels_are_cut_to_the_most_frequent():
    train, _ = made({"c": [f"level {row % 50_000}" for row in range(150_000)]})
    assert Encoder(max_levels=1000).fit(train, ("c",)).cardinalities == (1002,)


def test_one_hot_has_a_column_for_each_level_and_for_rare_and_missing_when_training_had_them():
    train, _ = made({"c": ["b", "b", "a", "a", "rare", None], "d": ["u", "u", "v", "v", "v", "v"]})
    step = FittedOneHot(Encoder().fit(train, ("c", "d")))
    assert step.names == ("c = (other)", "c = (missing)", "c = a", "c = b", "d = v", "d = u")
    assert step.sources == ("c", "c", "c", "c", "d", "d")
    values = step.apply(pl.DataFrame({"c": ["a", None, "new"], "d": ["u", None, "new"]}))
    assert values.tolist() == [[0, 0, 1, 0, 0, 1], [0, 1, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0]]


def test_codes_of_adult_are_those_of_plain_python():
    records, schema = real("adult")
    names = schema.inputs(Kind.CATEGORY)
    step = Encoder(rare_count=50).fit(TrainRecords(records), names)
    codes = step.apply(records.frame)
    for place, name in enumerate(names):
        values = records.frame[name].to_list()
        counts = {level: values.count(level) for level in set(values)}
        places = {level: place + 2 for place, level in enumerate(step.levels[place])}
        assert all(counts[level] >= 50 for level in places)
        expected = [1 if value is None else places.get(value, 0) for value in values]
        assert codes[:, place].tolist() == expected


def test_an_ordered_column_without_an_order_is_refused():
    _, schema = hand_made({"s": ["low", "high"], "y": [1, 2]}, kinds={"s": Kind.ORDERED})
    with pytest.raises(ColumnError, match="'s' is an ordered category and its order is \\[\\]"):
        number_columns(schema)


def test_bins_are_the_quantiles_of_the_values_equal_ones_merged():
    values = np.random.default_rng(0).normal(size=1000).astype(np.float32).astype(np.float64)
    train, _ = made({"a": values, "b": [0.0] * 300 + [1.0] * 700, "c": [7.0] * 1000})
    edges = Bins(48).fit(train, NumberColumns(("a", "b", "c")).read)
    np.testing.assert_allclose(edges[0], np.quantile(values, np.linspace(0, 1, 49)), rtol=1e-6)
    assert edges[1] == (0.0, 1.0)
    assert edges[2] == (6.5, 7.5)


def test_a_value_that_fills_many_bins_stands_alone_and_leaves_its_bins_to_the_others():
    tail = np.arange(1.0, 101.0)
    train, _ = made({"a": [0.0] * 900 + tail.tolist()})
    (edges,) = Bins(10).fit(train, NumberColumns(("a",)).read)
    assert edges[:2] == (0.0, 1.0)
    assert edges[2:] == pytest.approx(np.quantile(tail, np.linspace(0, 1, 10))[1:].tolist())


def test_edges_of_bins_differ_in_float32():
    train, _ = made({"a": 1e8 + np.arange(1000) * 0.5, "b": np.full(1000, 3e10)})
    for edges in Bins(48).fit(train, NumberColumns(("a", "b")).read):
        assert len(edges) >= 2
        assert (np.diff(np.array(edges, dtype=np.float32)) > 0).all()


def wine():
    values, target = load_wine(return_X_y=True)
    values = (values - values.mean(axis=0)) / values.std(axis=0)
    columns = {f"x{index}": values[:, index] for index in range(values.shape[1])}
    train, frame = made(columns)
    return train, frame, NumberColumns(tuple(columns)), values, target


def test_principal_components_agree_with_scikit_learn_but_for_the_sign():
    train, _, columns, values, _ = wine()
    step = Components(4).fit(train, columns.read)
    theirs = PCA(4).fit(values)
    ours, expected = step.apply(values), theirs.transform(values)
    np.testing.assert_allclose(ours * np.sign((ours * expected).sum(axis=0)), expected, atol=1e-9)
    assert (step.directions[np.abs(step.directions).argmax(axis=0), range(4)] > 0).all()


def test_more_components_than_numbers_are_refused():
    train, _, columns, _, _ = wine()
    with pytest.raises(PlanError, match="prepare.components is 14; .* at most 13 components"):
        Components(14).fit(train, columns.read)


def test_selection_keeps_the_inputs_with_most_mutual_information():
    train, frame, columns, values, target = wine()
    codes = np.stack([target, np.arange(len(target)) % 3], axis=1).astype(np.float64)  # one tells all, one nothing
    step = Selector(5, classes=True).fit(train, lambda frame: (columns.read(frame), codes), lambda records: target)
    information = mutual_info_classif(values, target, random_state=0)
    assert step.categories.tolist() == [0]
    assert set(step.numbers.tolist()) == set(np.argsort(-information)[:4].tolist())
    numbers, kept = step.apply(values, codes)
    np.testing.assert_array_equal(numbers, values[:, step.numbers])
    np.testing.assert_array_equal(kept, codes[:, :1])


def test_selection_for_a_quantity_agrees_with_scikit_learn():
    train, _, columns, values, _ = wine()
    target = values[:, 3] + 0.1 * values[:, 7]
    step = Selector(2, classes=False).fit(
        train, lambda frame: (columns.read(frame), np.empty((178, 0))), lambda records: target
    )
    expected = np.argsort(-mutual_info_regression(values, target, random_state=0))[:2]
    assert set(step.numbers.tolist()) == set(expected.tolist())


def test_selecting_more_inputs_than_there_are_keeps_all():
    train, _, columns, _, target = wine()
    step = Selector(99, classes=True).fit(
        train, lambda frame: (columns.read(frame), np.empty((178, 0))), lambda records: target
    )
    assert step.numbers.tolist() == list(range(13))


def test_absent_columns_are_named():
    train, _ = made({"a": [1.0, 2.0]})
    with pytest.raises(ColumnError, match="The records lack the column 'b'"):
        Imputer().fit(train, NumberColumns(("b",)).read)

import json
from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
import pytest
import torch

from data.hand_made import hand_made, real
from espalier.core.errors import ColumnError, PlanError, RunError
from espalier.core.plan import PreparePlan, SplitPlan
from espalier.core.records import Records, TrainRecords
from espalier.core.schema import Kind, Role
from espalier.data.prepare.preparation import fit_preparation, preparation_from_mapping
from espalier.data.prepare.prepared import BLOCK_ROWS
from espalier.data.split import split

KINDS = {"titanic": "class", "adult": "class", "mammography": "class", "house_prices": "number", "bike_sharing": "count"}
PLANS = {
    "default": PreparePlan(),
    "standard one-hot": PreparePlan(numbers="standard", categories="one-hot", impute="mean", dates="parts", bins=0),
    "robust components": PreparePlan(numbers="robust", components=2, impute="zero"),
    "plain selected": PreparePlan(numbers="none", select=4, indicators=False),
}


@cache
def fitted(name, plan="default"):
    records, schema = real(name)
    train = split(records, schema, SplitPlan(), 0).train
    return fit_preparation(train, schema, PLANS[plan], KINDS[name]), records


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("name", ["titanic", "house_prices", "bike_sharing"])
def test_real_tables_become_finite_tensors_of_the_promised_shapes(name, plan):
    prepared, records = fitted(name, plan)
    plan, inputs, given = PLANS[plan], prepared.inputs(records), prepared.given()
    assert inputs[0].shape == (len(records), given["num_numbers"])
    assert inputs[0].dtype == torch.float32
    assert torch.isfinite(inputs[0]).all()
    assert len(prepared.names) == len(prepared.sources) == given["num_numbers"] + len(given["cardinalities"])
    assert len(set(prepared.names)) == len(prepared.names)
    assert len(given["bins"]) == (given["num_numbers"] if plan.bins else 0)
    assert len(inputs) == (1 if plan.categories == "one-hot" else 2)
    for place, cardinality in enumerate(given["cardinalities"]):
        assert inputs[1].dtype == torch.int64
        assert inputs[1][:, place].min() >= 0
        assert inputs[1][:, place].max() < cardinality
    if plan.select:
        assert len(prepared.names) == plan.select
    assert torch.isfinite(prepared.target(records).double()).all()


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("name", ["titanic", "house_prices", "bike_sharing"])
def test_the_preparation_survives_json_to_the_last_bit(name, plan):
    prepared, records = fitted(name, plan)
    text = json.dumps(prepared.to_mapping(), allow_nan=False)
    again = preparation_from_mapping(json.loads(text))
    assert json.dumps(again.to_mapping()) == text
    assert again.names == prepared.names
    assert again.given() == prepared.given()
    assert again.classes == prepared.classes
    for old, new in zip(
        (*prepared.inputs(records), prepared.target(records)), (*again.inputs(records), again.target(records)), strict=True
    ):
        assert torch.equal(old, new)


@pytest.mark.parametrize("plan", ["default", "standard one-hot"])
@pytest.mark.parametrize("name", ["titanic", "house_prices", "bike_sharing"])
def test_a_single_row_is_prepared_as_it_is_among_many(name, plan):
    prepared, records = fitted(name, plan)
    together = prepared.inputs(records)
    for row in range(0, len(records), len(records) // 20):
        alone = prepared.inputs(records.take(np.array([row])))
        for one, many in zip(alone, together, strict=True):
            assert torch.equal(one[0], many[row])


def test_blocks_of_rows_make_no_difference():
    stream = np.random.default_rng(0)
    count = 2 * BLOCK_ROWS + 17
    columns = {"a": stream.normal(size=count), "c": stream.choice(["u", "v", None], count), "y": stream.normal(size=count)}
    records, schema = hand_made(columns)
    prepared = fit_preparation(TrainRecords(records), schema, PreparePlan(), "number")
    whole = prepared.inputs(records)
    for start in (0, BLOCK_ROWS - 5, 2 * BLOCK_ROWS - 5):
        index = np.arange(start, min(start + 100, count))
        part = prepared.inputs(records.take(index))
        assert torch.equal(part[0], whole[0][index])
        assert torch.equal(part[1], whole[1][index])


def test_tables_without_numbers_or_without_categories_have_tensors_without_columns():
    records, schema = hand_made({"c": ["u", "v"] * 10, "y": ["p", "q"] * 10})
    numbers, categories = fit_preparation(TrainRecords(records), schema, PreparePlan(), "class").inputs(records)
    assert (numbers.shape, categories.shape) == ((20, 0), (20, 1))
    records, schema = hand_made({"a": range(20), "y": ["p", "q"] * 10})
    numbers, categories = fit_preparation(TrainRecords(records), schema, PreparePlan(), "class").inputs(records)
    assert (numbers.shape, categories.shape) == ((20, 1), (20, 0))


def test_what_training_never_saw_is_prepared_without_harm():
    prepared, records = fitted("titanic")
    first = records.take(np.array([0]))
    empty = pl.DataFrame({name: pl.Series([None], dtype=kind) for name, kind in first.frame.schema.items()})
    numbers, categories = prepared.inputs(replace(first, frame=empty))
    assert torch.isfinite(numbers).all()
    had_missing = [records.frame[name].null_count() > 0 for name in prepared.sources[-categories.shape[1] :]]
    assert categories[0].tolist() == [int(known) for known in had_missing]  # unseen where training had no missing value
    assert any(had_missing) and not all(had_missing)
    strange = first.frame.with_columns(pl.lit(1e300).alias("Fare"), pl.lit("Mars").alias("Embarked"))
    numbers, categories = prepared.inputs(replace(first, frame=strange))
    assert torch.isfinite(numbers).all()
    assert categories[0, prepared.names[numbers.shape[1] :].index("Embarked")] == 0


@pytest.mark.parametrize("numbers", ["standard", "robust", "quantile", "none"])
def test_numbers_too_large_for_float32_stay_finite(numbers):
    records, schema = hand_made({"a": [-1.7e308, 0.0, 1.0, 1.7e308] * 5, "y": range(20)})
    prepared = fit_preparation(TrainRecords(records), schema, PreparePlan(numbers=numbers), "number")
    assert torch.isfinite(prepared.inputs(records)[0]).all()
    json.dumps(prepared.to_mapping(), allow_nan=False)


def test_features_are_named_in_the_order_of_the_tensors():
    columns = {
        "age": [1.0, None, 3.0, 4.0],
        "size": ["low", "high", "low", "high"],
        "when": pl.Series([0, 40, 80, 120]).cast(pl.Int64) * 86_400_000_000,
        "town": ["u", "u", None, "v"],
        "y": [1, 2, 3, 4],
    }
    columns["when"] = columns["when"].cast(pl.Datetime("us"))
    records, schema = hand_made(columns, kinds={"size": Kind.ORDERED}, order={"size": ("low", "high")})
    train = TrainRecords(records)
    prepared = fit_preparation(train, schema, PreparePlan(), "number")
    date = tuple(f"when {part} {wave}" for part in ("month", "day", "weekday") for wave in ("sine", "cosine"))
    assert prepared.names == ("age", "size", "age is missing", "when trend", *date, "town")
    assert prepared.sources == ("age", "size", "age", "when", *["when"] * 6, "town")
    hot = fit_preparation(train, schema, PreparePlan(categories="one-hot", components=1, dates="parts"), "number")
    assert hot.names[:2] == ("component 1", "age is missing")
    assert hot.sources[:2] == ("age + size", "age")
    assert hot.names[-3:] == ("town = (other)", "town = (missing)", "town = u")


def test_texts_are_left_out():
    columns = {"a": range(10), "note": ["words and words"] * 10, "y": range(10)}
    records, schema = hand_made(columns, kinds={"note": Kind.TEXT})
    assert fit_preparation(TrainRecords(records), schema, PreparePlan(), "number").names == ("a",)


def test_a_table_of_texts_alone_is_refused():
    records, schema = hand_made({"note": ["words"] * 10, "y": range(10)}, kinds={"note": Kind.TEXT})
    with pytest.raises(ColumnError, match="No input column is left to learn from"):
        fit_preparation(TrainRecords(records), schema, PreparePlan(), "number")


def test_the_date_that_orders_the_rows_is_learnt_from():
    records, schema = real("bike_sharing")
    columns = {
        name: replace(column, role=Role.TIME) if name == "datetime" else column for name, column in schema.columns.items()
    }
    prepared = fit_preparation(TrainRecords(records), replace(schema, columns=columns), PreparePlan(), "count")
    assert "datetime hour sine" in prepared.names


def test_a_log_that_the_target_forbids_is_refused():
    records, schema = hand_made({"a": range(10), "y": [-3.0, *range(9)]})
    with pytest.raises(PlanError, match="needs every target above -1"):
        fit_preparation(TrainRecords(records), schema, PreparePlan(target="log"), "number")


def test_a_target_that_is_still_to_be_decided_is_standardised():
    records, schema = hand_made({"a": range(10), "y": range(10)})
    prepared = fit_preparation(TrainRecords(records), schema, PreparePlan(target="auto"), "number")
    assert prepared.target(records).mean() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("damage", ["features", "target", "bins"])
def test_an_incomplete_preparation_is_refused(damage):
    records, schema = hand_made({"a": range(10), "y": range(10)})
    mapping = fit_preparation(TrainRecords(records), schema, PreparePlan(), "number").to_mapping()
    with pytest.raises(RunError, match="incomplete or was edited"):
        preparation_from_mapping({name: value for name, value in mapping.items() if name != damage})


def test_the_fit_does_not_depend_on_rows_outside_the_training_part():
    records, schema = real("titanic")
    train = split(records, schema, SplitPlan(), 0).train
    alone = Records(train.records.frame.clone(), train.records.rows)
    first, second = (fit_preparation(part, schema, PreparePlan(), "class") for part in (train, TrainRecords(alone)))
    assert first.to_mapping() == second.to_mapping()


def test_columns_in_another_order_and_extra_ones_make_no_difference():
    prepared, records = fitted("titanic")
    other = records.frame.select(reversed(records.frame.columns)).with_columns(extra=pl.lit("x"))
    for one, two in zip(prepared.inputs(records), prepared.inputs(replace(records, frame=other)), strict=True):
        assert torch.equal(one, two)

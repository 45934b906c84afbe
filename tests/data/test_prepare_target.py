import json

import numpy as np
import pytest
import torch

from data.hand_made import hand_made, real
from espalier.core.batch import Prediction
from espalier.core.errors import ColumnError, PlanError
from espalier.core.records import TrainRecords
from espalier.core.schema import Role
from espalier.data.prepare.target import Target, target_from_mapping


def fit(values, kind, how="standard", classes=()):
    records, _ = hand_made({"y": values})
    return Target(kind, how, classes).fit(TrainRecords(records), ("y",)), records


def predicted(values, quantiles=None):
    return Prediction(np.arange(len(values)), np.asarray(values, dtype=np.float64), quantiles=quantiles)


def test_classes_become_their_index_in_the_given_order():
    step, records = fit(["no", "yes", "no"], "class", classes=("yes", "no"))
    assert step.apply(records).tolist() == [1, 0, 1]
    assert step.apply(records).dtype == torch.int64
    assert step.values(records).tolist() == [1.0, 0.0, 1.0]


def test_without_an_order_classes_are_sorted():
    assert fit(["b", "c", "a"], "class")[0].classes == ("a", "b", "c")


def test_classes_written_as_whole_numbers_are_found():
    step, records = fit([0.0, 1.0, 1.0], "class", classes=("0", "1"))
    assert step.apply(records).tolist() == [0, 1, 1]


def test_a_class_that_training_did_not_know_is_named_with_its_row():
    step, _ = fit(["a", "b"], "class")
    other, _ = hand_made({"y": ["a", "z"]})
    with pytest.raises(ColumnError, match="The target 'y' holds 'z', for example in row 3; the classes are a, b"):
        step.apply(other)


@pytest.mark.parametrize(("kind", "values"), [("class", ["a", None]), ("number", [1.0, None]), ("number", [1.0, float("nan")])])
def test_a_missing_target_is_named_with_its_row(kind, values):
    step, _ = fit([value or values[0] for value in values[:1]] * 2, kind)
    other, _ = hand_made({"y": values})
    with pytest.raises(ColumnError, match="The target 'y' is missing in 1 of 2 rows \\(row 3\\)"):
        step.apply(other)


@pytest.mark.parametrize("how", ["none", "standard", "log"])
def test_numbers_are_scaled_and_come_back(how):
    values = np.random.default_rng(0).lognormal(8, 2, size=200)
    step, records = fit(values, "number", how)
    scaled = step.apply(records)
    assert scaled.dtype == torch.float32
    expected = {"none": values, "standard": values, "log": np.log1p(values)}[how]
    if how != "none":
        expected = (expected - expected.mean()) / expected.std()
    np.testing.assert_allclose(scaled.numpy(), expected, rtol=1e-5, atol=1e-6)
    back = step.restore(predicted(scaled.numpy(), quantiles=np.stack([scaled.numpy()] * 3, axis=1)))
    np.testing.assert_allclose(back.values, values, rtol=1e-4)
    np.testing.assert_allclose(back.quantiles[:, 2], values, rtol=1e-4)
    np.testing.assert_array_equal(step.values(records), values)


def test_a_constant_target_is_scaled_to_zero_and_comes_back():
    step, records = fit([5.0] * 10, "number")
    assert step.apply(records).tolist() == [0.0] * 10
    assert step.restore(predicted([0.0])).values.tolist() == [5.0]


def test_a_log_of_a_target_of_minus_one_is_refused_with_its_row():
    with pytest.raises(PlanError, match="The target 'y' is -1 in row 3; prepare.target 'log' needs every target above -1"):
        fit([1.0, -1.0, 3.0], "number", "log")


def test_a_later_target_below_the_range_of_a_log_counts_as_the_smallest_of_training():
    step, records = fit([0.0, 1.0, 2.0], "number", "log")
    other, _ = hand_made({"y": [-5.0]})
    assert step.apply(other)[0] == step.apply(records)[0]
    assert step.values(other).tolist() == [-5.0]


def test_an_absurd_prediction_in_logarithms_stays_finite():
    step, _ = fit([0.0, 1.0, 2.0], "number", "log")
    assert np.isfinite(step.restore(predicted([1e9])).values).all()


@pytest.mark.parametrize(("kind", "how"), [("number", "standard"), ("number", "log"), ("number", "none"), ("count", "none")])
def test_answers_are_held_within_the_widened_range_of_training(kind, how):
    records, _ = hand_made({"y": [10.0, 20.0, 30.0]})
    step = Target(kind, how, hold=0.1).fit(TrainRecords(records), ("y",))
    back = step.restore(predicted([-1e3, 1e3], quantiles=np.array([[-1e3, 1e3], [-1e3, 1e3]])))
    assert back.values.tolist() == [8.0, 32.0]
    assert back.quantiles.tolist() == [[8.0, 32.0], [8.0, 32.0]]
    inside = step.apply(records).numpy().astype(np.float64)
    np.testing.assert_allclose(step.restore(predicted(inside)).values, [10, 20, 30], rtol=1e-6)
    assert target_from_mapping(json.loads(json.dumps(step.to_mapping()))) == step


def test_a_fitted_target_of_a_run_that_held_no_answers_is_still_read():
    step, _ = fit([10.0, 20.0], "number")
    value = step.to_mapping()
    assert value.pop("held") is None
    assert target_from_mapping(value) == step


def test_counts_are_not_scaled_whatever_the_plan_says():
    step, records = fit([0.0, 3.0, 7.0], "count", "log")
    assert step.apply(records).tolist() == [0.0, 3.0, 7.0]
    assert step.restore(predicted([2.5])).values.tolist() == [2.5]


def test_a_negative_count_is_refused():
    with pytest.raises(PlanError, match="is -2 in row 3; a count is 0 or more"):
        fit([1.0, -2.0], "count")


def test_labels_become_zeros_and_ones_whatever_means_yes():
    columns = {"red": [1.0, 0.0, 1.0], "big": ["yes", "no", "no"], "sort": ["x", "y", "y"]}
    records, _ = hand_made(columns, target="red", roles={"big": Role.TARGET, "sort": Role.TARGET})
    step = Target("labels").fit(TrainRecords(records), tuple(columns))
    assert step.apply(records).tolist() == [[1, 1, 0], [0, 0, 1], [1, 0, 1]]
    assert step.classes == ("red", "big", "sort")
    assert step.apply(records).dtype == torch.float32


def test_without_a_target_there_is_nothing_to_fit():
    records, _ = hand_made({"y": [1.0]})
    with pytest.raises(ColumnError, match="no target column"):
        Target("number").fit(TrainRecords(records), ())


@pytest.mark.parametrize("how", ["standard", "log"])
def test_house_prices_come_back_to_the_last_dollar(how):
    records, _ = real("house_prices")
    step = Target("number", how).fit(TrainRecords(records), ("SalePrice",))
    back = step.restore(predicted(step.apply(records).numpy().astype(np.float64))).values
    np.testing.assert_allclose(back, records.frame["SalePrice"].to_numpy(), atol=1)

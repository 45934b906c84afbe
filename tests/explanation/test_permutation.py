"""Permutation importance: against a loop, against arithmetic, and its interval."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from espalier.core.batch import Prediction
from espalier.core.errors import InputError, UnknownNameError
from espalier.core.records import Records
from espalier.core.seeds import numpy_stream
from espalier.evaluation.metrics.classes import accuracy
from espalier.evaluation.metrics.metric import Metric
from espalier.evaluation.metrics.numbers import mae, r2
from espalier.evaluation.metrics.ranking import roc_auc
from espalier.explanation import permutation
from espalier.explanation.permutation import ColumnImportance, importance

NUM_ROWS = 300


def records_of(num_rows=NUM_ROWS, seed=0):
    draws = np.random.default_rng(seed)
    frame = pl.DataFrame(
        {
            "a": draws.normal(size=num_rows),
            "b": draws.normal(size=num_rows),
            "kind": draws.choice(["x", "y", "z"], num_rows),
            "day": [dt.datetime(2024, 1, 1) + dt.timedelta(days=int(one)) for one in draws.integers(0, 700, num_rows)],
        }
    )
    return Records(frame, np.arange(2, num_rows + 2))


def straight(records):
    """Predict 2 a + 0.5 b; the other columns are not read."""
    values = records.frame["a"].to_numpy() * 2 + records.frame["b"].to_numpy() * 0.5
    return Prediction(records.rows, values)


def seasonal(records):
    return Prediction(records.rows, records.frame["day"].dt.month().cast(pl.Float64).to_numpy())


def two_classes(records):
    chance = 1 / (1 + np.exp(-3 * records.frame["a"].to_numpy()))
    return Prediction(records.rows, (chance > 0.5).astype(float), np.column_stack([1 - chance, chance]))


def target_of(predict, records, noise=0.3):
    return predict(records).values + noise * np.random.default_rng(1).normal(size=len(records))


def test_the_drop_agrees_with_a_loop():
    records = records_of()
    target = target_of(straight, records)
    found = {one.column: one for one in importance(straight, records, target, mae, ["a", "kind"], seed=5, repeats=3)}
    drops = []
    for repeat in range(3):
        order = numpy_stream(5, "importance", "a", repeat).permutation(NUM_ROWS)
        values = records.frame["a"].to_numpy()[order] * 2 + records.frame["b"].to_numpy() * 0.5
        drops.append(np.abs(values - target).mean() - np.abs(straight(records).values - target).mean())
    assert found["a"].drop == pytest.approx(np.mean(drops), rel=1e-12)
    assert found["kind"] == ColumnImportance("kind", 0.0, 0.0, 0.0)


def test_r2_falls_by_twice_the_explained_share_of_a_column():
    records = records_of(20_000)
    target = straight(records).values
    found = importance(straight, records, target, r2, ["b", "a"], seed=0)
    assert [one.column for one in found] == ["a", "b"]
    assert found[0].drop == pytest.approx(2 * 4 / 4.25, rel=0.05)
    assert found[1].drop == pytest.approx(2 * 0.25 / 4.25, rel=0.05)


@pytest.mark.parametrize(
    ("metric", "predict"), [(mae, straight), (r2, straight), (accuracy, two_classes), (roc_auc, two_classes)]
)
def test_a_used_column_has_a_positive_drop_whatever_the_direction_of_the_metric(metric, predict):
    records = records_of()
    target = (records.frame["a"].to_numpy() > 0).astype(float) if predict is two_classes else target_of(predict, records)
    (found,) = importance(predict, records, target, metric, ["a"], seed=0)
    assert 0 < found.low < found.drop < found.high


def test_a_date_is_permuted_as_one_column():
    records = records_of()
    found = importance(seasonal, records, seasonal(records).values, mae, ["day", "a"], seed=0)
    assert found[0].column == "day"
    assert found[0].low > 1
    assert found[1].drop == 0


@pytest.mark.parametrize("repeats", [1, 5])
def test_the_interval_holds_the_true_drop_about_nineteen_times_in_twenty(repeats):
    true_drop = 2 * 4 * 1.0  # E[(2 a' - 2 a)^2] of independent standard normal a
    squared = Metric("mse", lambda t, p, w: ((p.values - t) ** 2) @ w / w.sum(axis=0), False, "Squared error.")
    held = 0
    for seed in range(100):
        records = records_of(200, seed)
        (found,) = importance(straight, records, straight(records).values, squared, ["a"], seed, repeats)
        held += found.low <= true_drop <= found.high
    assert 88 <= held <= 100


def test_the_result_is_the_same_on_every_call_and_for_any_batching(monkeypatch):
    records = records_of()
    target = target_of(straight, records)
    first = importance(straight, records, target, mae, ["a", "b"], seed=3)
    monkeypatch.setattr(permutation, "MAX_ROWS_OF_A_CALL", 1)
    assert importance(straight, records, target, mae, ["a", "b"], seed=3) == first
    assert importance(straight, records, target, mae, ["b", "a"], seed=3) == first
    assert importance(straight, records, target, mae, ["a", "b"], seed=4) != first


def test_calls_are_bounded_and_shared_by_repeats():
    sizes = []

    def watched(records):
        sizes.append(len(records))
        return straight(records)

    records = records_of(200)
    importance(watched, records, straight(records).values, mae, ["a", "b"], seed=0, repeats=5)
    assert sizes == [200, 1000, 1000]


def test_many_rows_are_sampled(monkeypatch):
    monkeypatch.setattr(permutation, "MAX_ROWS", 50)
    records = records_of()
    sizes = []
    importance(lambda r: sizes.append(len(r)) or straight(r), records, straight(records).values, mae, ["a"], seed=0, repeats=1)
    assert sizes == [50, 50]


def test_the_records_stay_as_they_are():
    records = records_of()
    before = records.frame.clone()
    importance(straight, records, straight(records).values, mae, ["a"], seed=0)
    assert records.frame.equals(before)


def test_rows_of_one_class_have_no_auc_and_no_importance():
    records = records_of(20)
    assert importance(two_classes, records, np.zeros(20), roc_auc, ["a"], seed=0) == ()


def test_one_repeat_still_has_an_interval_from_the_rows():
    records = records_of()
    (found,) = importance(straight, records, straight(records).values, mae, ["a"], seed=0, repeats=1)
    assert found.low < found.drop < found.high


def test_an_unknown_column_is_answered_with_the_nearest():
    records = records_of()
    with pytest.raises(UnknownNameError, match="There is no column 'kinds'. Did you mean 'kind'"):
        importance(straight, records, np.zeros(NUM_ROWS), mae, ["kinds"], seed=0)


def test_targets_of_another_length_are_an_error():
    with pytest.raises(InputError, match="got 3 targets, 300 rows and 5 repeats"):
        importance(straight, records_of(), np.zeros(3), mae, ["a"], seed=0)

import json

import numpy as np
import polars as pl
import pytest
import torch

from espalier.core.errors import ColumnError, PlanError
from espalier.core.plan_parts import StretchesPlan
from espalier.core.records import Records, TrainRecords
from espalier.core.schema import Column, Kind, Role, Schema
from espalier.core.timeline import Timeline
from espalier.data.prepare.normal import NormalRows, is_odd
from espalier.data.prepare.preparation import preparation_from_mapping
from espalier.data.prepare.stretches import fit_stretches, labels_of

VALUES = np.array([[1.0], [2.0], [np.nan], [4.0], [9.0], [6.0]], np.float32)
SCHEMA = Schema({"t": Column(Kind.NUMBER, Role.TIME), "x": Column(Kind.NUMBER, Role.TARGET)})


def steps(labels=("0", "0", "0", "1", "1.0", None)):
    timeline = Timeline(VALUES, ("x",), np.array([0, 6]), ("",), None, np.arange(6) + 2)
    frame = pl.DataFrame({"t": np.arange(6.0), "x": VALUES[:, 0], "odd": pl.Series(labels, dtype=pl.String)})
    return Records(frame, np.arange(6) + 2, "made.csv", timeline=timeline)


def fitted(**form):
    train = steps().take(np.array([0, 1, 2, 3]))
    return fit_stretches(TrainRecords(train), SCHEMA, StretchesPlan(look_back=3, **form))


def test_stretches_are_scaled_by_the_training_part_and_gaps_hold_the_value_before():
    prepared = fitted()
    assert prepared.center[0] == pytest.approx(7 / 3)
    asked = steps().take(np.array([3, 5]))
    (batch,) = prepared.in_order(prepared.inputs(asked), prepared.target(asked), torch.as_tensor(asked.rows))
    plain = batch.inputs[0] * prepared.scale[0] + prepared.center[0]
    np.testing.assert_allclose(plain.numpy()[:, 0], [[2, 2, 4], [4, 9, 6]], rtol=1e-6)
    assert torch.equal(batch.target, batch.inputs[0])  # a stretch is its own target


def test_without_a_target_batches_have_none():
    prepared, asked = fitted(scale="window"), steps().take(np.array([3, 5]))
    (batch,) = prepared.in_order(prepared.inputs(asked), None, torch.as_tensor(asked.rows))
    assert batch.target is None
    np.testing.assert_allclose(batch.inputs[0].mean(dim=2).numpy(), 0, atol=1e-6)
    np.testing.assert_allclose(batch.inputs[0].std(dim=2, correction=0).numpy(), 1, rtol=1e-5)


def test_simple_models_look_a_season_further_back():
    prepared, asked = fitted(season=2, scale="none"), steps().take(np.array([3, 5]))
    numbers, codes, behind = prepared.simple_inputs(prepared.inputs(asked))
    assert numbers.shape == (2, prepared.num_simple) and codes.shape == (2, 0)
    np.testing.assert_array_equal(behind.numpy(), [[np.nan, 1, 2, 2, 4], [2, 2, 4, 9, 6]])


def test_labels_are_one_for_odd_steps_and_zero_where_nothing_is_said():
    assert fitted(labels="odd").target_values(steps()).tolist() == [0, 0, 0, 1, 1, 0]
    assert fitted().target_values(steps()).tolist() == [0] * 6
    with pytest.raises(ColumnError, match="1 of 6 cells hold something else than 0 and 1, for example 'maybe'"):
        labels_of(steps(("0", "1", "maybe", "0", "1", None)), "odd")
    with pytest.raises(ColumnError, match="has no column 'bad', which is to tell the anomalies by 0 and 1"):
        labels_of(steps(), "bad")


def test_it_goes_to_json_and_back():
    prepared = fitted(labels="odd", season=2)
    again = preparation_from_mapping(json.loads(json.dumps(prepared.to_mapping())))
    assert again.to_mapping() == prepared.to_mapping()
    assert NormalRows.from_mapping(NormalRows("y", ("a", "b")).to_mapping()) == NormalRows("y", ("a", "b"))


def test_other_series_and_other_tasks_are_refused():
    with pytest.raises(PlanError, match="the task looks for no anomalies"):
        fit_stretches(TrainRecords(steps()), SCHEMA, StretchesPlan(look_back=3), "path")
    with pytest.raises(ColumnError, match="is no series that runs in time"):
        fitted().inputs(Records(steps().frame, steps().rows, "made.csv"))


def test_a_row_without_a_class_counts_as_normal():
    assert is_odd(pl.Series(["a", "b", None]), ("a",)).tolist() == [False, True, False]

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from espalier.core.errors import ColumnError, PlanError, RunError, SourceError
from espalier.core.plan import PreparePlan
from espalier.core.plan_parts import PicturesPlan
from espalier.core.records import TrainRecords
from espalier.core.schema import Column, Kind, Role, Schema
from espalier.data.kinds.images import read
from espalier.data.pictures.survey import survey
from espalier.data.prepare.preparation import fit_preparation, preparation_from_mapping
from pictures import drawn, encoded, write_folder

PLAN = PreparePlan(pictures=PicturesPlan(16, 16, 1, augment=({"name": "crop", "padding": 2},)), target="none")
SCHEMA = Schema(
    {
        "image": Column(Kind.IMAGE),
        "label": Column(Kind.CATEGORY, Role.TARGET),
        "image.alike": Column(Kind.CATEGORY, Role.IDENTIFIER),
    }
)


@pytest.fixture
def records(tmp_path):
    return survey(read(write_folder(tmp_path / "photos", 10)))[0]


@pytest.fixture
def prepared(records):
    return fit_preparation(TrainRecords(records), SCHEMA, PLAN, "class", ("bar", "square"))


def test_channels_get_mean_zero_and_deviation_one(records, prepared):
    inputs, target = prepared.inputs(records), prepared.target(records)
    assert (inputs[0].shape, inputs[0].dtype) == ((20, 1, 16, 16), torch.uint8)
    batches = list(prepared.in_order(inputs, target, torch.as_tensor(records.rows)))
    image = torch.cat([batch.inputs[0] for batch in batches])
    assert image.mean().abs() < 1e-5
    assert (image.std(correction=0) - 1).abs() < 1e-5
    pixels = inputs[0].double().numpy() / 255
    np.testing.assert_allclose(prepared.normalize.mean, [pixels.mean()], rtol=1e-9)
    np.testing.assert_allclose(prepared.normalize.std, [pixels.std()], rtol=1e-9)


def test_training_batches_are_changed_at_random_and_others_are_not(records, prepared):
    inputs, target, rows = prepared.inputs(records), prepared.target(records), torch.as_tensor(records.rows)
    plain = next(iter(prepared.in_order(inputs, target, rows)))
    batch = next(iter(prepared.batches(inputs, target, rows, 20, seed=0).epoch(0)))
    order = torch.argsort(batch.rows)
    assert batch.rows[order].tolist() == records.rows.tolist()
    assert batch.target[order].equal(target)
    assert not torch.equal(batch.inputs[0][order], plain.inputs[0])


def test_it_goes_to_json_and_back_exactly(records, prepared):
    again = preparation_from_mapping(json.loads(json.dumps(prepared.to_mapping())))
    assert again.to_mapping() == prepared.to_mapping()
    assert torch.equal(again.inputs(records)[0], prepared.inputs(records)[0])
    assert again.given() == {"in_channels": 1, "image_size": (16, 16)}


@pytest.mark.parametrize("damage", ["form", "normalize", "target", "column"])
def test_an_incomplete_preparation_is_refused(prepared, damage):
    mapping = {name: value for name, value in prepared.to_mapping().items() if name != damage}
    with pytest.raises(RunError, match="The preparation of the run is incomplete or was edited"):
        preparation_from_mapping(mapping)


def test_simple_models_read_small_pictures(records, prepared):
    (simple,) = prepared.simple_inputs(prepared.inputs(records))
    assert simple.shape == (20, prepared.num_simple)
    assert 0 <= simple.min() <= simple.max() <= 1


def test_a_row_without_a_picture_is_refused_with_its_number(records, prepared):
    holed = replace(records, frame=records.frame.with_columns(image=records.frame["image"].scatter(4, None)))
    with pytest.raises(ColumnError, match="1 of 20 rows name no picture that can be read, the first is row 5"):
        prepared.inputs(holed)


def test_a_picture_that_cannot_be_decoded_is_refused_by_name(tmp_path, prepared):
    folder = write_folder(tmp_path / "new", 2)
    (folder / "bar" / "0.png").write_bytes(encoded(drawn("bar", 9))[:90])
    with pytest.raises(SourceError, match=r"1 of 4 pictures cannot be read \(bar/0.png: it is cut off"):
        prepared.inputs(read(folder))


def test_two_columns_of_pictures_are_refused(records):
    schema = Schema({**SCHEMA.columns, "second": Column(Kind.IMAGE)})
    with pytest.raises(ColumnError, match="2 input columns name pictures"):
        fit_preparation(TrainRecords(records), schema, PLAN, "class")


def test_a_plan_without_a_form_is_refused(records):
    with pytest.raises(PlanError, match="prepare.pictures is not set"):
        fit_preparation(TrainRecords(records), SCHEMA, replace(PLAN, pictures=None), "class")

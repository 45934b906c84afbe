"""Pictures beside a table: every picture keeps its own line, and the preparation is one, with one step for the target."""

import json

import pytest
import torch

from crossed_pictures import write_crossed
from espalier.core.errors import InputError
from espalier.core.plan import PreparePlan
from espalier.core.plan_parts import PicturesPlan
from espalier.core.records import TrainRecords
from espalier.data.beside_batches import BesideBatches
from espalier.data.prepare.fused import PreparedFusion
from espalier.data.prepare.preparation import fit_preparation, pictures_of, preparation_from_mapping
from espalier.stages.table import load_table

AUGMENT = ({"name": "flip"}, {"name": "crop", "padding": 1})


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return load_table(str(write_crossed(tmp_path_factory.mktemp("crossed"), 24)), target=("answer",))


def fitted(table, **plan):
    pictures = PicturesPlan(8, 8, 1, augment=plan.pop("augment", ()))
    prepare = PreparePlan(pictures=pictures, numbers="none", **plan)
    return fit_preparation(TrainRecords(table.records), table.schema, prepare, "class", ("other", "same"))


def test_it_reads_the_picture_numbers_and_codes(table):
    prepared = fitted(table)
    image, numbers, codes = prepared.inputs(table.records)
    assert (image.shape, numbers.shape, codes.shape) == ((24, 1, 8, 8), (24, 1), (24, 1))
    assert prepared.columns_read == ("picture", "weight", "place")
    assert {"in_channels", "image_size", "num_numbers", "cardinalities"} <= set(prepared.given())
    blank = prepared.blank(3)
    assert [one.shape[1:] for one in blank] == [one.shape[1:] for one in (image, numbers, codes)]
    assert len(fitted(table, categories="one-hot").inputs(table.records)) == 2


def test_it_goes_to_json_and_back_exactly_with_the_step_of_the_target_written_once(table):
    prepared = fitted(table, augment=AUGMENT)
    text = json.dumps(prepared.to_mapping(), allow_nan=False)
    again = preparation_from_mapping(json.loads(text))
    assert isinstance(again, PreparedFusion)
    assert json.dumps(again.to_mapping()) == text
    assert text.count('"target"') == 1
    assert all(map(torch.equal, prepared.inputs(table.records), again.inputs(table.records)))


def test_every_picture_keeps_its_own_line_through_shuffling_and_changes(table):
    prepared = fitted(table, augment=AUGMENT)
    inputs, target = prepared.inputs(table.records), prepared.target(table.records)
    rows = torch.as_tensor(table.records.rows)
    place = {row: number for number, row in enumerate(rows.tolist())}
    batches = prepared.batches(inputs, target, rows, 5, 0)
    seen = []
    for batch in batches.epoch(1):
        where = torch.tensor([place[row] for row in batch.rows.tolist()])
        assert torch.equal(batch.inputs[1], inputs[1][where])
        assert torch.equal(batch.inputs[2], inputs[2][where])
        assert torch.equal(batch.target, target[where])
        seen += where.tolist()
    assert sorted(seen) == list(range(24))
    plain = pictures_of(prepared).batches(inputs[:1], target, rows, 5, 0)
    for one, other in zip(batches.epoch(1), plain.epoch(1), strict=True):
        assert torch.equal(one.inputs[0], other.inputs[0])
        assert torch.equal(one.rows, other.rows)


def test_an_epoch_goes_on_in_the_middle_with_the_same_bits(table):
    prepared = fitted(table, augment=AUGMENT)
    batches = prepared.batches(prepared.inputs(table.records), prepared.target(table.records), None, 5, 0)
    assert len(batches) == 5
    for one, other in zip(list(batches.epoch(2))[3:], batches.epoch(2, start=3), strict=True):
        assert all(map(torch.equal, one.inputs, other.inputs))


def test_rows_are_answered_in_their_order(table):
    prepared = fitted(table)
    inputs, rows = prepared.inputs(table.records), torch.as_tensor(table.records.rows)
    batches = list(prepared.in_order(inputs, None, rows))
    assert torch.equal(torch.cat([batch.rows for batch in batches]), rows)
    assert torch.equal(torch.cat([batch.inputs[1] for batch in batches]), inputs[1])


def test_simple_models_read_small_pictures_and_the_table(table):
    prepared = fitted(table)
    numbers, codes = prepared.simple_inputs(prepared.inputs(table.records))
    assert numbers.shape[1] + codes.shape[1] == prepared.num_simple == 8 * 8 + 2
    assert torch.equal(numbers[:, -1:], prepared.inputs(table.records)[1])


def test_lines_of_another_number_than_pictures_have_rows_are_refused(table):
    prepared = fitted(table)
    inputs, target = prepared.inputs(table.records), prepared.target(table.records)
    pictures = pictures_of(prepared).batches(inputs[:1], target, torch.arange(24), 5, 0)
    with pytest.raises(InputError, match=r"one length, got lengths \[23, 24\]"):
        BesideBatches(pictures, (inputs[1][1:], inputs[2]), None)
    with pytest.raises(InputError, match="does not say which ones it holds"):
        next(BesideBatches(pictures_of(prepared).batches(inputs[:1], target, None, 5, 0), inputs[1:], None).epoch(0))


def test_the_step_of_the_target_is_the_same_for_both(table):
    prepared = fitted(table)
    assert prepared.pictures.target_step is prepared.table.target_step
    assert prepared.classes == ("other", "same")

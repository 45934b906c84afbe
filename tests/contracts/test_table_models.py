"""What every architecture for tables keeps besides: tables of any columns, and one clear sentence for one it cannot read."""

import pytest
import torch

from contracts.model_inputs import EDGES, ROWS, WITH_BINS, build, loss_of, table_rows, without_dropout
from espalier.core.catalogue import architectures
from espalier.core.errors import PlanError

NAMES = sorted(name for name, one in architectures().items() if one.reads == "table")
TINY = [name for name in NAMES if name.endswith("-tiny")]
TABLES = {
    "numbers and categories": {**WITH_BINS, "bins": ()},
    "numbers and categories, with bins": WITH_BINS,
    "numbers with uneven bins": {"num_numbers": 3, "cardinalities": (), "num_outputs": 2, "bins": (EDGES, (0.0, 1.0), (2.0,))},
    "no numbers": {"num_numbers": 0, "cardinalities": (6, 80), "num_outputs": 2, "bins": ()},
    "one number": {"num_numbers": 1, "cardinalities": (), "num_outputs": 1, "bins": ()},
}

tiny = pytest.mark.parametrize("name", TINY)
every = pytest.mark.parametrize("name", NAMES)
tables = pytest.mark.parametrize("table", TABLES)


def test_every_name_has_a_tiny_size():
    assert {f"{name.removesuffix('-tiny')}-tiny" for name in NAMES} == set(TINY)


@every
@tables
def test_output_has_one_row_for_each_input_row(name, table):
    given = TABLES[table]
    output = build(name, given)(*table_rows(given))
    assert output.ndim in (2, 3)
    assert (output.shape[0], output.shape[-1]) == (ROWS, given["num_outputs"])
    assert output.isfinite().all()


@tiny
@tables
def test_every_parameter_gets_a_gradient(name, table):
    given = TABLES[table]
    model = build(name, given, **without_dropout(name))
    loss_of(model(*table_rows(given))).backward()
    sizes = {key: None if one.grad is None else one.grad.abs().max().item() for key, one in model.named_parameters()}
    assert all(size is not None and 1e-7 < size < float("inf") for size in sizes.values()), sizes


@tiny
def test_training_goes_through_a_batch_of_one_row(name):
    model = build(name).train()
    loss_of(model(*table_rows(WITH_BINS, num_rows=1))).backward()


@tiny
def test_a_table_without_input_columns_is_refused(name):
    with pytest.raises(PlanError, match="there is no input column"):
        build(name, {"num_numbers": 0, "cardinalities": (), "num_outputs": 1})


@tiny
def test_inputs_with_other_columns_are_refused_with_both_shapes(name):
    model = build(name)
    numbers, categories = table_rows(WITH_BINS)
    with pytest.raises(ValueError, match=r"got numbers \(8, 4\) and categories \(8, 2\), expected \(B, 9\) and \(B, 2\)"):
        model(torch.as_tensor(numbers[:, :4]), categories)
    with pytest.raises(ValueError, match=r"categories None, expected \(B, 9\) and \(B, 2\)"):
        model(numbers)

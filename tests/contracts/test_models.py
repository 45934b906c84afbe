"""What every architecture of the catalogue keeps."""

import copy
import dataclasses
import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from espalier.core.catalogue import architectures
from espalier.core.errors import PlanError, UnknownNameError

NAMES = sorted(architectures())
TINY = [name for name in NAMES if name.endswith("-tiny")]
EDGES = (-1.5, -0.5, 0.0, 0.5, 1.5)
WITH_BINS = {"num_numbers": 9, "cardinalities": (6, 80), "num_outputs": 2, "bins": (EDGES,) * 9}
TABLES = {
    "numbers and categories": {**WITH_BINS, "bins": ()},
    "numbers and categories, with bins": WITH_BINS,
    "numbers with uneven bins": {"num_numbers": 3, "cardinalities": (), "num_outputs": 2, "bins": (EDGES, (0.0, 1.0), (2.0,))},
    "no numbers": {"num_numbers": 0, "cardinalities": (6, 80), "num_outputs": 2, "bins": ()},
    "one number": {"num_numbers": 1, "cardinalities": (), "num_outputs": 1, "bins": ()},
}
ROWS = 8

tiny = pytest.mark.parametrize("name", TINY)
every = pytest.mark.parametrize("name", NAMES)


def build(name, given=WITH_BINS, seed=0, **options):
    torch.manual_seed(seed)
    return architectures()[name].build(given, options)


def rows_of(given, num_rows=ROWS):
    stream = torch.Generator().manual_seed(1)
    numbers = torch.randn(num_rows, given["num_numbers"], generator=stream)
    columns = [torch.randint(0, cardinality, (num_rows,), generator=stream) for cardinality in given["cardinalities"]]
    return (numbers, torch.stack(columns, dim=1)) if columns else (numbers,)


def loss_of(output):
    """A loss whose gradient is not zero by accident: squares towards targets that differ for rows and outputs."""
    target = torch.randn(output.shape[0], output.shape[-1], generator=torch.Generator().manual_seed(2))
    return (output - (target if output.ndim == 2 else target[:, None])).square().mean()


def without_dropout(name):
    return {field.name: 0.0 for field in dataclasses.fields(architectures()[name].config) if "dropout" in field.name}


def as_tuples(value):
    return tuple(as_tuples(one) for one in value) if isinstance(value, list) else value


def test_every_architecture_has_a_tiny_size():
    assert NAMES
    assert {f"{name.removesuffix('-tiny')}-tiny" for name in NAMES} == set(TINY)


@every
@pytest.mark.parametrize("table", TABLES)
def test_output_has_one_row_for_each_input_row(name, table):
    given = TABLES[table]
    output = build(name, given)(*rows_of(given))
    assert output.ndim in (2, 3)
    assert (output.shape[0], output.shape[-1]) == (ROWS, given["num_outputs"])
    assert output.isfinite().all()


@tiny
@pytest.mark.parametrize("table", TABLES)
def test_every_parameter_gets_a_gradient(name, table):
    given = TABLES[table]
    model = build(name, given, **without_dropout(name))
    loss_of(model(*rows_of(given))).backward()
    sizes = {key: None if one.grad is None else one.grad.abs().max().item() for key, one in model.named_parameters()}
    assert all(size is not None and 1e-7 < size < float("inf") for size in sizes.values()), sizes


@tiny
def test_a_row_does_not_depend_on_its_neighbours_in_evaluation(name):
    model = build(name).eval()
    inputs = rows_of(WITH_BINS)
    together = model(*inputs)
    alone = torch.cat([model(*(one[i : i + 1] for one in inputs)) for i in range(ROWS)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)


@tiny
def test_evaluation_gives_the_same_answer_twice(name):
    model = build(name).eval()
    assert torch.equal(model(*rows_of(WITH_BINS)), model(*rows_of(WITH_BINS)))


@tiny
def test_training_goes_through_a_batch_of_one_row(name):
    model = build(name).train()
    loss_of(model(*rows_of(WITH_BINS, num_rows=1))).backward()


@tiny
def test_eight_rows_are_learnt_by_heart(name):
    model = build(name, **without_dropout(name))
    inputs = rows_of(WITH_BINS)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    before = loss_of(model(*inputs)).item()
    for _ in range(150):
        optimizer.zero_grad()
        loss = loss_of(model(*inputs))
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.01 * before


@tiny
def test_the_same_seed_gives_the_same_model(name):
    first, second, other = (build(name, seed=seed).state_dict() for seed in (3, 3, 4))
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert name == "linear-tiny" or any(not torch.equal(first[key], other[key]) for key in first)


@tiny
def test_weights_survive_a_file(name, tmp_path):
    model, other = build(name, seed=0), build(name, seed=1)
    model(*rows_of(WITH_BINS))  # running statistics, where there are any, are weights too
    save_file(model.state_dict(), tmp_path / "weights.safetensors")
    other.load_state_dict(load_file(tmp_path / "weights.safetensors"))
    assert torch.equal(model.eval()(*rows_of(WITH_BINS)), other.eval()(*rows_of(WITH_BINS)))


@tiny
def test_a_copy_answers_the_same(name):
    model = build(name).eval()
    assert torch.equal(copy.deepcopy(model)(*rows_of(WITH_BINS)), model(*rows_of(WITH_BINS)))


@every
def test_the_config_survives_json(name):
    config = build(name).config
    read = json.loads(json.dumps(dataclasses.asdict(config)))
    assert type(config)(**{key: as_tuples(value) for key, value in read.items()}) == config


@tiny
def test_half_precision_is_finite(name):
    model = build(name)
    with torch.autocast("cpu", torch.bfloat16):
        output = model(*rows_of(WITH_BINS))
        loss = loss_of(output)
    loss.backward()
    assert loss.isfinite()


@every
def test_an_unknown_option_is_answered_with_the_nearest(name):
    right = dataclasses.fields(architectures()[name].config)[-1].name
    with pytest.raises(UnknownNameError, match=f"no model option '{right[:-1]}'. Did you mean '{right}'"):
        build(name, **{right[:-1]: 1})


@tiny
def test_every_option_that_counts_refuses_zero_and_text(name):
    config = architectures()[name].config
    counts = [one.name for one in dataclasses.fields(config) if one.name in ("width", "depth", "num_members", "num_heads")]
    for option in counts:
        for value in (0, -1, "many", 2.5, True):
            with pytest.raises(PlanError, match=f"{option} is {value!r}, expected a whole number of at least 1"):
                build(name, **{option: value})


@tiny
def test_every_dropout_refuses_what_is_no_fraction(name):
    for option in without_dropout(name):
        for value in (1, -0.1, "half"):
            with pytest.raises(PlanError, match=f"{option} is {value!r}, expected a fraction from 0 to below 1"):
                build(name, **{option: value})


@tiny
def test_a_table_without_input_columns_is_refused(name):
    with pytest.raises(PlanError, match="there is no input column"):
        build(name, {"num_numbers": 0, "cardinalities": (), "num_outputs": 1})


@tiny
def test_inputs_with_other_columns_are_refused_with_both_shapes(name):
    model = build(name)
    numbers, categories = rows_of(WITH_BINS)
    with pytest.raises(ValueError, match=r"got numbers \(8, 4\) and categories \(8, 2\), expected \(B, 9\) and \(B, 2\)"):
        model(numbers[:, :4], categories)
    with pytest.raises(ValueError, match=r"categories None, expected \(B, 9\) and \(B, 2\)"):
        model(numbers)

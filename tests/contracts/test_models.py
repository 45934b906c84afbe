"""What every architecture of the catalogue keeps, whatever it reads."""

import copy
import dataclasses
import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from contracts.model_inputs import (
    EXAMPLES,
    LEARNING_RATES,
    ROWS,
    as_tuples,
    build,
    given_to,
    inputs_of,
    loss_of,
    without_dropout,
)
from espalier.core.catalogue import architectures
from espalier.core.errors import PlanError, UnknownNameError

NAMES = sorted(architectures())
TINY = [name for name in NAMES if name.endswith("-tiny")]
COUNTS = ("width", "depth", "num_members", "num_heads")

tiny = pytest.mark.parametrize("name", TINY)
every = pytest.mark.parametrize("name", NAMES)


def test_every_architecture_has_a_tiny_size():
    modules = {architectures()[name].module for name in NAMES}
    assert modules
    assert {architectures()[name].module for name in TINY} == modules


@every
def test_it_says_what_it_reads(name):
    assert architectures()[name].reads in EXAMPLES


@tiny
def test_output_has_one_row_for_each_input_row(name):
    output = build(name)(*inputs_of(name))
    assert output.ndim in (2, 3)
    assert (output.shape[0], output.shape[-1]) == (ROWS, given_to(name)["num_outputs"])
    assert output.isfinite().all()


@tiny
def test_every_parameter_gets_a_gradient(name):
    model = build(name, **without_dropout(name))
    loss_of(model(*inputs_of(name))).backward()
    sizes = {key: None if one.grad is None else one.grad.abs().max().item() for key, one in model.named_parameters()}
    assert all(size is not None and 1e-9 < size < float("inf") for size in sizes.values()), sizes


@tiny
def test_a_row_does_not_depend_on_its_neighbours_in_evaluation(name):
    model = build(name).eval()
    inputs = inputs_of(name)
    together = model(*inputs)
    alone = torch.cat([model(*(one[i : i + 1] for one in inputs)) for i in range(ROWS)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)


@tiny
def test_evaluation_gives_the_same_answer_twice(name):
    model = build(name).eval()
    assert torch.equal(model(*inputs_of(name)), model(*inputs_of(name)))


@tiny
def test_eight_rows_are_learnt_by_heart(name):
    model = build(name, **without_dropout(name))
    inputs = inputs_of(name)
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATES[architectures()[name].reads])
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
    model(*inputs_of(name))  # running statistics, where there are any, are weights too
    save_file(model.state_dict(), tmp_path / "weights.safetensors")
    other.load_state_dict(load_file(tmp_path / "weights.safetensors"))
    assert torch.equal(model.eval()(*inputs_of(name)), other.eval()(*inputs_of(name)))


@tiny
def test_a_copy_answers_the_same(name):
    model = build(name).eval()
    assert torch.equal(copy.deepcopy(model)(*inputs_of(name)), model(*inputs_of(name)))


@every
def test_the_config_survives_json(name):
    with torch.device("meta" if architectures()[name].reads == "image" else "cpu"):  # large ones are not filled with numbers
        config = build(name).config
    read = json.loads(json.dumps(dataclasses.asdict(config)))
    assert type(config)(**{key: as_tuples(value) for key, value in read.items()}) == config


@tiny
def test_half_precision_is_finite(name):
    model = build(name)
    with torch.autocast("cpu", torch.bfloat16):
        output = model(*inputs_of(name))
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
    counts = [one.name for one in dataclasses.fields(architectures()[name].config) if one.name in COUNTS]
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

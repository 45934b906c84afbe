"""Forecasting: losses against torch's distributions, steps that are not known, and levels of distributions."""

import numpy as np
import pytest
import torch
from torch import nn

from espalier.core.batch import Batch
from espalier.core.catalogue import architectures
from espalier.core.errors import PlanError
from espalier.tasks.forecasting import Forecasting

ROWS, TARGETS, HORIZON = 5, 2, 3


class Fixed(nn.Module):
    def __init__(self, output):
        super().__init__()
        self.output = nn.Parameter(output)

    def forward(self, series):
        return self.output


def made(loss, **options):
    return Forecasting(num_targets=TARGETS, horizon=HORIZON, loss=loss, **options)


def batch_of(target):
    return Batch((torch.zeros(ROWS, 1, 4),), target)


def drawn(task, seed=0):
    stream = torch.Generator().manual_seed(seed)
    output = torch.randn(ROWS, task.num_outputs, generator=stream)
    return output, torch.randn(ROWS, TARGETS, HORIZON, generator=stream)


def test_the_gaussian_loss_is_the_likelihood_of_torch():
    task = made("gaussian")
    output, target = drawn(task)
    steps = output.view(ROWS, TARGETS, HORIZON, 2)
    expected = -torch.distributions.Normal(steps[..., 0], steps[..., 1].exp()).log_prob(target).mean()
    torch.testing.assert_close(task.losses(Fixed(output), batch_of(target))["gaussian"], expected)


def test_the_loss_of_students_distribution_is_the_likelihood_of_torch():
    task = made("student-t")
    output, target = drawn(task)
    steps = output.view(ROWS, TARGETS, HORIZON, 3)
    freedom = 2 + nn.functional.softplus(steps[..., 2])
    expected = -torch.distributions.StudentT(freedom, steps[..., 0], steps[..., 1].exp()).log_prob(target).mean()
    torch.testing.assert_close(task.losses(Fixed(output), batch_of(target))["student_t"], expected)


@pytest.mark.parametrize("loss", ["mse", "mae", "huber", "quantile", "gaussian", "student-t"])
def test_steps_that_are_not_known_do_not_count_and_give_no_gradient(loss):
    task = made(loss)
    output, target = drawn(task)
    target[0, 1, 2] = torch.nan
    model = Fixed(output)
    found = sum(task.losses(model, batch_of(target)).values())
    found.backward()
    steps = model.output.grad.view(ROWS, TARGETS, HORIZON, -1)
    assert (steps[0, 1, 2] == 0).all() and (steps[0, 1, 1] != 0).any()
    without = task.losses(Fixed(output[1:]), Batch((torch.zeros(ROWS - 1, 1, 4),), target[1:]))
    rest = task.losses(Fixed(output[:1]), Batch((torch.zeros(1, 1, 4),), target[:1]))
    known = (ROWS - 1) * TARGETS * HORIZON, TARGETS * HORIZON - 1
    joined = (sum(without.values()) * known[0] + sum(rest.values()) * known[1]) / sum(known)
    torch.testing.assert_close(found, joined)


def test_a_batch_without_a_known_step_has_no_loss_and_no_gradient():
    task = made("mse")
    model = Fixed(torch.randn(ROWS, task.num_outputs))
    loss = task.losses(model, batch_of(torch.full((ROWS, TARGETS, HORIZON), torch.nan)))["mse"]
    loss.backward()
    assert loss == 0 and (model.output.grad == 0).all()


@pytest.mark.parametrize(("loss", "size"), [("gaussian", 1.6448536), ("student-t", 2.1318468)])
def test_levels_are_those_of_the_distribution(loss, size):
    """0.95 of a standard normal lies below 1.645; of Student's with 4 degrees of freedom below 2.132 (tables)."""
    task = made(loss, quantiles=(0.5, 0.95))
    steps = torch.zeros(ROWS, TARGETS, HORIZON, task.outputs_per_step)
    if loss == "student-t":
        steps[..., 2] = float(np.log(np.expm1(2.0)))  # softplus gives 2: four degrees of freedom
    prediction = task.predict(Fixed(steps.flatten(1)), batch_of(None))
    np.testing.assert_allclose(prediction.quantiles[..., 0], 0, atol=1e-6)
    np.testing.assert_allclose(prediction.quantiles[..., 1], size, rtol=1e-5)
    assert prediction.values.shape == (ROWS, TARGETS, HORIZON)


def test_the_value_of_quantiles_is_their_median_between_the_two_beside_it():
    task = made("quantile", quantiles=(0.4, 0.6))
    steps = torch.zeros(ROWS, TARGETS, HORIZON, 2)
    steps[..., 1] = 2.0
    assert (task.predict(Fixed(steps.flatten(1)), batch_of(None)).values == 1).all()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"loss": "mse", "quantiles": (0.1, 0.9)}, "quantiles has no effect with the loss 'mse'"),
        ({"loss": "quantile", "quantiles": (0.9, 0.1)}, "expected ascending levels"),
        ({"loss": "quantile", "quantiles": ()}, r"expected numbers such as \[0.05"),
        ({"loss": "mae", "huber_delta": 2.0}, "huber_delta has no effect with the loss 'mae'"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, said):
    with pytest.raises(PlanError, match=said):
        Forecasting(**options)


def test_a_decoder_is_shown_the_truth_while_it_learns_and_not_when_it_answers():
    given = {
        "in_channels": TARGETS,
        "length": 8,
        "num_outputs": TARGETS * HORIZON,
        "out_channels": TARGETS,
        "horizon": HORIZON,
        "outputs_per_step": 1,
    }
    model = architectures()["lstm-seq2seq-tiny"].build(given, {})
    task, series = made("mse"), torch.randn(ROWS, TARGETS, 8)
    target = torch.full((ROWS, TARGETS, HORIZON), 30.0)
    batch = Batch((series,), target)
    taught = task.losses(model, batch)["mse"]
    alone = nn.functional.mse_loss(model(series).view_as(target), target)
    assert not torch.isclose(taught, alone) and model.calls == 1
    model.eval()
    torch.testing.assert_close(task.losses(model, batch)["mse"], nn.functional.mse_loss(model(series).view_as(target), target))

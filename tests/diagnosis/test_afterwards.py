"""What a model is asked when the training is over: rows are kept, a simple model is fitted, changes are tried on copies."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from diagnosis.course_examples import adam, data, mlp, noise, sgd
from espalier.core.finding import Severity
from espalier.diagnosis.calibration import Calibration, Usual, calibration, is_unusual
from espalier.diagnosis.checks.course import could_learn_more
from espalier.diagnosis.course import BEHIND_SIMPLE, COULD_LEARN_MORE, MIN_SPARED, Answers, Course
from espalier.diagnosis.evaluations import errors_of
from espalier.diagnosis.kept_rows import MAX_ROWS, KeptBatches
from espalier.diagnosis.simple_model import simple_losses
from espalier.diagnosis.watch import watch
from espalier.tasks.loss_kind import LossKind


def trained(model, optimizer, rows=None, steps=80, criterion=None):
    """Train and return the doctor, who has not been asked anything yet."""
    x, y = rows or data()
    criterion, stream = criterion or nn.CrossEntropyLoss(), torch.Generator().manual_seed(2)
    with watch(model, optimizer, criterion, planned_steps=steps) as doctor:
        for _ in range(steps):
            batch = torch.randint(len(x), (32,), generator=stream)
            optimizer.zero_grad()
            criterion(model(x[batch]), y[batch]).backward()
            optimizer.step()
    return doctor


def kept(num_batches, size=32, same=False):
    batches = KeptBatches()
    for number in range(num_batches):
        stream = torch.Generator().manual_seed(0 if same else number)
        x = torch.randn(size, 4, generator=stream)
        if batches.is_wanted:
            batches.add((x,), {}, torch.zeros(size, 2), (x[:, 0] > 0).long())
        batches.seen += 1
    return batches


def test_asking_changes_nothing_to_the_last_bit():
    model = mlp()
    optimizer = adam(model, lr=1e-4, weight_decay=0.1)
    doctor = trained(model, optimizer)
    model[0].eval()
    weights, state = copy.deepcopy(model.state_dict()), copy.deepcopy(optimizer.state_dict())
    gradients = [weight.grad.clone() for weight in model.parameters()]
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].tolist()
    answers = doctor.course.answers
    assert set(answers.after) >= {"more steps", "a higher rate", "no weight decay"}
    assert all(torch.equal(weights[name], value) for name, value in model.state_dict().items())
    assert all(torch.equal(weight.grad, old) for weight, old in zip(model.parameters(), gradients, strict=True))
    assert optimizer.state_dict()["param_groups"] == state["param_groups"]
    for number, one in optimizer.state_dict()["state"].items():
        assert all(torch.equal(value, state["state"][number][name]) for name, value in one.items())
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert np.random.get_state()[1].tolist() == numpy_state
    assert model.training
    assert not model[0].training


def test_nothing_is_asked_while_the_training_runs():
    model, (x, y), criterion = mlp(), data(), nn.CrossEntropyLoss()
    optimizer = sgd(model)
    with watch(model, optimizer, criterion, planned_steps=60) as doctor:
        for _ in range(60):
            optimizer.zero_grad()
            criterion(model(x), y).backward()
            optimizer.step()
        assert doctor.course.answers is None
    assert doctor.course.answers is not None


def test_kept_batches_stay_few_and_cover_the_whole_training():
    batches = kept(1000)
    assert sum(len(one.target) for one in batches.batches) <= MAX_ROWS
    assert len(batches.batches) > MAX_ROWS / 32 / 4
    first = torch.randn(32, 4, generator=torch.Generator().manual_seed(0))
    assert torch.equal(batches.batches[0].arguments[0], first)
    assert batches.every * (len(batches.batches) - 1) > 500


def test_rows_that_come_again_are_kept_once():
    assert kept(5, size=64, same=True).rows().target.shape == (64, 1)
    assert kept(5, size=40, same=True).rows() is None  # too few to tell anything


def test_a_simple_model_finds_what_is_simple_and_nothing_in_noise():
    criterion = nn.CrossEntropyLoss()
    for (x, y), low, high in ((data(400), 0.05, 0.25), (noise(400), 0.6, 1.2)):
        batches = KeptBatches()
        batches.add((x,), {}, torch.zeros(len(x), 2), y)
        losses = simple_losses(batches.rows(), LossKind.CROSS_ENTROPY, criterion)
        assert low < losses.mean() < high


def test_a_simple_model_reads_tokens_and_answers_at_each_place():
    tokens = torch.randint(7, (120, 8), generator=torch.Generator().manual_seed(0))
    target = torch.cat([tokens[:, :1], (tokens[:, 1:] + 1) % 7], dim=1)
    batches = KeptBatches()
    batches.add((tokens,), {}, torch.zeros(120 * 8, 7), target.flatten())
    losses = simple_losses(batches.rows(), LossKind.CROSS_ENTROPY, nn.CrossEntropyLoss())
    assert losses.shape == (120,)
    assert losses.mean() < 0.6  # of 1.95; the first place has another rule, which it cannot know


def test_two_losses_in_a_step_are_not_asked_about():
    model, (x, y), criterion = mlp(), data(), nn.CrossEntropyLoss()
    optimizer = sgd(model)
    with watch(model, optimizer, criterion, planned_steps=60) as doctor:
        for _ in range(60):
            optimizer.zero_grad()
            (criterion(model(x), y) + criterion(model(-x), 1 - y)).backward()
            optimizer.step()
    assert doctor.course.answers is None


def test_a_loss_of_something_else_than_the_output_is_not_asked_about():
    class OfHalf(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.CrossEntropyLoss()

        def forward(self, output, target):
            return self.inner(output, target)

    model, (x, y), criterion = mlp(), data(), OfHalf()
    optimizer = sgd(model)
    with watch(model, optimizer, criterion, planned_steps=60) as doctor:
        for _ in range(60):
            optimizer.zero_grad()
            criterion(model(x) * 0.5, y).backward()
            optimizer.step()
    assert doctor.course.answers is None
    assert doctor.problems == []


def test_a_model_with_hooks_of_its_own_is_not_copied():
    model, seen = mlp(), []
    model[0].register_forward_hook(lambda *_: seen.append(1))
    doctor = trained(model, sgd(model, lr=1e-3))
    before = len(seen)
    assert doctor.course.answers.after == {}
    assert 0 < len(seen) - before < 50  # it is asked, and nothing is tried


def test_a_summed_loss_is_compared_row_by_row():
    x, model = data()[0], nn.Linear(8, 1)
    optimizer = sgd(model, lr=1e-4)
    doctor = trained(model, optimizer, (x, x[:, :1]), criterion=nn.MSELoss(reduction="sum"))
    answers = doctor.course.answers
    assert answers.constant == pytest.approx(float(x[:, 0].var()), rel=0.2)


def test_the_file_of_thresholds_holds_what_every_calibrated_sign_needs():
    found = calibration()
    assert set(found.signs) == {BEHIND_SIMPLE, COULD_LEARN_MORE}
    assert found.num_runs >= 99
    assert found.alpha == 0.01
    assert 0 < found.limit(BEHIND_SIMPLE) < 0.5
    assert 0 < found.limit(COULD_LEARN_MORE) < 1.0


def test_distances_are_counted_from_the_healthy_median():
    found = Calibration(1, "2026-01-01", "2.6", 100, 0.01, 2.0, {"X": Usual(1.0, 0.5, 100)})
    assert found.distance("X", 2.0) == 2.0
    assert found.limit("X") == 2.0
    assert not is_unusual(BEHIND_SIMPLE, None)
    assert not is_unusual(BEHIND_SIMPLE, 0.0)
    assert is_unusual(BEHIND_SIMPLE, 2.0)


def test_chance_alone_is_not_behind():
    answers = Answers(own=0.6, constant=0.7, simple=0.2, z=1.0)
    assert Course(np.zeros(0), answers=answers).behind_simple is None
    assert not Course(np.zeros(0), answers=answers).falls_short


def tried(spared, errors=0.08):
    """Return a course whose trials lower a small loss by little, and the errors by so much."""
    after = {"more steps": 0.10, "a higher rate": 0.09}
    answers = Answers(own=0.12, constant=1.0, before=0.12, after=after, errors=errors, spared=spared)
    return Course(np.zeros(0), answers=answers)


def test_a_small_loss_counts_where_the_best_trial_spares_errors():
    found = could_learn_more.check(tried({"more steps": 0.0, "a higher rate": 0.05}))
    assert found.severity is Severity.WARN
    assert found.evidence["spared"] == 0.05
    assert "a higher rate, bring the loss from 0.12 to 0.09" in found.sentence
    assert tried({"a higher rate": 0.04}).falls_short
    assert could_learn_more.check(tried({"a higher rate": 0.035})) is None  # of 0.08: not half of the errors
    assert could_learn_more.check(tried({"a higher rate": 0.025}, errors=0.05)) is None  # half of them, but few
    assert could_learn_more.check(tried({"more steps": 0.05})) is None
    assert could_learn_more.check(tried({})) is None


def test_errors_are_wrong_answers_or_squared_errors_by_the_variance():
    logits, classes = torch.tensor([[2.0, 1.0], [0.0, 1.0], [3.0, 1.0]]), torch.tensor([0, 0, 0])
    assert errors_of(LossKind.CROSS_ENTROPY, logits, classes).tolist() == [0, 1, 0]
    asked = torch.tensor([[1.0], [0.0], [1.0]])
    assert errors_of(LossKind.BINARY_LOGITS, torch.tensor([[0.3], [0.2], [-4.0]]), asked).tolist() == [0, 1, 1]
    assert errors_of(LossKind.SQUARED, torch.tensor([[1.0], [1.0], [3.0]]), torch.tensor([[1.0], [3.0], [3.0]])).mean() == (
        pytest.approx(4 / 3 / (8 / 9))
    )
    assert errors_of(LossKind.SQUARED, logits, torch.ones(3, 2)) is None
    assert errors_of(LossKind.UNKNOWN, logits, logits) is None


def test_a_rate_that_was_too_low_to_the_end_spares_errors_once_it_is_raised():
    model = mlp()
    doctor = trained(model, adam(model, lr=1e-4), data(400), steps=200)
    answers = doctor.course.answers
    assert answers.errors > 0.1
    assert answers.spared["a higher rate"] > MIN_SPARED

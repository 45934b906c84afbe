"""The doctor beside a loop: it leaves no trace, survives whatever it is shown, and says what it could not look at."""

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import espalier
from espalier.diagnosis.forward_pass import _squash
from espalier.diagnosis.preserved import preserved
from espalier.diagnosis.watch import Doctor, watch


def noisy_model():
    torch.manual_seed(3)
    layers = nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 3)
    return nn.Sequential(*layers)


def batches(count=40):
    stream = torch.Generator().manual_seed(1)
    x = torch.randn(count, 32, 6, generator=stream)
    return [(one, (one[:, 0] > 0).long() + (one[:, 1] > 0).long()) for one in x]


def trained(with_doctor, clip=None):
    model, criterion = noisy_model(), nn.CrossEntropyLoss()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)

    def loop():
        for x, y in batches():
            model.train()
            optimizer.zero_grad()
            criterion(model(x + torch.randn_like(x) * 0.1), y).backward()
            if clip:
                nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
            model.eval()
            with torch.no_grad():
                criterion(model(x), y)

    if not with_doctor:
        loop()
        return model, None
    with watch(model, optimizer, loss=criterion, planned_steps=40) as doctor:
        loop()
    return model, doctor


def test_a_watched_training_is_the_same_to_the_last_bit():
    alone, _ = trained(with_doctor=False)
    after = torch.get_rng_state()
    watched, doctor = trained(with_doctor=True)
    assert torch.equal(torch.get_rng_state(), after)
    for name, tensor in alone.state_dict().items():
        assert torch.equal(tensor, watched.state_dict()[name]), name
    assert doctor.findings == ()
    assert doctor.unlooked == ()
    assert doctor.course.num_steps == 40
    assert len(doctor.course.samples) >= 1


def test_of_every_step_the_loss_and_the_rate_are_noted_also_where_nothing_else_is_wanted():
    model, criterion = nn.Linear(6, 3), nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=50, gamma=1e-4)
    losses, rates = [], []
    with watch(model, optimizer, loss=criterion, planned_steps=120) as doctor:
        for x, y in batches(120):
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            losses.append(loss.item())
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.step()
    seen = doctor.course
    assert seen.losses.tolist() == losses
    assert (seen.num_updates, seen.uncleared, seen.rests_from) == (120, 0, 51)
    assert seen.sum_of_rates == pytest.approx(sum(rates))


def test_gradients_left_by_a_pass_in_eval_mode_are_noted_after_quiet_steps():
    model, criterion = noisy_model(), nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with watch(model, optimizer, loss=criterion) as doctor:
        for step, (x, y) in enumerate(batches(40)):
            model.train()
            optimizer.zero_grad()
            if step == 30:
                model.eval()
                criterion(model(x), y).backward()
                model.train()
            criterion(model(x), y).backward()
            optimizer.step()
    assert doctor.course.left == 1


def test_no_hook_stays_behind():
    model, _ = trained(with_doctor=True)
    assert not model._forward_pre_hooks
    assert not any(module._forward_hooks for module in model.modules())


def test_preserved_restores_modes_buffers_gradients_and_random_states():
    model = noisy_model()
    model[3].eval()
    model(torch.randn(8, 6)).sum().backward()
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    gradients = [weight.grad.clone() for weight in model.parameters()]
    random = torch.get_rng_state()
    with preserved(model):
        model.eval()
        model.train()
        torch.manual_seed(99)
        for weight in model.parameters():
            weight.grad = None
        model(torch.randn(8, 6)).sum().backward()
    assert torch.equal(torch.get_rng_state(), random)
    assert not model[3].training
    assert all(torch.equal(tensor, state[name]) for name, tensor in model.state_dict().items())
    assert all(torch.equal(weight.grad, old) for weight, old in zip(model.parameters(), gradients, strict=True))


def test_forgotten_zero_grad_is_found():
    model, criterion = nn.Linear(6, 3), nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with watch(model, optimizer, loss=criterion) as doctor:
        for x, y in batches(5):
            criterion(model(x), y).backward()
            optimizer.step()
    assert doctor.course.uncleared >= 1


def test_accumulated_gradients_are_legal():
    model, criterion = nn.Linear(6, 3), nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with watch(model, optimizer, loss=criterion) as doctor:
        for number, (x, y) in enumerate(batches(8), 1):
            criterion(model(x), y).backward()
            if number % 2 == 0:
                optimizer.step()
                optimizer.zero_grad()
    assert doctor.course.uncleared == 0


def test_a_function_is_watched_through_the_doctor():
    model = nn.Linear(6, 3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with watch(model, optimizer, loss=F.cross_entropy) as doctor:
        for x, y in batches(5):
            optimizer.zero_grad()
            doctor.loss(model(x), y).backward()
            optimizer.step()
    assert doctor.course.num_steps == 5
    assert doctor.wiring.kind == "cross entropy"
    assert 0.9 < doctor.course.prior_loss < 1.2


@dataclass
class Given:
    x: Tensor
    scale: float


class OfDataclass(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(6, 3)

    def forward(self, given):
        return {"logits": self.linear(given.x) * given.scale}


def test_a_batch_may_be_a_dataclass_and_an_output_a_mapping():
    model, criterion = OfDataclass(), nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with watch(model, optimizer, loss=criterion) as doctor:
        for x, y in batches(5):
            optimizer.zero_grad()
            criterion(model(Given(x, 1.0))["logits"], y).backward()
            optimizer.step()
    assert doctor.unlooked == ()
    assert doctor.wiring.mixing < 1e-3


class Moody(nn.Module):
    """Raises in eval mode."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(6, 3)

    def forward(self, x):
        if not self.training:
            raise RuntimeError("not now")
        return self.linear(x)


def test_a_model_that_raises_in_a_probe_trains_on_and_the_doctor_says_so():
    model, criterion = Moody(), nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with watch(model, optimizer, loss=criterion) as doctor:
        for x, y in batches(5):
            optimizer.zero_grad()
            criterion(model(x), y).backward()
            optimizer.step()
    assert doctor.course.num_steps == 5
    assert doctor.unlooked == ("in_eval: RuntimeError: not now",)
    assert model.training


def test_an_empty_batch_and_a_model_without_weights_break_nothing():
    model = nn.Flatten()
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
    with watch(model, optimizer) as doctor:
        model(torch.randn(0, 3))
        optimizer.step()
    assert isinstance(doctor, Doctor)
    assert doctor.unlooked


def test_check_looks_before_the_first_step_and_changes_nothing():
    model = noisy_model()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    x, y = batches(1)[0]
    assert espalier.check(model, (x, y), nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.1)) == ()
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(weight.grad is None for weight in model.parameters())


def test_loss_without_a_criterion_is_refused():
    model = nn.Linear(2, 1)
    with (
        watch(model, torch.optim.SGD(model.parameters(), lr=0.1)) as doctor,
        pytest.raises(ValueError, match="was given no loss"),
    ):
        doctor.loss(torch.zeros(1), torch.zeros(1))


class Noted(nn.Module):
    """Dropout between two layers."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.1), nn.Linear(8, 2))

    def forward(self, x):
        return self.body(x)


@pytest.mark.parametrize("returns", [True, False])
def test_a_loop_that_never_leaves_eval_mode_after_its_first_evaluation_is_told(returns):
    model, criterion = Noted(), nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    x, y = torch.randn(64, 4), torch.arange(64) % 2
    with watch(model, optimizer, loss=criterion) as doctor:
        for _ in range(3):
            for _ in range(4):
                optimizer.zero_grad()
                criterion(model(x), y).backward()
                optimizer.step()
            model.eval()
            with torch.no_grad():
                criterion(model(x), y)
            model.train(returns)
    told = [one.sentence for one in doctor.findings if one.id == "T12-trained-in-eval-mode"]
    assert bool(told) is not returns
    assert all("in every step after the first evaluation" in one for one in told)


def test_a_loss_of_ones_own_that_pairs_rows_is_told_and_one_that_takes_both_shapes_is_not():
    x, y = torch.randn(64, 4), torch.randn(64)
    ids = [
        [one.id for one in espalier.check(nn.Linear(4, 1), (x, y), loss)]
        for loss in (lambda o, t: (o - t).square().mean(), lambda o, t: (o.flatten() - t).square().mean())
    ]
    assert "W05-shapes-broadcast" in ids[0] and "W05-shapes-broadcast" not in ids[1]


def test_the_newest_evaluation_counts_wrong_answers_as_numpy_does():
    model, criterion = nn.Linear(4, 3), nn.CrossEntropyLoss()
    x, y = torch.randn(90, 4), torch.arange(90) % 3
    with watch(model, torch.optim.SGD(model.parameters(), lr=0.01), loss=criterion) as doctor, torch.no_grad():
        for part in torch.arange(90).split(40):
            criterion(model(x[part]), y[part])
    seen, wrong = doctor.course.evaluation, model(x).argmax(dim=1).numpy() != y.numpy()
    assert (seen.num_rows, seen.constant) == (90, pytest.approx(2 / 3))
    assert seen.own == pytest.approx(wrong.mean())
    assert seen.loss == pytest.approx(criterion(model(x), y).item(), rel=1e-5)


@pytest.mark.parametrize("ends_in_softmax", [True, False])
def test_a_log_softmax_of_a_softmax_is_told(ends_in_softmax):
    model = nn.Sequential(nn.Linear(4, 3), *([nn.Softmax(dim=1)] if ends_in_softmax else []))
    x, y, criterion = torch.randn(32, 4), torch.arange(32) % 3, nn.NLLLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watch(model, optimizer, loss=criterion) as doctor:
        criterion(model(x).log_softmax(dim=1), y).backward()
        optimizer.step()
    told = [one.sentence for one in doctor.findings if one.id == "W04-probabilities-for-logits"]
    assert bool(told) is ends_in_softmax
    assert all("cannot fall below 0.551" in one for one in told)


def test_another_draw_of_dropout_is_not_taken_for_a_tanh():
    torch.manual_seed(0)
    made = 0.3 * torch.randn(64, 4)
    other = made.tanh() + 0.02 * torch.randn(64, 4)
    assert _squash(made, other, is_noisy=True) == ""
    assert _squash(5 * made, (5 * made).tanh(), is_noisy=True) == _squash(made, made.tanh(), is_noisy=False) == "Tanh"

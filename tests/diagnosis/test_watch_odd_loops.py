"""Loops that are odd and legal: the doctor leaves each as it is, and says what it could not look at."""

import copy
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from espalier.diagnosis.watch import watch

STEPS = 6


def batches(count=STEPS, rows=16):
    stream = torch.Generator().manual_seed(1)
    x = torch.randn(count, rows, 6, generator=stream)
    return [(one, (one[:, 0] > 0).long() + (one[:, 1] > 0).long()) for one in x]


def step(model, criterion, optimizer, x, y):
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()


def train(model, doctor_too, loop=step, data=None):
    """Return the model after some steps, and the doctor, if there was one."""
    torch.manual_seed(7)
    criterion, optimizer = nn.CrossEntropyLoss(), torch.optim.SGD([w for w in model.parameters() if w.requires_grad], lr=0.1)
    data = batches() if data is None else data
    if not doctor_too:
        for x, y in data:
            loop(model, criterion, optimizer, x, y)
        return model, None
    with watch(model, optimizer, loss=criterion, planned_steps=len(data)) as doctor:
        for x, y in data:
            loop(model, criterion, optimizer, x, y)
    return model, doctor


def watched(make, loop=step, data=None):
    """Train twice, alone and watched; the weights must be the same to the last bit. Return the doctor."""
    torch.manual_seed(3)
    first = make()
    second = copy.deepcopy(first)
    alone, _ = train(first, False, loop, data)
    beside, doctor = train(second, True, loop, data)
    for name, tensor in alone.state_dict().items():
        assert torch.equal(tensor, beside.state_dict()[name]), name
    return doctor


def plain():
    return nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 3))


# modules


class Squared(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return 2 * x * gradient


class OwnGradient(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(6, 16), nn.Linear(16, 3)

    def forward(self, x):
        return self.last(Squared.apply(self.first(x)))


class Tied(nn.Module):
    """The last matrix is the first one, as in language models."""

    def __init__(self):
        super().__init__()
        self.first, self.middle, self.last = nn.Linear(6, 3, bias=False), nn.Linear(3, 6), nn.Linear(6, 3, bias=False)
        self.last.weight = self.first.weight

    def forward(self, x):
        return self.last(torch.relu(self.middle(self.first(x))))


@pytest.mark.parametrize("make", [OwnGradient, Tied], ids=["own gradient", "tied weights"])
def test_modules_with_gradients_and_weights_of_their_own_kind(make):
    doctor = watched(make)
    assert doctor.unlooked == ()
    assert doctor.findings == ()
    assert doctor.course.num_steps == STEPS


def test_a_lazy_module_that_has_run_once_is_watched_like_any_other():
    def make():
        model = nn.Sequential(nn.LazyLinear(16), nn.ReLU(), nn.LazyLinear(3))
        model(batches(1)[0][0])
        return model

    doctor = watched(make)
    assert doctor.unlooked == ()
    assert doctor.findings == ()


def test_a_lazy_module_that_has_not_run_yet_trains_on():
    torch.manual_seed(3)
    model = nn.Sequential(nn.LazyLinear(16), nn.ReLU(), nn.Linear(16, 3))
    criterion, optimizer = nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.1)
    with watch(model, optimizer, loss=criterion) as doctor:
        for x, y in batches():
            step(model, criterion, optimizer, x, y)
    assert model[0].weight.shape == (16, 6)
    assert doctor.course.num_steps == STEPS
    assert doctor.findings == ()


def test_findings_of_a_lazy_module_before_its_first_batch_are_none():
    model = nn.Sequential(nn.LazyLinear(3))
    with watch(model, torch.optim.SGD(model.parameters(), lr=0.1), loss=nn.CrossEntropyLoss()) as doctor:
        pass
    assert doctor.findings == ()


def test_a_compiled_module_trains_on_and_its_loss_is_followed():
    doctor = watched(lambda: torch.compile(plain(), backend="eager"))
    assert doctor.course.num_steps == STEPS
    assert doctor.findings == ()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_module_of_half_precision(dtype):
    doctor = watched(lambda: plain().to(dtype), data=[(x.to(dtype), y) for x, y in batches()])
    assert doctor.course.num_steps == STEPS
    assert doctor.findings == ()
    assert doctor.unlooked == ()


class Fixed(nn.Module):
    """Nothing to train within; the loop trains what it is given."""

    def forward(self, x):
        return x[:, :3] * 2


def test_a_model_without_parameters_trains_what_is_before_it():
    given, criterion, model = nn.Parameter(torch.zeros(16, 6)), nn.CrossEntropyLoss(), Fixed()
    optimizer = torch.optim.SGD([given], lr=0.1)
    with watch(model, optimizer, loss=criterion) as doctor:
        for _, y in batches():
            optimizer.zero_grad()
            criterion(model(given), y).backward()
            optimizer.step()
    assert doctor.course.num_steps == STEPS
    assert float(given.detach().abs().sum()) > 0
    assert all("Error" not in one for one in doctor.unlooked)


# loops


def test_automatic_casts_and_scaled_gradients():
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)

    def scaled(model, criterion, optimizer, x, y):
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = criterion(model(x), y)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()

    doctor = watched(plain, scaled)
    assert doctor.course.num_steps == doctor.course.num_updates == STEPS
    assert doctor.findings == ()
    assert doctor.unlooked == ()
    assert float(doctor.course.losses.max()) < 5  # of the loss, not of its thousandfold


def test_a_step_that_the_scaler_skips_is_no_update():
    model, criterion = plain(), nn.CrossEntropyLoss()
    optimizer, scaler = torch.optim.SGD(model.parameters(), lr=0.1), torch.amp.GradScaler("cpu", init_scale=2.0**127)
    with watch(model, optimizer, loss=criterion) as doctor:
        for x, y in batches():
            optimizer.zero_grad()
            scaler.scale(criterion(model(x * 100), y)).backward()
            scaler.step(optimizer)
            scaler.update()
    assert doctor.course.num_steps == STEPS
    assert doctor.course.num_updates < STEPS


def test_two_optimizers_of_two_modules_in_turns():
    def fooled(doctor_too):
        torch.manual_seed(3)
        made, judge = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 6)), nn.Sequential(nn.Linear(6, 16), nn.Tanh())
        judge.append(nn.Linear(16, 1))
        criterion = nn.BCEWithLogitsLoss()
        of_made, of_judge = torch.optim.Adam(made.parameters(), 1e-3), torch.optim.Adam(judge.parameters(), 1e-3)

        def turns():
            for x, _ in batches():
                noise, ones = torch.randn(len(x), 4), torch.ones(len(x), 1)
                of_judge.zero_grad()
                (criterion(judge(x), ones) + criterion(judge(made(noise).detach()), 0 * ones)).backward()
                of_judge.step()
                of_made.zero_grad()
                criterion(judge(made(noise)), ones).backward()
                of_made.step()

        if not doctor_too:
            turns()
            return made, judge, ()
        with watch(made, of_made, loss=criterion) as first, watch(judge, of_judge, loss=criterion) as second:
            turns()
        return made, judge, (first, second)

    *alone, _ = fooled(False)
    *beside, doctors = fooled(True)
    for one, other in zip(alone, beside, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    assert [doctor.findings for doctor in doctors] == [(), ()]
    assert all(doctor.course.num_updates == STEPS for doctor in doctors)


def test_two_optimizers_of_one_module():
    def parted(model, criterion, optimizer, x, y):
        second = torch.optim.SGD(model[3].parameters(), lr=0.05)
        model.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()
        second.step()

    doctor = watched(plain, parted)
    assert doctor.findings == ()
    assert doctor.course.num_updates == STEPS


def test_a_step_with_a_closure():
    """Gradients are made within such a step, so they cannot be looked at before it; nothing is told of weights without one."""

    def closing(model, criterion, optimizer, x, y):
        def closure():
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            return loss

        optimizer.step(closure)

    doctor = watched(plain, closing)
    assert doctor.course.num_steps == STEPS
    assert doctor.findings == ()


# batches


class Named(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = plain()

    def forward(self, x, scale=1.0):
        return {"logits": self.body(x) * scale}


@dataclass
class Answer:
    loss: Tensor
    logits: Tensor


class Answering(nn.Module):
    """Gives a scalar before its output."""

    def __init__(self):
        super().__init__()
        self.body = plain()

    def forward(self, x):
        logits = self.body(x)
        return Answer(logits.square().mean(), logits)


def of_mapping(model, criterion, optimizer, x, y):
    batch = {"x": x, "scale": torch.ones(())}
    step(lambda one: model(**one)["logits"], criterion, optimizer, batch, y)


def of_dataclass(model, criterion, optimizer, x, y):
    step(lambda one: model(one).logits, criterion, optimizer, x, y)


@pytest.mark.parametrize(("make", "loop"), [(Named, of_mapping), (Answering, of_dataclass)], ids=["mapping", "dataclass"])
def test_batches_by_name_and_outputs_of_any_form(make, loop):
    doctor = watched(make, loop)
    assert doctor.unlooked == ()
    assert doctor.findings == ()
    assert doctor.wiring.output.shape == (16, 3)
    assert doctor.wiring.mixing < 1e-3


def test_an_empty_first_batch_is_said_and_the_others_train():
    data = batches()
    doctor = watched(plain, data=[(data[0][0][:0], data[0][1][:0]), *data])
    assert any("holds no tensor with rows" in one for one in doctor.unlooked)
    assert doctor.course.num_steps == STEPS + 1


def test_an_empty_batch_on_the_way_is_trained_as_it_is():
    data = batches()

    def unless_empty(model, criterion, optimizer, x, y):
        if len(x):
            step(model, criterion, optimizer, x, y)
        else:
            model(x)

    doctor = watched(plain, unless_empty, [*data[:3], (data[0][0][:0], data[0][1][:0]), *data[3:]])
    assert doctor.course.num_steps == STEPS
    assert doctor.findings == ()

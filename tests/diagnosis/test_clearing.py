"""Clearing: loops that clear gradients too rarely, too often, or as they should, and a state that the probes must leave."""

import torch
from torch import nn

from diagnosis.course_examples import data, mlp, sgd
from espalier.diagnosis.watch import watch

CRITERION = nn.CrossEntropyLoss()


def watched(loop):
    """Run a loop, given the model, its optimizer and batches, and return the ids of the findings."""
    model, (x, y) = mlp(), data()
    optimizer = sgd(model)
    batches = [(x[rows : rows + 32], y[rows : rows + 32]) for rows in range(0, 256, 32)] * 4
    with watch(model, optimizer, CRITERION) as doctor:
        loop(model, optimizer, batches)
    return {one.id[:3] for one in doctor.findings}


def test_gradients_of_an_evaluation_that_a_step_adds_to_are_told():
    def loop(model, optimizer, batches):
        for number, (x, y) in enumerate(batches):
            model.train()
            CRITERION(model(x), y).backward()
            optimizer.step()
            optimizer.zero_grad()
            if number % 8 == 7:
                model.eval()
                CRITERION(model(x), y).backward()

    assert watched(loop) == {"T02"}


def test_an_attack_in_eval_mode_whose_gradients_are_cleared_is_healthy():
    def loop(model, optimizer, batches):
        for x, y in batches:
            model.eval()
            x = x.clone().requires_grad_(True)
            CRITERION(model(x), y).backward()
            model.train()
            optimizer.zero_grad()
            CRITERION(model(x.detach() + 0.01 * x.grad.sign()), y).backward()
            optimizer.step()

    assert watched(loop) == set()


def test_the_same_rows_asked_twice_and_the_weights_moved_between_are_healthy():
    def loop(model, optimizer, batches):
        for x, y in batches:
            CRITERION(model(x), y).backward()
            gradients = [weight.grad.clone() for weight in model.parameters()]
            for sign in (1.0, -1.0):
                if sign < 0:
                    optimizer.zero_grad()
                    CRITERION(model(x), y).backward()
                with torch.no_grad():
                    for weight, gradient in zip(model.parameters(), gradients, strict=True):
                        weight += sign * 0.01 * gradient
            optimizer.step()
            optimizer.zero_grad()

    assert watched(loop) == set()


def test_a_step_that_is_left_out_now_and_then_is_healthy():
    def loop(model, optimizer, batches):
        for number, (x, y) in enumerate(batches):
            optimizer.zero_grad()
            CRITERION(model(x), y).backward()
            if number not in (0, 1, 5):
                optimizer.step()

    assert watched(loop) == set()


class Remembering(nn.Module):
    """A recurrent network that goes on from the state of the batch before."""

    def __init__(self):
        super().__init__()
        self.recurrent, self.head, self.state = nn.GRU(2, 8, batch_first=True), nn.Linear(8, 2), None

    def forward(self, x):
        outputs, state = self.recurrent(x, self.state)
        self.state = state.detach()
        return self.head(outputs[:, -1])


def test_a_state_kept_as_an_attribute_is_the_same_with_the_doctor_beside():
    def trained(is_watched):
        torch.manual_seed(0)
        model, x = Remembering(), torch.randn(20, 16, 5, 2)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)

        def loop():
            for batch in x:
                optimizer.zero_grad()
                CRITERION(model(batch), (batch[:, 0, 0] > 0).long()).backward()
                optimizer.step()

        if is_watched:
            with watch(model, optimizer, CRITERION) as doctor:
                loop()
            assert doctor.findings is not None
        else:
            loop()
        return [*model.parameters(), model.state]

    for alone, beside in zip(trained(False), trained(True), strict=True):
        assert torch.equal(alone, beside)

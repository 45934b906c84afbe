import torch
from torch import nn

from espalier.training import threads
from espalier.training.threads import choose_threads, kept_threads
from training.toys import LineTask, line_batches, small_net

BATCH = next(iter(line_batches().epoch(0)))


class Timed:
    """Stands in for timed steps: a step lasts as long as the table says for torch's number of threads."""

    milliseconds: dict[int, float] = {}

    def __init__(self, model, task, batch):
        self.took = 0.0

    def step(self):
        self.took = self.milliseconds[torch.get_num_threads()] / 1e3

    def median_seconds(self):
        return self.took


def chosen(monkeypatch, milliseconds):
    monkeypatch.setattr(threads, "TimedSteps", Timed)
    monkeypatch.setattr(Timed, "milliseconds", milliseconds)
    with kept_threads(max(milliseconds)):
        return choose_threads(small_net(), LineTask(), BATCH)


def test_threads_that_hardly_help_are_not_taken(monkeypatch):
    choice = chosen(monkeypatch, {1: 2.6, 2: 2.0, 4: 2.0})
    assert choice.threads == 1 and "2.6 ms with 1, 2 ms with 2" in choice.reason


def test_threads_that_help_are_taken_as_few_as_do(monkeypatch):
    assert chosen(monkeypatch, {1: 8.0, 2: 4.1, 4: 4.0}).threads == 2
    assert chosen(monkeypatch, {1: 8.0, 2: 4.5, 3: 3.0}).threads == 3
    assert chosen(monkeypatch, {1: 8.0, 2: 7.0, 4: 2.0}).threads == 4


def test_waiting_threads_of_a_busy_machine_are_not_taken(monkeypatch):
    assert chosen(monkeypatch, {1: 3.0, 2: 30.0}).threads == 1


def test_a_trial_changes_neither_the_model_nor_the_random_state_nor_the_threads():
    model = nn.Sequential(small_net(), nn.Dropout(0.5))
    before = [weight.detach().clone() for weight in model.parameters()]
    state = torch.get_rng_state()
    with kept_threads(2):
        assert choose_threads(model, LineTask(), BATCH).threads in (1, 2)
        assert torch.get_num_threads() == 2
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
    assert torch.equal(state, torch.get_rng_state())


def test_one_thread_needs_no_trial():
    assert choose_threads(small_net(), LineTask(), BATCH).threads == torch.get_num_threads() == 1

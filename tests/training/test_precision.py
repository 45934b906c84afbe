import torch

from espalier.training import precision
from espalier.training.precision import choose_precision
from training.toys import LineTask, line_batches, small_net


def test_a_machine_without_units_stays_in_float32(monkeypatch):
    monkeypatch.setattr(precision, "has_bfloat16_units", lambda device: False)
    choice = choose_precision(small_net(), LineTask(), next(iter(line_batches().epoch(0))))
    assert choice.precision == "float32" and "no bfloat16 units" in choice.reason


def test_a_slower_bfloat16_is_not_chosen(monkeypatch):
    monkeypatch.setattr(precision, "has_bfloat16_units", lambda device: True)
    monkeypatch.setattr(precision, "MIN_SPEEDUP", 1e9)
    choice = choose_precision(small_net(), LineTask(), next(iter(line_batches().epoch(0))))
    assert choice.precision == "float32" and "not faster" in choice.reason


def test_a_harmful_bfloat16_is_not_chosen(monkeypatch):
    monkeypatch.setattr(precision, "has_bfloat16_units", lambda device: True)
    monkeypatch.setattr(precision, "MIN_SPEEDUP", 0.0)
    monkeypatch.setattr(precision, "MAX_LOSS_CHANGE", 0.0)
    choice = choose_precision(small_net(), LineTask(), next(iter(line_batches().epoch(0))))
    assert choice.precision == "float32" and "changes the loss" in choice.reason


def test_a_fast_and_harmless_bfloat16_is_chosen_and_touches_nothing(monkeypatch):
    monkeypatch.setattr(precision, "has_bfloat16_units", lambda device: True)
    monkeypatch.setattr(precision, "MIN_SPEEDUP", 0.0)
    model = small_net(0.5)
    before = [weight.detach().clone() for weight in model.parameters()]
    state = torch.get_rng_state()
    choice = choose_precision(model, LineTask(), next(iter(line_batches().epoch(0))))
    assert choice.precision == "bfloat16"
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
    assert torch.equal(state, torch.get_rng_state())

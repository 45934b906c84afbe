import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from espalier.core.errors import InputError
from espalier.training.averaging import WeightAverage
from espalier.training.loop import Position, Way, learn
from espalier.training.schedules import make_schedule
from training.toys import LineTask, line_batches, small_net


def weights_of(model):
    return torch.cat([weight.detach().flatten() for weight in model.parameters()])


def adam(model):
    return torch.optim.AdamW(model.parameters(), lr=0.01)


def test_the_loop_equals_a_hand_written_loop_to_the_last_bit():
    ours, bare = small_net(0.2), small_net(0.2)
    batches = line_batches()
    torch.manual_seed(5)
    for _ in learn(ours, LineTask(), batches, adam(ours), Way(epochs=3, clip_norm=1.0)):
        pass
    torch.manual_seed(5)
    optimizer = adam(bare)
    for epoch in range(3):
        for batch in batches.epoch(epoch):
            optimizer.zero_grad()
            F.mse_loss(bare(*batch.inputs).squeeze(-1), batch.target).backward()
            nn.utils.clip_grad_norm_(bare.parameters(), 1.0)
            optimizer.step()
    assert torch.equal(weights_of(ours), weights_of(bare))


def test_every_step_knows_its_place():
    model = small_net()
    steps = list(learn(model, LineTask(), line_batches(50, 8), adam(model), Way(epochs=2)))
    assert [step.position for step in steps[5:8]] == [Position(0, 6, 6), Position(1, 0, 7), Position(1, 1, 8)]
    assert [step.is_last_of_epoch for step in steps] == ([False] * 6 + [True]) * 2


def test_a_run_that_starts_in_the_middle_goes_on_with_the_same_batches():
    whole, halves = small_net(), small_net()
    optimizer = adam(halves)
    for _ in learn(whole, LineTask(), line_batches(), adam(whole), Way(epochs=2)):
        pass
    for step in learn(halves, LineTask(), line_batches(), optimizer, Way(epochs=2)):
        if step.position.step == 9:
            break
    for _ in learn(halves, LineTask(), line_batches(), optimizer, Way(epochs=2), step.position):
        pass
    assert torch.equal(weights_of(whole), weights_of(halves))


def test_accumulated_batches_equal_one_large_batch():
    small, large = small_net(), small_net()
    for _ in learn(small, LineTask(), line_batches(48, 4), torch.optim.SGD(small.parameters(), 0.1), Way(accumulate=4)):
        pass
    for _ in learn(large, LineTask(), line_batches(48, 16), torch.optim.SGD(large.parameters(), 0.1), Way()):
        pass
    torch.testing.assert_close(weights_of(small), weights_of(large))


def test_the_schedule_sets_the_rate_of_each_update():
    model = small_net()
    way = Way(epochs=1, schedule=make_schedule("cosine", 7))
    rates = [step.learning_rate for step in learn(model, LineTask(), line_batches(), adam(model), way)]
    assert rates[0] == 0.01 and rates[-1] == pytest.approx(0) and rates == sorted(rates, reverse=True)


def test_l1_adds_the_sign_of_each_matrix_entry_to_its_gradient():
    model, other = small_net(), small_net()
    batches = [next(iter(line_batches().epoch(0)))]
    for _ in learn(model, LineTask(), batches, torch.optim.SGD(model.parameters(), 0.1), Way(l1=0.3)):
        pass
    loss = LineTask().losses(other, batches[0])["mse"] + 0.3 * (other[0].weight.abs().sum() + other[3].weight.abs().sum())
    loss.backward()
    expected = torch.cat([(weight - 0.1 * weight.grad).flatten() for weight in other.parameters()])
    torch.testing.assert_close(weights_of(model), expected)


def test_a_data_loader_of_tuples_is_a_source_of_batches():
    source = line_batches()
    loader = DataLoader(TensorDataset(source.inputs[0], source.target), batch_size=10)
    model = small_net()
    steps = list(learn(model, LineTask(), loader, adam(model), Way(epochs=30)))
    assert len(steps) == 150
    assert steps[-1].losses["mse"] < 0.2 * steps[0].losses["mse"]


def test_a_generator_that_runs_dry_is_named():
    model = small_net()
    batches = (batch for batch in line_batches().epoch(0))
    with pytest.raises(InputError, match="Epoch 1 gave no batch. A generator runs dry"):
        list(learn(model, LineTask(), batches, adam(model), Way(epochs=2)))


def test_the_average_follows_its_formula_and_swaps_in_and_out():
    model = small_net()
    average = WeightAverage(model, decay=0.9)
    expected = weights_of(model).clone()
    for number, _ in enumerate(learn(model, LineTask(), line_batches(), adam(model), Way(average=average)), 1):
        decay = min(0.9, (1 + number) / (10 + number))
        expected = decay * expected + (1 - decay) * weights_of(model)
    last = weights_of(model).clone()
    with average.swapped():
        torch.testing.assert_close(weights_of(model), expected)
    assert torch.equal(weights_of(model), last)


def test_training_mode_returns_after_a_caller_evaluates_between_steps():
    model = small_net(dropout=0.5)
    for _ in learn(model, LineTask(), line_batches(), adam(model)):
        assert model.training
        model.eval()

"""What learns, how fast, how far: gradual unfreezing, rates by depth, the pull to the start, and the exact way back."""

import pytest
import torch
from torch import nn

from espalier.core.plan import LearningPlan
from espalier.core.plan_parts import AdaptPlan
from espalier.core.run_folder import MemberFolder
from espalier.training.adapt.adaptation import LEAST_SHARE, Adaptation
from espalier.training.evaluate import evaluating
from espalier.training.fit import Examiner, Fit, Judgement
from espalier.training.loop import Way, learn
from espalier.training.optimizers import make_optimizer
from espalier.training.range_test import ADAPTED_SAFETY, FIRST_STEPS, find_learning_rate
from espalier.training.schedules import make_schedule
from training.toys import LineTask, line_batches


def net(dropout=0.0):
    """Return four blocks, each of two with a batch norm and dropout behind it."""
    torch.manual_seed(5)
    return nn.Sequential(
        *(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(dropout)),
        *(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(dropout)),
        nn.Linear(8, 8),
        nn.Linear(8, 1),
    )


def plan_of(how="full", **values):
    return AdaptPlan(**{"how": how, "warmup_epochs": 0, "rate_decay": 1.0, **values})


def carried_out(adaptation, epochs=3, **way):
    optimizer = make_optimizer(adaptation.model, LearningPlan(optimizer="adamw"), 0.01, adaptation.shares)
    return list(
        learn(adaptation.model, LineTask(), line_batches(), optimizer, Way(epochs=epochs, adapting=adaptation, **way))
    ), optimizer


def state_of(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def changed(before, model):
    return {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}


SCHEDULES = {
    "frozen": (plan_of("frozen"), [1, 1, 1, 1, 1, 1]),
    "last": (plan_of("last", layers=3, warmup_epochs=2), [1, 1, 3, 3, 3, 3]),
    "more than there are": (plan_of("last", layers=9), [4, 4, 4, 4, 4, 4]),
    "gradual": (plan_of("gradual", warmup_epochs=1), [1, 2, 3, 4, 4, 4]),
    "gradual, slowly": (plan_of("gradual", unfreeze_epochs=2), [1, 1, 2, 2, 3, 3]),
    "full after a warm-up": (plan_of("full", warmup_epochs=2), [1, 1, 4, 4, 4, 4]),
    "full": (plan_of("full"), [4, 4, 4, 4, 4, 4]),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_each_epoch_has_its_number_of_blocks(name):
    plan, wanted = SCHEDULES[name]
    adaptation = Adaptation(net(), plan)
    assert [adaptation.num_learning(epoch) for epoch in range(6)] == wanted
    for epoch, number in enumerate(wanted):
        adaptation.begin(epoch)
        flags = [{one.requires_grad for one in block.parameters} for block in adaptation.blocks]
        assert flags == [{False}] * (4 - number) + [{True}] * number


@pytest.mark.parametrize("optimizer", ["adamw", "momentum", "rmsprop"])
def test_frozen_weights_and_statistics_stay_the_same_to_the_bit(optimizer):
    model = net(dropout=0.5)
    before, adaptation = state_of(model), Adaptation(model, plan_of("last", layers=2))
    made = make_optimizer(model, LearningPlan(optimizer=optimizer, weight_decay=0.1), 0.01, adaptation.shares)
    way = Way(epochs=3, adapting=adaptation, l1=0.01, clip_norm=1.0)
    for step in learn(model, LineTask(), line_batches(), made, way):
        if step.is_last_of_epoch:
            with evaluating(model):
                model(torch.zeros(2, 4))
    assert changed(before, model) == {"8.weight", "8.bias", "9.weight", "9.bias"}


def test_norms_and_dropout_of_frozen_blocks_are_in_eval_mode_and_those_that_learn_are_not():
    adaptation = Adaptation(net(dropout=0.5), plan_of("gradual", unfreeze_epochs=1))
    modes = []
    optimizer = make_optimizer(adaptation.model, LearningPlan(), 0.01, adaptation.shares)
    for step in learn(adaptation.model, LineTask(), line_batches(), optimizer, Way(epochs=4, adapting=adaptation)):
        if step.is_last_of_epoch:
            modes.append([adaptation.model[number].training for number in (1, 3, 5, 7)])
            adaptation.model.eval()  # as a caller who evaluates may leave it
    assert modes[0] == [False, False, False, False]
    assert modes[1] == [False, False, False, True]  # a dropout belongs to the block that it feeds
    assert modes[2] == [False, True, True, True]
    assert modes[3] == [True, True, True, True]


def test_a_body_that_is_let_go_learns_again():
    model = net()
    before = state_of(model)
    carried_out(Adaptation(model, plan_of("gradual", warmup_epochs=1)), epochs=4)
    assert {"0.weight", "1.running_mean", "4.weight", "8.weight", "9.weight"} <= changed(before, model)


def test_blocks_further_from_the_head_learn_slower_and_schedules_keep_the_ratio():
    adaptation = Adaptation(net(), plan_of("full", rate_decay=2.0))
    optimizer = make_optimizer(adaptation.model, LearningPlan(optimizer="sgd"), 0.8, adaptation.shares)
    peaks = {id(one): group["lr"] for group in optimizer.param_groups for one in group["params"]}
    model = adaptation.model
    assert [peaks[id(model[n].weight)] for n in (9, 8, 4, 0)] == pytest.approx([0.8, 0.4, 0.2, 0.1])
    assert peaks[id(model[1].weight)] == pytest.approx(0.1)
    assert optimizer.param_groups[0]["lr"] == 0.8  # the rate that a step tells of is the head's
    way = Way(epochs=2, adapting=adaptation, schedule=make_schedule("cosine", 14))
    for step in learn(model, LineTask(), line_batches(), optimizer, way):
        factor = step.learning_rate / 0.8
        rates = {id(one): group["lr"] for group in optimizer.param_groups for one in group["params"]}
        assert all(rates[key] == pytest.approx(peak * factor) for key, peak in peaks.items())


def test_no_block_learns_slower_than_a_hundredth_and_norms_do_not_decay():
    adaptation = Adaptation(net(), plan_of("full", rate_decay=30.0))
    groups = make_optimizer(adaptation.model, LearningPlan(weight_decay=0.1), 1.0, adaptation.shares).param_groups
    assert min(group["lr"] for group in groups) == pytest.approx(LEAST_SHARE)
    decays = {id(one): group["weight_decay"] for group in groups for one in group["params"]}
    assert decays[id(adaptation.model[0].weight)] == 0.1
    assert decays[id(adaptation.model[1].weight)] == decays[id(adaptation.model[0].bias)] == 0.0


def test_the_optimizer_holds_every_parameter_whatever_is_frozen():
    adaptation = Adaptation(net(), plan_of("frozen", rate_decay=2.6))
    optimizer = make_optimizer(adaptation.model, LearningPlan(), 0.01, adaptation.shares)
    held = {id(one) for group in optimizer.param_groups for one in group["params"]}
    assert held == {id(one) for one in adaptation.model.parameters()}


def test_where_all_learn_alike_the_groups_are_those_of_any_training():
    adaptation = Adaptation(net(), plan_of("full"))
    assert adaptation.shares == ()


def test_the_pull_to_the_start_is_a_step_of_plain_descent_line_by_line():
    model, twin = net(), net()
    fresh = ("9.weight", "9.bias")
    plan = plan_of("full", l2_sp=0.3)
    adaptation = Adaptation(model, plan, fresh)
    start = {name: one.detach().clone() for name, one in twin.named_parameters()}
    optimizer = make_optimizer(model, LearningPlan(optimizer="sgd", weight_decay=0.2), 0.05, adaptation.shares)
    batches = line_batches()
    for _ in learn(model, LineTask(), batches, optimizer, Way(epochs=1, adapting=adaptation)):
        pass
    for batch in batches.epoch(0):
        loss = LineTask().losses(twin, batch)["mse"]
        gradients = torch.autograd.grad(loss, list(twin.parameters()))
        with torch.no_grad():
            for (name, weight), gradient in zip(twin.named_parameters(), gradients, strict=True):
                pulled = 0.0 * weight if name in fresh else 0.3 * (weight - start[name])
                decayed = 0.2 * weight if name == "9.weight" else 0.0 * weight  # the head alone is pulled to zero
                weight -= 0.05 * (gradient + pulled + decayed)
    for mine, other in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-5, atol=1e-6)


def test_a_stronger_pull_ends_nearer_to_the_start():
    distances = []
    for strength in (0.0, 0.1, 10.0):
        model = net()
        start = state_of(model)
        adaptation = Adaptation(model, plan_of("full", l2_sp=strength), ("9.weight", "9.bias"))
        optimizer = make_optimizer(model, LearningPlan(optimizer="sgd", weight_decay=0.0), 0.05, adaptation.shares)
        list(learn(model, LineTask(), line_batches(), optimizer, Way(epochs=5, adapting=adaptation)))
        distances.append(float((model[0].weight.detach() - start["0.weight"]).norm()))
    assert distances[0] > distances[1] > distances[2]


def test_the_range_test_leaves_the_model_as_it_is():
    adaptation = Adaptation(net(), plan_of("gradual", warmup_epochs=2, rate_decay=2.6))
    before = state_of(adaptation.model)
    found = find_learning_rate(adaptation, LineTask(), line_batches(), LearningPlan())
    assert changed(before, adaptation.model) == set()
    lowest = min(range(FIRST_STEPS, len(found.losses)), key=found.losses.__getitem__)
    assert found.rate == pytest.approx(found.rates[lowest] / ADAPTED_SAFETY, rel=0.05)
    assert "a tenth of that is taken" in found.reason
    assert all(one.requires_grad for one in adaptation.model.parameters())


VALID = line_batches(40, 40, seed=None)


def judge(model):
    with evaluating(model):
        loss = float(LineTask().losses(model, next(iter(VALID.epoch(0))))["mse"])
    return Judgement(loss, loss)


def make_fit(folder, **settings):
    learning = {"epochs": 6, "learning_rate": 0.01, "precision": "float32", "schedule": "one-cycle", "average": 0.9, **settings}
    adapt = plan_of("gradual", warmup_epochs=1, rate_decay=2.6, l2_sp=0.01)
    adaptation = Adaptation(net(dropout=0.3), adapt, ("9.weight", "9.bias"))
    return Fit(
        adaptation, LineTask(), line_batches(), Examiner(judge, "mse"), LearningPlan(**learning), MemberFolder(folder), 1
    )


@pytest.mark.parametrize("stop_at", [3, 7, 10, 15, 22, 30])
def test_a_gradual_fit_stopped_anywhere_ends_with_the_same_bytes(stop_at, tmp_path):
    whole = make_fit(tmp_path / "whole")
    list(whole.epochs())
    fit = make_fit(tmp_path / "stopped", checkpoint_seconds=1e-9)
    count, original = 0, fit._count

    def counted(step):
        nonlocal count
        count += 1
        if count > stop_at:
            raise InterruptedError
        original(step)

    fit._count = counted
    with pytest.raises(InterruptedError):
        list(fit.epochs())
    torch.rand(7)
    resumed = make_fit(tmp_path / "stopped")
    assert 0 < resumed.state.position.step <= stop_at
    list(resumed.epochs())
    ours, theirs = resumed.model.state_dict(), whole.model.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert [{**row, "seconds": 0} for row in resumed.state.history] == [{**row, "seconds": 0} for row in whole.state.history]

"""Signs in the course of a training: the cases beyond the pair of each check."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from diagnosis.course_examples import PAIRS, adam, course, data, hard, mlp, noise, sgd
from espalier.core.finding import Severity, from_mapping
from espalier.diagnosis.activations import ActivationProbe
from espalier.diagnosis.checks.course import (
    behind_simple_model,
    could_learn_more,
    diverged,
    dying_relu,
    evaluated_in_train_mode,
    learning_rate_too_high,
    learning_rate_too_low,
    learnt_by_heart,
    not_learning,
    rate_decayed_early,
    saturated_units,
    trained_in_eval_mode,
    vanishing_gradients,
    weight_decay_dominates,
    weights_do_not_move,
    weights_unreached,
)
from espalier.diagnosis.course import Course, Sample
from espalier.diagnosis.examine import FOLDERS, checks, examine
from espalier.diagnosis.sampler import MAX_SAMPLES, Sampler
from espalier.diagnosis.watch import watch


def sample(step=2, rate=0.1, highest=None, gradients=(1.0, 1.0), sizes=(1.0, 1.0), updates=(1e-3, 1e-3)):
    def named(values):
        return dict(zip(("0.weight", "2.weight"), values, strict=True))

    return Sample(
        step, rate, highest or rate, named(gradients), named(sizes), named(updates), {}, {}, matrices=("0.weight", "2.weight")
    )


def samples(count=4, **values):
    return tuple(sample(step=2 + 16 * i, **values) for i in range(count))


def stuck(losses=None, **values):
    """Return a course that does not learn, for a statistic to be added."""
    return Course(np.full(100, 0.7) if losses is None else losses, prior_loss=0.7, planned_steps=100, **values)


def ids(seen):
    return {finding.id[:3]: finding.cause[:3] for finding in examine(seen)}


@pytest.mark.parametrize("name", sorted(PAIRS))
def test_no_check_says_anything_of_a_healthy_example(name):
    assert examine(PAIRS[name](False)) == ()


def test_healthy_examples_are_hard_they_show_the_symptom_and_learn():
    assert min(PAIRS["dying_relu"](False).lasting(lambda one: one.dead).values()) > dying_relu.MAX_DEAD
    assert min(PAIRS["saturated_units"](False).lasting(lambda one: one.saturated).values()) > saturated_units.MAX_SATURATED
    assert np.median([one.ratio for one in PAIRS["learning_rate_too_low"](False).samples]) < learning_rate_too_low.MIN_RATIO
    assert PAIRS["learning_rate_too_high"](False).samples[0].ratio > learning_rate_too_high.MAX_RATIO
    newest = PAIRS["vanishing_gradients"](False).samples[-1]
    first, last = (newest.gradients[name] / newest.sizes[name] for name in newest.matrices)
    assert first / last < vanishing_gradients.MIN_RATIO
    shrunk = PAIRS["weight_decay_dominates"](False).samples
    assert shrunk[-1].sizes["0.weight"] < weight_decay_dominates.MAX_KEPT * shrunk[0].sizes["0.weight"]


def test_no_sign_explains_itself_by_way_of_others():
    explained = {
        module.ID: module.EXPLAINED_BY for folder in FOLDERS.values() for module in checks(folder) if hasattr(module, "ID")
    }
    for sign in explained:
        reached, new = set(), set(explained[sign])
        while new:
            reached |= new
            new = {cause for one in new for cause in explained.get(one, ())} - reached
        assert sign not in reached, sign


def test_whatever_stops_a_model_from_learning_explains_that_it_does_not_learn():
    every = {module.ID for module in checks("course")}
    symptoms = {not_learning.ID, behind_simple_model.ID, could_learn_more.ID, learnt_by_heart.ID}
    assert every - set(not_learning.EXPLAINED_BY) == symptoms | {evaluated_in_train_mode.ID}


def test_losses_that_are_no_numbers_stop_and_make_plain_findings():
    seen = PAIRS["diverged"](True)
    assert ids(seen) == {"T06": "", "T01": "T06"}
    assert diverged.check(seen).severity is Severity.STOP
    for finding in examine(seen):
        assert from_mapping(json.loads(json.dumps(finding.to_mapping(), allow_nan=False))) == finding


def test_targets_that_are_noise_are_named_by_no_cause():
    for make, rate in ((sgd, 0.1), (adam, 0.01)):
        model = mlp()
        assert ids(course(model, make(model, lr=rate), noise(), steps=150)) == {"T11": ""}


def test_a_loss_that_is_not_known_to_be_bad_is_not():
    assert not_learning.check(Course(np.full(500, 9.0))) is None
    assert not_learning.check(replace(stuck(), planned_steps=400)) is None
    finding = not_learning.check(stuck())
    assert "0.7" in finding.sentence
    assert finding.severity is Severity.WARN


def test_a_unit_that_died_of_a_high_learning_rate_is_explained_by_it():
    model = mlp(depth=3)
    found = ids(course(model, sgd(model, lr=10.0), hard(), steps=100))
    assert found["T06"] == ""
    assert found["T07"] == "T06"


def test_saturation_by_a_high_learning_rate_is_explained_by_it():
    model = mlp(nn.Tanh, depth=3)
    found = ids(course(model, adam(model, lr=1.0), hard(), steps=100))
    assert found["T06"] == ""
    assert found["T08"] == found["T11"] == "T06"


def test_a_loss_that_jumps_is_named_when_it_stays_up_and_not_when_it_comes_back():
    calm = np.full(200, 0.01)
    calm[:20] = 1.0
    up, back = calm.copy(), calm.copy()
    up[150:], back[150:160] = 1.0, 1.0
    assert "has not come back" in learning_rate_too_high.check(Course(up)).sentence
    assert learning_rate_too_high.check(Course(back)) is None


def test_a_jump_among_losses_that_are_next_to_nothing_is_no_matter():
    losses = np.full(200, 1e-8)
    losses[:20], losses[150:] = 1.0, 1e-6
    assert learning_rate_too_high.check(Course(losses)) is None


def test_large_updates_in_one_sample_are_no_sign():
    seen = (sample(updates=(0.9, 0.9)), *samples(3))
    assert learning_rate_too_high.check(stuck(samples=seen)) is None
    assert learning_rate_too_high.check(stuck(samples=samples(updates=(0.2, 0.2)))) is not None


def test_small_updates_are_no_sign_while_the_loss_is_better_than_a_constant_answers():
    tiny = samples(updates=(1e-6, 1e-6))
    assert "1e-06" in learning_rate_too_low.check(stuck(samples=tiny)).sentence
    assert learning_rate_too_low.check(stuck(np.full(100, 0.5), samples=tiny)) is None
    assert learning_rate_too_low.check(stuck(samples=tiny[:2])) is None


def test_gradients_that_vanish_explain_small_updates():
    assert ids(PAIRS["vanishing_gradients"](True)) == {"T09": "", "T05": "T09", "T11": "T09", "T15": "T09"}


def test_gradients_that_vanish_in_one_sample_are_no_sign():
    seen = samples(gradients=(1e-9, 1.0))
    assert vanishing_gradients.check(stuck(samples=seen)) is not None
    assert vanishing_gradients.check(stuck(samples=(*seen[:3], sample(60)))) is None
    assert vanishing_gradients.check(stuck(samples=samples(gradients=(1e-9, 0.0)))) is None


def test_weights_that_a_later_step_reaches_are_not_unreached():
    cut, used = sample(gradients=(0.0, 1.0)), sample(18)
    assert weights_unreached.check(Course(np.ones(40), samples=(cut, used), unreached=("0.weight",))) is None
    finding = weights_unreached.check(Course(np.ones(40), samples=(cut, replace(cut, step=18)), unreached=("0.weight",)))
    assert finding.modules == ("0.weight",)
    assert "1 weight of 2 got no gradient in 18 steps and does not learn" in finding.sentence


def test_weights_behind_a_gate_may_wait_for_the_learning_rate_to_rise():
    cut = (sample(rate=0.0, gradients=(0.0, 1.0)), sample(18, gradients=(0.0, 1.0)))
    assert weights_unreached.check(Course(np.ones(40), samples=cut, unreached=("0.weight",))) is None


def test_a_step_that_is_never_made_is_found():
    model = mlp()
    optimizer, criterion, (x, y) = sgd(model), nn.CrossEntropyLoss(), data(64)
    with watch(model, optimizer, criterion, planned_steps=200) as doctor:
        for number in range(200):
            optimizer.zero_grad()
            criterion(model(x), y).backward()
            if number == 150:
                assert weights_do_not_move.check(doctor.course) is None
    finding = weights_do_not_move.check(doctor.course)
    assert "After 200 losses no update" in finding.sentence
    assert "optimizer.step()" in finding.advice
    assert ids(doctor.course) == {"T04": ""}


def test_a_learning_rate_of_zero_is_found_late_and_forgiven_early():
    still = samples(rate=0.0, updates=(0.0, 0.0))
    assert weights_do_not_move.check(Course(np.ones(60), samples=still, planned_steps=1000)) is None
    assert "above zero" in weights_do_not_move.check(Course(np.ones(600), samples=still, planned_steps=1000)).advice


def test_weights_without_gradient_are_not_said_to_stand_still():
    assert weights_do_not_move.check(Course(np.ones(60), samples=samples(gradients=(0.0, 0.0), updates=(0.0, 0.0)))) is None


def test_a_learning_rate_that_rises_from_zero_or_has_no_plan_has_not_decayed():
    rates = [1e-6, 1e-2, 0.1, 0.1]
    warm = tuple(sample(2 + 16 * i, rate) for i, rate in enumerate(rates))
    assert rate_decayed_early.check(Course(np.ones(60), samples=warm, planned_steps=1000)) is None
    low = (sample(2), *(sample(2 + 16 * i, 1e-6) for i in range(1, 4)))
    assert rate_decayed_early.check(Course(np.ones(60), samples=low)) is None
    assert rate_decayed_early.check(Course(np.ones(60), samples=low, planned_steps=10)) is None
    resting = Course(np.ones(160), samples=low, planned_steps=1000, num_updates=160, rests_from=3)
    assert "At step 3 of 1,000" in rate_decayed_early.check(resting).sentence
    assert rate_decayed_early.check(replace(resting, num_updates=60)) is None  # it may come back


def test_a_rate_that_rests_later_counts_where_all_steps_are_worth_little():
    samples = sample(2), *(sample(2 + 16 * i, 1e-6) for i in range(1, 4))
    spent = Course(np.ones(500), samples=samples, planned_steps=1000, num_updates=600, rests_from=400, sum_of_rates=5.0)
    assert rate_decayed_early.check(spent) is not None
    assert rate_decayed_early.check(replace(spent, num_updates=800, rests_from=690)) is not None  # 0.95 a step, of 200 and more
    assert rate_decayed_early.check(replace(spent, sum_of_rates=30.0)) is None
    assert rate_decayed_early.check(replace(spent, rests_from=550)) is None  # not yet for a tenth of the steps


def test_a_restart_between_two_samples_is_seen():
    low = (sample(2), *(sample(2 + 16 * i, 1e-6, highest=0.1) for i in range(1, 4)))
    assert rate_decayed_early.check(Course(np.ones(60), samples=low, planned_steps=1000)) is None


@pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.Adam])
def test_weight_decay_is_blamed_whatever_the_optimizer_does_with_it(optimizer):
    model = mlp(depth=2)
    rate = 0.1 if optimizer is torch.optim.SGD else 0.005
    assert ids(course(model, optimizer(model.parameters(), lr=rate, weight_decay=0.5))) == {
        "T14": "",
        "T11": "T14",
        "T15": "T14",
    }


def test_weights_that_shrink_because_the_inputs_say_nothing_are_not_blamed_on_decay():
    torch.manual_seed(0)
    model = nn.Linear(8, 2)
    with torch.no_grad():
        model.weight *= torch.tensor([[4.0], [0.0]])
        model.weight[1] -= model.weight[0]  # what both classes share never changes
    seen = course(model, sgd(model, lr=0.1, weight_decay=1e-3), noise(), steps=150, planned=200)
    assert seen.samples[-1].sizes["weight"] < 0.5 * seen.samples[0].sizes["weight"]
    assert ids(seen) == {"T11": ""}


def test_one_batch_norm_in_eval_mode_is_no_training_in_eval_mode():
    assert trained_in_eval_mode.check(PAIRS["trained_in_eval_mode"](False)) is None
    assert "eval mode" in trained_in_eval_mode.check(PAIRS["trained_in_eval_mode"](True)).sentence


def test_a_sampler_measures_what_the_optimizer_holds():
    model = mlp()
    optimizer = torch.optim.AdamW(model[2].parameters(), lr=0.1, weight_decay=0.02)
    newest = course(model, optimizer, steps=20).samples[-1]
    assert set(newest.sizes) == {"2.weight", "2.bias"}
    assert newest.matrices == ("2.weight",)
    assert newest.weight_decay == 0.02


def test_samples_are_never_more_than_twice_as_far_and_not_too_many():
    model = nn.Linear(1, 1)
    slow, quick = (Sampler(model, sgd(model)) for _ in range(2))
    for sampler, spent in ((slow, 1e9), (quick, 0.0)):
        for step in range(1, 16 * 600):
            sampler.step_begins(step)
            sampler.step_ends(step, spent)
    assert [one.step for one in slow.samples] == [2, 18, 36, 72, 144, 288, 576, 1152, 2304, 4608, 9216]
    assert len(quick.samples) <= MAX_SAMPLES
    assert [one.step for one in quick.samples[-3:]] == [16 * i + 2 for i in (597, 598, 599)]


def test_a_sampler_keeps_the_highest_rate_between_samples():
    model = nn.Linear(1, 1)
    optimizer = sgd(model, lr=1e-6)
    sampler = Sampler(model, optimizer)
    for step in range(1, 19):
        optimizer.param_groups[0]["lr"] = 0.3 if step == 9 else 1e-6
        sampler.step_begins(step)
        sampler.step_ends(step, 0.0)
    assert [one.highest_rate for one in sampler.samples] == [1e-6, 0.3]
    assert sampler.samples[-1].learning_rate == 1e-6


class Doubled(nn.Tanh):
    def forward(self, x):
        return super().forward(x), x


class Own(nn.Tanh):
    pass


def shares(module, inputs):
    probe = ActivationProbe(module)
    probe.begin()
    for one in inputs:
        module(one)
    return probe.end()


def test_a_persons_own_activation_breaks_nothing():
    far = torch.full((4, 3), 9.0)
    assert shares(Doubled(), [far]) == ({}, {})
    assert shares(Own(), [far])[1] == {"": 1.0}
    assert shares(nn.ReLU(), [torch.zeros(0, 3), torch.zeros(3)]) == ({}, {})


def test_a_bounded_activation_is_measured_by_its_own_ends():
    assert shares(nn.Hardtanh(-4.0, 4.0), [torch.full((4, 3), 1.0)])[1] == {"": 0.0}
    assert shares(nn.Hardtanh(-4.0, 4.0), [torch.full((4, 3), 5.0)])[1] == {"": 1.0}
    assert shares(nn.Sigmoid(), [torch.full((4, 3), -6.0)])[1] == {"": 1.0}


def test_of_an_activation_used_twice_the_worst_call_counts():
    assert shares(nn.ReLU(), [torch.ones(4, 3), -torch.ones(4, 3), torch.ones(4, 3)])[0] == {"": 1.0}


def test_units_of_an_image_are_its_channels():
    image = torch.ones(2, 4, 5, 5)
    image[:, :3] = -1.0
    assert shares(nn.ReLU(), [image])[0] == {"": 0.75}

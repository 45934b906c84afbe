"""Every task, under every loss: a perfect model has the least loss, members are trained on their own, predictions are valid."""

import math
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from torch import nn

from espalier.core.batch import Batch
from espalier.core.catalogue import tasks
from espalier.core.errors import PlanError, UnknownNameError
from espalier.core.plan import TaskPlan
from espalier.evaluation.anomaly.scores import in_levels
from espalier.evaluation.baselines.baseline import suited_baselines
from espalier.tasks.build import GIVEN, build_task

NUM_ROWS, NUM_CLASSES = 32, 3
FORECAST = {"num_targets": 2, "horizon": 3, "scales": (1.0, 2.0)}
WINDOWS = {"in_channels": 2, "length": 3}
CASES = {
    "mse": TaskPlan("regression"),
    "mae": TaskPlan("regression", {"loss": "mae"}),
    "huber": TaskPlan("regression", {"loss": "huber", "huber_delta": 0.5}),
    "quantile": TaskPlan("regression", {"loss": "quantile", "quantiles": [0.1, 0.5, 0.9]}),
    "binary": TaskPlan("binary"),
    "binary-smooth": TaskPlan("binary", {"label_smoothing": 0.1}),
    "binary-weighted": TaskPlan("binary", {"positive_weight": 5.0}),
    "hinge": TaskPlan("binary", {"loss": "hinge"}),
    "binary-focal": TaskPlan("binary", {"loss": "focal", "focal_gamma": 1.5, "positive_weight": 2}),
    "multiclass": TaskPlan("multiclass"),
    "multiclass-smooth": TaskPlan("multiclass", {"label_smoothing": 0.1}),
    "multiclass-focal": TaskPlan("multiclass", {"loss": "focal"}),
    "multilabel": TaskPlan("multilabel"),
    "multilabel-smooth": TaskPlan("multilabel", {"label_smoothing": 0.2}),
    "multilabel-focal": TaskPlan("multilabel", {"loss": "focal", "focal_gamma": 0.5, "positive_weight": 3}),
    "localization": TaskPlan("localization"),
    "localization-giou": TaskPlan("localization", {"box_loss": "giou"}),
    "localization-l1": TaskPlan("localization", {"box_loss": "smooth_l1", "box_weight": 5}),
    "forecast-mse": TaskPlan("forecasting"),
    "forecast-mae": TaskPlan("forecasting", {"loss": "mae"}),
    "forecast-huber": TaskPlan("forecasting", {"loss": "huber", "huber_delta": 0.5}),
    "forecast-quantile": TaskPlan("forecasting", {"loss": "quantile", "quantiles": [0.1, 0.5, 0.9]}),
    "forecast-gaussian": TaskPlan("forecasting", {"loss": "gaussian"}),
    "forecast-student": TaskPlan("forecasting", {"loss": "student-t", "quantiles": [0.2, 0.8]}),
    "anomaly": TaskPlan("anomaly"),
    "anomaly-extreme": TaskPlan("anomaly", {"level": "extreme", "false_alarms": 0.001}),
    "anomaly-in-time": TaskPlan("anomaly", {"threshold": 4.0}),
    "counts": TaskPlan("counts"),
    "counts-scaled": TaskPlan("counts", {"base_rate": 4.0}),
}
WEIGHTED = {"binary-classes": (TaskPlan("binary"), (0.6, 3.0)), "multiclass-classes": (TaskPlan("multiclass"), (0.5, 1.0, 4.0))}
ALL = {name: (plan, None) for name, plan in CASES.items()} | WEIGHTED


class Fixed(nn.Module):
    """A model that gives the numbers it was made with, whatever it reads."""

    def __init__(self, output):
        super().__init__()
        self.output = nn.Parameter(output)

    def forward(self, *inputs):
        return self.output


def made(case):
    plan, class_weights = ALL[case]
    data = {"forecasting": FORECAST, "anomaly": WINDOWS | {"in_time": case == "anomaly-in-time"}}.get(plan.name, {})
    return build_task(plan, 2 if plan.name == "binary" else NUM_CLASSES, class_weights, data)


def target_of(task, num_rows=NUM_ROWS):
    rng = np.random.default_rng(3)
    if task.target == "number":
        return torch.from_numpy(rng.normal(size=num_rows)).float()
    if task.target == "path":
        return torch.from_numpy(rng.normal(size=(num_rows, task.num_targets, task.horizon))).float()
    if task.target == "anomaly":
        windows = torch.from_numpy(rng.normal(size=(num_rows, task.in_channels, task.length))).float()
        windows[::4, :, -1] = float("nan")  # shorter ones
        return windows
    if task.target == "count":
        return torch.from_numpy(rng.poisson(3.0, num_rows)).float()
    if task.target == "labels":
        return torch.from_numpy(rng.random((num_rows, NUM_CLASSES)) < 0.4).float()
    if task.target == "box":
        low = rng.uniform(0.05, 0.5, (num_rows, 2))
        boxes = np.concatenate([low, low + rng.uniform(0.1, 0.4, (num_rows, 2))], axis=1)
        return torch.from_numpy(np.column_stack([rng.integers(0, NUM_CLASSES, num_rows), boxes])).float()
    return torch.from_numpy(rng.integers(0, 2 if task.name == "binary" else NUM_CLASSES, num_rows))


def one_hot(index):
    return nn.functional.one_hot(index, NUM_CLASSES).float()


def perfect(task, target):
    """Return the output that a model which knows the truth would give."""
    if task.target == "number":
        return target[:, None].expand(-1, task.num_outputs).contiguous()
    if task.target == "anomaly":
        return target.nan_to_num().flatten(1)
    if task.target == "path":
        steps = target.unsqueeze(-1).repeat(1, 1, 1, task.outputs_per_step)
        if task.loss in ("gaussian", "student-t"):
            steps[..., 1], steps[..., 2:] = -50.0, 50.0  # sure, and without far tails
        return steps.flatten(1)
    if task.target == "count":
        return (target.clamp_min(1e-6) / task.base_rate).log()[:, None]
    sure = 12.0
    if task.target == "box":
        low, high = target[:, 1:3], target[:, 3:]
        return torch.cat([one_hot(target[:, 0].long()) * sure, ((low + high) / 2).logit(), (high - low).logit()], dim=1)
    smoothing = task.label_smoothing
    if task.name == "multiclass":
        truth = one_hot(target)
        return (truth * (1 - smoothing) + smoothing / NUM_CLASSES).log() if smoothing else truth * sure
    if smoothing:
        sure = math.log((1 - smoothing / 2) / (smoothing / 2))
    return (2 * target.float().reshape(len(target), -1) - 1) * sure


def batch_of(task, num_rows=NUM_ROWS):
    target = target_of(task, num_rows)
    if task.target == "anomaly":
        inputs = (target.nan_to_num(), (~target[:, 0].isnan()).sum(dim=1))
    else:
        inputs = (torch.zeros(num_rows, 1),)
    return Batch(inputs, target, torch.arange(num_rows) + 2)


def truth_of(task, batch):
    """Return what predictions are scored against: where anomalies are asked for, every fifth stretch is one."""
    if task.target == "anomaly":
        return (np.arange(len(batch.target)) // 10 % 5 == 4) * 1.0
    return batch.target.double().numpy()


def telling(task, batch, truth):
    """Return the output of a model that knows the truth: an anomaly is written badly."""
    best = perfect(task, batch.target)
    return best + 9 * torch.from_numpy(truth).float()[:, None] if task.target == "anomaly" else best


def total(task, output, batch):
    return sum(task.losses(Fixed(output), batch).values())


@pytest.mark.parametrize("case", ALL)
def test_a_perfect_model_has_the_least_loss(case):
    task = made(case)
    batch = batch_of(task)
    best = perfect(task, batch.target)
    least = total(task, best, batch)
    for seed in range(20):
        noise = torch.randn(best.shape, generator=torch.Generator().manual_seed(seed))
        assert total(task, best + noise, batch) > least - 1e-6
        assert total(task, best + 15 * noise, batch) > least


@pytest.mark.parametrize("case", ALL)
def test_the_loss_of_members_is_the_mean_of_their_losses(case):
    task = made(case)
    batch = batch_of(task)
    output = torch.randn(NUM_ROWS, 4, task.num_outputs)
    together = task.losses(Fixed(output), batch)
    for name, loss in together.items():
        single = torch.stack([task.losses(Fixed(output[:, e]), batch)[name] for e in range(4)])
        assert loss.ndim == 0
        torch.testing.assert_close(loss, single.mean())


@pytest.mark.parametrize("case", ALL)
def test_each_member_has_a_gradient_of_its_own(case):
    task = made(case)
    batch = batch_of(task)
    output = torch.randn(NUM_ROWS, 4, task.num_outputs)
    model, alone = Fixed(output.clone()), Fixed(output[:, 2].clone())
    sum(task.losses(model, batch).values()).backward()
    sum(task.losses(alone, batch).values()).backward()
    torch.testing.assert_close(model.output.grad[:, 2] * 4, alone.output.grad)


@pytest.mark.parametrize("case", ALL)
@pytest.mark.parametrize("size", [-1e4, -100.0, 0.0, 100.0, 1e4])
def test_extreme_outputs_give_finite_losses_and_gradients(case, size):
    task = made(case)
    batch = batch_of(task)
    output = torch.full((NUM_ROWS, task.num_outputs), size)
    output[:, 0] *= -1
    model = Fixed(output)
    loss = sum(task.losses(model, batch).values())
    loss.backward()
    assert torch.isfinite(loss) and torch.isfinite(model.output.grad).all()
    prediction = task.predict(model, batch)
    assert np.isfinite(prediction.values).all()


@pytest.mark.parametrize("case", ALL)
@pytest.mark.parametrize("members", [0, 3])
def test_predictions_are_valid(case, members):
    task = made(case)
    batch = batch_of(task)
    shape = (NUM_ROWS, members, task.num_outputs) if members else (NUM_ROWS, task.num_outputs)
    model = Fixed(torch.randn(shape))
    prediction = task.predict(model, batch)
    assert prediction.rows.tolist() == list(range(2, NUM_ROWS + 2))
    assert prediction.values.dtype == np.float64
    assert len(prediction.values) == NUM_ROWS
    if task.target == "box":
        assert prediction.boxes.shape == (NUM_ROWS, 4)
        assert ((prediction.boxes >= 0) & (prediction.boxes <= 1)).all()
        assert (prediction.boxes[:, 2:] >= prediction.boxes[:, :2]).all()
    if task.target in ("class", "box"):
        assert prediction.probabilities.shape == (NUM_ROWS, 2 if task.name == "binary" else NUM_CLASSES)
        np.testing.assert_allclose(prediction.probabilities.sum(1), 1)
        np.testing.assert_array_equal(prediction.values, prediction.probabilities.argmax(1))
    if task.target == "anomaly":
        assert prediction.probabilities.shape == (NUM_ROWS, 2)
        np.testing.assert_array_equal(prediction.values, in_levels(prediction) > 1)
    if task.target == "labels":
        assert prediction.values.shape == prediction.probabilities.shape == (NUM_ROWS, NUM_CLASSES)
    if prediction.probabilities is not None:
        assert ((prediction.probabilities >= 0) & (prediction.probabilities <= 1)).all()
    if prediction.quantiles is not None:
        assert (np.diff(prediction.quantiles, axis=-1) >= 0).all()


@pytest.mark.parametrize("case", ALL)
def test_one_member_predicts_as_a_plain_model(case):
    task = made(case)
    batch = batch_of(task)
    output = torch.randn(NUM_ROWS, task.num_outputs)
    plain, member = task.predict(Fixed(output), batch), task.predict(Fixed(output[:, None]), batch)
    np.testing.assert_allclose(plain.values, member.values)


@pytest.mark.parametrize("case", ALL)
def test_every_metric_measures_a_prediction_and_a_perfect_model_scores_best(case):
    task = made(case)
    batch = batch_of(task, 200)
    truth = truth_of(task, batch)
    good = task.predict(Fixed(telling(task, batch, truth)), batch)
    wrong = telling(task, batch, 1 - truth) if task.target == "anomaly" else torch.randn(200, task.num_outputs)
    bad = task.predict(Fixed(wrong), batch)
    for metric in task.metrics:
        if metric.name in ("mape", "coverage", "calibration_error"):
            assert metric.sentence
            continue
        better = metric.measure(truth, good) - metric.measure(truth, bad)
        assert better > 0 if metric.higher_is_better else better < 0, metric.name


@pytest.mark.parametrize("case", ALL)
def test_half_precision_outputs_are_made_whole(case):
    task = made(case)
    batch = batch_of(task)
    model = Fixed(torch.randn(NUM_ROWS, task.num_outputs).bfloat16())
    assert all(loss.dtype == torch.float32 for loss in task.losses(model, batch).values())
    assert np.isfinite(task.predict(model, batch).values).all()


@pytest.mark.parametrize("case", ALL)
def test_predicting_records_no_gradients_and_leaves_the_model_in_its_mode(case):
    task = made(case)
    batch = batch_of(task)
    batch = replace(batch, inputs=batch.inputs[:1])
    width = batch.inputs[0].flatten(1).shape[1]
    model = nn.Sequential(nn.Flatten(), nn.Linear(width, task.num_outputs), nn.Dropout(0.5)).eval()
    first, second = task.predict(model, batch), task.predict(model, Batch(batch.inputs))
    np.testing.assert_array_equal(first.values, second.values)
    assert second.rows.tolist() == list(range(NUM_ROWS))
    assert not model.training and model[1].weight.grad is None


@pytest.mark.parametrize("case", ALL)
def test_a_model_with_the_wrong_number_of_outputs_is_named_with_the_right_one(case):
    task = made(case)
    wrong = task.num_outputs + 1
    with pytest.raises(PlanError, match=rf"Fixed gives \(32, {wrong}\).* Give its last layer {task.num_outputs} outputs"):
        task.losses(Fixed(torch.zeros(NUM_ROWS, wrong)), batch_of(task))


@pytest.mark.parametrize("case", ALL)
def test_a_batch_without_target_has_no_loss(case):
    task = made(case)
    with pytest.raises(PlanError, match="The batch has no target"):
        task.losses(Fixed(torch.zeros(NUM_ROWS, task.num_outputs)), replace(batch_of(task), target=None))


@pytest.mark.parametrize("name", tasks())
def test_a_misspelt_option_is_answered_with_the_nearest(name):
    option = next(one.name for one in fields(tasks()[name]) if one.name not in GIVEN)
    with pytest.raises(UnknownNameError, match=f"no task option '{option}x'. Did you mean '{option}'"):
        build_task(TaskPlan(name, {option + "x": 1}), 2)


@pytest.mark.parametrize("name", tasks())
def test_tasks_are_equal_when_their_options_are_and_have_baselines_and_metrics(name):
    first, second = (build_task(TaskPlan(name), 2) for _ in range(2))
    assert first == second and hash(first) == hash(second)
    assert first.name == name
    assert len(suited_baselines(first.target, 1000, 5)) >= 6
    names = [metric.name for metric in first.metrics]
    assert len(set(names)) == len(names) >= 4
    assert all(metric.sentence.endswith(".") for metric in first.metrics)


def test_main_metrics_are_what_people_expect():
    main = {name: build_task(TaskPlan(name), 2).metrics[0].name for name in tasks()}
    assert main == {
        "regression": "rmse",
        "binary": "roc_auc",
        "multiclass": "log_loss",
        "multilabel": "log_loss",
        "counts": "poisson_deviance",
        "forecasting": "mae",
        "anomaly": "roc_auc",
        "localization": "class_and_box",
    }

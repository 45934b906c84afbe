"""Losses and predictions agree with torch.nn and with NumPy line by line; options out of range are refused in words."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from espalier.core.batch import Batch
from espalier.core.errors import PlanError, UnknownNameError
from espalier.core.plan import TaskPlan
from espalier.evaluation.metrics.numbers import pinball_losses
from espalier.tasks.binary import Binary
from espalier.tasks.build import build_task
from espalier.tasks.counts import MAX_LOG_RATE, Counts, rate
from espalier.tasks.multiclass import Multiclass
from espalier.tasks.multilabel import Multilabel
from espalier.tasks.regression import Regression


class Fixed(nn.Module):
    def __init__(self, output):
        super().__init__()
        self.output = output

    def forward(self, numbers):
        return self.output


def loss_of(task, output, target):
    (loss,) = task.losses(Fixed(output), Batch((torch.zeros(len(output), 1),), target)).values()
    return loss


def predicted(task, output):
    return task.predict(Fixed(output), Batch((torch.zeros(len(output), 1),)))


@pytest.mark.parametrize(
    ("task", "judge"),
    [
        (Regression(), nn.MSELoss()),
        (Regression("mae"), nn.L1Loss()),
        (Regression("huber", huber_delta=0.3), nn.HuberLoss(delta=0.3)),
    ],
)
def test_regression_losses_are_torchs(task, judge):
    output, target = torch.randn(20, 1), torch.randn(20)
    torch.testing.assert_close(loss_of(task, output, target), judge(output[:, 0], target))


def test_a_model_of_one_number_may_give_no_second_axis():
    output, target = torch.randn(20), torch.randn(20)
    torch.testing.assert_close(loss_of(Regression(), output, target), F.mse_loss(output, target))


def test_a_target_of_one_column_is_not_spread_over_the_batch():
    output, target = torch.randn(20, 1), torch.randn(20, 1)
    torch.testing.assert_close(loss_of(Regression(), output, target), F.mse_loss(output, target))


def test_the_quantile_loss_is_the_pinball_loss():
    output, target, levels = torch.randn(20, 3), torch.randn(20), (0.1, 0.5, 0.8)
    expected = pinball_losses(target.double().numpy(), output.double().numpy(), levels).mean()
    assert loss_of(Regression("quantile", quantiles=levels), output, target).item() == pytest.approx(expected, rel=1e-5)


def test_the_quantile_loss_is_least_at_the_quantiles():
    target = torch.randn(4000)
    task = Regression("quantile", quantiles=(0.1, 0.5, 0.9))
    best = target.quantile(torch.tensor([0.1, 0.5, 0.9])).expand(4000, 3)
    least = loss_of(task, best, target)
    assert all(loss_of(task, best + shift, target) > least for shift in (-0.1, 0.1))


def test_crossing_quantiles_are_put_in_order_and_the_value_is_their_median():
    prediction = predicted(Regression("quantile", quantiles=(0.1, 0.5, 0.9)), torch.tensor([[3.0, 1.0, 2.0]]))
    assert prediction.quantiles.tolist() == [[1, 2, 3]]
    assert prediction.values.tolist() == [2]


def test_without_a_median_the_value_lies_between_its_neighbours():
    prediction = predicted(Regression("quantile", quantiles=(0.2, 0.4, 0.8)), torch.tensor([[0.0, 4.0, 8.0]]))
    assert prediction.values.tolist() == pytest.approx([5.0])
    outside = predicted(Regression("quantile", quantiles=(0.8, 0.9)), torch.tensor([[1.0, 2.0]]))
    assert outside.values.tolist() == [1.0]


def test_members_of_a_regression_are_averaged():
    assert predicted(Regression(), torch.tensor([[[1.0], [3.0]]])).values.tolist() == [2]


def test_losses_that_aim_at_the_median_are_judged_by_mae():
    assert Regression("mae").metrics[0].name == Regression("quantile").metrics[0].name == "mae"
    assert Regression("huber").metrics[0].name == "rmse"
    assert {"pinball", "coverage"} <= {metric.name for metric in Regression("quantile").metrics}


def test_binary_cross_entropy_is_torchs_with_positive_weight():
    logit, target = torch.randn(30, 1), torch.randint(0, 2, (30,))
    expected = nn.BCEWithLogitsLoss(pos_weight=torch.tensor(4.0))(logit[:, 0], target.float())
    torch.testing.assert_close(loss_of(Binary(positive_weight=4), logit, target), expected)


def test_class_weights_of_a_binary_task_multiply_each_rows_loss():
    logit, target = torch.randn(30, 1), torch.randint(0, 2, (30,))
    expected = F.binary_cross_entropy_with_logits(logit[:, 0], target.float(), weight=torch.tensor([0.5, 3.0])[target])
    torch.testing.assert_close(loss_of(Binary(class_weights=(0.5, 3.0)), logit, target), expected)


def test_smoothed_binary_targets_lie_between():
    logit, target = torch.randn(30, 1), torch.randint(0, 2, (30,))
    expected = F.binary_cross_entropy_with_logits(logit[:, 0], target * 0.8 + 0.1)
    torch.testing.assert_close(loss_of(Binary(label_smoothing=0.2), logit, target), expected)


def test_the_hinge_loss_is_zero_beyond_the_margin_and_its_probability_a_fixed_logistic():
    logit = torch.tensor([[2.0], [0.5], [-3.0], [0.2]])
    expected = (0 + 0.5 + 4 + 1.2) / 4
    assert loss_of(Binary("hinge"), logit, torch.tensor([1, 1, 1, 0])).item() == pytest.approx(expected)
    probability = predicted(Binary("hinge"), torch.tensor([[1.0]])).probabilities[0, 1]
    assert probability == pytest.approx(1 / (1 + np.exp(-2)))


def test_focal_loss_agrees_with_its_equation():
    logit, target = torch.randn(30, 1), torch.randint(0, 2, (30,))
    p = torch.sigmoid(logit[:, 0])
    given = torch.where(target == 1, p, 1 - p)
    alpha = torch.where(target == 1, 3.0, 1.0)
    expected = (-alpha * (1 - given) ** 2 * given.log()).mean()
    torch.testing.assert_close(loss_of(Binary("focal", positive_weight=3), logit, target), expected)


def test_focal_loss_with_gamma_zero_is_the_cross_entropy():
    logits, target = torch.randn(30, 4), torch.randint(0, 4, (30,))
    torch.testing.assert_close(loss_of(Multiclass(4, "focal", focal_gamma=0), logits, target), F.cross_entropy(logits, target))


def test_focal_loss_of_classes_agrees_with_its_equation():
    logits, target = torch.randn(30, 4), torch.randint(0, 4, (30,))
    given = logits.softmax(1)[torch.arange(30), target]
    weights = torch.tensor([1.0, 2, 3, 4])
    expected = (-weights[target] * (1 - given) ** 1.5 * given.log()).mean()
    task = Multiclass(4, "focal", focal_gamma=1.5, class_weights=(1, 2, 3, 4))
    torch.testing.assert_close(loss_of(task, logits, target), expected)


def test_cross_entropy_is_torchs_with_smoothing():
    logits, target = torch.randn(30, 4), torch.randint(0, 4, (30,))
    expected = nn.CrossEntropyLoss(label_smoothing=0.1)(logits, target)
    torch.testing.assert_close(loss_of(Multiclass(4, label_smoothing=0.1), logits, target), expected)


def test_weighted_cross_entropy_is_a_mean_over_rows():
    logits, target, weights = torch.randn(30, 3), torch.randint(0, 3, (30,)), (0.5, 1.0, 4.0)
    each = F.cross_entropy(logits, target, reduction="none") * torch.tensor(weights)[target]
    torch.testing.assert_close(loss_of(Multiclass(3, class_weights=weights), logits, target), each.mean())


def test_members_are_averaged_as_probabilities():
    logits = torch.tensor([[[10.0, 0, 0], [0, 10.0, 0]]])
    prediction = predicted(Multiclass(3), logits)
    np.testing.assert_allclose(prediction.probabilities[0], logits[0].softmax(1).mean(0), rtol=1e-6)


def test_the_threshold_decides_the_class_and_not_the_probability():
    logit = torch.tensor([[-1.0], [1.0]])
    low, high = predicted(Binary(threshold=0.2), logit), predicted(Binary(), logit)
    assert low.values.tolist() == [1, 1] and high.values.tolist() == [0, 1]
    np.testing.assert_array_equal(low.probabilities, high.probabilities)


def test_labels_are_torchs_binary_cross_entropy_with_positive_weight():
    logits, target = torch.randn(30, 3), torch.randint(0, 2, (30, 3)).float()
    expected = nn.BCEWithLogitsLoss(pos_weight=torch.tensor(2.0))(logits, target)
    torch.testing.assert_close(loss_of(Multilabel(3, positive_weight=2), logits, target), expected)


def test_the_poisson_loss_is_half_the_deviance():
    from sklearn.metrics import mean_poisson_deviance

    log_rate, target = torch.randn(40, 1), torch.poisson(torch.full((40,), 2.0))
    expected = mean_poisson_deviance(target.numpy(), log_rate[:, 0].exp().numpy()) / 2
    assert loss_of(Counts(), log_rate, target).item() == pytest.approx(expected, rel=1e-5)


def test_the_poisson_loss_has_torchs_gradient():
    target = torch.poisson(torch.full((40,), 2.0))
    ours, theirs = (torch.linspace(-2, 2, 40).requires_grad_() for _ in range(2))
    loss_of(Counts(), ours[:, None], target).backward()
    F.poisson_nll_loss(theirs, target).backward()
    torch.testing.assert_close(ours.grad, theirs.grad)


def test_a_base_rate_only_shifts_the_answer_and_scales_the_loss():
    log_rate, target = torch.randn(40, 1), torch.poisson(torch.full((40,), 50.0))
    scaled = loss_of(Counts(base_rate=50), log_rate, target)
    plain = loss_of(Counts(), log_rate + np.log(50), target)
    torch.testing.assert_close(scaled * 50, plain, rtol=1e-4, atol=1e-4)
    assert predicted(Counts(base_rate=50), torch.zeros(1, 1)).values.tolist() == [50]


def test_huge_rates_grow_linearly_instead_of_overflowing():
    assert rate(torch.tensor(MAX_LOG_RATE)).item() == pytest.approx(np.exp(MAX_LOG_RATE), rel=1e-5)
    assert torch.isfinite(rate(torch.tensor(1e6)))


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (TaskPlan("regression", {"loss": "quantile", "quantiles": [0.5, 0.1]}), "expected ascending levels"),
        (
            TaskPlan("regression", {"loss": "quantile", "quantiles": [0.5, 1.0]}),
            "quantiles is 1.0; expected a number above 0 to below 1",
        ),
        (TaskPlan("regression", {"loss": "quantile", "quantiles": 0.5}), r"quantiles is 0.5; expected numbers such as"),
        (TaskPlan("regression", {"quantiles": [0.5]}), "quantiles has no effect with the loss 'mse'; it belongs to quantile"),
        (TaskPlan("regression", {"loss": "huber", "huber_delta": 0}), "huber_delta is 0; expected a number above 0"),
        (TaskPlan("binary", {"label_smoothing": "much"}), "label_smoothing is 'much'; expected a number from 0 to below 1"),
        (TaskPlan("binary", {"loss": "hinge", "label_smoothing": 0.1}), "has no effect with the loss 'hinge'"),
        (TaskPlan("binary", {"threshold": 1.5}), "threshold is 1.5; expected a number from 0 to 1"),
        (TaskPlan("binary", {"positive_weight": True}), "positive_weight is True"),
        (TaskPlan("counts", {"base_rate": -1}), "base_rate is -1"),
    ],
)
def test_options_out_of_range_are_refused_in_words(plan, words):
    with pytest.raises(PlanError, match=words):
        build_task(plan, 2)


def test_an_unknown_loss_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match="no loss 'hubber'. Did you mean 'huber'"):
        build_task(TaskPlan("regression", {"loss": "hubber"}), 1)


def test_an_unknown_task_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match="no task 'multi-class'. Did you mean 'multiclass'"):
        build_task(TaskPlan("multi-class"), 3)


def test_what_the_data_decide_is_no_option():
    with pytest.raises(UnknownNameError, match="no task option 'num_classes'"):
        build_task(TaskPlan("multiclass", {"num_classes": 5}), 3)


def test_a_binary_task_with_three_classes_is_refused():
    with pytest.raises(PlanError, match="one of 2 classes and the target has 3. Set task.name=multiclass"):
        build_task(TaskPlan("binary"), 3)


def test_class_weights_without_classes_are_refused():
    with pytest.raises(PlanError, match="the task 'counts' has none. Set task.class_weights=none"):
        build_task(TaskPlan("counts"), 0, (1.0, 2.0))


def test_class_weights_of_another_number_are_refused():
    with pytest.raises(PlanError, match="expected 3 numbers, one for each class"):
        build_task(TaskPlan("multiclass"), 3, (1.0, 2.0))

"""A class with a box: losses agree with NumPy line by line, and boxes are what the four numbers say."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from espalier.core.batch import Batch, Prediction
from espalier.core.errors import UnknownNameError
from espalier.core.plan import TaskPlan
from espalier.evaluation.metrics.boxes import box_accuracy, class_and_box, mean_iou, overlap
from espalier.tasks.boxes import boxes_of, giou, smooth_l1
from espalier.tasks.build import build_task
from espalier.tasks.localization import Localization


class Fixed(nn.Module):
    def __init__(self, output):
        super().__init__()
        self.output = output

    def forward(self, image):
        return self.output


def drawn(num=30, seed=0):
    random = np.random.default_rng(seed)
    low = random.uniform(0, 0.6, (num, 2))
    return np.concatenate([low, low + random.uniform(0.05, 0.4, (num, 2))], axis=1)


def giou_of_one_pair(a, b):
    """Algorithm 2 of arXiv 1902.09630, written out for one pair."""
    wide, tall = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    common = max(wide, 0) * max(tall, 0)
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common
    around = (max(a[2], b[2]) - min(a[0], b[0])) * (max(a[3], b[3]) - min(a[1], b[1]))
    return common / union - (around - union) / around


def test_the_generalised_overlap_agrees_with_its_algorithm():
    first, second = drawn(seed=1), drawn(seed=2)
    expected = [1 - giou_of_one_pair(a, b) for a, b in zip(first, second, strict=True)]
    np.testing.assert_allclose(giou(torch.from_numpy(first), torch.from_numpy(second)).numpy(), expected)


def test_smooth_l1_is_a_square_near_the_truth_and_a_distance_far_from_it():
    first, second = drawn(seed=1), drawn(seed=2)
    far = np.abs(first - second)
    expected = np.where(far < 0.1, far**2 / 0.2, far - 0.05).mean(axis=1)
    np.testing.assert_allclose(smooth_l1(torch.from_numpy(first), torch.from_numpy(second)).numpy(), expected)


def test_four_numbers_are_a_middle_and_a_size():
    raw = torch.tensor([[0.0, 0.0, 0.0, 0.0], [2.0, -2.0, -3.0, 1.0]]).double()
    x, y, w, h = (1 / (1 + np.exp(-raw.numpy()))).T
    expected = np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], axis=1)
    np.testing.assert_allclose(boxes_of(raw).numpy(), expected)


@pytest.mark.parametrize("box_loss", ["giou", "smooth_l1"])
def test_losses_are_the_class_and_the_weighted_box(box_loss):
    output, boxes = torch.randn(30, 7), torch.from_numpy(drawn()).float()
    index = torch.arange(30) % 3
    task = Localization(3, box_loss=box_loss, box_weight=4.0)
    losses = task.losses(Fixed(output), Batch((torch.zeros(30, 1),), torch.cat([index[:, None].float(), boxes], dim=1)))
    judge = {"giou": giou, "smooth_l1": smooth_l1}[box_loss]
    torch.testing.assert_close(losses["cross_entropy"], F.cross_entropy(output[:, :3], index))
    torch.testing.assert_close(losses[box_loss], 4 * judge(boxes_of(output[:, 3:]), boxes).mean())


def test_a_box_that_left_the_picture_teaches_its_class_alone():
    output = torch.randn(4, 6, requires_grad=True)
    target = torch.tensor(
        [[0, 0.1, 0.1, 0.5, 0.5], [1, *[float("nan")] * 4], [1, 0.2, 0.2, 0.4, 0.4], [0, *[float("nan")] * 4]]
    )
    sum(Localization(2).losses(Fixed(output), Batch((torch.zeros(4, 1),), target)).values()).backward()
    assert torch.isfinite(output.grad).all()
    assert (output.grad[[1, 3], 2:] == 0).all() and (output.grad[[1, 3], :2] != 0).all()
    assert (output.grad[[0, 2], 2:] != 0).any(dim=1).all()


def test_an_answer_is_right_when_class_and_box_are():
    target = np.array([[0, 0.0, 0, 1, 1], [1, 0, 0, 1, 1], [1, 0, 0, 1, 1], [0, 0, 0, 0.5, 1]])
    boxes = np.array([[0.0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 0.4, 1], [0, 0, 1, 1]])
    prediction = Prediction(np.arange(4), np.array([0.0, 0, 1, 0]), np.full((4, 2), 0.5), boxes=boxes)
    assert overlap(target[:, 1:], boxes).tolist() == pytest.approx([1, 1, 0.4, 0.5])
    assert class_and_box.measure(target, prediction) == 0.5  # an overlap of exactly half is enough
    assert box_accuracy.measure(target, prediction) == 0.75
    assert mean_iou.measure(target, prediction) == pytest.approx(0.725)


def test_boxes_apart_or_without_area_overlap_by_nothing():
    assert overlap(np.array([[0.0, 0, 1, 1], [0, 0, 0, 0]]), np.array([[2.0, 2, 3, 3], [0, 0, 0, 0]])).tolist() == [0, 0]


def test_an_unknown_loss_of_boxes_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match="no box_loss 'ciou'. Did you mean 'giou'"):
        build_task(TaskPlan("localization", {"box_loss": "ciou"}), 3)

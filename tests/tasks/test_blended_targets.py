"""Blended answers (mixup, cutmix): every loss agrees with a blend of the losses of both answers, written out in NumPy."""

import numpy as np
import pytest
import torch
from torch import nn

from espalier.core.batch import Batch
from espalier.data.augment.cutmix import CutMix
from espalier.data.augment.mixup import Mixup
from espalier.data.augment.pipeline import Pipeline
from espalier.tasks.binary import Binary
from espalier.tasks.multiclass import Multiclass
from espalier.tasks.multilabel import Multilabel

NUM, CLASSES = 12, 4
WEIGHTS = (0.5, 1.0, 2.0, 4.0)


class Fixed(nn.Module):
    def __init__(self, output):
        super().__init__()
        self.output = output

    def forward(self, image):
        return self.output


def loss_of(task, output, target):
    (loss,) = task.losses(Fixed(output), Batch((torch.zeros(len(output), 1),), target)).values()
    return loss.item()


def shares(num_classes, seed=0):
    """Return rows of probabilities that are blends of two classes, and one that is a class alone."""
    stream = np.random.default_rng(seed)
    first, second = stream.integers(0, num_classes, (2, NUM))
    share = stream.random(NUM)
    share[0] = 1.0
    eye = np.eye(num_classes)
    return share[:, None] * eye[first] + (1 - share[:, None]) * eye[second]


def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def each_class_alone(task, output, num_classes):
    """Return (B, K) what each row would lose if each class were its answer, row by row from the task's own hard losses."""
    return np.array(
        [
            [loss_of(task, output[row : row + 1], torch.tensor([one])) for one in range(num_classes)]
            for row in range(len(output))
        ]
    )


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("gamma", [0.0, 1.5])
def test_focal_loss_of_blended_classes_is_written_out(weights, gamma):
    output, target = torch.randn(NUM, CLASSES, generator=torch.Generator().manual_seed(0)), shares(CLASSES)
    p = softmax(output.double().numpy())
    w = np.ones(CLASSES) if weights is None else np.array(weights)
    expected = (target * w * (1 - p) ** gamma * -np.log(p)).sum(1).mean()
    task = Multiclass(CLASSES, "focal", focal_gamma=gamma, class_weights=weights)
    assert loss_of(task, output, torch.from_numpy(target).float()) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_cross_entropy_of_blended_classes_is_written_out(weights, smoothing):
    output, target = torch.randn(NUM, CLASSES, generator=torch.Generator().manual_seed(1)), shares(CLASSES)
    surprise = -np.log(softmax(output.double().numpy()))
    w = np.ones(CLASSES) if weights is None else np.array(weights)
    smooth = (1 - smoothing) * target + smoothing / CLASSES
    expected = (smooth * w * surprise).sum(1).mean()
    task = Multiclass(CLASSES, label_smoothing=smoothing, class_weights=weights)
    assert loss_of(task, output, torch.from_numpy(target).float()) == pytest.approx(expected, rel=1e-5)


BINARY = {
    "plain": Binary(),
    "smooth": Binary(label_smoothing=0.2),
    "weighted": Binary(class_weights=(0.6, 3.0)),
    "weighted smooth": Binary(label_smoothing=0.2, class_weights=(0.6, 3.0), positive_weight=2.0),
    "hinge": Binary("hinge"),
    "weighted hinge": Binary("hinge", class_weights=(0.6, 3.0)),
    "focal": Binary("focal", focal_gamma=1.5),
    "weighted focal": Binary("focal", positive_weight=3.0),
}


@pytest.mark.parametrize("name", BINARY)
def test_a_blended_yes_or_no_loses_the_blend_of_both_answers(name):
    task, output, target = BINARY[name], 2 * torch.randn(NUM, 1, generator=torch.Generator().manual_seed(2)), shares(2)
    expected = (target * each_class_alone(task, output, 2)).sum(1).mean()
    assert loss_of(task, output, torch.from_numpy(target).float()) == pytest.approx(expected, rel=1e-5)


def test_the_weighted_focal_loss_of_a_blended_yes_or_no_is_written_out():
    output, target = 2 * torch.randn(NUM, 1, generator=torch.Generator().manual_seed(3)), shares(2)
    p = 1 / (1 + np.exp(-output.double().numpy()[:, 0]))
    yes, no = -((1 - p) ** 2) * np.log(p), -(p**2) * np.log(1 - p)
    expected = (target[:, 1] * 3.0 * yes + target[:, 0] * 0.6 * no).mean()
    task = Binary("focal", class_weights=(0.6, 3.0))
    assert loss_of(task, output, torch.from_numpy(target).float()) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    "task",
    [Multilabel(3, positive_weight=2.0), Multilabel(3, "focal", positive_weight=2.0), Multilabel(3, label_smoothing=0.2)],
    ids=["weighted", "focal", "smooth"],
)
def test_blended_labels_lose_the_blend_of_yes_and_no(task):
    output, target = torch.randn(NUM, 3, generator=torch.Generator().manual_seed(4)), torch.rand(NUM, 3)
    p = 1 / (1 + np.exp(-output.double().numpy()))
    yes, no, t = -np.log(p), -np.log(1 - p), target.double().numpy()
    if task.loss == "focal":
        yes, no = (1 - p) ** 2 * yes, p**2 * no
    other = task.label_smoothing / 2
    yes, no = (1 - other) * yes + other * no, (1 - other) * no + other * yes
    expected = (t * task.positive_weight * yes + (1 - t) * no).mean()
    assert loss_of(task, output, target) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("task", [*BINARY.values(), Multiclass(2, "focal", class_weights=(1.0, 2.0))], ids=str)
@pytest.mark.parametrize("mixing", [Mixup(), CutMix()], ids=lambda one: one.name)
def test_what_mixing_hands_out_can_be_learnt_from_and_members_keep_their_own_loss(task, mixing):
    image = torch.randn(NUM, 3, 8, 8)
    stream = torch.Generator().manual_seed(0)
    _, target = Pipeline(mixing=mixing, num_classes=2).mix(image, torch.arange(NUM) % 2, stream)
    output = torch.randn(NUM, 3, task.num_outputs)
    together = loss_of(task, output, target)
    assert together == pytest.approx(np.mean([loss_of(task, output[:, e], target) for e in range(3)]), rel=1e-5)

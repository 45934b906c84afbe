"""Rivals: the rules of AutoTrainer, DeepDiagnosis and UMLAUT, from the thresholds of their released code, on the same runs.

They were written for Keras, where a network ends in probabilities; here it gives logits, so rules on outputs read them after
the softmax or sigmoid that is inside the loss. Where nothing says how often a statistic must be beyond its threshold, the
median over the epochs counts: the reading that favours the rival, because single epochs alarm on nearly every run.
"""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from twins import loss_of, share_right

from espalier.tasks.loss_kind import OF_QUANTITIES, kind_of

NUM_EPOCHS = 20  # the steps of a run, cut into so many parts
FIXED_ROWS = 64


@dataclass(frozen=True)
class Epoch:
    """What the rivals' callbacks would see at the end of an epoch.

    Args:
        loss, valid_loss: means, of the batches of the epoch and of the validation rows.
        accuracy, valid_accuracy: as the losses; None for quantities.
        gradients: (L,) norm of the gradient of each weight matrix, input first; on one fixed batch.
        mean_gradients: (L,) mean absolute gradient.
        zero_gradients: share of gradients that are zero.
        sizes, variances: (L,) norm and variance of each matrix.
        zeros: (R,) share of outputs of each ReLU that are zero.
        far: (S,) share of inputs of each sigmoid or tanh beyond 5.
        layer_mean: largest mean absolute output of a layer before the last.
        output_range: width of the outputs.
        weights: one number that tells two states of the weights apart.
        learning_rate: in force.
    """

    loss: float
    valid_loss: float
    accuracy: float | None
    valid_accuracy: float | None
    gradients: np.ndarray
    mean_gradients: np.ndarray
    zero_gradients: float
    sizes: np.ndarray
    variances: np.ndarray
    zeros: np.ndarray
    far: np.ndarray
    layer_mean: float
    output_range: float
    weights: float
    learning_rate: float


class Recorder:
    """Records the epochs of a run on a copy of its model, so that neither the run nor the doctor notices.

    Args:
        twin: before it is trained and watched.
    """

    def __init__(self, twin):
        self.twin, self.model, self.criterion = twin, copy.deepcopy(twin.model), copy.deepcopy(twin.criterion)
        self.epochs = []
        self.zeros, self.far, self.means = [], [], []
        for module in self.model.modules():
            if not list(module.children()):
                module.register_forward_hook(self._look)

    def _look(self, module, given, output):
        if not isinstance(output, torch.Tensor):
            return
        self.means.append(float(output.detach().float().abs().mean()))
        if isinstance(module, nn.ReLU):
            self.zeros.append(float((output <= 0).float().mean()))
        elif isinstance(module, nn.Sigmoid | nn.Tanh):
            self.far.append(float((given[0].abs() >= 5).float().mean()))

    def record(self, model, losses, rights, learning_rate):
        """Record one epoch.

        Args:
            model: being trained.
            losses: of the steps of this epoch.
            rights: share of right answers in each batch of this epoch; empty for quantities.
            learning_rate: in force.
        """
        self.model.load_state_dict(model.state_dict())
        self.zeros, self.far, self.means = [], [], []
        with torch.random.fork_rng():
            self.epochs.append(self._measure(losses, rights, learning_rate))

    def _measure(self, losses, rights, learning_rate):
        twin, data = self.twin, self.twin.data
        named = [weight for weight in self.model.parameters() if weight.requires_grad]
        output = self.model.train()(data.x[:FIXED_ROWS])
        loss = loss_of(twin, self.criterion, output, data.y[:FIXED_ROWS])
        found = torch.autograd.grad(loss, named, allow_unused=True) if loss.requires_grad else [None] * len(named)
        gradients = [torch.zeros_like(weight) if one is None else one for weight, one in zip(named, found, strict=True)]
        matrices = [(weight.detach(), one) for weight, one in zip(named, gradients, strict=True) if weight.ndim > 1]
        every = torch.cat([one.flatten() for one in gradients])
        seen = {"zeros": np.array(self.zeros), "far": np.array(self.far), "layer_mean": max(self.means[:-1], default=0.0)}
        with torch.no_grad():
            valid = self.model.eval()(data.x_valid)
            valid_loss = float(loss_of(twin, self.criterion, valid, data.y_valid).mean())
        return Epoch(
            loss=float(np.mean(losses)),
            valid_loss=valid_loss,
            accuracy=float(np.mean(rights)) if rights else None,
            valid_accuracy=share_right(twin, valid, data.y_valid) if rights else None,
            gradients=np.array([float(one.norm()) for _, one in matrices]),
            mean_gradients=np.array([float(one.abs().mean()) for _, one in matrices]),
            zero_gradients=float((every == 0).float().mean()),
            sizes=np.array([float(weight.norm()) for weight, _ in matrices]),
            variances=np.array([float(weight.var()) for weight, _ in matrices]),
            output_range=float(output.max() - output.min()),
            weights=float(sum(weight.detach().double().sum() for weight in named)),
            learning_rate=learning_rate,
            **seen,
        )


def autotrainer(twin, epochs):
    """Alarm as AutoTrainer: every third epoch from 30 % on; None for quantities, which are out of its scope."""
    if twin.task.kind == "quantity":
        return None
    if any(not np.isfinite(one.loss) or one.loss >= 1e3 for one in epochs):
        return True
    looked_at = range(int(0.3 * len(epochs)), len(epochs), 3)
    return any(_autotrainer_at(epochs[: number + 1]) for number in looked_at)


def _autotrainer_at(epochs):
    now, accuracy = epochs[-1], np.array([one.accuracy for one in epochs])
    first, last = (now.gradients[0], max(now.gradients[-1], 1e-30)) if len(now.gradients) else (1.0, 1.0)
    is_low = accuracy[-1] < 0.6
    vanishes = first / last < 1e-3 and first < 1e-4
    explodes = first / last > 70 or not np.isfinite(now.gradients).all()
    is_dying = now.zero_gradients >= 0.7
    swings = np.diff(accuracy)
    turns = (swings[1:] * swings[:-1] < 0) & (np.minimum(np.abs(swings[1:]), np.abs(swings[:-1])) >= 0.03)
    oscillates = turns.sum() / len(accuracy) >= 0.2
    is_slow = is_low and (accuracy[-1] - accuracy[0]) / len(accuracy) < 0.01
    return bool(is_low and (vanishes or explodes or is_dying) or oscillates or is_slow or now.layer_mean >= 10)


def deepdiagnosis(twin, epochs):
    """Alarm as DeepDiagnosis. Inputs beyond -1 and 1 name the cause of another symptom there, and are none themselves."""

    def median(read):
        values = np.array([read(one) for one in epochs])
        return np.nanmedian(values, axis=0) if values.size else values

    if any(not np.isfinite(one.loss) for one in epochs):
        return True
    ratio = median(lambda one: one.learning_rate * one.gradients / np.maximum(one.sizes, 1e-30))
    variances = median(lambda one: one.variances)
    accuracy = [one.accuracy for one in epochs]
    weights = [one.weights for one in epochs]
    wide = max(10 * float(twin.data.y.max() - twin.data.y.min()), 1e-30)
    is_quantity = kind_of(twin.criterion) in OF_QUANTITIES
    return bool(
        (median(lambda one: one.zeros) >= 0.7).any()
        or (median(lambda one: one.far) > 0.5).any()
        or (median(lambda one: one.mean_gradients) < 1e-7).any()
        or ((variances < 1e-5) | (variances > 10)).any()
        or ((ratio < 1e-5) | (ratio > 0.1)).any()
        or any(len(set(weights[first : first + 5])) == 1 for first in range(len(weights) - 4))
        or (accuracy[0] is not None and len(accuracy) >= 20 and len(set(accuracy[-20:])) == 1)
        or (is_quantity and median(lambda one: one.output_range) > wide)
    )


def umlaut(twin, epochs):
    """Alarm as UMLAUT: any of its messages, errors and warnings alike."""
    x = twin.data.x
    rate = epochs[0].learning_rate
    modules = list(twin.model.modules())
    ends_in_softmax = isinstance(modules[-1], nn.Softmax | nn.Sigmoid)
    has_activation = any(isinstance(one, nn.ReLU | nn.Tanh | nn.Sigmoid | nn.GRU) for one in modules)
    late = epochs[3:]
    rises = any(
        now.valid_loss > before.valid_loss and now.loss < before.loss for before, now in zip(late, late[1:], strict=False)
    )
    too_good = twin.task.kind != "quantity" and any(
        one.valid_accuracy > 0.95 or one.valid_accuracy > one.accuracy + 0.05 for one in late
    )
    return bool(
        (x.is_floating_point() and (x.min() < -1 or x.max() > 1 or not torch.isfinite(x).all()))
        or any(not np.isfinite(one.loss) for one in epochs)
        or ends_in_softmax
        or not has_activation
        or any(isinstance(one, nn.Dropout) and one.p > 0.5 for one in modules)
        or rate > 0.01
        or rate < 1e-7
        or rises
        or too_good
    )


RULES = {"AutoTrainer rules": autotrainer, "DeepDiagnosis rules": deepdiagnosis, "UMLAUT rules": umlaut}

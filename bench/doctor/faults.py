"""Faults, by their number in the catalogue: functions that change a run before it starts.

A function returns False where a task cannot have the fault. Where a dose makes sense there are five, from one that hardly
matters to one that none can miss.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import nn

CONSTANT = 0.05
RESTING = 1e-3  # of the first learning rate
BENDING = (nn.ReLU, nn.GELU)
MODED = (nn.Dropout, nn.BatchNorm1d, nn.BatchNorm2d)


@dataclass(frozen=True)
class Fault:
    """One kind of fault.

    Args:
        name: in words.
        seed: `seed(twin, dose)` changes a run; False when it cannot have the fault.
        ids: numbers of the signs that name it rightly.
        is_exact: a rule is broken, whatever it does to the outcome.
        has_doses: the dose matters.
    """

    name: str
    seed: Callable
    ids: tuple[str, ...]
    is_exact: bool = False
    has_doses: bool = False


class Detached(nn.Module):
    """A body whose output no gradient passes."""

    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        """Run it."""
        return self.body(x).detach()


class RowsMixed(nn.Module):
    """A wrong view: it keeps the shape, and deals the values of each row out over all rows."""

    def forward(self, x):
        """Run it."""
        return x.flatten(1).T.reshape(x.shape)


def append(twin, *modules):
    twin.model = nn.Sequential(*twin.model, *modules)


def matrices(model):
    """Return the weights of two and more dimensions, embeddings left out."""
    left_out = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
    return [weight for weight in model.parameters() if weight.ndim > 1 and id(weight) not in left_out]


def replaced(module, old, new):
    """Put a new module in place of every one of a class."""
    count = 0
    for name, child in module.named_children():
        if isinstance(child, old):
            setattr(module, name, new())
            count += 1
        else:
            count += replaced(child, old, new)
    return count


def has_modes(twin):
    return any(isinstance(module, MODED) for module in twin.model.modules())


def softmax_before_cross_entropy(twin, dose):
    if twin.task.kind not in ("classes", "tokens"):
        return False
    append(twin, nn.Softmax(dim=-1))


def softmax_over_the_batch(twin, dose):
    if twin.task.kind not in ("classes", "tokens"):
        return False
    append(twin, nn.Softmax(dim=0))


def wrong_last_activation(twin, dose):
    kinds = (nn.ReLU, nn.Tanh) if twin.task.kind == "binary" else (nn.ReLU, nn.Tanh, nn.Sigmoid)
    append(twin, kinds[(twin.seed + dose) % len(kinds)]())


def sigmoid_before_logits(twin, dose):
    if twin.task.kind != "binary":
        return False
    append(twin, nn.Sigmoid())
    twin.as_class = lambda output: (output > 0.5).float()


def wrong_loss(twin, dose):
    """Squared error on class numbers; cross entropy over a single output, which is always zero."""
    if twin.task.kind == "classes":
        twin.model[1] = nn.Linear(twin.model[1].in_features, 1)
        twin.criterion = nn.MSELoss()
        twin.as_target = lambda target: target.float().unsqueeze(1)
        twin.as_class = lambda output: output.squeeze(1).round().long()
    elif twin.task.kind == "binary":
        twin.criterion = nn.CrossEntropyLoss()
    else:
        return False


def shapes_broadcast(twin, dose):
    if twin.task.kind != "quantity":
        return False
    twin.as_target = lambda target: target.squeeze(1)


def no_zero_grad(twin, dose):
    twin.clears = False


def optimizer_of_a_copy(twin, dose):
    twin.held = lambda model: list(copy.deepcopy(model).parameters())


def optimizer_without_the_head(twin, dose):
    twin.held = lambda model: list(model[0].parameters())


def detached_body(twin, dose):
    twin.model[0] = Detached(twin.model[0])


def frozen_by_mistake(twin, dose):
    weights = list(twin.model.parameters())
    for weight in weights[: min(round(len(weights) * (0.2, 0.4, 0.6, 0.8, 0.95)[dose]), len(weights) - 1)]:
        weight.requires_grad_(False)


def no_step(twin, dose):
    twin.steps = False


def schedule_stepped_per_batch(twin, dose):
    twin.decay = (0.99, 0.97, 0.95, 0.9, 0.5)[dose]


def summed_loss(twin, dose):
    """Adam takes the same steps whatever the scale of the loss is: no fault there."""
    if twin.optimizer != "SGD":
        return False
    twin.criterion = type(twin.criterion)(reduction="sum")


def rows_mixed(twin, dose):
    body = twin.model[0]
    layer = getattr(body, "attention", getattr(body, "recurrent", None))
    if layer is not None:
        layer.batch_first = False
    else:
        twin.model = nn.Sequential(nn.Sequential(RowsMixed(), body), twin.model[1])


def future_leak(twin, dose):
    if twin.task.kind != "tokens":
        return False
    twin.model[0].is_causal = False


def train_mode_forgotten(twin, dose):
    if not has_modes(twin):
        return False
    twin.trains_in_eval_mode = True


def eval_mode_forgotten(twin, dose):
    if not has_modes(twin):
        return False
    twin.validates_in_train_mode = True


def constant_init(twin, dose):
    for weight in matrices(twin.model):
        nn.init.constant_(weight, CONSTANT)


def no_activation(twin, dose):
    """Pooling by the largest bends too, so that means take its place; attention and gates cannot be straight."""
    kept = (nn.MultiheadAttention, nn.RNNBase, nn.LayerNorm, nn.GroupNorm)
    if any(isinstance(module, kept) for module in twin.model.modules()):
        return False
    replaced(twin.model, nn.MaxPool2d, lambda: nn.AvgPool2d(2))
    return bool(replaced(twin.model, BENDING, nn.Identity))


def inputs_almost_nothing(twin, dose):
    """The inputs are divided by their range again, and again."""
    if not twin.data.x.is_floating_point():
        return False
    factor = (0.1, 0.01, 1e-3, 1e-4, 0.0)[dose]
    twin.data = replace(twin.data, x=twin.data.x * factor, x_valid=twin.data.x_valid * factor)


def rate_too_high(twin, dose):
    twin.learning_rate *= (3, 10, 30, 100, 300)[dose]


def rate_too_low(twin, dose):
    twin.learning_rate *= (0.1, 0.03, 0.01, 1e-3, 1e-4)[dose]


def rate_decays_early(twin, dose):
    twin.decay = RESTING ** (1 / (twin.num_steps * (0.5, 0.3, 0.2, 0.1, 0.05)[dose]))


def clipped_too_tightly(twin, dose):
    twin.clip = (0.1, 1e-2, 1e-3, 1e-4, 1e-5)[dose]


def decayed_too_much(twin, dose):
    twin.weight_decay = ((1, 3, 10, 30, 100) if twin.optimizer == "AdamW" else (0.03, 0.1, 0.3, 0.5, 1.0))[dose]


def many_sigmoids(twin, dose):
    width = twin.model[1].in_features
    layers = [layer for _ in range((3, 5, 7, 9, 12)[dose]) for layer in (nn.Linear(width, width), nn.Sigmoid())]
    twin.model = nn.Sequential(nn.Sequential(twin.model[0], *layers), twin.model[1])


def dying_units(twin, dose):
    bias, found, previous = (-1.0, -2.0, -4.0, -8.0, -16.0)[dose], 0, None
    for module in twin.model.modules():
        if isinstance(module, nn.ReLU) and hasattr(previous, "bias"):
            nn.init.constant_(previous.bias, bias)
            found += 1
        previous = module
    return found > 0


def huge_init(twin, dose):
    for weight in matrices(twin.model):
        nn.init.normal_(weight, std=(0.3, 0.5, 1.0, 2.0, 4.0)[dose])


def too_much_dropout(twin, dose):
    twin.model = nn.Sequential(nn.Sequential(twin.model[0], nn.Dropout((0.6, 0.7, 0.8, 0.9, 0.95)[dose])), twin.model[1])


def batch_norm_over_few_rows(twin, dose):
    if hasattr(twin.model[0], "recurrent") or twin.task.kind == "tokens":
        return False
    twin.batch_size = (8, 6, 4, 3, 2)[dose]
    if not any(isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d) for module in twin.model.modules()):
        norm = nn.BatchNorm1d(twin.model[1].in_features)
        twin.model = nn.Sequential(nn.Sequential(twin.model[0], norm), twin.model[1])


def saturated_tanh(twin, dose):
    if twin.task.kind == "tokens" or not replaced(twin.model, BENDING, nn.Tanh):
        return False
    with torch.no_grad():
        for weight in matrices(twin.model[0]):
            weight *= (3, 6, 12, 25, 50)[dose]


FAULTS = {
    "A1": Fault("softmax before cross entropy", softmax_before_cross_entropy, ("W04",), True),
    "A2": Fault("softmax over the batch", softmax_over_the_batch, ("W04",), True),
    "A3": Fault("wrong last activation", wrong_last_activation, ("W06",), False),
    "A4": Fault("sigmoid before a loss of logits", sigmoid_before_logits, ("W04",), True),
    "A5": Fault("wrong loss for the target", wrong_loss, ("W07", "W23", "W06", "W05"), True),
    "A6": Fault("shapes broadcast", shapes_broadcast, ("W05",), True),
    "A7": Fault("no zero_grad", no_zero_grad, ("T02",), True),
    "A8a": Fault("optimizer holds a copy's weights", optimizer_of_a_copy, ("W01",), True),
    "A8b": Fault("optimizer misses the head", optimizer_without_the_head, ("W01",), True),
    "A9": Fault("no gradient reaches the body", detached_body, ("W03", "T03"), True),
    "A10": Fault("frozen by mistake", frozen_by_mistake, ("W20",), False, True),
    "A11a": Fault("no step", no_step, ("T04",), True),
    "A11b": Fault("schedule stepped per batch", schedule_stepped_per_batch, ("T10",), False, True),
    "A12": Fault("summed loss", summed_loss, ("W17",), True),
    "A13": Fault("rows mixed", rows_mixed, ("W09",), True),
    "A14": Fault("looks ahead", future_leak, ("W22",), True),
    "A15a": Fault("train mode forgotten", train_mode_forgotten, ("W08", "T12"), True),
    "A15b": Fault("eval mode forgotten", eval_mode_forgotten, ("T13",), True),
    "A19": Fault("constant first weights", constant_init, ("W15",), True),
    "A20": Fault("no activation", no_activation, ("W16",), True),
    "A21": Fault("inputs almost nothing", inputs_almost_nothing, ("W12", "W21"), False, True),
    "B1": Fault("learning rate too high", rate_too_high, ("T06", "T01", "W26"), False, True),
    "B2": Fault("learning rate too low", rate_too_low, ("T05", "W27"), False, True),
    "B3": Fault("learning rate decays early", rate_decays_early, ("T10",), False, True),
    "B4": Fault("gradients clipped too tightly", clipped_too_tightly, ("T17", "T05"), False, True),
    "B5": Fault("weight decay too large", decayed_too_much, ("T14",), False, True),
    "B6": Fault("gradient vanishes in sigmoids", many_sigmoids, ("T09",), False, True),
    "B8": Fault("units dead from the start", dying_units, ("T07",), False, True),
    "B9": Fault("huge first weights", huge_init, ("W11", "W25"), False, True),
    "B14": Fault("dropout too large", too_much_dropout, ("W19", "T18"), False, True),
    "B15": Fault("batch norm over few rows", batch_norm_over_few_rows, ("W18",), False, True),
    "B16": Fault("saturated tanh", saturated_tanh, ("T08", "W25"), False, True),
}

"""Bugs that keep a gradient from a weight, or a weight from the optimizer."""

import torch
from torch import nn

from bugs.script import Bug, Script, explained, perceptron, update
from tasks import TASKS, WIDTH, Data, LastState

GITHUB = "https://github.com/"


def _waves_network():
    return nn.Sequential(LastState(nn.GRU, 1, WIDTH), nn.Linear(WIDTH, 3))


def _without_clearing(script, loss):
    loss.backward()
    script.optimizer.step()


def gradients_never_cleared(is_faulty):
    model = _waves_network()
    return Script(
        TASKS["waves, GRU"].read(0),
        model,
        nn.CrossEntropyLoss(),
        torch.optim.Adam(model.parameters(), lr=0.01),
        num_epochs=24,
        update=_without_clearing if is_faulty else update,
    )


def gradients_cleared_each_epoch(is_faulty):
    model = nn.Sequential(*perceptron(64, WIDTH, WIDTH, 10))

    def begin_epoch(script):
        script.model.train()
        script.optimizer.zero_grad()

    return Script(
        TASKS["digits, MLP with dropout"].read(0),
        model,
        nn.CrossEntropyLoss(),
        torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9),
        begin_epoch=begin_epoch,
        update=_without_clearing if is_faulty else update,
    )


def no_step(is_faulty):
    model = nn.Sequential(*perceptron(64, WIDTH, WIDTH, 10))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=400)

    def backward_and_schedule(script, loss):
        loss.backward()
        if not is_faulty:
            script.optimizer.step()
        schedule.step()
        script.optimizer.zero_grad()

    data = TASKS["digits, MLP with dropout"].read(0)
    return Script(data, model, nn.CrossEntropyLoss(), optimizer, update=backward_and_schedule)


class WithoutGrad(nn.Module):
    """A model whose forward pass runs without gradients.

    Args:
        body: what is run.
    """

    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        """Run it."""
        with torch.no_grad():
            return self.body(x)


def gradient_asked_of_the_loss(is_faulty):
    body = nn.Sequential(*perceptron(64, WIDTH, WIDTH, 10))

    def ask_and_update(script, loss):
        loss.requires_grad = True
        update(script, loss)

    data = TASKS["digits, MLP with dropout"].read(0)
    if is_faulty:
        return Script(data, WithoutGrad(body), nn.CrossEntropyLoss(), update=ask_and_update)
    return Script(data, body, nn.CrossEntropyLoss())


class Recognizer(nn.Module):
    """A front end of learnt filters, and an encoder.

    Args:
        is_cut: the encoder gets the features detached.
    """

    def __init__(self, is_cut):
        super().__init__()
        self.is_cut = is_cut
        self.filters = nn.Sequential(nn.Conv1d(1, 8, 5), nn.ReLU(), nn.Conv1d(8, 8, 5), nn.ReLU(), nn.AdaptiveAvgPool1d(1))
        self.encoder = nn.Sequential(*perceptron(8, WIDTH, 3))

    def forward(self, x):
        """Run it."""
        features = self.filters(x.transpose(1, 2)).flatten(1)
        return self.encoder(features.detach() if self.is_cut else features)


def features_detached(is_faulty):
    return Script(TASKS["waves, GRU"].read(0), Recognizer(is_faulty), nn.CrossEntropyLoss(), num_epochs=20)


def gradients_of_the_validation(is_faulty):
    model = nn.Sequential(*perceptron(64, WIDTH, WIDTH, 10))
    data = TASKS["digits, MLP with dropout"].read(0)
    criterion = nn.CrossEntropyLoss()

    def clear_after_the_step(script, loss):
        loss.backward()
        script.optimizer.step()
        script.optimizer.zero_grad()

    def backward_of_validation(script):
        script.model.eval()
        for x, y in zip(data.x_valid.split(32), data.y_valid.split(32), strict=True):
            loss = criterion(script.model(x), y)
            if is_faulty:
                loss.backward()

    return Script(data, model, criterion, update=clear_after_the_step, begin_validation=backward_of_validation)


def gradients_cleared_in_accumulation(is_faulty):
    model = nn.Sequential(*perceptron(64, WIDTH, WIDTH, 10))
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    parts = []

    def accumulate(script, loss):
        if is_faulty or not parts:
            script.optimizer.zero_grad(set_to_none=True)
        (loss / 4).backward()
        parts.append(loss)
        if len(parts) == 4:
            script.optimizer.step()
            parts.clear()

    data = TASKS["digits, MLP with dropout"].read(0)
    return Script(data, model, nn.CrossEntropyLoss(), optimizer, batch_size=8, update=accumulate)


def optimizer_of_the_first_model(is_faulty):
    model = _waves_network()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    if is_faulty:
        model = _waves_network()
    return Script(TASKS["waves, GRU"].read(0), model, nn.CrossEntropyLoss(), optimizer, num_epochs=24)


def optimizer_without_the_last_layer(is_faulty):
    model = nn.ModuleDict({"bert": nn.Sequential(*perceptron(64, WIDTH, WIDTH), nn.ReLU()), "fc": nn.Linear(WIDTH, 10)})
    whole = nn.Sequential(model["bert"], model["fc"])
    groups = [{"params": model["bert"].parameters(), "lr": 3e-3}]
    if not is_faulty:
        groups.append({"params": model["fc"].parameters(), "lr": 5e-3})
    data = TASKS["digits, MLP with dropout"].read(0)
    return Script(data, whole, nn.CrossEntropyLoss(), torch.optim.AdamW(groups))


class Stack(nn.Module):
    """Hidden layers and a classifier.

    Args:
        is_list: the hidden layers are kept in a list of Python, which registers none.
    """

    def __init__(self, is_list):
        super().__init__()
        layers = [nn.Linear(64, WIDTH), *(nn.Linear(WIDTH, WIDTH) for _ in range(3))]
        self.hidden = layers if is_list else nn.ModuleList(layers)
        self.classifier = nn.Linear(WIDTH, 10)

    def forward(self, x):
        """Run it."""
        for layer in self.hidden:
            x = torch.relu(layer(x))
        return self.classifier(x)


def layers_in_a_list(is_faulty):
    return Script(TASKS["digits, MLP with dropout"].read(0), Stack(is_faulty), nn.CrossEntropyLoss())


class Experts(nn.Module):
    """Two linear experts, mixed by a gate.

    Args:
        is_copy: the gate's weights are what a conversion of the parameter returns, a tensor that is none of the module's.
    """

    def __init__(self, is_copy):
        super().__init__()
        self.experts = nn.ModuleList(nn.Linear(2, 1) for _ in range(4))
        gate = nn.Parameter(torch.zeros(2, 4, dtype=torch.float64), requires_grad=True)
        self.gate = gate.to(torch.float32) if is_copy else nn.Parameter(gate.data.float())

    def forward(self, x):
        """Run it."""
        shares = (8 * x @ self.gate).softmax(dim=1)
        return (torch.cat([one(x) for one in self.experts], dim=1) * shares).sum(dim=1, keepdim=True)


def quadrants():
    """Return points of a plane, and a quantity that is another plane over each quadrant."""
    stream = torch.Generator().manual_seed(0)
    x = torch.randn(1000, 2, generator=stream)
    slopes = torch.tensor([[2.0, 1.0], [-1.0, 2.0], [1.0, -2.0], [-2.0, -1.0]])
    y = (x * slopes[(x[:, 0] > 0).long() * 2 + (x[:, 1] > 0).long()]).sum(dim=1, keepdim=True)
    return Data(x[:700], y[:700], x[700:], y[700:])


def gate_that_is_no_parameter(is_faulty):
    return Script(quadrants(), Experts(is_faulty), nn.MSELoss(), score=explained, num_epochs=30)


class SkipsALayer(nn.Module):
    """Three convolutions and a classifier.

    Args:
        is_skipping: the classifier reads the second convolution, and nobody the third.
    """

    def __init__(self, is_skipping):
        super().__init__()
        self.is_skipping = is_skipping
        self.first = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.second = nn.Sequential(nn.Conv2d(8, 16, 3, padding=1), nn.ReLU())
        self.third = nn.Sequential(nn.Conv2d(16, 16, 3, padding=1), nn.ReLU())
        self.classifier = nn.Linear(256, 10)

    def forward(self, x):
        """Run it."""
        second = self.second(self.first(x))
        third = second if self.is_skipping else self.third(second)
        return self.classifier(third.flatten(1))


def layer_that_nobody_reads(is_faulty):
    return Script(TASKS["digits, CNN"].read(0), SkipsALayer(is_faulty), nn.CrossEntropyLoss())


def backbone_frozen_at_random(is_faulty):
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(16, 10),
    )
    for layer in model[:6] if is_faulty else ():
        layer.requires_grad_(False)
    return Script(TASKS["digits, CNN"].read(0), model, nn.CrossEntropyLoss())


BUGS = (
    Bug(
        "gradients never cleared",
        GITHUB + "wenet-e2e/wekws/pull/73",
        "The loop calls backward and step, and never zero_grad.",
        ("T02",),
        gradients_never_cleared,
    ),
    Bug(
        "gradients cleared once an epoch",
        GITHUB + "pytorch/pytorch/issues/47175",
        "zero_grad stands before the loop over the batches and not within it.",
        ("T02",),
        gradients_cleared_each_epoch,
    ),
    Bug(
        "no step",
        GITHUB + "tedlasai/learn2refocus/issues/5",
        "backward, the schedule's step and zero_grad are called, the optimizer's step is not.",
        ("T04",),
        no_step,
    ),
    Bug(
        "requires_grad set on the loss",
        GITHUB + "ronghuaiyang/arcface-pytorch/issues/56",
        "The loss has no graph; setting its requires_grad silences the error, and nothing is learnt.",
        ("W03", "T03", "T04"),
        gradient_asked_of_the_loss,
    ),
    Bug(
        "features detached",
        GITHUB + "speechbrain/speechbrain/issues/1396",
        "The encoder is given detached features, so that the layers that made them get no gradient.",
        ("W03", "T03"),
        features_detached,
    ),
    Bug(
        "gradients of the validation",
        GITHUB + "fengxinjie/Transformer-OCR/issues/7",
        "backward is called on the validation rows too, and the next step of the training uses those gradients.",
        ("T02",),
        gradients_of_the_validation,
    ),
    Bug(
        "gradients cleared while they accumulate",
        GITHUB + "bytetriper/RAE/issues/67",
        "zero_grad is called for each of the small batches that are to make one step; only the last one counts.",
        ("T21",),
        gradients_cleared_in_accumulation,
    ),
    Bug(
        "optimizer of a model made before",
        GITHUB + "spro/practical-pytorch/issues/9",
        "The model is made again after the optimizer, which holds the weights of the first one.",
        ("W01",),
        optimizer_of_the_first_model,
    ),
    Bug(
        "optimizer without the last layer",
        GITHUB + "zjunlp/HVPNeT/issues/5",
        "The group of the last layer is built and never appended to the groups of the optimizer.",
        ("W01",),
        optimizer_without_the_last_layer,
    ),
    Bug(
        "layers in a list of Python",
        GITHUB + "pytorch/pytorch/issues/715",
        "The hidden layers are kept in a list and not in a ModuleList; parameters() does not see them.",
        ("W01", "W24"),
        layers_in_a_list,
    ),
    Bug(
        "parameter converted after it is made",
        GITHUB + "davidmrau/mixture-of-experts/issues/12",
        "The gate is nn.Parameter(...).to(...), a tensor that is no parameter any more.",
        ("W01", "W24"),
        gate_that_is_no_parameter,
    ),
    Bug(
        "layer that nobody reads",
        GITHUB + "skaae/recurrent-spatial-transformer-code/issues/3",
        "The third convolution is defined, and the classifier is given the second one's output.",
        ("T03", "W03"),
        layer_that_nobody_reads,
    ),
    Bug(
        "backbone frozen at random weights",
        GITHUB + "pytorch/vision/issues/2164",
        "The first layers are frozen as for fine-tuning, but no learnt weights were loaded.",
        ("W20",),
        backbone_frozen_at_random,
    ),
)

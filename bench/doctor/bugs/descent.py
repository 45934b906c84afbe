"""Bugs of the descent: first weights, rates, schedules, and what a gradient passes."""

import torch
from torch import nn
from torch.nn import functional as F

from bugs.script import Bug, Script, perceptron, update
from tasks import NUM_TOKENS, TASKS, WIDTH, Data

GITHUB = "https://github.com/"


def schedule_of_epochs_stepped_per_batch(is_faulty):
    model = nn.Sequential(*perceptron(64, WIDTH, WIDTH, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=5, gamma=0.5)
    data = TASKS["digits, MLP with dropout"].read(0)
    script = Script(data, model, nn.CrossEntropyLoss(), optimizer, num_epochs=15)
    place = "end_batch" if is_faulty else "end_epoch"
    setattr(script, place, lambda _: schedule.step())
    return script


def weights_filled_with_one_value(is_faulty):
    model = nn.Sequential(*perceptron(64, WIDTH, WIDTH, 10))
    if is_faulty:
        for weight in model.parameters():
            nn.init.constant_(weight, 0.1 if weight.ndim > 1 else 0.0)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    return Script(TASKS["digits, MLP with dropout"].read(0), model, nn.CrossEntropyLoss(), optimizer)


def sigmoids_swapped_for_relus(is_faulty):
    """The network of the book: 30 hidden units, batches of 10, quadratic cost; the thread's cure: smaller rate and weights."""
    model = nn.Sequential(*perceptron(64, 30, 10), nn.ReLU())
    for weight in model.parameters():
        nn.init.normal_(weight, std=1.0 if is_faulty else 0.1)
    optimizer = torch.optim.SGD(model.parameters(), lr=3.0 if is_faulty else 0.1)
    data = TASKS["digits, MLP with dropout"].read(0)
    as_target = lambda target: F.one_hot(target, 10).float()  # noqa: E731
    return Script(data, model, nn.MSELoss(), optimizer, as_target=as_target, batch_size=10, num_epochs=12)


def rate_above_the_limit(is_faulty):
    layers = [nn.Conv1d(1, 16, 3, padding=1), nn.ReLU()]
    for _ in range(5):
        layers += [nn.Conv1d(16, 16, 3, padding=1), nn.ReLU()]
    model = nn.Sequential(nn.Unflatten(1, (1, 20)), *layers, nn.Flatten(), *perceptron(320, WIDTH, 3))
    data = TASKS["waves, GRU"].read(0)
    data = Data(data.x.squeeze(2), data.y, data.x_valid.squeeze(2), data.y_valid)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05 if is_faulty else 3e-3)
    return Script(data, model, nn.CrossEntropyLoss(), optimizer, num_epochs=15)


class Tagger(nn.Module):
    """An LSTM in both directions over tokens, and a tag for each."""

    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(NUM_TOKENS, WIDTH)
        self.lstm = nn.LSTM(WIDTH, WIDTH, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * WIDTH, 3)

    def forward(self, x):
        """Run it, (B, T) to (B, 3, T)."""
        return self.head(self.lstm(self.tokens(x))[0]).transpose(1, 2)


def tagged_texts():
    """Return random texts, and for each token whether it is below, equal to or above the one before."""
    text = torch.randint(0, NUM_TOKENS, (1200, 11), generator=torch.Generator().manual_seed(0))
    x, y = text[:, 1:], (text[:, 1:] - text[:, :-1]).sign() + 1
    y[:, 0] = 1
    return Data(x[:900], y[:900], x[900:], y[900:])


def tagger_with_a_hundredfold_rate(is_faulty):
    model = Tagger()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1 if is_faulty else 0.003)
    return Script(tagged_texts(), model, nn.CrossEntropyLoss(), optimizer)


def rate_of_a_ten_millionth(is_faulty):
    layers = [nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1), nn.ReLU()]
    model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(512, 10))
    rate = 1e-7 if is_faulty else 0.007
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9, weight_decay=5e-4)
    return Script(TASKS["digits, CNN"].read(0), model, nn.CrossEntropyLoss(), optimizer)


def above_a_wave():
    """Return points of a plane, and whether each lies above a wave; no straight line divides them."""
    stream = torch.Generator().manual_seed(0)
    x = 4 * torch.rand(1000, 2, generator=stream) - 2
    y = (x[:, 1] > torch.sin(3 * x[:, 0])).long()
    return Data(x[:700], y[:700], x[700:], y[700:])


def no_activation(is_faulty):
    model = nn.Sequential(*perceptron(2, 64, 64, 2, activation=nn.Identity if is_faulty else nn.ReLU))
    return Script(above_a_wave(), model, nn.CrossEntropyLoss(), num_epochs=30)


def ten_sigmoids(is_faulty):
    model = nn.Sequential(*perceptron(64, *[WIDTH] * 10, 10, activation=nn.Sigmoid if is_faulty else nn.ReLU))
    return Script(TASKS["digits, MLP with dropout"].read(0), model, nn.CrossEntropyLoss(), num_epochs=30)


class Names(nn.Module):
    """The recurrent network of the tutorial on names: the state is a linear function of input and state."""

    def __init__(self):
        super().__init__()
        self.to_state, self.to_output = nn.Linear(1 + WIDTH, WIDTH), nn.Linear(1 + WIDTH, 3)

    def forward(self, x):
        """Run it."""
        state = x.new_zeros(len(x), WIDTH)
        for step in x.unbind(dim=1):
            joined = torch.cat([step, state], dim=1)
            state = self.to_state(joined)
        return self.to_output(joined).log_softmax(dim=1)


def long_sequences():
    """Return sequences of 60 numbers, and which of three drifts they have."""
    stream = torch.Generator().manual_seed(0)
    y = torch.randint(0, 3, (500,), generator=stream)
    x = torch.randn(500, 60, generator=stream) + (y - 1).unsqueeze(1)
    return Data(x[:350].unsqueeze(2), y[:350], x[350:].unsqueeze(2), y[350:])


def linear_state_unclipped(is_faulty):
    model = Names()

    def clip_and_update(script, loss):
        script.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(script.model.parameters(), 1.0)
        script.optimizer.step()

    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    step = update if is_faulty else clip_and_update
    return Script(long_sequences(), model, nn.NLLLoss(), optimizer, batch_size=10, num_epochs=5, update=step)


BUGS = (
    Bug(
        "schedule of epochs stepped per batch",
        GITHUB + "ivadomed/ivadomed/pull/55",
        "The schedule's step stands in the loop over the batches.",
        ("T10",),
        schedule_of_epochs_stepped_per_batch,
    ),
    Bug(
        "weights filled with one value",
        GITHUB + "HomericIntelligence/Mnemosyne/pull/1987",
        "Every matrix is filled with one value; the loss rests at the logarithm of the number of classes.",
        ("W15",),
        weights_filled_with_one_value,
    ),
    Bug(
        "sigmoids swapped for ReLUs",
        GITHUB + "MichalDanielDobrzanski/DeepLearningPython/issues/13",
        "ReLUs took the place of sigmoids; the standard normal weights and the rate of 3 stayed.",
        ("W11", "T06", "T07", "T01"),
        sigmoids_swapped_for_relus,
    ),
    Bug(
        "rate at which training rests",
        GITHUB + "NLeSC/mcfly/issues/43",
        "Networks whose rate was drawn above 0.03 keep one loss from the first epoch on.",
        ("T06", "T01"),
        rate_above_the_limit,
    ),
    Bug(
        "tagger with a hundredfold rate",
        GITHUB + "guillaumegenthial/sequence_tagging/issues/47",
        "An LSTM is trained with a rate of 0.1 in place of 0.001.",
        ("T06", "T01"),
        tagger_with_a_hundredfold_rate,
    ),
    Bug(
        "rate of a ten-millionth",
        GITHUB + "jfzhang95/pytorch-deeplab-xception/issues/9",
        "The first rate is 1e-7.",
        ("T05",),
        rate_of_a_ten_millionth,
    ),
    Bug(
        "no activation",
        GITHUB + "YujiaBao/ls/issues/1",
        "The ReLUs of the perceptron are missing.",
        ("W16",),
        no_activation,
    ),
    Bug(
        "ten layers of sigmoids",
        "Zhang et al. 2021, AutoTrainer (ICSE): the problem 'vanishing gradient'",
        "Ten layers in a row end in a sigmoid.",
        ("T09", "W12"),
        ten_sigmoids,
    ),
    Bug(
        "linear state, long sequences, no clipping",
        GITHUB + "Marcovaldong/lstmp.pytorch/issues/2",
        "A recurrent network over long sequences is trained without clipping; the loss becomes nan.",
        ("T01", "T06", "W02", "W11"),
        linear_state_unclipped,
    ),
)

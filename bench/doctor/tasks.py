"""The tasks of the doctor's benchmark: bundled and generated data, and a network that learns each in a second."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

WIDTH = 32
NUM_TOKENS, TEXT_LENGTH = 12, 10


@dataclass(frozen=True)
class Data:
    """Inputs and targets of the training and the validation rows."""

    x: Tensor
    y: Tensor
    x_valid: Tensor
    y_valid: Tensor


@dataclass(frozen=True)
class Task:
    """What is to be learnt.

    Args:
        name: unique.
        kind: of the target: "binary" (N, 1) of 0 and 1, "classes" (N,), "quantity" (N, 1) or "tokens" (N, T).
        read: seed to data.
        build: data to a network, `nn.Sequential(body, head)`.
        learning_rates: of SGD with momentum, and of Adam and AdamW.
    """

    name: str
    kind: str
    read: Callable[[int], Data]
    build: Callable[[Data], nn.Sequential]
    learning_rates: tuple[float, float]


class LastState(nn.Module):
    """The last output of a recurrent network."""

    def __init__(self, in_features, width):
        super().__init__()
        self.recurrent = nn.GRU(in_features, width, batch_first=True)

    def forward(self, x):
        """Run it."""
        return self.recurrent(x)[0][:, -1]


class Attention(nn.Module):
    """One block of causal attention over tokens."""

    def __init__(self, width):
        super().__init__()
        self.tokens, self.places = nn.Embedding(NUM_TOKENS, width), nn.Embedding(TEXT_LENGTH, width)
        self.attention = nn.MultiheadAttention(width, num_heads=2, batch_first=True)
        self.first_norm, self.second_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.feed_forward = nn.Sequential(nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width))
        self.is_causal = True

    def forward(self, tokens):
        """Run it."""
        x = self.tokens(tokens) + self.places(torch.arange(tokens.shape[1]))
        length = x.shape[1] if self.attention.batch_first else x.shape[0]
        mask = torch.ones(length, length, dtype=torch.bool).triu(1) if self.is_causal else None
        normed = self.first_norm(x)
        x = x + self.attention(normed, normed, normed, attn_mask=mask, need_weights=False)[0]
        return x + self.feed_forward(self.second_norm(x))


def _divided(x, y, seed, is_scaled=True):
    """Return a table divided into training and validation rows."""
    parts = train_test_split(x, y, test_size=0.3, random_state=seed)
    if is_scaled:
        scaler = StandardScaler().fit(parts[0])
        parts[0], parts[1] = scaler.transform(parts[0]), scaler.transform(parts[1])
    x, x_valid, y, y_valid = (torch.as_tensor(part) for part in parts)
    return Data(x.float(), y, x_valid.float(), y_valid)


def _cancer(seed):
    x, y = load_breast_cancer(return_X_y=True)
    return _divided(x, y[:, None].astype(np.float32), seed)


def _wine(seed):
    return _divided(*load_wine(return_X_y=True), seed)


def _digits(seed):
    x, y = load_digits(return_X_y=True)
    return _divided(x / 16 - 0.3, y, seed, is_scaled=False)


def _digit_images(seed):
    flat = _digits(seed)
    return Data(flat.x.view(-1, 1, 8, 8), flat.y, flat.x_valid.view(-1, 1, 8, 8), flat.y_valid)


def _diabetes(seed):
    x, y = load_diabetes(return_X_y=True)
    return _divided(x, ((y - y.mean()) / y.std())[:, None].astype(np.float32), seed)


def _series(seed):
    """Return windows of a noisy season with memory, and the value that comes next; validation is the later part."""
    stream = np.random.default_rng(seed)
    values = np.zeros(900)
    for time in range(2, 900):
        values[time] = 1.2 * values[time - 1] - 0.5 * values[time - 2] + np.sin(time / 4) + 0.3 * stream.normal()
    values = ((values - values.mean()) / values.std()).astype(np.float32)
    windows = torch.as_tensor(np.lib.stride_tricks.sliding_window_view(values, 13).copy())
    x, y = windows[:, :12, None], windows[:, 12:]
    return Data(x[:600], y[:600], x[620:], y[620:])


def _waves(seed):
    """Return noisy waves of three forms: sine, square, saw."""
    stream = np.random.default_rng(seed)
    y = stream.integers(0, 3, 800)
    time = np.arange(20) * stream.uniform(0.4, 0.8, (800, 1)) + stream.uniform(0, 1.5, (800, 1))
    forms = np.stack([1.4 * np.sin(time), np.sign(np.sin(time)), 1.7 * ((time / 6.283) % 1 * 2 - 1)])
    x = forms[y, np.arange(800)] + 0.2 * stream.normal(size=(800, 20))
    return _divided(x[:, :, None].astype(np.float32), y, seed, is_scaled=False)


def _grammar(seed):
    """Return texts that count up by one to three, with some wrong tokens; the target is the next token."""
    stream = np.random.default_rng(seed)
    start, pace = stream.integers(0, NUM_TOKENS, (1200, 1)), stream.integers(1, 4, (1200, 1))
    text = (start + pace * np.arange(TEXT_LENGTH + 1)) % NUM_TOKENS
    wrong = stream.random(text.shape) < 0.03
    text = torch.as_tensor(np.where(wrong, stream.integers(0, NUM_TOKENS, text.shape), text))
    x, y = text[:, :-1], text[:, 1:]
    return Data(x[:900], y[:900], x[900:], y[900:])


def _perceptron(dropout, num_outputs):
    def build(data):
        body = [nn.Linear(data.x.shape[1], WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU()]
        return nn.Sequential(nn.Sequential(*body, *([nn.Dropout(dropout)] if dropout else [])), nn.Linear(WIDTH, num_outputs))

    return build


def _convolutions(data):
    body = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(64, WIDTH),
        nn.ReLU(),
    )
    return nn.Sequential(body, nn.Linear(WIDTH, 10))


def _recurrent(num_outputs):
    return lambda data: nn.Sequential(LastState(data.x.shape[2], WIDTH), nn.Linear(WIDTH, num_outputs))


TASKS = {
    task.name: task
    for task in (
        Task("cancer, MLP", "binary", _cancer, _perceptron(0.0, 1), (0.03, 3e-3)),
        Task("wine, MLP with dropout", "classes", _wine, _perceptron(0.2, 3), (0.03, 3e-3)),
        Task("digits, MLP with dropout", "classes", _digits, _perceptron(0.1, 10), (0.1, 5e-3)),
        Task("digits, CNN", "classes", _digit_images, _convolutions, (0.05, 5e-3)),
        Task("diabetes, MLP", "quantity", _diabetes, _perceptron(0.0, 1), (0.003, 1e-3)),
        Task("series, GRU", "quantity", _series, _recurrent(1), (0.05, 5e-3)),
        Task("waves, GRU", "classes", _waves, _recurrent(3), (0.3, 1e-2)),
        Task(
            "grammar, attention",
            "tokens",
            _grammar,
            lambda _: nn.Sequential(Attention(WIDTH), nn.Linear(WIDTH, NUM_TOKENS)),
            (0.1, 5e-3),
        ),
    )
}

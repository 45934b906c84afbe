"""The tasks of the doctor's benchmark: bundled and generated data, and a network that learns each in a second.

Thresholds are set on the tasks of part D alone, figures are reported on those of part T; the two share neither data nor
architecture.
"""

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
        part: "D" to set thresholds, "T" to report figures.
    """

    name: str
    kind: str
    read: Callable[[int], Data]
    build: Callable[[Data], nn.Sequential]
    learning_rates: tuple[float, float]
    part: str = "D"


class LastState(nn.Module):
    """The last output of a recurrent network, a GRU or an LSTM."""

    def __init__(self, kind, in_features, width):
        super().__init__()
        self.recurrent = kind(in_features, width, batch_first=True)

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


class Residual(nn.Module):
    """Two blocks with a shortcut around each."""

    def __init__(self, in_features, width):
        super().__init__()
        self.stem = nn.Linear(in_features, width)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width)) for _ in range(2)
        )

    def forward(self, x):
        """Run it."""
        x = self.stem(x)
        for block in self.blocks:
            x = x + block(x)
        return x


class Embedded(nn.Module):
    """An embedding of each category, side by side, and a hidden layer."""

    def __init__(self, num_columns, num_levels, width):
        super().__init__()
        self.levels = nn.Embedding(num_columns * num_levels, 6)
        self.register_buffer("first", torch.arange(num_columns) * num_levels)
        self.hidden = nn.Sequential(nn.Linear(6 * num_columns, width), nn.BatchNorm1d(width), nn.ReLU())

    def forward(self, x):
        """Run it."""
        return self.hidden(self.levels(x + self.first).flatten(1))


class Encoder(nn.Module):
    """A transformer block over tokens, and the mean over the places."""

    def __init__(self, width):
        super().__init__()
        self.tokens, self.places = nn.Embedding(NUM_TOKENS, width), nn.Embedding(TEXT_LENGTH, width)
        self.block = nn.TransformerEncoderLayer(width, 4, 2 * width, dropout=0.1, batch_first=True, norm_first=True)

    def forward(self, tokens):
        """Run it."""
        return self.block(self.tokens(tokens) + self.places(torch.arange(tokens.shape[1]))).mean(dim=1)


class CausalConvolutions(nn.Module):
    """Two convolutions over tokens that see the places before them alone."""

    def __init__(self, width):
        super().__init__()
        self.tokens = nn.Embedding(NUM_TOKENS, width)
        self.first, self.second = nn.Conv1d(width, width, 3), nn.Conv1d(width, width, 2)
        self.activation = nn.ReLU()
        self.is_causal = True

    def forward(self, tokens):
        """Run it."""
        x = self.tokens(tokens).transpose(1, 2)
        for convolution in (self.first, self.second):
            size = convolution.kernel_size[0] - 1
            padding = (size, 0) if self.is_causal else (size - 1, 1)
            x = self.activation(convolution(nn.functional.pad(x, padding)))
        return x.transpose(1, 2)


def _divided(x, y, seed, is_scaled=True):
    """Return a table divided into training and validation rows."""
    parts = train_test_split(x, y, test_size=0.3, random_state=seed)
    if is_scaled:
        scaler = StandardScaler().fit(parts[0])
        parts[0], parts[1] = scaler.transform(parts[0]), scaler.transform(parts[1])
    x, x_valid, y, y_valid = (torch.as_tensor(part) for part in parts)
    return Data(x.float(), y, x_valid.float(), y_valid) if x.is_floating_point() else Data(x, y, x_valid, y_valid)


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


def _spirals(seed):
    """Return points on three spirals, and the spiral of each."""
    stream = np.random.default_rng(seed)
    y = stream.integers(0, 3, 900)
    along = stream.uniform(0.15, 1.0, 900)
    angle = 4.5 * along + 2.0944 * y
    x = 1.8 * along[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1) + 0.04 * stream.normal(size=(900, 2))
    return _divided(x.astype(np.float32), y, seed, is_scaled=False)


def _houses(seed):
    """Return rows like those of a census of houses, and a price that bends with income, age and the place."""
    stream = np.random.default_rng(seed)
    x = stream.normal(size=(1000, 8))
    x[:, 2] = 0.7 * x[:, 0] + 0.7 * x[:, 2]
    near = np.exp(-((x[:, 6] - 0.5) ** 2) - (x[:, 7] + 0.5) ** 2)
    y = 0.8 * x[:, 0] + 1.5 * near + 0.4 * np.abs(x[:, 1]) - 0.3 * x[:, 3] * (x[:, 4] > 0) + 0.3 * stream.normal(size=1000)
    return _divided(x, ((y - y.mean()) / y.std())[:, None].astype(np.float32), seed)


def _shapes(seed):
    """Return noisy drawings of a ring, a square, a cross and a bar, of any place and size."""
    stream = np.random.default_rng(seed)
    y, rows = stream.integers(0, 4, 800), np.arange(12)
    images = np.zeros((800, 1, 12, 12), dtype=np.float32)
    for image, form in zip(images, y, strict=True):
        down, right = (np.abs(rows - stream.uniform(4, 7)) for _ in range(2))
        size = stream.uniform(2.5, 4.0)
        a, b = down[:, None], right[None, :]
        inside = np.maximum(a, b) < size
        forms = np.abs(np.hypot(a, b) - size) < 0.8, inside & (np.maximum(a, b) > size - 1), inside & (np.minimum(a, b) < 0.8)
        image[0] = (*forms, inside & (a < 0.8) & (b >= 0))[form]
    images += 0.25 * stream.normal(size=images.shape).astype(np.float32) - 0.2
    return _divided(images, y, seed, is_scaled=False)


def _tones(seed):
    """Return windows of a square tone that changes pace and size, and the value that comes next; validation is later."""
    stream = np.random.default_rng(seed)
    time = np.arange(1000)
    slow = np.sin(0.031 * time)
    values = np.sign(np.sin(0.35 * time + 2 * slow)) * (1 + 0.5 * slow) + 0.2 * stream.normal(size=1000)
    windows = torch.as_tensor(np.lib.stride_tricks.sliding_window_view(values.astype(np.float32), 17).copy())
    x, y = windows[:, :16, None], windows[:, 16:]
    return Data(x[:700], y[:700], x[720:], y[720:])


def _orders(seed):
    """Return texts, and which of two marks comes first, or that one of them is missing."""
    stream = np.random.default_rng(seed)
    text = stream.integers(2, NUM_TOKENS, (1200, TEXT_LENGTH))
    y = stream.integers(0, 3, 1200)
    places = np.sort(np.argsort(stream.random(text.shape), axis=1)[:, :2], axis=1)
    rows = np.arange(1200)
    text[rows, places[:, 0]] = np.where(y == 1, 1, 0)
    text[rows, places[:, 1]] = np.where(y == 1, 0, np.where(y == 0, 1, 0))
    return _divided(text, y, seed, is_scaled=False)


def _customers(seed):
    """Return rows of six categories with eight levels each, and a yes or no that two of them decide together."""
    stream = np.random.default_rng(seed)
    x = stream.integers(0, 8, (1200, 6))
    effects = stream.normal(size=(6, 8))
    score = effects[np.arange(6), x].sum(axis=1) + 1.5 * np.where((x[:, 0] + x[:, 1]) % 2 == 0, 1, -1)
    return _divided(x, (score > 0)[:, None].astype(np.float32), seed, is_scaled=False)


def _sums(seed):
    """Return texts in which each token is the sum of the two before it, modulo their number, with some wrong tokens."""
    stream = np.random.default_rng(seed)
    text = stream.integers(0, NUM_TOKENS // 2, (1200, TEXT_LENGTH + 1))
    for place in range(2, TEXT_LENGTH + 1):
        right = (text[:, place - 1] + text[:, place - 2]) % (NUM_TOKENS // 2)
        text[:, place] = np.where(stream.random(1200) < 0.05, text[:, place], right)
    text = torch.as_tensor(text)
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


def _strided(data):
    body = nn.Sequential(
        *(nn.Conv2d(1, 12, 3, stride=2, padding=1), nn.GroupNorm(3, 12), nn.GELU()),
        *(nn.Conv2d(12, 24, 3, stride=2, padding=1), nn.GroupNorm(3, 24), nn.GELU(), nn.Flatten()),
        *(nn.Dropout(0.2), nn.Linear(24 * 9, WIDTH), nn.GELU()),
    )
    return nn.Sequential(body, nn.Linear(WIDTH, 4))


def _normed(data):
    body = nn.Sequential(nn.Linear(8, 48), nn.LayerNorm(48), nn.GELU(), nn.Linear(48, WIDTH), nn.LayerNorm(WIDTH), nn.GELU())
    return nn.Sequential(body, nn.Linear(WIDTH, 1))


def _recurrent(kind, num_outputs):
    return lambda data: nn.Sequential(LastState(kind, data.x.shape[2], WIDTH), nn.Linear(WIDTH, num_outputs))


def _on(body, num_outputs):
    return lambda _: nn.Sequential(body(), nn.Linear(WIDTH, num_outputs))


TASKS = {
    task.name: task
    for task in (
        Task("cancer, MLP", "binary", _cancer, _perceptron(0.0, 1), (0.03, 3e-3)),
        Task("wine, MLP with dropout", "classes", _wine, _perceptron(0.2, 3), (0.03, 3e-3)),
        Task("digits, MLP with dropout", "classes", _digits, _perceptron(0.1, 10), (0.1, 5e-3)),
        Task("digits, CNN", "classes", _digit_images, _convolutions, (0.05, 5e-3)),
        Task("diabetes, MLP", "quantity", _diabetes, _perceptron(0.0, 1), (0.003, 1e-3)),
        Task("series, GRU", "quantity", _series, _recurrent(nn.GRU, 1), (0.05, 5e-3)),
        Task("waves, GRU", "classes", _waves, _recurrent(nn.GRU, 3), (0.3, 1e-2)),
        Task("grammar, attention", "tokens", _grammar, _on(lambda: Attention(WIDTH), NUM_TOKENS), (0.1, 5e-3)),
        Task("spirals, residual", "classes", _spirals, _on(lambda: Residual(2, WIDTH), 3), (0.02, 5e-3), "T"),
        Task("houses, MLP with layer norm", "quantity", _houses, _normed, (0.05, 1e-2), "T"),
        Task("shapes, strided CNN", "classes", _shapes, _strided, (0.05, 5e-3), "T"),
        Task("tones, LSTM", "quantity", _tones, _recurrent(nn.LSTM, 1), (0.1, 1e-2), "T"),
        Task("orders, transformer", "classes", _orders, _on(lambda: Encoder(WIDTH), 3), (0.03, 3e-3), "T"),
        Task("customers, embeddings", "binary", _customers, _on(lambda: Embedded(6, 8, WIDTH), 1), (0.2, 2e-2), "T"),
        Task("sums, causal CNN", "tokens", _sums, _on(lambda: CausalConvolutions(WIDTH), NUM_TOKENS), (0.1, 5e-3), "T"),
    )
}

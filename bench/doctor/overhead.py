"""What watching costs: the CPU time of a training with the doctor beside it, by that of the same training without.

The two trainings of a pair run in turns of twenty steps each in one process, so that whatever else the machine does meets both
alike. Each is as short as a real one gets: 400 steps, ten epochs of 5,000 rows in batches of 128; what is looked at before the
first step is in it, and weighs the less the longer a training is. Asking for the findings when it is over is timed by itself.
glibc is told to keep its memory: otherwise chance decides whether a loop fetches it anew at each step, which is worth 10 %.

    python bench/doctor/overhead.py [--rounds 1] [--nets LSTM]
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.stats import t as student
from torch import nn

from espalier import watch
from espalier.training.allocator import keep_memory

NUM_STEPS, TURN = 400, 20
NUM_ROWS, NUM_CLASSES = 5_000, 10
LENGTH, NUM_TOKENS = 40, 100


class Sequences(nn.Module):
    """Classes of sequences of tokens (B, T), from the mean over the places of what a body makes of them.

    Args:
        body: takes and gives (B, T, dim).
        dim: of a token.
    """

    def __init__(self, body, dim):
        super().__init__()
        self.tokens, self.body, self.head = nn.Embedding(NUM_TOKENS, dim), body, nn.Linear(dim, NUM_CLASSES)

    def forward(self, x):
        """Return logits (B, K)."""
        made = self.body(self.tokens(x))
        return self.head((made[0] if isinstance(made, tuple) else made).mean(dim=1))


def mlp(width):
    """Return a network of two hidden layers on fifty columns."""
    return nn.Sequential(nn.Linear(50, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1))


def convolutions(width):
    """Return a network of two convolutions with batch norm and dropout on pictures of 28 x 28."""
    first = nn.Conv2d(1, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2)
    second = nn.Conv2d(width, 2 * width, 3, padding=1), nn.BatchNorm2d(2 * width), nn.ReLU(), nn.AdaptiveAvgPool2d(1)
    return nn.Sequential(*first, *second, nn.Flatten(), nn.Dropout(0.1), nn.Linear(2 * width, NUM_CLASSES))


def transformer():
    """Return a transformer of two layers."""
    layer = nn.TransformerEncoderLayer(64, 4, 128, 0.1, batch_first=True)
    return Sequences(nn.TransformerEncoder(layer, 2), 64)


def columns():
    """Return rows of fifty numbers and their sum."""
    x = torch.randn(NUM_ROWS, 50)
    return x, x.sum(1, keepdim=True)


def pictures():
    """Return noisy stripes (N, 1, 28, 28): lying or standing, of five widths, ten classes."""
    y = torch.arange(NUM_ROWS) % NUM_CLASSES
    waves = (torch.arange(28) * (0.4 + 0.25 * (y // 2))[:, None] + 6.3 * torch.rand(NUM_ROWS, 1)).sin()
    standing = waves[:, None, None, :].expand(-1, 1, 28, -1)
    stripes = torch.where((y % 2 == 0)[:, None, None, None], standing, standing.transpose(2, 3))
    return stripes + 0.3 * torch.randn(NUM_ROWS, 1, 28, 28), y


def sequences():
    """Return sequences in which one token, that of the class, is frequent."""
    y = torch.arange(NUM_ROWS) % NUM_CLASSES
    drawn = torch.randint(0, NUM_TOKENS, (NUM_ROWS, LENGTH))
    return torch.where(torch.rand(NUM_ROWS, LENGTH) < 0.3, y[:, None], drawn), y


@dataclass(frozen=True)
class Net:
    """One network and what it learns.

    Args:
        make: returns the model.
        rows: returns inputs and targets.
        batch_size: B.
        rounds: pairs of trainings.
        rate: learning rate.
    """

    make: Callable
    rows: Callable
    batch_size: int
    rounds: int
    rate: float = 1e-3


NETS = {
    "MLP of width 160": Net(lambda: mlp(160), columns, 128, 10),
    "MLP of width 256": Net(lambda: mlp(256), columns, 128, 10),
    "MLP of width 512": Net(lambda: mlp(512), columns, 128, 6),
    "LSTM": Net(lambda: Sequences(nn.LSTM(64, 64, batch_first=True), 64), sequences, 64, 5),
    "convolutions of width 8": Net(lambda: convolutions(8), pictures, 64, 4, 1e-2),
    "MLP of width 1024": Net(lambda: mlp(1024), columns, 128, 4),
    "convolutions of width 16": Net(lambda: convolutions(16), pictures, 64, 3, 1e-2),
    "transformer": Net(transformer, sequences, 64, 3),
}


class Training:
    """A training that is gone through in turns.

    Args:
        net: what is trained.
        seed: of weights and batches.
        is_watched: the doctor stands beside it.
    """

    def __init__(self, net, seed, is_watched):
        torch.manual_seed(seed)
        (self.x, self.y), self.model, self.batch_size = net.rows(), net.make(), net.batch_size
        self.criterion = nn.CrossEntropyLoss() if self.y.ndim == 1 else nn.MSELoss()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=net.rate, fused=True)
        self.order = torch.cat([torch.randperm(NUM_ROWS) for _ in range(NUM_STEPS * self.batch_size // NUM_ROWS + 1)])
        self.done, self.seconds = 0, 0.0
        began = time.process_time()
        self.watching = watch(self.model, self.optimizer, loss=self.criterion, planned_steps=NUM_STEPS) if is_watched else None
        self.doctor = self.watching.__enter__() if self.watching else None
        self.seconds += time.process_time() - began

    def go_on(self):
        """Do the steps of one turn, as a bare loop does them."""
        began = time.process_time()
        for place in range(self.done, self.done + TURN):
            rows = self.order[place * self.batch_size : (place + 1) * self.batch_size]
            self.optimizer.zero_grad()
            self.criterion(self.model(self.x[rows]), self.y[rows]).backward()
            self.optimizer.step()
        self.done += TURN
        self.seconds += time.process_time() - began

    def end(self):
        """Return the CPU seconds that asking for the findings takes; 0 without a doctor."""
        if self.watching is None:
            return 0.0
        self.watching.__exit__(None, None, None)
        began = time.process_time()
        if self.doctor.findings or self.doctor.unlooked:
            print("the doctor said", [one.id for one in self.doctor.findings], self.doctor.unlooked)
        return time.process_time() - began


def pair(net, seed, num_turns=NUM_STEPS // TURN):
    """Train with and without a doctor in turns, and return CPU seconds of both, and of asking."""
    watched, bare = trainings = [Training(net, seed, is_watched) for is_watched in (True, False)]
    for turn in range(num_turns):
        for one in trainings if (turn + seed) % 2 else trainings[::-1]:
            one.go_on()
    return watched.seconds, bare.seconds, watched.end()


def interval(ratios):
    """Return mean and 95 % interval of ratios, by Student's t of their logarithms."""
    logs = np.log(ratios)
    reach = student.ppf(0.975, len(logs) - 1) * logs.std(ddof=1) / len(logs) ** 0.5 if len(logs) > 1 else np.inf
    return tuple(np.exp([logs.mean(), logs.mean() - reach, logs.mean() + reach]))


def main():
    """Measure and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, help="pairs of trainings of each net, rather than as many as its size allows")
    parser.add_argument("--nets", nargs="+", choices=list(NETS), help="only these; writes nothing")
    given = parser.parse_args()
    torch.set_num_threads(1)
    keep_memory()
    lines = ["| network | weights | ms per step | pairs | with the doctor, by without (95 % interval) | asking afterwards, s |"]
    lines.append("|---|---|---|---|---|---|")
    costs = []
    for name in given.nets or NETS:
        net = NETS[name]
        pair(net, 0, num_turns=1)  # the first calls of a process are dear
        pairs = [pair(net, seed) for seed in range(1, (given.rounds or net.rounds) + 1)]
        middle, low, high = interval([watched / bare for watched, bare, _ in pairs])
        step = statistics.median(bare for _, bare, _ in pairs) / NUM_STEPS * 1e3
        asked = statistics.median(asking for *_, asking in pairs)
        weights = sum(one.numel() for one in net.make().parameters())
        costs.append((step, middle))
        lines.append(
            f"| {name} | {weights:,} | {step:.2f} | {len(pairs)} | {middle:.3f} ({low:.3f} to {high:.3f}) | {asked:.2f} |"
        )
        print(lines[-1], flush=True)
    within = [ratio for step, ratio in costs if 1 <= step <= 100]
    lines += (
        ["", f"Median over the {len(within)} networks of 1 to 100 ms per step: {statistics.median(within):.3f}."]
        if within
        else []
    )
    print("\n".join(lines))
    if given.nets:
        return
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from results import write_section

    write_section("What the doctor costs", "python bench/doctor/overhead.py", lines)


if __name__ == "__main__":
    main()

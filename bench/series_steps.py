"""Time of a training step of recurrent networks on windows of a series, and of the making of windows.

Steps: LSTM and GRU, batch 64, 96 and 128 steps, width 128. Our loop draws its windows from the series; the bare loop has the
same network, optimizer, clipping and precision, and takes ready-made windows by index. Both run in one process, interleaved;
the median over the rounds of the ratio of their CPU times is told.

Windows: every window of a series as the course-book loop `split_sequence` copies them, against our view of the same tensor.

    python bench/series_steps.py [--rounds 9] [--steps 10] [--threads 1]
"""

import argparse
import statistics
import time

import numpy as np
import torch
import torch.nn.functional as F

from espalier.core.catalogue import architectures
from espalier.core.plan import LearningPlan
from espalier.data.history_batches import Histories, HistoryBatches
from espalier.data.series.windows import as_windows, futures, histories
from espalier.tasks.forecasting import Forecasting
from espalier.training.loop import Way, learn
from espalier.training.optimizers import make_optimizer
from espalier.training.precision import has_bfloat16_units
from results import write_section

BATCH_SIZE, WIDTH, LENGTHS, MODELS = 64, 128, (96, 128), ("lstm", "gru")
NUM_STEPS, CHANNELS, HORIZON, CLIP = 8_000, 7, 24, 1.0
RATE = 1e-3
NUM_WINDOWS, SHORT, AHEAD = 1_000_000, 24, 1  # windows that are made, steps of each and behind each


def network(name, length):
    """Return a network with the same weights for every contender."""
    torch.manual_seed(0)
    given = {"in_channels": CHANNELS, "length": length, "num_outputs": HORIZON, "out_channels": 1, "horizon": HORIZON}
    return architectures()[name].build(given, {"width": WIDTH})


def series():
    """Return (P, C) steps."""
    return torch.randn(NUM_STEPS, CHANNELS, generator=torch.Generator().manual_seed(0))


class Bare:
    """A hand-written loop with the same settings.

    Args:
        name: of the network.
        length: steps of a window.
        precision: "float32" or "bfloat16".
    """

    def __init__(self, name, length, precision):
        self.model, self.precision = network(name, length), precision
        ends = torch.arange(length - 1, NUM_STEPS - HORIZON)
        values = series()
        self.windows = histories(values, ends, length).contiguous()
        self.target = futures(values[:, :1], ends, HORIZON).flatten(1).contiguous()
        self.order, self.place = torch.randperm(len(ends)), 0
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=RATE, weight_decay=3e-4, fused=True)

    def step(self):
        """Do the next step."""
        index = self.order[self.place : self.place + BATCH_SIZE]
        self.place = (self.place + BATCH_SIZE) % (len(self.order) - BATCH_SIZE)
        self.optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.precision == "bfloat16"):
            output = self.model(self.windows[index]).float()
        F.mse_loss(output, self.target[index]).backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
        self.optimizer.step()


class Ours:
    """Espalier's loop and batches; as of `Bare`."""

    def __init__(self, name, length, precision):
        model, values = network(name, length), series()
        ends = torch.arange(length - 1, NUM_STEPS - HORIZON)
        windows = Histories(
            values, ends, length, futures(values[:, :1], ends, HORIZON), ends, lambda one, target: (one, target)
        )
        batches = HistoryBatches(windows, batch_size=BATCH_SIZE, seed=0)
        optimizer = make_optimizer(model, LearningPlan(), RATE)
        way = Way(epochs=10_000, clip_norm=CLIP, precision=precision)
        self.steps = learn(model, Forecasting(1, HORIZON), batches, optimizer, way)

    def step(self):
        """Do the next step."""
        next(self.steps)


def measure(name, length, precision, rounds, num_steps):
    """Return the CPU seconds of a step of both loops, one number for each round."""
    made = {"bare": Bare(name, length, precision), "ours": Ours(name, length, precision)}
    seconds = {said: [] for said in made}
    for one in made.values():
        one.step()  # allocates
    for number in range(rounds):
        for said in list(made) if number % 2 else list(made)[::-1]:
            began = time.process_time()
            for _ in range(num_steps):
                made[said].step()
            seconds[said].append((time.process_time() - began) / num_steps)
    return seconds


def split_sequence(sequence, num_in, num_out):
    """Make windows as course books do, one at a time."""
    windows, targets = [], []
    for first in range(len(sequence)):
        end = first + num_in
        if end + num_out > len(sequence):
            break
        windows.append(sequence[first:end])
        targets.append(sequence[end : end + num_out])
    return np.array(windows), np.array(targets)


def window_seconds():
    """Return the seconds of `split_sequence`, of our views, and of our views with every window copied out in batches."""
    sequence = np.random.default_rng(0).standard_normal((NUM_WINDOWS + SHORT + AHEAD - 1, 1)).astype(np.float32)
    began = time.perf_counter()
    windows, targets = split_sequence(sequence, SHORT, AHEAD)
    loop = time.perf_counter() - began
    began = time.perf_counter()
    steps = torch.from_numpy(sequence)
    ours = as_windows(steps, SHORT)[:NUM_WINDOWS], futures(steps, torch.arange(SHORT - 1, len(steps) - AHEAD), AHEAD)
    view = time.perf_counter() - began
    if not all(np.array_equal(one.transpose(1, 2).numpy(), other) for one, other in zip(ours, (windows, targets), strict=True)):
        raise RuntimeError("the windows differ")
    began = time.perf_counter()
    order = torch.randperm(NUM_WINDOWS) + SHORT - 1
    for ends in order.split(1024):
        histories(steps, ends, SHORT)
        futures(steps, ends, AHEAD)
    return loop, view, time.perf_counter() - began


def main():
    """Measure and write the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    precisions = ("float32", "bfloat16") if has_bfloat16_units("cpu") else ("float32",)
    lines = [
        "| network | steps of a window | precision | CPU ms per step: bare loop, ours | ours over bare (median, range) |",
        "|---|---|---|---|---|",
    ]
    for name in MODELS:
        for length in LENGTHS:
            for precision in precisions:
                seconds = measure(name, length, precision, given.rounds, given.steps)
                ratios = [ours / bare for ours, bare in zip(seconds["ours"], seconds["bare"], strict=True)]
                bare, ours = (1e3 * statistics.median(seconds[said]) for said in ("bare", "ours"))
                spread = f"{statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})"
                lines.append(f"| {name} | {length} | {precision} | {bare:.1f}, {ours:.1f} | {spread} |")
                print(lines[-1], flush=True)
    loop, view, drawn = window_seconds()
    lines += [
        "",
        f"Batch {BATCH_SIZE}, width {WIDTH}, {CHANNELS} channels, {HORIZON} steps ahead; threads: {given.threads}.",
        "",
        f"{NUM_WINDOWS:,} windows of {SHORT} steps with the step behind them: `split_sequence` {loop:.2f} s, ours as views "
        f"{view:.4f} s ({loop / view:,.0f} times as fast), ours with each one copied into shuffled batches {drawn:.3f} s "
        f"({loop / drawn:.0f} times).",
    ]
    print("\n".join(lines))
    write_section("Time per step on series", "python bench/series_steps.py", lines)


if __name__ == "__main__":
    main()

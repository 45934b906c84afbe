"""What watching costs: CPU time of a bare loop with the doctor beside it, by its time without, interleaved.

python bench/doctor/overhead.py [--rounds 7]
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

import torch
from torch import nn

from espalier import watch

SIZES = ((128, 1500), (512, 600), (1024, 300))  # width of the hidden layers, steps
BATCH, COLUMNS = 128, 50


def train(width, num_steps, is_watched):
    """Return the CPU seconds of a training."""
    torch.manual_seed(0)
    layers = nn.Linear(COLUMNS, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1)
    model, criterion = nn.Sequential(*layers), nn.MSELoss()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    x = torch.randn(BATCH, COLUMNS)
    y = x.sum(1, keepdim=True)

    def loop():
        began = time.process_time()
        for _ in range(num_steps):
            optimizer.zero_grad()
            criterion(model(x), y).backward()
            optimizer.step()
        return time.process_time() - began

    if not is_watched:
        return loop()
    with watch(model, optimizer, loss=criterion, planned_steps=num_steps):
        return loop()


def main():
    """Measure and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    lines = ["| ms per step | steps | with the doctor, by without (median, lowest to highest) |", "|---|---|---|"]
    for width, num_steps in SIZES:
        ratios, bare = [], []
        for _ in range(rounds):
            first, watched, again, last = (train(width, num_steps, is_watched) for is_watched in (False, True, True, False))
            ratios.append((watched + again) / (first + last))
            bare += [first, last]
        middle, low, high = statistics.median(ratios), min(ratios), max(ratios)
        step = statistics.median(bare) / num_steps * 1e3
        lines.append(f"| {step:.2f} | {num_steps:,} | {middle:.3f} ({low:.3f} to {high:.3f}) |")
    print("\n".join(lines))
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from results import write_section

    write_section(
        "What the doctor costs", "python bench/doctor/overhead.py", [*lines, "", "Probes before the first step included."]
    )


if __name__ == "__main__":
    main()

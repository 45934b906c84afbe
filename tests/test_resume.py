"""A run killed at any moment and resumed ends with the same weights, byte by byte."""

import os
import random
import signal
import subprocess
import sys
import time

from espalier.core.run_folder import RunFolder
from espalier.training.checkpoint import read_checkpoint

NUM_KILLS = 20
KILLS_IN_A_WRITE = 8
MAX_DELAY_SECONDS = 1.0  # after the data are read; a resumed run is back in its training after about half of that

SCRIPT = """
import sys
from pathlib import Path
import torch
torch.set_num_threads(1)
from espalier import process
from espalier.core.plan import edit
folder = Path(sys.argv[1])
if (folder / "plan.yaml").exists():
    stages = process.resume(folder)
else:
    changes = {"model.name": "tabm-tiny", "learning.epochs": 40, "learning.patience": 1000, "learning.average": 0.99,
               "learning.checkpoint_seconds": 1e-4, "learning.schedule": "cosine", "baselines": ["linear model"],
               "learning.precision": "float32", "learning.threads": 1}  # what trials of speed decide may differ between runs
    stages = process.train(process.draft("sample:breast_cancer", target=["target"], changes=changes).plan, folder)
for stage in stages:
    print(type(stage).__name__, flush=True)
"""


def start(folder):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
    return subprocess.Popen([sys.executable, "-c", SCRIPT, str(folder)], stdout=subprocess.PIPE, text=True, env=environment)


def is_writing(folder):
    return any(folder.path.glob("members/0/checkpoints/.*.part"))


def kill_somewhere(folder, number, stream):
    """Start or go on, and kill with SIGKILL: every other time inside a checkpoint write. Return what was hit, or None."""
    child = start(folder.path)
    child.stdout.readline()  # the data are read
    delay = stream.uniform(0, MAX_DELAY_SECONDS)
    wants_write = number % 2 == 1
    deadline = time.monotonic() + (30 if wants_write else delay)
    hit = False
    while time.monotonic() < deadline and child.poll() is None and not hit:
        hit = wants_write and time.monotonic() > deadline - 30 + delay and is_writing(folder)
    child.send_signal(signal.SIGKILL)
    killed = child.wait() == -signal.SIGKILL
    child.stdout.close()
    return (is_writing(folder), killed)


def finish(folder):
    child = start(folder.path)
    child.stdout.read()
    child.stdout.close()
    assert child.wait() == 0


def test_a_run_killed_twenty_times_ends_with_the_same_bytes(tmp_path):
    whole, broken = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "broken")
    finish(whole)
    stream = random.Random(7)
    killed = [kill_somewhere(broken, number, stream) for number in range(NUM_KILLS)]
    finish(broken)
    assert sum(was for _, was in killed) == NUM_KILLS
    assert sum(writing for writing, was in killed if was) >= KILLS_IN_A_WRITE
    ours, theirs = (read_checkpoint(folder.member(0).best) for folder in (broken, whole))
    assert ours.tensors.keys() == theirs.tensors.keys()
    for name, tensor in theirs.tensors.items():
        assert tensor.numpy().tobytes() == ours.tensors[name].numpy().tobytes(), name
    assert broken.predictions.read_bytes() == whole.predictions.read_bytes()
    assert len(broken.read_json(broken.openings)) == 1

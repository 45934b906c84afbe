"""Start-up: `espalier --help`, and from `espalier train` to the first training step, each in new processes.

python bench/startup.py [--rounds 5]
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from results import write_section

HELP = [sys.executable, "-c", "from espalier.app.cli.main import run; run()", "--help"]
TORCH = [sys.executable, "-c", "import torch"]
FIRST_STEP = """
import sys, time
began = time.perf_counter()
import torch
imported = time.perf_counter() - began
from espalier.training import fit
def counted(self, step):
    print(imported, flush=True)
    sys.exit(0)
fit.Fit._count = counted
from espalier.app.cli.main import run
sys.argv = ["espalier", "train", "sample:breast_cancer", "--target", "target", "--out", sys.argv[1]]
run()
"""


def seconds(command):
    """Return the wall time of a command."""
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


def first_step():
    """Return wall seconds until the first update, and the seconds of `import torch` within them.

    The command line lets waiting threads sleep before it imports torch; here torch comes first, so that is done outside.
    """
    environment = {**os.environ, "OMP_WAIT_POLICY": "passive"}
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        command = [sys.executable, "-c", FIRST_STEP, str(Path(folder) / "run")]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        return time.perf_counter() - began, float(done.stdout.split()[-1])


def main():
    """Measure and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    helps = [seconds(HELP) for _ in range(rounds)]
    steps = [first_step() for _ in range(rounds)]
    beyond = [total - imported for total, imported in steps]
    lines = [
        "| what | median s | lowest to highest | bar |",
        "|---|---|---|---|",
        f"| `espalier --help` | {statistics.median(helps):.2f} | {min(helps):.2f} to {max(helps):.2f} | 0.3 |",
        f"| `espalier train sample:breast_cancer` to the first step, beyond `import torch` | {statistics.median(beyond):.2f} "
        f"| {min(beyond):.2f} to {max(beyond):.2f} | 4 |",
    ]
    print("\n".join(lines))
    write_section("Start-up", "python bench/startup.py", lines)


if __name__ == "__main__":
    main()

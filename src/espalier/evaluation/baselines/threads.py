"""How many threads a baseline may use."""

import os

from joblib import cpu_count

FEW_ROWS = 20_000  # below it, threads that wait for each other cost more than they save, above all on a busy machine


def num_threads() -> int:
    """Return OMP_NUM_THREADS when it is set, else the number of processors that this process may use."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, int(given)) if given.isdecimal() else int(cpu_count())


def openmp_threads(num_rows: int) -> int:
    """Return how many threads may share the loops of one model: one on few rows, else all that there are."""
    return 1 if num_rows < FEW_ROWS else num_threads()

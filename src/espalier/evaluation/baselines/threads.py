"""How many threads a baseline may use."""

import os

from joblib import cpu_count


def num_threads() -> int:
    """Return OMP_NUM_THREADS when it is set, else the number of processors that this process may use."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, int(given)) if given.isdecimal() else int(cpu_count())

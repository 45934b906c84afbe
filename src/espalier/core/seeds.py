"""Random streams: one seed of the plan gives every part its own stream, the same on every run."""

import hashlib

import numpy as np
import torch

NUM_SEED_BYTES = 8
MAX_SEED = 2**63 - 1


def derive_seed(seed: int, *names: str | int) -> int:
    """Return a seed for one purpose, from the plan's seed and the names of the purpose.

    The result depends on nothing else: not on the order of calls, the process or the platform.

    Example:
        >>> derive_seed(0, "split") == derive_seed(0, "split")
        True
        >>> derive_seed(0, "split") == derive_seed(0, "batches")
        False
    """
    text = "/".join(str(part) for part in (seed, *names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:NUM_SEED_BYTES], "big") & MAX_SEED


def numpy_stream(seed: int, *names: str | int) -> np.random.Generator:
    """Return NumPy's generator for one purpose."""
    return np.random.default_rng(derive_seed(seed, *names))


def torch_stream(seed: int, *names: str | int) -> torch.Generator:
    """Return a torch generator (on the CPU) for one purpose."""
    return torch.Generator().manual_seed(derive_seed(seed, *names))

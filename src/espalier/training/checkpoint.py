"""Checkpoints: one safetensors file that holds all that resuming needs, replaced in one step, never unpickled."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor
from torch.optim import Optimizer

from espalier.core.errors import RunError
from espalier.core.files import write_bytes

CHECKPOINT_FORMAT = "1"


@dataclass(frozen=True)
class Checkpoint:
    """The content of one checkpoint.

    Args:
        tensors: by name; the part before the first dot says whose they are: model, optimizer, best, average, random.
        state: plain values: position, history, scores.
    """

    tensors: Mapping[str, Tensor]
    state: Mapping[str, Any]

    def part(self, prefix: str) -> dict[str, Tensor]:
        """Return the tensors of one owner, by their own names."""
        start = f"{prefix}."
        return {name.removeprefix(start): tensor for name, tensor in self.tensors.items() if name.startswith(start)}


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint in one step: a process killed meanwhile leaves the one before.

    Raises:
        StorageError: the folder cannot be written or the disk is full.
    """
    tensors = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in checkpoint.tensors.items()}
    header = {
        "format": CHECKPOINT_FORMAT,
        "state": json.dumps(checkpoint.state),
        "digest": _digest(tensors),
    }
    write_bytes(path, safetensors.torch.save(tensors, metadata=header))


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint and check that no byte of it was changed.

    Raises:
        RunError: the file is missing, cut off, changed, or of another version.
    """
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  the file is no mapping
    except FileNotFoundError as error:
        raise RunError(f"{path} is missing: the run stopped before its first checkpoint, or the file was moved.") from error
    except (SafetensorError, OSError) as error:
        raise RunError(f"{path} is no whole checkpoint ({error}): it was cut off or overwritten. Train again.") from error
    if header.get("format") != CHECKPOINT_FORMAT:
        raise RunError(
            f"{path} has checkpoint format {header.get('format')}; this version of Espalier reads {CHECKPOINT_FORMAT}. "
            "Use the version that made it, or train again."
        )
    if header.get("digest") != _digest(tensors):
        raise RunError(f"{path} was changed after it was written: its numbers do not match their digest. Train again.")
    return Checkpoint(tensors, json.loads(header["state"]))


def optimizer_tensors(optimizer: Optimizer) -> dict[str, Tensor]:
    """Return an optimizer's state as tensors named `<parameter's number>.<entry>`."""
    state = optimizer.state_dict()["state"]
    return {
        f"{number}.{name}": torch.as_tensor(value)
        for number, entries in state.items()
        for name, value in entries.items()
        if value is not None
    }


def load_optimizer(optimizer: Optimizer, tensors: Mapping[str, Tensor], rates: list[tuple[float, float]]) -> None:
    """Put a saved state into a new optimizer over the same parameters.

    Args:
        optimizer: built as it was for the saved run.
        tensors: what `optimizer_tensors` returned.
        rates: (rate, peak rate) of each parameter group.
    """
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        number, _, entry = name.partition(".")
        state.setdefault(int(number), {})[entry] = tensor
    groups = optimizer.state_dict()["param_groups"]
    for group, (rate, peak) in zip(groups, rates, strict=True):
        group["lr"], group["initial_lr"] = rate, peak
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def _digest(tensors: Mapping[str, Tensor]) -> str:
    """Return one SHA-256 over the names, forms and bytes of all tensors."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.flatten().view(torch.uint8).numpy().data if tensor.numel() else b"")
    return digest.hexdigest()

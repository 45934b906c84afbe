"""Names and shapes of published weights, kept as facts in the folder `facts`: one key a line, or a digest of such a list."""

import hashlib
import json
from pathlib import Path

import torch

from espalier.core.catalogue import architectures

FACTS = Path(__file__).parent / "facts"


def full_size(name):
    """Build the model of this name for a thousand classes of colour pictures, without memory for its weights."""
    with torch.device("meta"):
        return architectures()[name].build({"in_channels": 3, "num_outputs": 1000}, {})


def num_parameters(model):
    return sum(one.numel() for one in model.parameters())


def keys_of(model):
    """Return the lines `key 64x3x7x7` of a model, in its order."""
    return [f"{key} {'x'.join(map(str, one.shape)) or 'scalar'}" for key, one in model.state_dict().items()]


def published_keys(name):
    """Return the lines of the published weights, without those that the architecture leaves out."""
    left_out = architectures()[name].left_out
    lines = (FACTS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not (left_out and line.startswith(left_out))]


def siblings(family):
    """Return parameters and digest of each larger member of a family."""
    return json.loads((FACTS / f"{family}.json").read_text(encoding="utf-8"))


def digest_of(lines):
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()

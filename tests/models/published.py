"""What published weights of an architecture hold: its keys and shapes, kept as facts in files beside this one."""

import functools
import hashlib
import json
from pathlib import Path

import torch

from espalier.core.catalogue import architectures

FACTS = Path(__file__).parent / "facts"


@functools.cache
def built(name, in_channels=3, num_outputs=1000):
    """A model of its full size, without numbers in it. Every test that asks gets the same one."""
    with torch.device("meta"):
        return architectures()[name].build({"in_channels": in_channels, "num_outputs": num_outputs}, {})


def parameters_of(model):
    return sum(one.numel() for one in model.parameters())


def lines_of(model):
    """A line for each key with its shape, in the order of the keys."""
    return sorted(f"{key} {'x'.join(map(str, one.shape)) or 'scalar'}" for key, one in model.state_dict().items())


def published_lines(name):
    """The lines that published weights of this name have, in the order of the keys, without those left out."""
    left_out = architectures()[name].left_out
    lines = (FACTS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return sorted(line for line in lines if not (left_out and line.startswith(left_out)))


def digest_of(model):
    """Parameters and keys of a model in the short form in which the facts of large siblings are kept."""
    lines = "".join(f"{line}\n" for line in lines_of(model))
    return {"parameters": parameters_of(model), "sha256": hashlib.sha256(lines.encode()).hexdigest()}


def published_digests(family):
    return json.loads((FACTS / f"{family}.json").read_text(encoding="utf-8"))

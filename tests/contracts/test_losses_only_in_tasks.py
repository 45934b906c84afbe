"""A loss belongs to a question: torch's loss functions are called in tasks/ and nowhere else."""

import ast

import pytest
import torch.nn.functional as F
from torch import nn

from contracts.source_code import place, source_files, tree_of

FUNCTIONS = {name for name in dir(F) if name.endswith("_loss") or "cross_entropy" in name or name == "kl_div"}
CLASSES = {name for name in dir(nn) if name.endswith("Loss")}
FILES = [path for path in source_files("src/espalier") if "tasks" not in path.parts]


def losses_in(tree):
    """Yield the nodes that name a loss of torch, imported by itself or through its module."""
    modules = {"torch"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {one.asname or one.name.split(".")[0] for one in node.names if one.name.split(".")[0] == "torch"}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "torch":
            modules |= {one.asname or one.name for one in node.names}
            if any(one.name in FUNCTIONS | CLASSES for one in node.names):
                yield node
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in FUNCTIONS | CLASSES:
            root = node.value
            while isinstance(root, ast.Attribute):
                root = root.value
            if isinstance(root, ast.Name) and root.id in modules:
                yield node


def test_no_loss_of_torch_outside_tasks():
    found = [place(path, node.lineno) for path in FILES for node in losses_in(tree_of(path))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("import torch.nn.functional as F\nF.mse_loss(a, b)", 1),
        ("from torch import nn\nnn.CrossEntropyLoss()", 1),
        ("from torch.nn.functional import kl_div", 1),
        ("import torch\ntorch.nn.functional.binary_cross_entropy_with_logits(a, b)", 1),
        ("import torch.nn.functional as F\nF.relu(a)", 0),
        ("from ours import metrics\nmetrics.huber_loss(a, b)", 0),
    ],
)
def test_the_search_finds_losses_and_nothing_else(code, count):
    assert len(list(losses_in(ast.parse(code)))) == count

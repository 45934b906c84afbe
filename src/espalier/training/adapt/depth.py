"""Depth: the blocks of any module in the order from its input to its head.

The rule: a module's children, in the order in which they are defined, are its blocks. Where they are fewer than four, those
that are Sequential or ModuleList are replaced by their own children, again and again; where they are fewer than three and none
of them is such a container, the largest is, so that a body wrapped in one module is seen into. Only what holds a matrix is a
block: norms join the block before them, and what has no state (activations, pooling, dropout) the block behind it, whose input
it makes. Parameters that hang on the module itself, such as position embeddings, belong to the first block. The last block is
the head, unless weights that are fresh name another one.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain

from torch import nn

MIN_BLOCKS = 4  # fewer are opened where they are containers
MIN_LUMPS = 3  # fewer are opened whatever they are
CONTAINERS = (nn.Sequential, nn.ModuleList)


@dataclass(frozen=True)
class Block:
    """One step of the way from input to head.

    Args:
        name: of the module that holds its first matrix, as `named_modules` gives it; empty for the model itself.
        modules: all modules of it; their insides are among them.
        parameters: those of its modules; one that two blocks share belongs to the first.
    """

    name: str
    modules: tuple[nn.Module, ...]
    parameters: tuple[nn.Parameter, ...]


def blocks_of(model: nn.Module, fresh: Collection[str] = ()) -> tuple[Block, ...]:
    """Return the blocks of a module from its input to its head.

    Args:
        model: any module.
        fresh: names of parameters that no earlier task has learnt; the block that holds the last of them is the head.
    """
    groups = _grouped(_pieces(model))
    named = dict(model.named_parameters())
    seen: set[int] = set()
    blocks: list[Block] = []
    for number, group in enumerate(groups):
        own = [] if number else [one for _, one in model.named_parameters(recurse=False)]
        found = [one for one in chain(own, *(piece.parameters() for _, piece in group)) if id(one) not in seen]
        seen |= {id(one) for one in found}
        modules = tuple(inner for _, piece in group for inner in piece.modules())
        blocks.append(Block(_name(group), modules, tuple(dict.fromkeys(found))))
    wanted = {id(named[name]) for name in fresh if name in named}
    heads = [block for block in blocks if any(id(one) in wanted for one in block.parameters)]
    return tuple(blocks if not heads else [*(block for block in blocks if block is not heads[-1]), heads[-1]])


Piece = tuple[str, nn.Module]


def _pieces(model: nn.Module) -> list[Piece]:
    """Return the children of a module, opened until they are enough."""
    pieces = list(model.named_children())
    while (num := sum(_has_matrix(piece) for _, piece in pieces)) < MIN_BLOCKS:
        opened = {name for name, piece in pieces if isinstance(piece, CONTAINERS)}
        if not opened and num < MIN_LUMPS:
            opened = _largest(pieces)
        if not opened:
            break
        pieces = [
            (f"{name}.{inner}" if inner else name, child)
            for name, piece in pieces
            for inner, child in (piece.named_children() if name in opened else [("", piece)])
        ]
    return pieces or [("", model)]


def _largest(pieces: Sequence[Piece]) -> set[str]:
    """Return the name of the largest piece that has children and holds no parameters beside them, if there is one."""
    sizes = {
        name: sum(one.numel() for one in piece.parameters())
        for name, piece in pieces
        if any(True for _ in piece.children()) and not any(True for _ in piece.parameters(recurse=False))
    }
    best = max(sizes, key=lambda name: sizes[name], default=None)
    return set() if best is None or not sizes[best] else {best}


def _grouped(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Return the pieces of each block."""
    groups: list[list[Piece]] = []
    waiting: list[Piece] = []
    for name, piece in pieces:
        if _has_matrix(piece):
            groups.append([*waiting, (name, piece)])
            waiting = []
        elif groups and _has_state(piece):
            groups[-1].append((name, piece))
        else:
            waiting.append((name, piece))
    if not groups:
        return [waiting]
    groups[-1] += waiting
    return groups


def _name(group: Sequence[Piece]) -> str:
    return next((name for name, piece in group if _has_matrix(piece)), group[0][0])


def _has_matrix(module: nn.Module) -> bool:
    return any(one.ndim > 1 for one in module.parameters())


def _has_state(module: nn.Module) -> bool:
    return any(True for _ in chain(module.parameters(), module.buffers()))

"""Resampling: rare classes are shown more often, as copies or as new rows between neighbours. For the training part only.

SMOTE: Chawla, Bowyer, Hall, Kegelmeyer 2002, "SMOTE: Synthetic Minority Over-sampling Technique" (JAIR 16), section 4.2; with
categories as in its section 6.1, SMOTE-NC. Differs: 0/1 columns (one-hot, "is missing") are taken whole from the nearer of the
two rows, so that a new row has values which a row can have.
"""

import numpy as np
import torch
from torch import Tensor

from espalier.core.errors import PlanError
from espalier.core.records import IntArray
from espalier.core.seeds import numpy_stream

NUM_NEIGHBORS = 5  # k of the paper
MAX_SOUGHT = 20_000  # rows of one class among which neighbours are sought
MADE_UP = -1  # source row of a row that is in no file
DRAWN_AT_ONCE = 65_536
COMPARED_AT_ONCE = 512

Resampled = tuple[tuple[Tensor, ...], Tensor, Tensor]


def class_weights(target: Tensor, num_classes: int) -> tuple[float, ...]:
    """Return the weight of each class, in inverse proportion to its rows; the mean over all rows is 1.

    Args:
        target: (N,) int64 class indices.
        num_classes: K; a class without rows gets weight 1.

    Example:
        >>> class_weights(torch.tensor([0, 0, 0, 1]), 2)
        (0.6666666666666666, 2.0)
    """
    counts = torch.bincount(target, minlength=num_classes).tolist()
    seen = sum(count > 0 for count in counts)
    return tuple(len(target) / (seen * count) if count else 1.0 for count in counts)


def oversample(inputs: tuple[Tensor, ...], target: Tensor, rows: Tensor, seed: int) -> Resampled:
    """Return the training rows with copies of rare classes added, until every class has as many as the most frequent.

    Args:
        inputs: each (N, ...).
        target: (N,) int64 class indices.
        rows: (N,) int64 source rows; a copy keeps its row.
        seed: of the draw.

    Raises:
        PlanError: the target is no class.
    """
    stream = numpy_stream(seed, "oversample")
    extra = [_drawn(members, missing, stream) for members, missing in _rare(target)]
    index = torch.from_numpy(np.concatenate([np.arange(len(target)), *extra]))
    return tuple(one[index] for one in inputs), target[index], rows[index]


def smote(inputs: tuple[Tensor, ...], target: Tensor, rows: Tensor, seed: int) -> Resampled:
    """Return the training rows with new rows of rare classes added, until every class has as many as the most frequent.

    A new row lies between a row and one of its 5 nearest neighbours of the same class. Its categories are those that most of
    the row's neighbours have. A class with a single row is copied.

    Args:
        inputs: numbers (N, F) and, unless categories are one-hot, category codes (N, M).
        target: (N,) int64 class indices.
        rows: (N,) int64 source rows; a new row has -1.
        seed: of the draw.

    Raises:
        PlanError: the target is no class.
    """
    stream = numpy_stream(seed, "smote")
    arrays = [one.numpy() for one in inputs]
    made: list[list[np.ndarray]] = [[one] for one in arrays]
    targets, sources = [target], [rows]
    binary = ((arrays[0] == 0) | (arrays[0] == 1)).all(axis=0)
    for members, missing in _rare(target):
        one = [array[members] for array in arrays]
        codes = one[1] if len(one) > 1 else np.empty((len(members), 0), dtype=np.int64)
        numbers, categories = _between(one[0], codes, binary, missing, stream)
        for parts, new in zip(made, (numbers, categories), strict=False):
            parts.append(new)
        targets.append(target[members[:1]].expand(missing))
        sources.append(torch.full((missing,), MADE_UP, dtype=rows.dtype))
    return tuple(torch.from_numpy(np.concatenate(parts)) for parts in made), torch.cat(targets), torch.cat(sources)


def _rare(target: Tensor) -> list[tuple[IntArray, int]]:
    """Return, for each class with fewer rows than the most frequent: its rows by position, and how many it lacks."""
    if target.dtype != torch.int64 or target.ndim != 1:
        raise PlanError(
            "task.sampling draws rare classes more often, and this target is no class. Use --set task.sampling=none."
        )
    values = target.numpy()
    most = np.bincount(values).max(initial=0)
    found = ((np.flatnonzero(values == one), most) for one in np.unique(values))
    return [(members, int(most - len(members))) for members, most in found if len(members) < most]


def _drawn(members: IntArray, count: int, stream: np.random.Generator) -> IntArray:
    """Return `count` of the members: all of them as often as possible, then some at random."""
    whole, rest = divmod(count, len(members))
    return np.concatenate([np.tile(members, whole), stream.choice(members, rest, replace=False)])


def _between(
    numbers: np.ndarray, codes: np.ndarray, binary: np.ndarray, count: int, stream: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return (count, F) and (count, M): new rows between rows of one class and their neighbours."""
    if len(numbers) > MAX_SOUGHT:
        sought = np.sort(stream.permutation(len(numbers))[:MAX_SOUGHT])
        numbers, codes = numbers[sought], codes[sought]
    base = _drawn(np.arange(len(numbers)), count, stream)
    if len(numbers) == 1:
        return numbers[base], codes[base]
    neighbors = _neighbors(numbers, codes, binary)
    usual = _most_frequent(codes, neighbors)
    chosen = neighbors[base, stream.integers(neighbors.shape[1], size=count)]
    share = stream.random((count, 1), dtype=np.float32)
    made = np.empty((count, numbers.shape[1]), dtype=numbers.dtype)
    for start in range(0, count, DRAWN_AT_ONCE):
        block = slice(start, start + DRAWN_AT_ONCE)
        one, other = numbers[base[block]], numbers[chosen[block]]
        part = np.where(binary, share[block] > 0.5, share[block])
        made[block] = one + part * (other - one)
    return made, usual[base]


def _neighbors(numbers: np.ndarray, codes: np.ndarray, binary: np.ndarray) -> np.ndarray:
    """Return (N, k) the nearest other rows, nearest first; a differing category counts as the median deviation of numbers."""
    points = numbers.astype(np.float64)
    penalty = float(np.median(points[:, ~binary].std(axis=0))) if (~binary).any() else 1.0
    lengths = (points**2).sum(axis=1)
    count = min(NUM_NEIGHBORS, len(points) - 1)
    nearest = np.empty((len(points), count), dtype=np.int64)
    for start in range(0, len(points), COMPARED_AT_ONCE):
        block = slice(start, start + COMPARED_AT_ONCE)
        squared = lengths - 2 * points[block] @ points.T  # (B, N), short of the row's own length, which orders nothing
        differing = np.zeros(squared.shape, dtype=np.uint16)
        for column in codes.T.astype(np.int32):
            differing += column[block, None] != column
        squared += differing * penalty**2
        squared[np.arange(len(squared)), np.arange(start, start + len(squared))] = np.inf  # a row is not its own neighbour
        some = np.argpartition(squared, count - 1, axis=1)[:, :count]
        order = np.take_along_axis(squared, some, axis=1).argsort(axis=1, kind="stable")
        nearest[block] = np.take_along_axis(some, order, axis=1)
    return nearest


def _most_frequent(codes: np.ndarray, neighbors: np.ndarray) -> np.ndarray:
    """Return (N, M) for each row the code that most of its neighbours have; of several the one of the nearest neighbour."""
    around = codes[neighbors]  # (N, k, M)
    votes = (around[:, :, None, :] == around[:, None, :, :]).sum(axis=2)  # (N, k, M): neighbours that agree with each
    best = votes.argmax(axis=1)  # (N, M)
    return np.take_along_axis(around, best[:, None, :], axis=1)[:, 0, :]

"""Sameness of windows: which are equal, and which were cut out of one recording so that they share steps."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from espalier.core.records import IntArray
from espalier.data.series.column import Windows

MIN_SHARED, MAX_SHARED = 4, 32  # steps one behind the other that two windows must share
SHARED_FRACTION = 0.25  # the same, of the shortest window
MIN_VARIED = 0.5  # of these steps must differ from the one before: pauses are alike in all recordings
MANY_STEPS = 50_000_000  # with more steps only equal windows are looked for
FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd, of well mixed bits (Knuth, the golden ratio)
MIXERS = (np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53))  # of MurmurHash3, finalizer of 64 bits
SHIFT = np.uint64(33)

HashArray = np.ndarray[tuple[int], np.dtype[np.uint64]]


@dataclass(frozen=True)
class Sameness:
    """Which windows are the same, wholly or in part.

    Args:
        leaders: (N,) number of the first window that is equal; its own where there is none.
        recordings: (N,) number of the first window of those that are chained by shared steps; its own where there is none.
        overlaps: (N,) whether it shares steps with another window that is not equal.
    """

    leaders: IntArray
    recordings: IntArray
    overlaps: np.ndarray


def find_same(windows: Windows) -> Sameness:
    """Return which windows are equal and which share steps.

    Args:
        windows: N of them; those without a step are the same as no other.
    """
    hashes = _steps(windows)
    num = len(windows.lengths)
    leaders = _leaders(windows, hashes)
    filled = windows.lengths[windows.lengths > 0]
    if not len(filled) or len(hashes) > MANY_STEPS:
        return Sameness(leaders, leaders, np.zeros(num, dtype=np.bool_))
    shared = int(np.clip(filled.min() * SHARED_FRACTION, MIN_SHARED, MAX_SHARED))
    one, other = _pairs(windows, hashes, shared)
    different = leaders[one] != leaders[other]
    overlaps = np.zeros(num, dtype=np.bool_)
    overlaps[np.concatenate([one[different], other[different]])] = True
    edges = (np.concatenate([one, np.arange(num)]), np.concatenate([other, leaders]))
    graph = sparse.coo_array((np.ones(len(edges[0]), dtype=np.int8), edges), (num, num))
    _, labels = csgraph.connected_components(graph, directed=False)
    first = np.unique(labels, return_index=True)[1]
    return Sameness(leaders, first[labels].astype(np.int64), overlaps)


def _steps(windows: Windows) -> HashArray:
    """Return (P,) a hash of all channels of each step; every NaN is alike."""
    values = np.where(np.isnan(windows.steps), np.float32(np.nan), windows.steps + np.float32(0.0))  # -0 becomes 0
    bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32).astype(np.uint64)
    found = np.zeros(len(bits), dtype=np.uint64)
    for channel in range(bits.shape[1]):
        found = _mixed(found * FACTOR + bits[:, channel])
    return found


def _mixed(values: HashArray) -> HashArray:
    for mixer in MIXERS:
        values = (values ^ (values >> SHIFT)) * mixer
    return values ^ (values >> SHIFT)


def _leaders(windows: Windows, hashes: HashArray) -> IntArray:
    """Return (N,) the first window that is equal to each."""
    num = len(windows.lengths)
    within = np.arange(len(hashes)) - windows.starts[:-1][windows.owners]
    placed = _mixed(hashes + within.astype(np.uint64) * FACTOR)
    whole = np.zeros(num, dtype=np.uint64)
    np.add.at(whole, windows.owners, placed)
    whole = _mixed(whole + windows.lengths.astype(np.uint64))
    _, first, inverse = np.unique(whole, return_index=True, return_inverse=True)
    return np.where(windows.lengths > 0, first[inverse], np.arange(num)).astype(np.int64)


def _pairs(windows: Windows, hashes: HashArray, shared: int) -> tuple[IntArray, IntArray]:
    """Return pairs of windows that share as many steps one behind the other, enough of them to chain all that do."""
    places = len(hashes) - shared + 1
    nowhere = np.empty(0, dtype=np.int64)
    if places < 2:
        return nowhere, nowhere
    owners = windows.owners
    blocks = np.zeros(places, dtype=np.uint64)
    for step in range(shared):
        blocks = blocks * FACTOR + hashes[step : step + places]
    changes = np.concatenate([[0], np.cumsum(hashes[1:] != hashes[:-1])])
    varied = changes[shared - 1 :] - changes[:places] >= MIN_VARIED * (shared - 1)
    usable = np.flatnonzero((owners[:places] == owners[shared - 1 :]) & varied)
    usable = usable[np.argsort(blocks[usable], kind="stable")]
    equal = blocks[usable[1:]] == blocks[usable[:-1]]
    one, other = owners[usable[:-1][equal]], owners[usable[1:][equal]]
    apart = one != other
    return one[apart].astype(np.int64), other[apart].astype(np.int64)

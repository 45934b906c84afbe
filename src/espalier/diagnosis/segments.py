"""Segments: groups of rows that one or two conditions on the inputs name, and the one where the errors are most concentrated.

A condition is a level of a category, a missing value, or a number above or below one of its deciles. All conditions are
tried, and the strongest of them together with every other. The search sees one half of the rows; what it finds is
measured on the other half, which the search did not touch. Quantities are compared by the ranks of their errors, so that a
few huge ones do not decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from scipy.stats import hypergeom, rankdata

from espalier.core.batch import FloatArray
from espalier.diagnosis.evidence import BoolArray
from espalier.diagnosis.generalisation import Answers
from espalier.diagnosis.significance import SMALLEST_PROBABILITY, p_value

MIN_ROWS = 20  # of a segment in each half
MIN_FRACTION = 0.02  # of the rows of a half
MAX_FRACTION = 0.5  # more is no segment
MAX_LEVELS = 30  # of a category: the most frequent
MAX_COLUMNS = 200  # the first of them
CUTS = np.linspace(0.1, 0.9, 9)
MAX_FEW_VALUES = 10  # a number with no more different values is cut between them
STRONGEST = 20  # conditions that are combined with every other
PAIR_COST = 1.0  # standard errors that a second condition must add
DECILES = 10  # of what the model says of a row
MIN_PEERS = 5  # rows of one decile outside the segment


@dataclass(frozen=True)
class Condition:
    """Something that is true of some rows.

    Args:
        column: it is about.
        words: the condition in words, for example "'age' is above 61".
        holds: (N,) for which rows.
    """

    column: str
    words: str
    holds: BoolArray


@dataclass(frozen=True)
class Segment:
    """The rows of which one or two conditions are true.

    Args:
        conditions: of the segment.
        holds: (N,) whether a row is in it.
        p_found: one-sided probability of the difference on the half that was searched, times the segments tried; at most 1.
        p_confirmed: the same probability on the other half, where nothing was searched.
        num_tried: segments that were tried.
        inside, outside: mean error on the other half, in the segment and elsewhere.
        num_inside: rows of the segment in the other half.
        beside_peers: mean error on the other half beyond that of rows elsewhere of which the model says about the same.
        z_beside_peers: the same in standard errors.
    """

    conditions: tuple[Condition, ...]
    holds: BoolArray
    p_found: float
    p_confirmed: float
    num_tried: int
    inside: float
    outside: float
    num_inside: int
    beside_peers: float
    z_beside_peers: float

    @property
    def words(self) -> str:
        """The conditions in words."""
        return " and ".join(one.words for one in self.conditions)


def worst_segment(answers: Answers) -> Segment | None:
    """Return the segment in which errors are most concentrated; None when there are too few rows or no conditions."""
    first, second = answers.halves
    known = conditions(answers.columns, first, second)
    if not known or min(first.sum(), second.sum()) < 2 * MIN_ROWS:
        return None
    scores = answers.errors if answers.classes else rankdata(answers.errors)
    holds = np.array([one.holds[first] for one in known], dtype=np.float64)  # (S, n)
    single = z_inside(holds, scores[first])
    best: tuple[int, ...] = (int(single.argmax()),)
    best_z, num_tried = float(single.max()), len(known)
    for one in np.argsort(-single, kind="stable")[:STRONGEST]:
        both = holds * holds[one]
        is_legal = _is_legal(both) & _is_legal(np.array([c.holds[second] for c in known]) * known[one].holds[second])
        is_legal &= np.array([c.column != known[one].column for c in known])
        z = np.where(is_legal, z_inside(both, scores[first]), -np.inf)
        num_tried += int(is_legal.sum())
        if is_legal.any() and z.max() > max(best_z, single[one] + PAIR_COST, single.max() + PAIR_COST):
            best, best_z = (int(one), int(z.argmax())), float(z.max())
    found = tuple(known[place] for place in best)
    return _measured(answers, found, min(1.0, p_value(best_z) * num_tried), num_tried, scores, second)


def conditions(columns: Mapping[str, np.ndarray], first: BoolArray, second: BoolArray) -> list[Condition]:
    """Return every condition that holds for enough rows of both halves, and not for most.

    Columns hold floats with NaN, or words with None.
    """
    every = []
    for name, values in list(columns.items())[:MAX_COLUMNS]:
        every += _of_number(name, values) if values.dtype.kind == "f" else _of_words(name, values)
    legal = [one for one in every if _is_legal(one.holds[None, first])[0] and _is_legal(one.holds[None, second])[0]]
    distinct = {one.holds.tobytes(): one for one in reversed(legal)}  # equal conditions are tried once
    return list(reversed(distinct.values()))


def z_inside(holds: FloatArray, scores: FloatArray) -> FloatArray:
    """Return how surely the mean score inside each segment lies above that outside, as a standard normal value.

    Scores of 0 and 1 are counted exactly (Fisher's test: few errors are far from normal), others by the difference of the
    means in standard errors, were both one pool.

    Shapes:
        holds (S, N) of 0 and 1, scores (N,), to (S,); minus infinity for a segment without rows.
    """
    num = holds.sum(axis=1)
    rest = len(scores) - num
    if np.isin(scores, (0.0, 1.0)).all():
        chance = hypergeom.sf(holds @ scores - 1, len(scores), scores.sum(), num)
        return np.where(num > 0, -ndtri(np.maximum(chance, SMALLEST_PROBABILITY)), -np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = holds @ scores / num
        outside = (scores.sum() - holds @ scores) / rest
        z = (inside - outside) / (scores.std() * np.sqrt(1 / num + 1 / rest))
    return np.where(np.isfinite(z), z, -np.inf)


def _is_legal(holds: np.ndarray) -> BoolArray:
    num, total = holds.sum(axis=1), holds.shape[1]
    return np.asarray((num >= max(MIN_ROWS, MIN_FRACTION * total)) & (num <= MAX_FRACTION * total), dtype=np.bool_)


def _of_number(name: str, values: FloatArray) -> list[Condition]:
    is_known = np.isfinite(values)
    made = [Condition(name, f"'{name}' is missing", ~is_known)]
    different = np.unique(values[is_known])
    if len(different) <= MAX_FEW_VALUES:
        made += [Condition(name, f"'{name}' is {_written(one)}", values == one) for one in different]
        cuts = different[:-1]
    else:
        cuts = np.unique(np.quantile(values[is_known], CUTS, method="lower"))
    for cut in cuts:
        made.append(Condition(name, f"'{name}' is above {_written(cut)}", values > cut))
        made.append(Condition(name, f"'{name}' is at most {_written(cut)}", values <= cut))
    return made


def _of_words(name: str, values: np.ndarray) -> list[Condition]:
    is_missing = np.array([value is None for value in values], dtype=np.bool_)
    made = [Condition(name, f"'{name}' is missing", is_missing)]
    levels, counts = np.unique(values[~is_missing].astype(str), return_counts=True)
    for level in levels[np.argsort(-counts, kind="stable")[:MAX_LEVELS]]:
        made.append(Condition(name, f"'{name}' is '{level}'", np.asarray(values == level, dtype=np.bool_)))
    return made


def _written(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) < 1e15 else f"{value:,.4g}"


def _measured(
    answers: Answers, found: tuple[Condition, ...], p_found: float, num_tried: int, scores: FloatArray, half: BoolArray
) -> Segment:
    """Return the segment with its errors on the half that was not searched."""
    holds = np.logical_and.reduce([one.holds for one in found])
    inside = holds[half]
    z = float(z_inside(inside[None].astype(np.float64), scores[half])[0])
    errors = answers.errors[half]
    excess, z_excess = _beside_peers(errors, inside, answers.confidence[half])
    return Segment(
        found,
        holds,
        p_found,
        p_value(z),
        num_tried,
        float(errors[inside].mean()),
        float(errors[~inside].mean()),
        int(inside.sum()),
        excess,
        z_excess,
    )


def _beside_peers(errors: FloatArray, inside: BoolArray, says: FloatArray) -> tuple[float, float]:
    """Return the mean error inside beyond rows outside of the same decile of what the model says, also in standard errors."""
    edges = np.unique(np.quantile(says, np.linspace(0, 1, DECILES + 1)[1:-1]))
    decile = np.searchsorted(edges, says, side="right")
    excess, variance, num = 0.0, 0.0, 0
    for one in np.unique(decile[inside]):
        ours, peers = errors[inside & (decile == one)], errors[~inside & (decile == one)]
        if len(peers) < MIN_PEERS:
            continue
        pooled = float(np.concatenate([ours, peers]).var())
        excess += len(ours) * float(ours.mean() - peers.mean())
        variance += len(ours) ** 2 * pooled * (1 / len(ours) + 1 / len(peers))
        num += len(ours)
    if num == 0 or variance <= 0:
        return 0.0, 0.0
    return excess / num, excess / float(np.sqrt(variance))

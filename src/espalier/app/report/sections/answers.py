"""The answers: which classes are taken for which, or how far predicted quantities lie from the actual ones."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import polars as pl

from espalier.app.report import wording
from espalier.app.report.charts.histogram import large_histogram
from espalier.app.report.charts.scatter import scatter
from espalier.app.report.facts import PROBABILITY, Facts
from espalier.app.report.gallery import Tile
from espalier.app.report.sections.section import Section, drawn
from espalier.core.records import IntArray
from espalier.evaluation.metrics.classes import confusion_matrix

MAX_CLASSES = 20  # classes in the table; more do not fit on a page
MAX_CONFUSIONS = 6  # named in words
FEW_CLASSES = 5  # their names are written level
MANY_CLASSES = 12  # more are written small
PICTURES_OF_A_CONFUSION = 3
SIDE = 96  # pixels of each
NUM_BINS = 30
CENTRE = (0.005, 0.995)  # the residual histogram shows this part; the tails are in the table of worst errors

Counts: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


@dataclass(frozen=True)
class Cell:
    """Rows of one class that were given one answer.

    Args:
        count: as words.
        shade: share of the actual class, 0 to 1.
        right: on the diagonal.
    """

    count: str
    shade: float
    right: bool


@dataclass(frozen=True)
class Line:
    """One actual class.

    Args:
        name: of the class.
        count: its rows.
        cells: one for each answer.
        found: share of its rows that were answered rightly, in words.
        trusted: share of the answers with its name that were right, in words.
    """

    name: str
    count: str
    cells: tuple[Cell, ...]
    found: str
    trusted: str


@dataclass(frozen=True)
class Confusion:
    """Rows of one class that were taken for another.

    Args:
        actual, answer: the two classes.
        count: how many, in words.
        share: of the actual class, in words.
        tiles: pictures of the surest of them.
    """

    actual: str
    answer: str
    count: str
    share: str
    tiles: tuple[Tile, ...] = ()


def build(facts: Facts) -> Section | None:
    """Return the section, or None when there is nothing that it can show."""
    views = {"classes": _classes, "labels": _labels, "numbers": _numbers}
    return views[facts.kind](facts) if facts.kind else None


def confusion(facts: Facts) -> tuple[tuple[str, ...], Counts]:
    """Return the classes and how many rows of each actual class (axis 0) got each answer (axis 1)."""
    target, prediction = (facts.scored[column].to_list() for column in ("target", "prediction"))
    names = [*facts.classes]
    names += sorted({*target, *prediction} - set(names))
    place = {name: index for index, name in enumerate(names)}
    actual, answer = (np.array([place[name] for name in words], dtype=np.float64) for words in (target, prediction))
    return tuple(names), confusion_matrix(actual, answer, len(names)).astype(np.int64)


def _classes(facts: Facts) -> Section:
    names, table = confusion(facts)
    shown = np.arange(len(names))
    if len(names) > MAX_CLASSES:
        wrong = table.sum(axis=0) + table.sum(axis=1) - 2 * np.diag(table)
        shown = np.sort(np.argsort(-wrong, kind="stable")[:MAX_CLASSES])
    right, total = int(np.trace(table)), int(table.sum())
    values = {
        "kind": "classes",
        "facts": facts,
        "right": right,
        "total": total,
        "share": wording.percent(right / max(total, 1)),
        "names": [names[index] for index in shown],
        "lines": [_line(names[index], table, int(index), shown) for index in shown],
        "size": "few" if len(shown) <= FEW_CLASSES else "many" if len(shown) > MANY_CLASSES else "some",
        "num_hidden": len(names) - len(shown),
        "confusions": _confusions(facts, names, table),
    }
    return Section("answers", "Where it is right and where it is wrong", values)


def _line(name: str, table: Counts, index: int, shown: IntArray) -> Line:
    rows, answers, right = int(table[index].sum()), int(table[:, index].sum()), int(table[index, index])
    shades = table[index, shown] / max(rows, 1)
    cells = tuple(
        Cell(f"{table[index, other]:,}" if table[index, other] else "", float(shade), bool(other == index))
        for other, shade in zip(shown, shades, strict=True)
    )
    found = wording.percent(right / rows) if rows else wording.NOT_KNOWN
    return Line(name, f"{rows:,}", cells, found, wording.percent(right / answers) if answers else wording.NOT_KNOWN)


def _confusions(facts: Facts, names: tuple[str, ...], table: Counts) -> list[Confusion]:
    """Return the most frequent confusions."""
    wrong = table.copy()
    np.fill_diagonal(wrong, 0)
    noun = "picture" if facts.pictures else "row"
    found = []
    for flat in np.argsort(-wrong, axis=None, kind="stable")[:MAX_CONFUSIONS]:
        actual, answer = divmod(int(flat), len(names))
        if count := int(wrong[actual, answer]):
            share = wording.percent(count / table[actual].sum())
            tiles = _surest(facts, names[actual], names[answer])
            found.append(Confusion(names[actual], names[answer], wording.counted(count, noun), share, tiles))
    return found


def _surest(facts: Facts, actual: str, answer: str) -> tuple[Tile, ...]:
    """Return pictures of one class that were taken for another, those first whose answer was the surest."""
    if facts.gallery is None:
        return ()
    rows = facts.scored.filter((pl.col("target") == actual) & (pl.col("prediction") == answer))
    if PROBABILITY + answer in rows.columns:
        rows = rows.sort(PROBABILITY + answer, "row", descending=[True, False])
    return tuple(facts.gallery.tiles(rows["row"].head(PICTURES_OF_A_CONFUSION).to_list(), SIDE))


def _labels(facts: Facts) -> Section:
    """Return how each label fares on its own."""
    truth, answers = facts.labels("target"), facts.labels("prediction")
    both = (truth * answers).sum(axis=0)
    lines = []
    for name, held, given, right in zip(facts.classes, truth.sum(axis=0), answers.sum(axis=0), both, strict=True):
        found, trusted = (wording.percent(right / total) if total else wording.NOT_KNOWN for total in (held, given))
        lines.append((name, f"{int(held):,}", f"{int(given):,}", found, trusted))
    exact = (truth == answers).all(axis=1)
    values = {
        "kind": "labels",
        "facts": facts,
        "right": int(exact.sum()),
        "total": len(exact),
        "share": wording.percent(float(exact.mean())),
        "lines": lines,
    }
    return Section("answers", "Where it is right and where it is wrong", values)


def _numbers(facts: Facts) -> Section:
    actual, predicted = facts.values("target"), facts.values("prediction")
    known = np.isfinite(actual) & np.isfinite(predicted)
    actual, predicted = actual[known], predicted[known]
    error = predicted - actual
    log = facts.run.plan.prepare.target == "log"
    edges, counts, num_outside = _residual_bins(error)
    off = np.abs(error)
    typical, most = (wording.number(float(np.quantile(off, level)) if len(off) else None, 3) for level in (0.5, 0.9))
    lean = float(error.mean()) if len(error) else float("nan")
    values = {
        "kind": "numbers",
        "facts": facts,
        "log": log,
        "typical": typical,
        "most": most,
        "lean": wording.number(abs(lean), 3),
        "side": "too high" if lean > 0 else "too low",
        "num_outside": num_outside,
        "pairs": drawn(
            scatter(
                actual,
                predicted,
                label=f"Predicted against actual {facts.target}: half of the predictions are off by less than {typical}.",
                x_title=f"actual {facts.target}",
                y_title=f"predicted {facts.target}",
                log=log,
            )
        ),
        "residuals": drawn(
            large_histogram(
                edges,
                counts,
                label=f"Distribution of the errors: half are smaller than {typical}, nine of ten smaller than {most}.",
                x_title="predicted minus actual",
                mark=0.0,
            )
        ),
    }
    return Section("answers", "How far off it is", values)


def _residual_bins(error: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> tuple[list[float], list[int], int]:
    """Return edges and counts of the residuals, and how many lie beyond the shown part."""
    if not len(error):
        return [], [], 0
    low, high = np.quantile(error, CENTRE)
    if low == high:
        return [], [len(error)], 0
    inside = error[(error >= low) & (error <= high)]
    counts, edges = np.histogram(inside, bins=NUM_BINS, range=(low, high))
    return edges.tolist(), counts.tolist(), len(error) - len(inside)

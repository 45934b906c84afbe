"""The worst errors, with the line of the source that each came from; of pictures, the pictures themselves."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from markupsafe import Markup

from espalier.app.report import wording
from espalier.app.report.facts import PROBABILITY, Facts
from espalier.app.report.gallery import short_name
from espalier.app.report.sections.section import Section
from espalier.core.schema import Kind, Role

NUM_WORST = 20
NUM_COLUMNS = 5  # the most important ones, whose values are shown
VALUE_LENGTH = 40
SIDE = 160  # pixels of a picture


@dataclass(frozen=True)
class Miss:
    """One wrong answer.

    Args:
        row: the line or row in the source.
        actual, predicted: in words.
        measure: probability that the actual class was given, or the error.
        values: of the most important columns, in words.
        picture: what was answered, where that is a picture that is at hand.
        file: its name, or empty.
        sure: probability that the answer was given, in words, or empty.
    """

    row: str
    actual: str
    predicted: str
    measure: str
    values: tuple[str, ...]
    picture: Markup = Markup()
    file: str = ""
    sure: str = ""


def build(facts: Facts) -> Section | None:
    """Return the section, or None when there is nothing that it can show."""
    if facts.kind == "classes":
        worst, measure = _wrong_classes(facts), "probability it gave the actual class"
    elif facts.kind == "labels":
        worst, measure = _wrong_labels(facts), "wrong labels"
    elif facts.kind == "numbers":
        worst, measure = _far_numbers(facts), "error"
    else:
        return None
    columns = () if facts.gallery else _columns(facts)
    rows = worst["row"].to_list()
    misses = [
        Miss(str(row), *said, shown) for row, said, shown in zip(rows, _said(worst), _values(facts, rows, columns), strict=True)
    ]
    values = {
        "facts": facts,
        "columns": columns,
        "misses": _with_pictures(facts, misses),
        "measure": measure,
        "kind": facts.kind,
        "are_shown": facts.gallery is not None,
    }
    return Section("errors", "The worst errors", values)


def _with_pictures(facts: Facts, misses: list[Miss]) -> list[Miss]:
    """Return the misses with their pictures and how sure the answers were, where the pictures are at hand."""
    if facts.gallery is None:
        return misses
    rows = [int(miss.row) for miss in misses]
    shown = {tile.row: tile for tile in facts.gallery.tiles(rows, SIDE)}
    sure = _sure(facts, rows) if facts.kind == "classes" else {}
    return [
        replace(
            miss,
            picture=shown[row].shown if row in shown else Markup(),
            file=short_name(facts.gallery.name(row)),
            sure=sure.get(row, ""),
        )
        for row, miss in zip(rows, misses, strict=True)
    ]


def _sure(facts: Facts, rows: list[int]) -> dict[int, str]:
    """Return for some rows the probability that their answers were given, in words."""
    given = pl.lit(None, dtype=pl.Float64)
    for name in facts.classes:
        given = pl.when(pl.col("prediction") == name).then(pl.col(PROBABILITY + name)).otherwise(given)
    frame = facts.scored.filter(pl.col("row").is_in(rows)).select("row", given.cast(pl.Float64).alias("sure"))
    return {int(row): wording.percent(sure) for row, sure in frame.iter_rows() if sure is not None}


def _wrong_classes(facts: Facts) -> pl.DataFrame:
    """Return wrong answers, those first in which the actual class was given the least probability."""
    given = pl.lit(None, dtype=pl.Float64)
    for name in facts.classes:
        given = pl.when(pl.col("target") == name).then(pl.col(PROBABILITY + name)).otherwise(given)
    wrong = facts.scored.filter(pl.col("target") != pl.col("prediction")).with_columns(measure=given.cast(pl.Float64))
    return wrong.select("row", "target", "prediction", "measure").sort("measure", "row", nulls_last=True).head(NUM_WORST)


def _wrong_labels(facts: Facts) -> pl.DataFrame:
    """Return rows with wrong labels, those first whose probabilities are furthest from the truth."""
    truth = facts.labels("target")
    wrong = (truth != facts.labels("prediction")).sum(axis=1)
    far = np.abs(facts.probabilities() - truth).sum(axis=1)
    frame = facts.scored.select("row", "target", "prediction", measure=pl.Series(wrong), far=pl.Series(far))
    order = frame.filter(pl.col("measure") > 0).sort("far", "row", descending=[True, False], nulls_last=True)
    return order.drop("far").head(NUM_WORST)


def _far_numbers(facts: Facts) -> pl.DataFrame:
    """Return the predictions that are furthest off."""
    error = pl.col("prediction").cast(pl.Float64) - pl.col("target").cast(pl.Float64)
    frame = facts.scored.select("row", "target", "prediction", measure=error).filter(pl.col("measure").is_finite())
    order = frame.with_columns(size=pl.col("measure").abs()).sort("size", "row", descending=[True, False])
    return order.drop("size").head(NUM_WORST)


def _said(worst: pl.DataFrame) -> list[tuple[str, str, str]]:
    """Return actual value, answer and measure of each row in words."""
    said = []
    for _, actual, predicted, measure in worst.iter_rows():
        if isinstance(measure, int):
            said.append((actual or "none", predicted or "none", f"{measure:,}"))
        elif isinstance(actual, str):
            said.append((actual, str(predicted), wording.percent(measure)))
        else:
            said.append(
                (wording.cell(actual), wording.number(predicted), ("+" if measure > 0 else "") + wording.number(measure))
            )
    return said


def _columns(facts: Facts) -> tuple[str, ...]:
    """Return the columns whose values are shown: what names the row, and the most important ones."""
    if facts.records is None:
        return ()
    schema, held = facts.run.schema, set(facts.records.frame.columns)
    ranked = [one.column for one in facts.importance] or list(schema.inputs())
    short = [name for name in ranked if name in schema.columns and schema.columns[name].kind is not Kind.TEXT]
    names = [*schema.names(Role.IDENTIFIER)[:1], *short]
    return tuple(name for name in names if name in held)[:NUM_COLUMNS]


def _values(facts: Facts, rows: list[int], columns: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return the values of some columns in some rows of the source, in words; a row that is not there is all dashes."""
    if facts.records is None or not columns:
        return [()] * len(rows)
    wanted = np.array(rows, dtype=np.int64)
    order = np.argsort(facts.records.rows, kind="stable")
    place = np.searchsorted(facts.records.rows, wanted, sorter=order).clip(max=len(order) - 1)
    index = order[place]
    there = facts.records.rows[index] == wanted
    taken = facts.records.frame.select(columns)[index.tolist()]
    dashes = (wording.NOT_KNOWN,) * len(columns)
    return [
        tuple(wording.shortened(wording.as_written(value), VALUE_LENGTH) for value in line) if known else dashes
        for line, known in zip(taken.iter_rows(), there, strict=True)
    ]

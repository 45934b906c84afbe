"""Figures of findings: what a finding says in words, drawn from its evidence and from the steps of the run."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from numbers import Real
from typing import Any

import numpy as np
import polars as pl
from markupsafe import Markup

from espalier.app.report import wording
from espalier.app.report.charts.bars import bar
from espalier.app.report.charts.healthy import healthy_line
from espalier.app.report.charts.lines import Line, Mark, line_chart
from espalier.app.report.charts.timeline import span_line
from espalier.app.report.facts import Facts
from espalier.app.report.sections.section import drawn
from espalier.core.errors import EspalierError
from espalier.core.finding import Finding
from espalier.core.run_folder import MemberFolder, read_run_json
from espalier.diagnosis.pages import Page, pages

MAX_ROWS = 8  # of a figure
MAX_POINTS = 300  # of a curve: more steps are medians of neighbouring ones
OF_A_COURSE = "T"
RATES = ("T05", "T06", "T10")  # signs of the learning rate: its curve stands beside the loss
PLACES = ("first_step", "step")  # evidence that names a step
UNJUDGED = ("z", "steps", "samples")  # how sure a sign is, and how long was looked: neither healthy nor sick
PAIRS = (("score_with_leak", "score_without_leak"), ("score_with", "score_without"))
TITLES = {
    "alone": "How well each column alone tells the target, 0 to 1",
    "columns": "How well each column tells the parts apart (AUC; 0.5 is chance)",
    "dead": "Share of units that are zero for every row",
    "expected_in_smallest_part": "Rows of each class that the smallest part is expected to hold",
    "fraction": "Share of the rows of each part",
    "missing_fraction": "Share of missing values",
    "num_cells": "Cells",
    "num_levels": "Different values",
    "num_missing": "Cells that count as missing",
    "num_shared": "Rows that stand in an earlier part too",
    "num_shared_groups": "Groups that stand on both sides",
    "rates": "Share that is dropped",
    "rows_of_class": "Rows of each class",
    "saturated": "Share of outputs near their ends",
    "size": "Size of the values: 99.5 % of them are smaller",
    "unique_fraction": "Share of rows with a value of their own",
}  # evidence that is a number for each of some names
SHARES = ("dead", "fraction", "missing_fraction", "rates", "saturated", "unique_fraction")  # of a whole; others are amounts
PARTS = {"train": "training", "valid": "validation", "test": "test"}


@dataclass(frozen=True)
class Row:
    """One row of a figure.

    Args:
        name: what it is of.
        value: the number, in words.
        drawing: the number, drawn.
        healthy: the healthy range in words; empty where there is none.
    """

    name: str
    value: str
    drawing: Markup
    healthy: str = ""


@dataclass(frozen=True)
class Figure:
    """A drawing with its caption.

    Args:
        caption: what is to be seen.
        chart: the whole chart; empty for one of rows.
        rows: of a table, each with a drawing.
    """

    caption: str
    chart: Markup = Markup("")
    rows: tuple[Row, ...] = ()


def figures(facts: Facts, finding: Finding) -> tuple[Figure, ...]:
    """Return what can be drawn of a finding: its curves, its parts side by side, its numbers against what is healthy.

    Args:
        facts: of the run.
        finding: one of them.
    """
    page = pages().get(finding.id)
    made = [*_curves(facts, finding), _spans(finding), _apart(finding), _pair(finding), _bars(finding)]
    numbers = None if page is None else _against_healthy(finding, page)
    return tuple(one for one in (*made, numbers) if one is not None)


def _curves(facts: Facts, finding: Finding) -> list[Figure]:
    """Return the loss over the steps with the place that the finding names and, for signs of the rate, the rate."""
    if not finding.id.startswith(OF_A_COURSE) or finding.cause:  # what follows from another shows in the other's curve
        return []
    steps = _steps_of(facts, finding)
    if steps is None or steps.height < 2:
        return []
    places = [value for name in PLACES if isinstance(value := finding.evidence.get(name), int)]
    mark = Mark(float(places[0]), f"step {places[0]:,}") if places else None
    prior = finding.evidence.get("prior")
    made = [_curve(steps, "loss", "loss", mark, prior if isinstance(prior, float) else None)]
    if finding.id[:3] in RATES and "learning_rate" in steps.columns and steps["learning_rate"].n_unique() > 1:
        made.append(_curve(steps, "learning_rate", "learning rate", mark, None))
    return made


def _steps_of(facts: Facts, finding: Finding) -> pl.DataFrame | None:
    """Return the steps of the first network that shows a finding; None when none were written."""
    folder = facts.run.folder
    for member in (folder.member(index) for index in range(facts.run.plan.model.num_members)):
        if member.steps.exists() and _shows(member, finding):
            try:
                steps = pl.read_csv(member.steps)
            except pl.exceptions.PolarsError:
                return None
            return steps if {"step", "loss"} <= set(steps.columns) else None
    return None


def _shows(member: MemberFolder, finding: Finding) -> bool:
    try:
        return finding.id in {one["id"] for one in read_run_json(member.findings)}
    except (EspalierError, KeyError, TypeError):
        return False


def _curve(steps: pl.DataFrame, column: str, title: str, mark: Mark | None, level: float | None) -> Figure:
    x, y = _thinned(steps, column)
    lines = [Line(title, x, y, "first")]
    if level is not None:
        lines.append(Line("constant", [x[0], x[-1]], [level, level], "second"))
    known = [value for value in y if math.isfinite(value)]
    ends = f" from {wording.number(known[0])} to {wording.number(known[-1])}" if known else ""
    chart = line_chart(lines, label=f"{title} over the steps{ends}.", x_title="step", y_title=title, mark=mark)
    told = [
        f"{wording.capital(title)} of each step{' (medians of neighbouring steps)' if steps.height > MAX_POINTS else ''}",
        "the dashed line is what the best constant answer loses" if level is not None else "",
        "a gap is a loss that is no number" if len(known) < len(y) else "",
    ]
    return Figure("; ".join(part for part in told if part) + ".", drawn(chart))


def _thinned(steps: pl.DataFrame, column: str) -> tuple[list[float], list[float]]:
    """Return at most 300 points; a block with a value that is no number stays one."""
    x, y = (steps[name].cast(pl.Float64, strict=False).fill_null(math.nan).to_numpy() for name in ("step", column))
    blocks = min(len(x), MAX_POINTS)
    parts = zip(np.array_split(x, blocks), np.array_split(y, blocks), strict=True)
    points = [(float(one[0]), float(np.median(values))) for one, values in parts]
    return [place for place, _ in points], [value if math.isfinite(value) else math.nan for _, value in points]


def _spans(finding: Finding) -> Figure | None:
    """Return the times of each part under each other."""
    found: dict[str, tuple[float, float, str]] = {}
    for name, title in PARTS.items():
        ends = finding.evidence.get(name)
        if isinstance(ends, list | tuple) and len(ends) == 2 and all(isinstance(end, str) for end in ends):
            try:
                found[title] = _stamp(ends[0]), _stamp(ends[1]), f"{_moment(ends[0])} to {_moment(ends[1])}"
            except ValueError:
                return None
    if len(found) < 2:
        return None
    low, high = min(start for start, _, _ in found.values()), max(end for _, end, _ in found.values())
    rows = [
        Row(title, words, drawn(span_line(start, end, low, high, style="first")))
        for title, (start, end, words) in found.items()
    ]
    return Figure("From when to when the rows of each part are.", rows=tuple(rows))


def _stamp(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _moment(text: str) -> str:
    return text.removesuffix(" 00:00:00").removesuffix(":00")


def _apart(finding: Finding) -> Figure | None:
    """Return for each column the range of its values and the one that stands farthest from them."""
    keys = ("low", "high", "farthest")
    found = {
        name: [float(value[key]) for key in keys]
        for name, value in finding.evidence.items()
        if isinstance(value, Mapping) and all(_is_number(value.get(key)) for key in keys)
    }
    rows = []
    for name, (low, high, farthest) in list(found.items())[:MAX_ROWS]:
        rows.append(
            Row(
                name,
                wording.number(farthest),
                drawn(healthy_line(farthest, low, high)),
                f"{wording.number(low)} to {wording.number(high)}",
            )
        )
    return (
        Figure("The farthest value of each column (dot) and the range of all others (shaded).", rows=tuple(rows))
        if rows
        else None
    )


def _pair(finding: Finding) -> Figure | None:
    """Return two scores side by side: with what should not be there, and without."""
    for with_, without in PAIRS:
        scores = {"with it": finding.evidence.get(with_), "without it": finding.evidence.get(without)}
        if all(_is_number(value) for value in scores.values()):
            title = str(finding.evidence.get("score", "Score"))
            rows = [
                Row(name, wording.number(value, 3), drawn(bar(value or 0.0, "second" if name == "with it" else "first")))
                for name, value in scores.items()
            ]
            return Figure(
                f"{title} of a quick model with what leaks and without it: the lower one is honest.", rows=tuple(rows)
            )
    return None


def _bars(finding: Finding) -> Figure | None:
    """Return the first evidence of a number for each of some names as bars, the longest first."""
    for name, title in TITLES.items():
        value = finding.evidence.get(name)
        if not isinstance(value, Mapping) or not value or not all(_is_number(one) and one >= 0 for one in value.values()):
            continue
        is_share = name in SHARES
        whole = 1.0 if max(value.values()) <= 1 else float(max(value.values()))
        words = wording.percent if is_share else wording.number
        longest = sorted(value.items(), key=lambda one: -one[1])[:MAX_ROWS]
        rows = [Row(str(key), words(one), drawn(bar(one / whole))) for key, one in longest]
        more = f", the first {MAX_ROWS} of {len(value):,}" if len(value) > MAX_ROWS else ""
        return Figure(f"{title}{more}.", rows=tuple(rows))
    return None


def _against_healthy(finding: Finding, page: Page) -> Figure | None:
    """Return the numbers for which the sign's file holds a threshold of the same name, on their healthy ranges."""
    limits = {one.name: float(one.value.replace(",", "")) for one in page.thresholds}
    rows = []
    for name, value in finding.evidence.items():
        words = name.replace("_", " ")
        low, high = limits.get(f"min {words}"), limits.get(f"max {words}")
        if name in UNJUDGED or not _is_number(value) or value in (low, high):
            continue
        if high is None and low is not None and value > low:  # a sign that is told from this number on
            low, high = None, low
        if not ((low is not None and value < low) or (high is not None and value > high)):
            continue  # it is no limit of health, but one of how exact a rule is broken
        rows.append(Row(words, wording.number(value), drawn(healthy_line(float(value), low, high)), _range(low, high)))
    return Figure("What was found (dot) on what is healthy (shaded).", rows=tuple(rows[:MAX_ROWS])) if rows else None


def _range(low: float | None, high: float | None) -> str:
    if low is None and high == 0:
        return "0"
    if low is None or high is None:
        return f"below {wording.number(high)}" if low is None else f"above {wording.number(low)}"
    return f"{wording.number(low)} to {wording.number(high)}"


def _is_number(value: Any) -> bool:  # noqa: ANN401  any plain value
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)

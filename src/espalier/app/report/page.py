"""The page: one self-contained HTML file, written from a run for a person who knows no code."""

import re
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from espalier.app.report import wording
from espalier.app.report.facts import Facts, ReportedRun, gather_facts
from espalier.app.report.sections import (
    advice,
    anomalies,
    answers,
    boxes,
    calibration,
    choices,
    data,
    errors,
    findings,
    forecasts,
    glossary,
    importance,
    learning,
    reproduce,
    scores,
    splitting,
    summary,
    use,
    views,
)
from espalier.app.report.sections.section import Section
from espalier.core.files import write_text
from espalier.core.records import Records

MAX_LINES = 8  # line numbers named in a sentence

SECTIONS: tuple[Callable[[Facts], Section | None], ...] = (
    data.build,
    splitting.build,
    choices.build,
    views.build,
    learning.build,
    scores.build,
    answers.build,
    forecasts.build,
    anomalies.build,
    boxes.build,
    calibration.build,
    importance.build,
    errors.build,
    findings.build,
    advice.build,
    use.build,
    reproduce.build,
    glossary.build,
)


def write_report(run: ReportedRun, path: Path | None = None, records: Records | None = None) -> Path:
    """Write a run's page, whole or not at all, and return where it is.

    Args:
        run: a finished run.
        path: of the file; None for report.html in the run folder.
        records: the source's rows, when they are at hand: then the worst errors show their values.

    Raises:
        StorageError: the file cannot be written.
        RunError: a file of the run is cut off.
    """
    place = run.folder.report if path is None else path
    write_text(place, render(run, records))
    return place


def render(run: ReportedRun, records: Records | None = None) -> str:
    """Return the page's text.

    Args:
        run: a finished run.
        records: the source's rows, when they are at hand.
    """
    facts = gather_facts(run, records)
    built = [build(facts) for build in SECTIONS]
    sections = [section for section in built if section is not None]
    style = files("espalier.app.report").joinpath("templates", "style.css").read_text(encoding="utf-8")
    page = environment().get_template("page.html.j2")
    return page.render(
        facts=facts,
        top=summary.build(facts),
        sections=sections,
        terms=glossary.TERMS,
        style=Markup(style),
        version=_version(),
    )


def environment() -> Environment:
    """Return the templates' environment: everything is escaped, and a name that no section gave is an error."""
    made = Environment(
        loader=PackageLoader("espalier.app.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "anchor": anchor,
        "counted": wording.counted,
        "whole": lambda count: f"{count:,}",
        "number": wording.number,
        "duration": wording.duration,
        "lines": line_numbers,
        "capital": wording.capital,
        "ended": wording.ended,
    }
    return made


def anchor(term: str) -> str:
    """Return the name under which the glossary's entry is found.

    Example:
        >>> anchor("test part"), anchor("R²")
        ('word-test-part', 'word-r²')
    """
    return "word-" + re.sub(r"\W+", "-", term.lower()).strip("-")


def line_numbers(rows: Sequence[int], count: int, word: str) -> str:
    """Return some lines in brackets, to stand behind a sentence; empty without rows.

    Example:
        >>> line_numbers([3, 17], 2, "line"), line_numbers([5], 1, "row"), line_numbers([], 0, "line")
        (' (lines 3, 17)', ' (row 5)', '')
    """
    if not rows:
        return ""
    shown = ", ".join(str(row) for row in rows[:MAX_LINES])
    more = max(count - MAX_LINES, 0)
    return f" ({word}{'s' if count > 1 else ''} {shown}{f' and {more:,} more' if more else ''})"


def _version() -> str:
    try:
        return version("espalier")
    except PackageNotFoundError:
        return ""

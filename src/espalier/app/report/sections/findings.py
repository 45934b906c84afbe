"""The findings, worst first: what was found, on what evidence, and the edit of the plan that would cure it."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from espalier.app.report import wording
from espalier.app.report.facts import Facts
from espalier.app.report.sections.choices import in_words, setting
from espalier.app.report.sections.figures import Figure, figures
from espalier.app.report.sections.section import Section
from espalier.core.finding import Finding, Repair, Severity
from espalier.core.plan import flatten, to_mapping
from espalier.diagnosis.examine import in_order
from espalier.diagnosis.wording import num_rows_of

ORDER = (Severity.STOP, Severity.WARN, Severity.NOTE)
WORDS = {Severity.STOP: "Stop", Severity.WARN: "Warning", Severity.NOTE: "Note"}
MAX_ROWS = 12  # rows named on the page
MAX_COLUMNS = 12
MAX_EDITS = 6
MAX_EVIDENCE = 12
EVIDENCE_LENGTH = 240


@dataclass(frozen=True)
class Cure:
    """One repair.

    Args:
        name: what it does.
        edits: key, value now and new value of each edit of the plan.
        num_more: edits that are not shown one by one.
        command: how to train with it.
    """

    name: str
    edits: tuple[tuple[str, str, str], ...]
    num_more: int
    command: str


@dataclass(frozen=True)
class Item:
    """One finding.

    Args:
        finding: as found.
        severity: in words.
        columns: the first of its columns.
        num_more: columns that are not named.
        evidence: name and value of each number behind it.
        rows: source rows in words, or empty.
        cures: repairs, the best first.
        figures: what can be drawn of it.
    """

    finding: Finding
    severity: str
    columns: tuple[str, ...]
    num_more: int
    evidence: tuple[tuple[str, str], ...]
    rows: str
    cures: tuple[Cure, ...]
    figures: tuple[Figure, ...]


def build(facts: Facts) -> Section:
    """Return the section."""
    found = worst_first(facts)
    values = {
        "facts": facts,
        "items": [_item(facts, one) for one in found],
        "counts": [(WORDS[level], sum(one.severity is level for one in found)) for level in ORDER],
    }
    return Section("findings", "Findings", values)


def worst_first(facts: Facts) -> list[Finding]:
    """Return the run's findings, worst first; what follows from another stands after it."""
    return list(in_order(facts.run.findings))


def train_command(facts: Facts, changes: Mapping[str, Any]) -> str:
    """Return the command that trains the run's plan again with some edits."""
    edits = [part for path, value in changes.items() for part in ("--set", setting(path, value))]
    return shlex.join(["espalier", "train", f"{facts.folder}/plan.yaml", *edits])


def _item(facts: Facts, finding: Finding) -> Item:
    evidence = [(name.replace("_", " "), _evidence(name, value)) for name, value in finding.evidence.items()]
    rows = ", ".join(str(row) for row in finding.rows[:MAX_ROWS])
    total = num_rows_of(finding)
    more = 0 if total is None else total - min(len(finding.rows), MAX_ROWS)
    rest = " and more" if total is None else f" and {more:,} more" if more > 0 else ""
    return Item(
        finding=finding,
        severity=WORDS[finding.severity],
        columns=finding.columns[:MAX_COLUMNS],
        num_more=max(len(finding.columns) - MAX_COLUMNS, 0),
        evidence=tuple(evidence[:MAX_EVIDENCE]),
        rows=rows + rest if rows else "",
        cures=tuple(_cure(facts, repair) for repair in finding.repairs),
        figures=figures(facts, finding),
    )


def _evidence(name: str, value: Any) -> str:  # noqa: ANN401  any plain value
    """Return one piece of evidence in words; shares are percentages."""
    if isinstance(value, dict):
        return wording.shortened(", ".join(f"{key}: {_evidence(name, inner)}" for key, inner in value.items()), EVIDENCE_LENGTH)
    if isinstance(value, float) and name.endswith("fraction") and 0 <= value <= 1:
        return wording.percent(value)
    return wording.shortened(in_words(value), EVIDENCE_LENGTH)


def _cure(facts: Facts, repair: Repair) -> Cure:
    now = flatten(to_mapping(facts.run.plan))
    edits = [(path, _value(now.get(path)), _value(value)) for path, value in repair.changes.items()]
    return Cure(repair.name, tuple(edits[:MAX_EDITS]), max(len(edits) - MAX_EDITS, 0), train_command(facts, repair.changes))


def _value(value: Any) -> str:  # noqa: ANN401  any plain value
    """Return a value of the plan in words; one that is not set is none."""
    words = in_words(value)
    return "none" if words == wording.NOT_KNOWN else words

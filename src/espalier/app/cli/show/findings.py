"""Findings: worst first, each with its severity, its stable id, the sentence, the rows and the cure as options to type."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from espalier.app.cli.given.options import written
from espalier.app.cli.show.console import heading, indented
from espalier.core.finding import Finding, Severity
from espalier.diagnosis.examine import in_order
from espalier.diagnosis.texts.catalogue import ENGLISH, phrases, title_of
from espalier.diagnosis.wording import num_rows_of

STYLES = {Severity.STOP: "bold red", Severity.WARN: "yellow", Severity.NOTE: "cyan"}
MAX_ROWS = 8  # rows named on a line


def print_findings(console: Console, findings: Sequence[Finding], row_word: str = "row", language: str = ENGLISH) -> None:
    """Print findings, worst first.

    Args:
        console: where to.
        findings: what was found, in that language.
        row_word: what the number of a row means: "line" for a text file, else "row".
        language: one of `texts.catalogue.LANGUAGES`.
    """
    worst_first, words = in_order(findings), phrases(language)
    if not worst_first:
        heading(console, words["none"])
        return
    heading(console, f"{words['findings']} ({', '.join(_counts(worst_first, words))})")
    for finding in worst_first:
        console.print()
        level = (words[finding.severity], STYLES[finding.severity])
        title = title_of(finding.id, language)
        console.print(Text.assemble("  ", level, "  ", (finding.id, "bold"), f"  {title}" if title else ""))
        indented(console, Text(finding.sentence), 4)
        if finding.cause:
            indented(console, Text(words["cause"].format(cause=finding.cause), style="dim"), 4)
        if finding.modules:
            indented(console, Text(words["where"].format(modules=", ".join(finding.modules[:MAX_ROWS])), style="dim"), 4)
        if finding.rows:
            rows = ", ".join(str(row) for row in finding.rows[:MAX_ROWS])
            of_them = words[row_word if len(finding.rows) == 1 else f"{row_word}s"]
            indented(console, Text(f"{of_them}: {rows}{_rest(finding, words)}", style="dim"), 4)
        for index, repair in enumerate(finding.repairs):
            indented(console, Text.assemble((words["or" if index else "repair"], "green"), repair.name), 4)
            options = as_options(repair.changes)
            console.print(Text(f"      {options}", style="bold"), soft_wrap=True)  # one line, to be copied whole
        if finding.advice:
            indented(console, Text.assemble((words["advice"], "green"), finding.advice), 4)


def matters(finding: Finding) -> bool:
    """Return whether a finding puts the result in doubt."""
    return finding.severity is not Severity.NOTE


def as_options(changes: Mapping[str, Any]) -> str:
    """Return edits of a plan as a person types them.

    Example:
        >>> as_options({"schema.columns.boat.role": "ignored", "split.column": None})
        '--set schema.columns.boat.role=ignored --set split.column=null'
    """
    return " ".join(f"--set {shlex.quote(f'{path}={written(value)}')}" for path, value in changes.items())


def _rest(finding: Finding, words: Mapping[str, str]) -> str:
    """Return how many rows there are beside those that are named."""
    total = num_rows_of(finding)
    if total is None:
        return ", ..."
    return words["more_rows"].format(number=total - MAX_ROWS) if total > MAX_ROWS else ""


def _counts(findings: Sequence[Finding], words: Mapping[str, str]) -> list[str]:
    numbers = {severity: sum(one.severity is severity for one in findings) for severity in Severity}
    return [
        words["counts"].format(number=number, word=words[f"{severity}_{'one' if number == 1 else 'many'}"])
        for severity, number in numbers.items()
        if number
    ]

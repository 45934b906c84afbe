"""`espalier diagnose`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from espalier.app.cli.exit_codes import FINDINGS, FINE

if TYPE_CHECKING:
    from espalier.diagnosis.pages import Page


def diagnose(
    run: Annotated[Path | None, Parameter(metavar="RUN")] = None,
    /,
    *,
    why: Annotated[str | None, Parameter(metavar="ID")] = None,
    json: bool = False,
) -> int:
    """Say what went wrong in a run, or explain one sign.

    Args:
        run: the folder of a run.
        why: print the page of this sign, for example T07: what it is, how it is measured, and on what ground.
        json: print the result as JSON.
    """
    from dataclasses import asdict

    from espalier.app.cli.given.run_folders import existing_run
    from espalier.app.cli.show.console import human, print_json
    from espalier.app.cli.show.findings import matters, print_findings
    from espalier.core.errors import PlanError
    from espalier.diagnosis.pages import find_page
    from espalier.run import Run

    if (run is None) == (why is None):
        raise PlanError("Give either the folder of a run, or a sign with --why: espalier diagnose --why T07")
    if why is not None:
        page = find_page(why)
        if json:
            print_json(asdict(page))
        else:
            _print_page(page)
        return FINE
    findings = Run(existing_run(run or Path())).findings
    if json:
        print_json({"run": run, "findings": [finding.to_mapping() for finding in findings]})
    else:
        print_findings(human(), findings)
        if findings:
            human().print(f"\nAll about one: espalier diagnose --why {findings[0].id.partition('-')[0]}")
    return FINDINGS if any(map(matters, findings)) else FINE


def _print_page(page: "Page") -> None:
    from rich.text import Text

    from espalier.app.cli.show.console import human, indented

    console = human()
    console.print(Text.assemble((page.id, "bold"), f"  looked for {page.place}"))
    for paragraph in page.text.split("\n\n"):
        console.print()
        console.print(Text(" ".join(paragraph.split())))
    console.print()
    console.print(Text(page.rule))
    if page.thresholds:
        console.print("\nThresholds")
    for one in page.thresholds:
        meaning = f"  ({one.meaning})" if one.meaning else ""
        indented(console, Text(f"{one.name}: {one.value}{meaning}"), 2)
    if page.explained_by:
        console.print(Text(f"\nFollows from these, when they are found too: {', '.join(page.explained_by)}", style="dim"))

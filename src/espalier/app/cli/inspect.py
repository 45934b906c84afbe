"""`espalier inspect`."""

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from espalier.app.cli.exit_codes import FINDINGS, FINE

if TYPE_CHECKING:
    from rich.console import Console

    from espalier.process import Inspection


def inspect(
    source: str,
    /,
    *,
    target: Annotated[tuple[str, ...], Parameter(metavar="COLUMN")] = (),
    query: Annotated[str | None, Parameter(metavar="SQL")] = None,
    settings: Annotated[tuple[str, ...], Parameter(name="--set", metavar="KEY=VALUE")] = (),
    json: bool = False,
) -> int:
    """Say what a table holds and what is wrong with it.

    Nothing is trained. The exit code is 1 when something was found that puts a result in doubt.

    Args:
        source: a table (.csv, .parquet, .jsonl, .xlsx, .sqlite ...), a database (postgresql://...) or sample:NAME.
        target: the column to predict; with it, leaks and classes are looked at too. Repeat it for several.
        query: what is asked of a database, in SQL.
        settings: what we should have seen otherwise, for example schema.columns.age.kind=category; repeat it for several.
        json: print the result as JSON.
    """
    from espalier import process
    from espalier.app.cli.given.options import changes_of
    from espalier.app.cli.show.console import human, print_json
    from espalier.app.cli.show.findings import matters

    inspection = process.inspect(source, query=query, target=target, changes=changes_of(settings))
    if json:
        print_json(_mapping(source, inspection))
    else:
        _print(human(), source, target, inspection)
    return FINDINGS if any(map(matters, inspection.findings)) else FINE


def _mapping(source: str, inspection: "Inspection") -> dict[str, Any]:
    from dataclasses import asdict

    profile = inspection.profile.to_mapping()
    return {
        "source": source,
        "num_rows": inspection.profile.num_rows,
        "notes": inspection.table.records.notes,
        "columns": {
            name: {**asdict(column), "profile": profile["columns"].get(name)}
            for name, column in inspection.table.schema.columns.items()
        },
        "question": asdict(inspection.question) if inspection.question else None,
        "findings": [finding.to_mapping() for finding in inspection.findings],
    }


def _print(console: "Console", source: str, target: tuple[str, ...], inspection: "Inspection") -> None:
    from rich.text import Text

    from espalier.app.cli.show.console import heading, indented
    from espalier.app.cli.show.findings import print_findings
    from espalier.app.cli.show.quantities import count
    from espalier.app.cli.show.schema import print_schema

    num_columns = len(inspection.table.schema.columns)
    console.print(Text(f"{source}: {count(inspection.profile.num_rows, 'row')}, {count(num_columns, 'column')}", style="bold"))
    if inspection.table.records.notes:
        indented(console, Text("; ".join(inspection.table.records.notes), style="dim"))
    print_schema(console, inspection.table.schema, inspection.profile)
    if inspection.question:
        heading(console, f"Question: {inspection.question.task}")
        indented(console, Text(inspection.question.reason))
    print_findings(console, inspection.findings)
    heading(console, "Next")
    wish = " ".join(f"--target {name}" for name in target) or "--target COLUMN"
    command = "train" if target else "inspect"
    why = "Train on it:" if target else "Name the column to predict, and leaks are looked for too:"
    indented(console, Text(why))
    console.print(Text(f"    espalier {command} {source} {wish}", style="cyan"), soft_wrap=True)

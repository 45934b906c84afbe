"""`espalier inspect`."""

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from espalier.app.cli.exit_codes import FINDINGS, FINE
from espalier.app.cli.given.whole_number import whole_number

if TYPE_CHECKING:
    from rich.console import Console

    from espalier.process import Inspection


def inspect(
    source: str,
    /,
    *,
    target: Annotated[tuple[str, ...], Parameter(metavar="COLUMN")] = (),
    query: Annotated[str | None, Parameter(metavar="SQL")] = None,
    horizon: Annotated[int | None, Parameter(metavar="STEPS", converter=whole_number)] = None,
    settings: Annotated[tuple[str, ...], Parameter(name="--set", metavar="KEY=VALUE")] = (),
    json: bool = False,
) -> int:
    """Say what a table holds and what is wrong with it.

    Nothing is trained. The exit code is 1 when something was found that puts a result in doubt.

    Args:
        source: a table (.csv, .parquet, .jsonl, .xlsx, .sqlite ...), a database (postgresql://...) or sample:NAME.
        target: the column to predict; with it, leaks and classes are looked at too. Repeat it for several.
        query: what is asked of a database, in SQL.
        horizon: look at the rows as the steps of series, of which so many are to be forecast.
        settings: what we should have seen otherwise, for example schema.columns.age.kind=category; repeat it for several.
        json: print the result as JSON.
    """
    from espalier import process
    from espalier.app.cli.given.options import changes_of
    from espalier.app.cli.show.console import human, print_json
    from espalier.app.cli.show.findings import matters
    from espalier.stages.table import HORIZON

    forecast = {} if horizon is None else {HORIZON: horizon}
    inspection = process.inspect(source, query=query, target=target, changes={**changes_of(settings), **forecast})
    if json:
        print_json(_mapping(source, inspection))
    else:
        asked = [*(("--target", name) for name in target), *(("--set", one) for one in settings)]
        asked += [("--query", query)] if query else []
        asked += [] if horizon is None else [("--horizon", str(horizon))]
        _print(human(), source, asked, inspection)
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
        "series": _series(inspection),
        "question": asdict(inspection.question) if inspection.question else None,
        "findings": [finding.to_mapping() for finding in inspection.findings],
    }


def _series(inspection: "Inspection") -> dict[str, Any] | None:
    from espalier.data.series.told import told

    found = inspection.table.series
    return None if found is None else {**found.to_mapping(), "sentences": told(found, inspection.table.records.source)}


def _print_series(console: "Console", inspection: "Inspection") -> None:
    """Say what the series or the windows are like; of a table that could be forecast, that it can."""
    from rich.text import Text

    from espalier.app.cli.show.console import heading, indented
    from espalier.data.series.told import offer, told
    from espalier.data.series.windows_survey import WindowsSurvey

    table = inspection.table
    if table.series is not None:
        heading(console, "Windows" if isinstance(table.series, WindowsSurvey) else "Series")
        for sentence in told(table.series, table.records.source):
            indented(console, Text(sentence))
    elif offered := offer(table.records, table.schema):
        heading(console, "Series")
        indented(console, Text(offered))


def _print(console: "Console", source: str, asked: list[tuple[str, str]], inspection: "Inspection") -> None:
    from rich.text import Text

    from espalier.app.cli.show.console import heading, indented
    from espalier.app.cli.show.findings import print_findings
    from espalier.app.cli.show.quantities import count
    from espalier.app.cli.show.schema import print_schema
    from espalier.app.report.facts import row_word

    num_columns = len(inspection.table.schema.columns)
    console.print(Text(f"{source}: {count(inspection.profile.num_rows, 'row')}, {count(num_columns, 'column')}", style="bold"))
    if inspection.table.records.notes:
        indented(console, Text("; ".join(inspection.table.records.notes), style="dim"))
    print_schema(console, inspection.table.schema, inspection.profile)
    _print_series(console, inspection)
    if inspection.question:
        heading(console, f"Question: {inspection.question.task}")
        indented(console, Text(inspection.question.reason))
    print_findings(console, inspection.findings, row_word(source))
    _print_next(console, source, asked, inspection)


def _print_next(console: "Console", source: str, asked: list[tuple[str, str]], inspection: "Inspection") -> None:
    """Say what to do now: mend what would stop the training, else train, or name a target; `asked` are the options typed."""
    from shlex import join

    from rich.text import Text

    from espalier.app.cli.show.console import heading, indented
    from espalier.app.cli.show.findings import as_options
    from espalier.core.finding import Severity
    from espalier.data.series.survey import SeriesSurvey

    heading(console, "Next")
    stops = [finding for finding in inspection.findings if finding.severity is Severity.STOP]
    first = next((finding for finding in stops if finding.repairs), stops[0] if stops else None)
    if first is not None and not first.repairs:
        indented(console, Text(f"Training would stop at {first.id}. {first.advice}"))
        return
    has_target = inspection.question is not None
    is_run = isinstance(inspection.table.series, SeriesSurvey)
    open_ones = [] if has_target else ["--target", "COLUMN", *(["--horizon", "STEPS"] if is_run else [])]
    command = join([source, *(word for option in asked for word in option), *open_ones])
    if first is not None:
        indented(console, Text(f"Training would stop at {first.id}. Repair it ({first.repairs[0].name}) and look again:"))
        command = f"espalier inspect {command} {as_options(first.repairs[0].changes)}"
    else:
        indented(console, Text("Train on it:" if has_target else "Name the column to predict, and leaks are looked for too:"))
        command = f"espalier {'train' if has_target else 'inspect'} {command}"
    console.print(Text(f"    {command}", style="cyan"), soft_wrap=True)

"""The leaderboard, and the differences of two runs."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from espalier.app.cli.show.console import heading, indented, plain_table
from espalier.app.cli.show.quantities import count, duration, interval, number, size
from espalier.compare import Differences, Leaderboard, Place


def print_leaderboard(console: Console, board: Leaderboard) -> None:
    """Print the runs group by group, the best of each group first."""
    for group in sorted({place.group for place in board.places}):
        places = [place for place in board.places if place.group == group]
        first = places[0]
        name = f"Group {group + 1}: " if board.places[-1].group else ""
        heading(console, f"{name}{first.task}, {first.metric} on {count(first.num_rows, f'{first.part} row')}")
        indented(console, _table(places))
    if board.unranked:
        heading(console, "Without a place")
        for one in board.unranked:
            indented(console, Text.assemble((f"{one.run}: ", "bold"), one.reason))
    for remark in board.remarks:
        console.print(Text(remark, style="dim"))


def print_differences(console: Console, found: Differences) -> None:
    """Print what differs between two runs: plan, data, result, and what follows."""
    heading(console, "What differs")
    indented(console, Text(f"first:  {found.first}\nsecond: {found.second}"))
    _print_pairs(console, "plan", found.plan)
    _print_pairs(console, "data", found.data)
    console.print()
    table = plain_table("result", "first", "second")
    for metric, (ours, theirs) in found.result.items():
        table.add_row(metric.replace("_", " "), interval(ours), interval(theirs))
    indented(console, table)
    console.print()
    console.print(Text(found.conclusion, style="bold"))


def _table(places: list[Place]) -> Table:
    metric = places[0].metric.replace("_", " ")
    table = plain_table("", "run", "model", metric, "best baseline", "time", "size", right=("", "time", "size"))
    for column in (3, 5, 6):
        table.columns[column].no_wrap = True
    for index, place in enumerate(places):
        baseline = f"{number(place.baseline_score.value)} {place.baseline}" if place.baseline_score else "-"
        row = (str(index + 1), place.run, place.model, interval(place.score), baseline)
        table.add_row(*row, duration(place.fit_seconds), size(place.size_bytes), style="" if index else "bold")
    return table


def _print_pairs(console: Console, title: str, pairs: Mapping[str, tuple[Any, Any]]) -> None:
    console.print()
    if not pairs:
        indented(console, Text(f"{title}: the same"))
        return
    table = plain_table(title, "first", "second")
    for path, (ours, theirs) in pairs.items():
        table.add_row(path, _word(ours), _word(theirs))
    indented(console, table)


def _word(value: Any) -> str:  # noqa: ANN401  any plain value
    return "-" if value is None else str(value)

"""The leaderboard, and the differences of two runs."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from espalier.app.cli.show.console import heading, indented, plain_table
from espalier.app.cli.show.quantities import count, duration, interval, number, size
from espalier.comparison import Differences, Leaderboard, Place

NAMES_FIT = 110  # columns from which the names of models and baselines have room
COLUMNS = "schema.columns."
WAYS = (ONLY_FIRST, ONLY_SECOND, OTHER_MEANING, OTHER_WRITING) = (
    "only in the first",
    "only in the second",
    "of another kind or role",
    "of another format, order or mark of missing cells",
)


def print_leaderboard(console: Console, board: Leaderboard) -> None:
    """Print the runs group by group, the best of each group first."""
    for group in sorted({place.group for place in board.places}):
        places = [place for place in board.places if place.group == group]
        first = places[0]
        name = f"Group {group + 1}: " if board.places[-1].group else ""
        direction = "higher is better" if first.higher_is_better else "lower is better"
        part = "row" if first.part == "folds" else f"{first.part} row"
        heading(console, f"{name}{first.task}, {first.metric} on {count(first.num_rows, part)}, {direction}")
        indented(console, _table(places, console.width))
    if board.unranked:
        heading(console, "Without a place")
        for one in board.unranked:
            indented(console, Text.assemble((f"{one.run}: ", "bold"), one.reason))
    if board.remarks:
        console.print()
    for remark in board.remarks:
        console.print(Text(remark, style="dim"))


def print_differences(console: Console, found: Differences) -> None:
    """Print what differs between two runs: plan, data, result, and what follows."""
    heading(console, "What differs")
    indented(console, Text(f"first:  {found.first}\nsecond: {found.second}"))
    _print_pairs(console, "plan", *_grouped(found))
    _print_pairs(console, "data", found.data)
    console.print()
    table = plain_table("result", "first", "second")
    for metric, (ours, theirs) in found.result.items():
        table.add_row(metric.replace("_", " "), interval(ours), interval(theirs))
    indented(console, table)
    console.print()
    console.print(Text(found.conclusion, style="bold"))


def _table(places: list[Place], width: int) -> Table:
    """Return the runs of one group; on a narrow terminal the model stands below the run, and the baseline has no name."""
    wide = width >= NAMES_FIT
    metric = places[0].metric.replace("_", " ")
    front = ("", "run", "model") if wide else ("run",)
    table = plain_table(*front, metric, "best baseline" if wide else "baseline", "time", "size", right=("", "time", "size"))
    for column in (-4, -2, -1):
        table.columns[column].no_wrap = True
    folders = _short_names([place.run for place in places])
    for index, (place, folder) in enumerate(zip(places, folders, strict=True)):
        run = (str(index + 1), folder, place.model) if wide else (f"{folder}\n{place.model}",)
        baseline = number(place.baseline_score.value) if place.baseline_score else "-"
        rival = f"{baseline} {place.baseline}" if wide and place.baseline else baseline
        cells = (interval(place.score), rival, duration(place.fit_seconds), size(place.size_bytes))
        table.add_row(*run, *cells, style="" if index else "bold")
    return table


def _short_names(folders: list[str]) -> list[str]:
    """Return the folders without the parent that they share."""
    parents = {str(Path(folder).parent) for folder in folders}
    return [Path(folder).name for folder in folders] if len(parents) == 1 else folders


def _grouped(found: Differences) -> tuple[dict[str, tuple[Any, Any]], str]:
    """Return the plan's differences to list, and one line for those of the columns where the sources hold different data."""
    columns: dict[str, dict[str, tuple[Any, Any]]] = {}
    listed = {}
    for path, pair in found.plan.items():
        if path.startswith(COLUMNS) and "fingerprint" in found.data:
            name, _, key = path.removeprefix(COLUMNS).rpartition(".")
            columns.setdefault(name, {})[key] = pair
        else:
            listed[path] = pair
    tally = Counter(_way_of_differing(pairs) for pairs in columns.values())
    parts = ", ".join(f"{tally[way]:,} {way}" for way in WAYS if tally[way])
    return listed, f"the columns differ: {parts}; --json lists them" if parts else ""


def _way_of_differing(pairs: Mapping[str, tuple[Any, Any]]) -> str:
    """Return how one column differs between two runs; every column that a run has is of some kind."""
    ours, theirs = pairs.get("kind", ("", ""))
    if ours is None or theirs is None:
        return ONLY_SECOND if ours is None else ONLY_FIRST
    return OTHER_MEANING if {"kind", "role"} & pairs.keys() else OTHER_WRITING


def _print_pairs(console: Console, title: str, pairs: Mapping[str, tuple[Any, Any]], line: str = "") -> None:
    """Print a table of differences and a line below it."""
    console.print()
    if not pairs and not line:
        indented(console, Text(f"{title}: the same"))
    if pairs:
        table = plain_table(title, "first", "second")
        for path, (ours, theirs) in pairs.items():
            table.add_row(path, _word(ours), _word(theirs))
        indented(console, table)
    if line:
        indented(console, Text(line if pairs else f"{title}: {line}"))


def _word(value: Any) -> str:  # noqa: ANN401  any plain value
    return "-" if value is None else str(value)

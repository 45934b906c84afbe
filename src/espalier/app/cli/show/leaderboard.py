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
from espalier.evaluation.verdict import spoken

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
        heading(console, f"{name}{first.task}, {spoken(first.metric)} on {count(first.num_rows, part)}, {direction}")
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
        table.add_row(spoken(metric), interval(ours), interval(theirs))
    indented(console, table)
    console.print()
    console.print(Text(found.conclusion, style="bold"))


def _table(places: list[Place], width: int) -> Table:
    """Return the runs of one group; on a narrow terminal every second cell stands below the first."""
    metric = spoken(places[0].metric)
    has_valid = any(place.valid_score is not None for place in places)
    folders = _short_names([place.run for place in places])
    lines = list(zip(places, folders, strict=True))
    if width < NAMES_FIT:
        table = plain_table("run", metric, "best baseline", "time", right=("time",))
        table.columns[1].no_wrap = True
        for index, (place, folder) in enumerate(lines):
            score = interval(place.score) + (f"\n{number(place.valid_score)} on validation" if has_valid else "")
            cost = f"{duration(place.fit_seconds)}\n{size(place.size_bytes)}"
            table.add_row(f"{folder}\n{place.model}", score, "\n".join(_baseline(place)), cost, style="" if index else "bold")
        return table
    valid = ["validation"] if has_valid else []
    table = plain_table("", "run", "model", metric, *valid, "best baseline", "time", "size", right=("", *valid, "time", "size"))
    for column in (3, -2, -1):
        table.columns[column].no_wrap = True
    for index, (place, folder) in enumerate(lines):
        cells = [str(index + 1), folder, place.model, interval(place.score), *([number(place.valid_score)] if valid else [])]
        cells += [" ".join(_baseline(place)), duration(place.fit_seconds), size(place.size_bytes)]
        table.add_row(*cells, style="" if index else "bold")
    return table


def _baseline(place: Place) -> tuple[str, ...]:
    """Return score and name of the best baseline; a dash where there is none."""
    if place.baseline is None or place.baseline_score is None:
        return ("-",)
    return number(place.baseline_score.value), place.baseline


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

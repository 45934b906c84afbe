"""What the data is: one line for each column, with its kind, its role, what it holds and why we think so."""

from datetime import datetime, timedelta

from rich.console import Console
from rich.text import Text

from espalier.app.cli.show.console import WIDE, heading, indented, plain_table
from espalier.app.cli.show.quantities import count
from espalier.core.schema import Column, Kind, Role, Schema
from espalier.data.describe.profile import ColumnProfile, Profile

MAX_COLUMNS = 60  # columns of the data that are listed
MAX_LEVELS = 4  # levels named
LEVEL_WIDTH = 14  # characters of a level
WIDE_NAME, NARROW_NAME = 24, 17  # characters of a column's name on one line
EPOCH = datetime(1970, 1, 1)
MAX_WHOLE = 1e12  # whole numbers below are written out, without a thousands sign: they may be years
HOLDS_WIDTH = 46
ROLE_STYLES = {Role.TARGET: "bold green", Role.IGNORED: "dim", Role.IDENTIFIER: "dim"}


def print_schema(console: Console, schema: Schema, profile: Profile) -> None:
    """Print the columns; with the reasons beside them where the terminal is wide, and below them where it is not."""
    wide = console.width >= WIDE
    shown = list(schema.columns.items())[:MAX_COLUMNS]
    heading(console, f"Columns ({len(schema.columns):,})")
    table = plain_table("column", "kind", "role", "missing", "holds", *(["why"] if wide else []), right=("missing",))
    table.columns[0].max_width, table.columns[4].max_width = (WIDE_NAME if wide else NARROW_NAME), HOLDS_WIDTH
    for name, column in shown:
        cells = _cells(name, column, profile.columns.get(name), profile.num_rows)
        table.add_row(*cells, *([column.reason] if wide else []), style=ROLE_STYLES.get(column.role, ""))
    indented(console, table)
    if not wide:
        console.print()
        for name, column in shown:
            indented(console, Text.assemble((f"{name}: ", "bold"), column.reason))
    if len(schema.columns) > MAX_COLUMNS:
        indented(console, Text(f"... and {len(schema.columns) - MAX_COLUMNS:,} more; --json lists them all.", style="dim"))


def holds(column: Column, profile: ColumnProfile) -> str:
    """Return the range of a column, or its levels."""
    if column.kind in (Kind.NUMBER, Kind.DATE) and profile.low is not None and profile.high is not None:
        end = _day if column.kind is Kind.DATE else _end
        return f"{end(profile.low)} to {end(profile.high)}"
    if column.kind is Kind.TEXT or not profile.levels:
        return count(profile.num_distinct, "value") if profile.num_distinct else "nothing"
    if column.role in (Role.IDENTIFIER, Role.GROUP):
        return count(profile.num_distinct, "value")
    levels = column.order or tuple(level for level, _ in profile.levels)
    named = ", ".join(_short(str(level)) for level in levels[:MAX_LEVELS])
    return f"{count(profile.num_distinct, 'level')}: {named}{', ...' if profile.num_distinct > MAX_LEVELS else ''}"


def _cells(name: str, column: Column, profile: ColumnProfile | None, num_rows: int) -> tuple[str, ...]:
    if profile is None:
        return name, column.kind.value, column.role.value, "-", "-"
    share = profile.num_missing / max(num_rows, 1)
    missing = f"{share:.1%}" if profile.num_missing else "-"
    return name, column.kind.value, column.role.value, missing, holds(column, profile)


def _end(value: float) -> str:
    return f"{value:.0f}" if float(value).is_integer() and abs(value) < MAX_WHOLE else f"{value:.4g}"


def _day(seconds: float) -> str:
    """Return the day of a moment in seconds since 1970; profiles hold dates so."""
    return str((EPOCH + timedelta(seconds=seconds)).date())


def _short(level: str) -> str:
    shown = level if len(level) <= LEVEL_WIDTH else level[: LEVEL_WIDTH - 1] + "…"
    return f"'{shown}'" if " " in level or "," in level or not level else shown

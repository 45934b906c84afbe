"""A plan with its reasons, what it will cost, and how a rehearsal of it went."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from espalier.app.cli.show.quantities import count, duration, size
from espalier.core.plan import Plan
from espalier.core.plan_file import render
from espalier.stages.forecast import Forecast


def print_plan(console: Console, plan: Plan, forecast: Forecast) -> None:
    """Print a plan as the YAML that `espalier train` reads again; the forecast stands in comments above it."""
    lines = [f"# {line}" for line in forecast_lines(forecast)] + render(plan).splitlines()
    for line in lines:
        value, mark, reason = line.partition("  # ")
        text = Text(line, style="cyan") if line.startswith("#") else Text.assemble(value, (mark + reason, "dim green"))
        console.print(text, soft_wrap=True)


def forecast_lines(forecast: Forecast) -> list[str]:
    """Return what a run will cost, in words."""
    return [
        f"Forecast: {count(forecast.rows, 'training row')}, {count(forecast.parameters, 'weight')} to learn.",
        f"Time: {duration(forecast.epoch_seconds)} for an epoch, at most {duration(forecast.total_seconds)} in all "
        "(learning stops earlier when the validation score no longer improves).",
        f"Memory: about {size(forecast.memory_bytes)}.",
    ]


def print_rehearsal(console: Console, sentences: Sequence[str]) -> None:
    """Print what each stage said, one line a stage."""
    for sentence in sentences:
        console.print(Text.assemble(("ok  ", "green"), sentence))
    console.print(Text(f"Rehearsed: a few rows went through {count(len(sentences), 'stage')}. Nothing was kept.", style="bold"))

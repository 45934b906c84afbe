"""Progress of a run: a line for each stage and baseline, and one live line for the epoch."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from espalier.app.cli.show.quantities import clock, duration, number
from espalier.core.progress import BaselineDone, EpochDone, Progress, StageDone
from espalier.evaluation.verdict import spoken

REFRESH_PER_SECOND = 4  # more would take time from training and be seen by nobody
PLAIN_SECONDS = 10.0  # where nothing can be redrawn: least time between two lines about epochs
STAGE_WIDTH = 10
SCORED = "the score card and its verdict follow"  # the card says the verdict, once


class ProgressDisplay:
    """Shows what a run tells, while it goes on.

    On a terminal the last line is redrawn in place. Elsewhere (a file, a pipe) every line is printed once, and epochs only
    now and then.

    Args:
        console: where to.
        quiet: show nothing.
    """

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        self.console = console
        self.quiet = quiet
        self.line = LiveLine()
        self.live = Live(self.line, console=console, refresh_per_second=REFRESH_PER_SECOND, transient=True)
        self.redraws = console.is_terminal and not quiet
        self.pending: EpochDone | None = None  # the newest epoch, as long as it is not printed
        self.printed_at = float("-inf")

    def __enter__(self) -> Self:
        """Begin to redraw the live line."""
        if self.redraws:
            self.live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Leave the last epoch as a line of its own, and stop redrawing."""
        if not self.quiet:
            self._print_pending()
        if self.redraws:
            self.live.stop()

    def show(self, event: Progress) -> None:
        """Show one thing that happened."""
        if self.quiet:
            return
        if isinstance(event, EpochDone):
            self._show_epoch(event)
            return
        self._print_pending()
        self.line.begin()
        self.console.print(self._stage(event) if isinstance(event, StageDone) else self._baseline(event))

    def _show_epoch(self, event: EpochDone) -> None:
        if self.pending is not None and self.pending.member != event.member:
            self._print_pending()
        self.pending = event
        self.line.epoch = event
        if not self.redraws and (event.epoch == 1 or time.monotonic() - self.printed_at >= PLAIN_SECONDS):
            self._print_pending()

    def _print_pending(self) -> None:
        if self.pending is not None:
            self.console.print(self._row("learning", epoch_text(self.pending, self.console.width - STAGE_WIDTH), None))
            self.pending, self.printed_at = None, time.monotonic()

    def _stage(self, event: StageDone) -> Table:
        sentence = SCORED if event.stage == "score" else event.sentence
        return self._row(event.stage, Text(sentence), event.seconds)

    def _baseline(self, event: BaselineDone) -> Table:
        score = f"{spoken(event.metric)} {number(event.score)}"
        return self._row(
            "baseline", Text.assemble(event.name, "  ", (score, "bold"), ("  on validation", "dim")), event.seconds
        )

    def _row(self, name: str, text: Text, seconds: float | None) -> Table:
        """Return one line: stage, and a sentence that is wrapped under itself, with the time behind it."""
        row = Table.grid(padding=(0, 1))
        row.add_column(width=STAGE_WIDTH - 1, no_wrap=True, style="cyan")
        row.add_column()
        row.add_row(name, text if seconds is None else Text.assemble(text, (f"  ({duration(seconds)})", "dim")))
        return row


class LiveLine:
    """The line that is redrawn: a turning sign, the epoch, and the time since anything was heard."""

    def __init__(self) -> None:
        self.spinner = Spinner("dots")
        self.epoch: EpochDone | None = None
        self.begin()

    def begin(self) -> None:
        """Start anew: a stage is over."""
        self.epoch = None
        self.since = time.monotonic()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw."""
        text = Text(f"{'working':<{STAGE_WIDTH - 2}}{duration(time.monotonic() - self.since)}", style="dim")
        if self.epoch is not None:
            text = epoch_text(self.epoch, options.max_width - 2)
        self.spinner.update(text=text)
        yield self.spinner


def epoch_text(event: EpochDone, width: int) -> Text:
    """Return an epoch on one line: what matters least is left out until the line fits.

    Args:
        event: the epoch.
        width: characters there are.
    """
    network = f"network {event.member + 1}, " if event.member else ""
    epoch = (f"{network}epoch {event.epoch}/{event.epochs}", "bold")
    losses = f"loss {event.train_loss:.3g}/{event.valid_loss:.3g}"
    score = f"{spoken(event.metric)} {number(event.score)}"
    best = (f"best {number(event.best)}", "green")
    left = (f"{clock(event.remaining_seconds)} left" if event.epoch < event.epochs else f"took {clock(event.seconds)}", "dim")
    rate = (f"rate {event.learning_rate:.2g}", "dim")
    layouts = (
        (epoch, f"train/valid {losses}", score, best, rate, left),
        (epoch, losses, score, best, left),
        (epoch, losses, score, best),
        (epoch, score, best),
    )
    for layout in layouts:
        text = Text("  ").join(Text.assemble(part) for part in layout)
        if text.cell_len <= width:
            break
    text.truncate(width, overflow="ellipsis")
    return text

"""Following a run to its end: progress while it goes on, the result when it is over, the way back when it was stopped."""

import shlex
from collections.abc import Generator
from pathlib import Path

from rich.console import Console
from rich.text import Text

from espalier.app.cli.exit_codes import FINDINGS, FINE, INTERRUPTED
from espalier.app.cli.given.sources import rows_behind
from espalier.app.cli.show.console import heading, human, indented, print_json
from espalier.app.cli.show.findings import as_options, matters, print_findings
from espalier.app.cli.show.progress import ProgressDisplay
from espalier.app.cli.show.scorecard import print_scorecard
from espalier.app.report.facts import row_word
from espalier.app.report.page import write_report
from espalier.core.finding import Severity
from espalier.core.progress import Progress
from espalier.core.records import Records
from espalier.data.kinds.picture_paths import TABLES
from espalier.run import Run
from espalier.training.ending import ending


def carry_out(
    progress: Generator[Progress, None, Run], folder: Path, records: Records | None = None, *, as_json: bool, quiet: bool
) -> int:
    """Follow a run, write its report, and print what came out.

    Args:
        progress: the run as `process.train` and `process.resume` give it.
        folder: where it is kept.
        records: the rows it learns from, when they are at hand: the report then shows the values of single rows.
        as_json: print the result as JSON on standard output; people are told on standard error.
        quiet: show no progress.

    Returns: FINE; FINDINGS when the run ended and an exact rule is broken; INTERRUPTED after Ctrl-C.
    """
    console = human(as_json=as_json)
    try:
        with ProgressDisplay(console, quiet=quiet) as display:
            run = _follow(progress, display)
        _print_ending(console, run, quiet=quiet)
        print_scorecard(console, run.scorecard, run.plan.model.name, run.question.classes[-1:])
        print_findings(console, run.findings, row_word(run.plan.data.source))
        report = write_report(run, None, rows_behind(run)[0] if records is None else records)
    except KeyboardInterrupt:
        _print_way_back(human(as_json=True), folder)
        return INTERRUPTED
    _print_next_steps(console, run, report)
    if as_json:
        print_json(
            {
                "run": folder,
                "report": report,
                "model": run.plan.model.name,
                "scorecard": run.scorecard.to_mapping(),
                "findings": [finding.to_mapping() for finding in run.findings],
            }
        )
    return FINDINGS if any(finding.severity is Severity.STOP for finding in run.findings) else FINE


def _follow(progress: Generator[Progress, None, Run], display: ProgressDisplay) -> Run:
    """Show everything a run tells, and return what it returns."""
    try:
        while True:
            display.show(next(progress))
    except StopIteration as end:
        return end.value
    finally:
        progress.close()


def _print_ending(console: Console, run: Run, *, quiet: bool) -> None:
    """Say why learning stopped, of the first network where there are several."""
    if quiet or not run.history.height:
        return
    end = ending(run.history, run.plan.learning)
    best = f"epoch {end.best_epoch:,} was the best on the validation part. " if end.best_epoch else ""
    which = "Of the first network: " if run.plan.split.folds or run.plan.model.num_members > 1 else ""
    console.print()
    console.print(Text(f"{which}{best if which else best.capitalize()}{end.sentence}", style="dim"))


def _print_next_steps(console: Console, run: Run, report: Path) -> None:
    heading(console, "Next")
    lines = [("Read the report in a browser:", str(report))]
    cure = next((finding for finding in run.findings if finding.repairs and matters(finding)), None)
    if cure is not None:
        options = as_options(cure.repairs[0].changes)
        lines.append((f"Try the repair of {cure.id}:", f"espalier train {shlex.quote(str(run.folder.plan))} {options}"))
    is_table = run.plan.prepare.pictures is None or run.plan.data.source.lower().endswith(TABLES)
    new = "NEW.csv" if is_table else "NEW_PICTURES"
    lines.append(("Predict new rows:", f"espalier predict {shlex.quote(str(run.folder.path))} {new} --out answers.csv"))
    for what, how in lines:
        indented(console, Text(what))
        console.print(Text(f"    {how}", style="cyan"), soft_wrap=True)


def _print_way_back(console: Console, folder: Path) -> None:
    console.print()
    if (folder / "plan.yaml").is_file():
        console.print("Stopped. Everything up to here is kept; go on with:")
        console.print(Text(f"    espalier resume {shlex.quote(str(folder))}", style="bold"), soft_wrap=True)
    else:
        console.print("Stopped before training began; nothing was kept.")

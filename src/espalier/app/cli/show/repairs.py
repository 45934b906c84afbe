"""Repairs of a run: each proposal as a difference of plans, what became of it, both numbers, and the repaired plan's file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.text import Text

from espalier.app.cli.given.options import seconds_of, written
from espalier.app.cli.show.console import heading, human, indented, plain_table
from espalier.app.cli.show.findings import STYLES
from espalier.app.cli.show.quantities import count, duration, interval
from espalier.core.finding import Finding
from espalier.core.plan_file import write_plan
from espalier.diagnosis.examine import in_order
from espalier.evaluation.paired_gains import FEWEST_PAIRS
from espalier.evaluation.verdict import spoken
from espalier.run import Run
from espalier.stages.generalise import findings_of, from_run, open_run
from espalier.stages.repair import Effort, Outcome, Proposal, Repaired, repair_run

FILE = "repaired.yaml"
BUDGET = "10m"


def effort_of(budget: str | None, seeds: int | None) -> Effort:
    """Return what repairs may cost.

    Args:
        budget: time for all their trainings, as it was typed; None for ten minutes.
        seeds: number of paired trainings; None for the fewest that can prove something.

    Raises:
        PlanError: no time, or a number of pairs that can prove nothing.
    """
    return Effort(seconds_of(budget or BUDGET), FEWEST_PAIRS if seeds is None else seeds)


def repair_and_print(run: Run, findings: Sequence[Finding], effort: Effort, *, as_json: bool) -> Repaired:
    """Look for repairs of a run's findings, print each with its proof, and write the repaired plan beside the run's own.

    Args:
        run: whose test part stays shut.
        findings: what is to be cured.
        effort: time, and number of paired trainings.
        as_json: people are told on standard error.

    Raises:
        InputError: nothing can be tried on this run.
    """
    console = human(as_json=as_json)
    heading(console, "Repairs")
    said = f"Each is trained beside the plan as it is, in {effort.num_pairs} pairs of seeds; the test part stays shut."
    indented(console, Text(said, style="dim"))
    stages = repair_run(run.plan, findings, run.folder, effort)
    while True:
        try:
            event = next(stages)
        except StopIteration as end:
            repaired: Repaired = end.value
            break
        _print_event(console, event)
    if repaired.is_changed:
        write_plan(repaired_file(run), repaired.plan)
    _print_summary(console, run, repaired)
    return repaired


def repaired_file(run: Run) -> Path:
    """Return where the repaired plan of a run is written."""
    return run.folder.path / FILE


def to_mapping(run: Run, repaired: Repaired) -> dict[str, Any]:
    """Return what came of the repairs, in plain values.

    Args:
        run: that was repaired.
        repaired: what came of it.
    """
    return {
        "repairs": [_outcome(one) for one in repaired.outcomes],
        "not_tried": list(repaired.unlooked),
        "trainings": {"all": repaired.num_trainings, "candidates": repaired.num_candidates},
        "repaired_plan": repaired_file(run) if repaired.is_changed else None,
    }


def findings_of_run(run: Run) -> tuple[Finding, ...]:
    """Return all that was found in a run: in its data, while it learnt and, when it is finished, in how it generalises."""
    if not run.folder.scorecard.exists():
        return run.findings
    return in_order([*run.findings, *findings_of(from_run(open_run(run.folder), run.findings))])


def print_both(old: Run, new: Run, repaired: Repaired) -> None:
    """Print the scores of a run and of the repaired one beside each other.

    Args:
        old: as it was.
        new: trained from the repaired plan.
        repaired: what was changed.
    """
    console = human()
    heading(console, "Before and after the repair")
    table = plain_table("", "score on the test part", "run")
    for word, run in (("before", old), ("after", new)):
        is_scored = run.folder.scorecard.exists()
        card = run.scorecard if is_scored else None
        said = "broke down" if card is None else f"{spoken(card.metric)} {interval(card.network.scores.get(card.metric))}"
        table.add_row(word, said, str(run.folder.path))
    indented(console, table)
    if any(one.is_accepted and one.closes_leak for one in repaired.outcomes):
        indented(console, Text("A leak was closed: the first score is what was reported, the second is the honest one."))


def _print_event(console: Console, event: Proposal | Outcome) -> None:
    if isinstance(event, Proposal):
        console.print()
        finding = event.finding
        console.print(Text.assemble("  ", (finding.id, STYLES[finding.severity]), ": ", (event.repair.name, "bold")))
        for line in _changes(event.changes):
            console.print(Text(f"    {line}", style="cyan"), soft_wrap=True)
        return
    word, style = ("accepted", "bold green") if event.is_accepted else ("rolled back", "bold yellow")
    indented(console, Text.assemble((f"{word}: ", style), event.why), 4)
    if event.is_accepted and event.closes_leak and event.proposal.finding.advice:
        indented(console, Text(event.proposal.finding.advice, style="dim"), 4)


def _changes(changes: Mapping[str, tuple[Any, Any]]) -> list[str]:
    """Return the changed values, one a line."""
    return [f"{path}: {written(old)} -> {written(new)}" for path, (old, new) in changes.items()]


def _print_summary(console: Console, run: Run, repaired: Repaired) -> None:
    """Say what it cost, what was left out, and what to do next."""
    console.print()
    for sentence in repaired.unlooked:
        indented(console, Text(sentence, style="dim"))
    if not repaired.outcomes:
        indented(console, Text("Nothing was tried: no finding has a repair."))
        return
    num_accepted = sum(one.is_accepted for one in repaired.outcomes)
    cost = f"{count(repaired.num_trainings, 'training')} in all, {repaired.num_candidates:,} of them to choose"
    indented(console, Text(f"{num_accepted} of {count(len(repaired.outcomes), 'proposal')} accepted; {cost}."))
    times = [one.proof.seconds for one in repaired.outcomes if one.is_accepted and one.proof is not None]
    before, after = (times[0][0], times[-1][1]) if times else (None, None)
    if before is not None and after is not None:
        indented(console, Text(f"A training took {duration(before)} before and takes {duration(after)} now."))
    if repaired.is_changed:
        indented(console, Text("Train the repaired plan:"))
        console.print(Text(f"    espalier train {repaired_file(run)}", style="cyan"), soft_wrap=True)


def _outcome(outcome: Outcome) -> dict[str, Any]:
    proof, proposal = outcome.proof, outcome.proposal
    proved = None
    if proof is not None:
        proved = {
            "metric": proof.metric,
            "higher_is_better": proof.higher_is_better,
            "before": list(proof.before),
            "after": list(proof.after),
            "median_before": median(proof.before),
            "median_after": median(proof.after),
            "mean_gain_interval": list(proof.interval),
            "p_value": proof.p_value,
            "pairs_with_sign": proof.still,
            "seconds_before": proof.seconds[0],
            "seconds_after": proof.seconds[1],
        }
    return {
        "finding": proposal.finding.id,
        "repair": proposal.repair.name,
        "changes": {path: {"old": old, "new": new} for path, (old, new) in proposal.changes.items()},
        "accepted": outcome.is_accepted,
        "why": outcome.why,
        "closes_leak": outcome.closes_leak,
        "proof": proved,
    }

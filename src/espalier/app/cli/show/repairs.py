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
from espalier.app.cli.show.quantities import duration, interval
from espalier.core.finding import Finding
from espalier.core.plan_file import write_plan
from espalier.diagnosis.examine import in_order
from espalier.diagnosis.texts.catalogue import phrases
from espalier.diagnosis.texts.saying import say
from espalier.diagnosis.texts.translate import repair_name, translated
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


def repair_and_print(run: Run, findings: Sequence[Finding], effort: Effort, language: str, *, as_json: bool) -> Repaired:
    """Look for repairs of a run's findings, print each with its proof, and write the repaired plan beside the run's own.

    Args:
        run: whose test part stays shut.
        findings: what is to be cured.
        effort: time, and number of paired trainings.
        language: of what is told.
        as_json: people are told on standard error.

    Raises:
        InputError: nothing can be tried on this run.
    """
    console, words = human(as_json=as_json), phrases(language)
    heading(console, words["repairs"])
    indented(console, Text(words["repairs_how"].format(pairs=effort.num_pairs), style="dim"))
    stages = repair_run(run.plan, findings, run.folder, effort)
    while True:
        try:
            event = next(stages)
        except StopIteration as end:
            repaired: Repaired = end.value
            break
        _print_event(console, event, language)
    if repaired.is_changed:
        write_plan(repaired_file(run), repaired.plan)
    _print_summary(console, run, repaired, language)
    return repaired


def repaired_file(run: Run) -> Path:
    """Return where the repaired plan of a run is written."""
    return run.folder.path / FILE


def to_mapping(run: Run, repaired: Repaired, language: str) -> dict[str, Any]:
    """Return what came of the repairs, in plain values.

    Args:
        run: that was repaired.
        repaired: what came of it.
        language: of the sentences.
    """
    return {
        "repairs": [_outcome(one, language) for one in repaired.outcomes],
        "not_tried": [say([one], language) for one in repaired.unlooked],
        "trainings": {"all": repaired.num_trainings, "candidates": repaired.num_candidates},
        "repaired_plan": repaired_file(run) if repaired.is_changed else None,
    }


def findings_of_run(run: Run) -> tuple[Finding, ...]:
    """Return all that was found in a run: in its data, while it learnt and, when it is finished, in how it generalises."""
    if not run.folder.scorecard.exists():
        return run.findings
    return in_order([*run.findings, *findings_of(from_run(open_run(run.folder), run.findings))])


def print_both(old: Run, new: Run, repaired: Repaired, language: str) -> None:
    """Print the scores of a run and of the repaired one beside each other.

    Args:
        old: as it was.
        new: trained from the repaired plan.
        repaired: what was changed.
        language: of what is told.
    """
    console, words = human(), phrases(language)
    heading(console, words["repairs_both"])
    table = plain_table("", words["repairs_score"], words["repairs_run"])
    for word, run in ((words["repairs_before"], old), (words["repairs_after"], new)):
        is_scored = run.folder.scorecard.exists()
        card = run.scorecard if is_scored else None
        said = (
            words["repairs_broke"]
            if card is None
            else f"{spoken(card.metric)} {interval(card.network.scores.get(card.metric))}"
        )
        table.add_row(word, said, str(run.folder.path))
    indented(console, table)
    if any(one.is_accepted and one.closes_leak for one in repaired.outcomes):
        indented(console, Text(words["repairs_honest"]))


def _print_event(console: Console, event: Proposal | Outcome, language: str) -> None:
    if isinstance(event, Proposal):
        console.print()
        finding, name = event.finding, repair_name(event.repair, language)
        console.print(Text.assemble("  ", (finding.id, STYLES[finding.severity]), ": ", (name, "bold")))
        for line in _changes(event.changes):
            console.print(Text(f"    {line}", style="cyan"), soft_wrap=True)
        return
    word, style = ("repair_accepted", "bold green") if event.is_accepted else ("repair_rolled_back", "bold yellow")
    if event.is_postponed:
        word, style = "repair_waits", "bold cyan"
    indented(console, Text.assemble((f"{phrases(language)[word]}: ", style), say(event.said, language)), 4)
    advice = translated(event.proposal.finding, language).advice
    if event.is_accepted and event.closes_leak and advice:
        indented(console, Text(advice, style="dim"), 4)


def _changes(changes: Mapping[str, tuple[Any, Any]]) -> list[str]:
    """Return the changed values, one a line."""
    return [f"{path}: {written(old)} -> {written(new)}" for path, (old, new) in changes.items()]


def _print_summary(console: Console, run: Run, repaired: Repaired, language: str) -> None:
    """Say what it cost, what was left out, and what to do next."""
    words, outcomes = phrases(language), repaired.outcomes
    console.print()
    for sentence in repaired.unlooked:
        indented(console, Text(say([sentence], language), style="dim"))
    if not outcomes:
        indented(console, Text(words["repairs_none"]))
        return
    numbers = {
        "accepted": sum(one.is_accepted for one in outcomes),
        "proposals": sum(not one.is_postponed for one in outcomes),
        "all": repaired.num_trainings,
        "candidates": repaired.num_candidates,
    }
    indented(console, Text(words["repairs_cost"].format(**numbers)))
    times = [one.proof.seconds for one in outcomes if one.is_accepted and one.proof is not None]
    before, after = (times[0][0], times[-1][1]) if times else (None, None)
    if before is not None and after is not None:
        indented(console, Text(words["repairs_time"].format(before=duration(before), after=duration(after))))
    if repaired.is_changed:
        indented(console, Text(words["repairs_train"]))
        console.print(Text(f"    espalier train {repaired_file(run)}", style="cyan"), soft_wrap=True)


def _outcome(outcome: Outcome, language: str) -> dict[str, Any]:
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
        "postponed": outcome.is_postponed,
        "why": say(outcome.said, language),
        "closes_leak": outcome.closes_leak,
        "proof": proved,
    }

"""Repair: the findings of a run, root cause first, each with its cures in turn; one is kept only when it is proved."""

import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from espalier.core.errors import InputError, PlanError
from espalier.core.finding import Finding, Repair, Severity
from espalier.core.plan import Plan, diff, flatten, to_mapping, with_reasons
from espalier.core.run_folder import RunFolder
from espalier.diagnosis.cures import cures_of
from espalier.diagnosis.examine import in_order
from espalier.evaluation.paired_gains import FEWEST_PAIRS, MAX_PAIRS
from espalier.evaluation.verdict import spoken
from espalier.stages.network import OWN_MODULE
from espalier.stages.proof import BROKEN, Attempt, Ground, Proof, prove, shows
from espalier.stages.redeal import known_rows

UPSTREAM = "DSWTG"  # families of signs: what is wrong with the data is the cause of what is wrong later
MAX_CURES = 5  # tried for one finding
DEFAULT = "default"  # stands for the value of an option that a plan does not name
NOTABLY_SLOWER = 1.5  # times as long: told with the gain
REFERENCES = 2  # trainings on fold A for each candidate: before and after


@dataclass(frozen=True)
class Effort:
    """What a repair may cost.

    Args:
        seconds: for all trainings together.
        num_pairs: paired trainings that prove a repair, 5 to 16.
    """

    seconds: float
    num_pairs: int = FEWEST_PAIRS

    def __post_init__(self) -> None:
        """Refuse a number of pairs that can prove nothing."""
        if not FEWEST_PAIRS <= self.num_pairs <= MAX_PAIRS:
            raise PlanError(
                f"{self.num_pairs} seeds are asked for; expected {FEWEST_PAIRS} to {MAX_PAIRS}. With fewer than {FEWEST_PAIRS} "
                "paired trainings chance alone is never below 1 in 20, so nothing would be proved."
            )


@dataclass(frozen=True)
class Proposal:
    """A repair that is about to be tried.

    Args:
        finding: what it is to cure.
        repair: the edit of the plan.
        changes: every value of the plan that it changes, as (old, new).
    """

    finding: Finding
    repair: Repair
    changes: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Outcome:
    """What became of one proposed repair.

    Args:
        proposal: what was tried.
        is_accepted: whether it is kept.
        why: in one sentence or two.
        closes_leak: it was judged by the leak being gone, and not by the score.
        proof: of the paired trainings; None when it did not come to them.
        num_candidates: trainings spent on choosing it, the proof's and the shared reference not counted.
    """

    proposal: Proposal
    is_accepted: bool
    why: str
    closes_leak: bool = False
    proof: Proof | None = None
    num_candidates: int = 0


@dataclass(frozen=True)
class Repaired:
    """What came of repairing a run.

    Args:
        plan: with every accepted repair; the run's own when none was.
        outcomes: in the order in which they were tried.
        num_trainings: all of them, proofs and references included.
        unlooked: what was not tried for want of time, or has no cure, one sentence each.
    """

    plan: Plan
    outcomes: tuple[Outcome, ...]
    num_trainings: int
    unlooked: tuple[str, ...] = ()

    @property
    def is_changed(self) -> bool:
        """Return whether a repair was accepted."""
        return any(one.is_accepted for one in self.outcomes)

    @property
    def num_candidates(self) -> int:
        """Return the trainings spent on choosing."""
        return sum(one.num_candidates for one in self.outcomes)


@dataclass
class _Work:
    """A repair under way."""

    ground: Ground
    plan: Plan
    effort: Effort
    ends: float
    outcomes: list[Outcome] = field(default_factory=list)
    cured: set[str] = field(default_factory=set)
    rejected: list[Plan] = field(default_factory=list)
    unlooked: list[str] = field(default_factory=list)


def repair_run(
    plan: Plan, findings: Sequence[Finding], folder: RunFolder, effort: Effort
) -> Generator[Proposal | Outcome, None, Repaired]:
    """Propose, try, prove or roll back repairs for the findings of a run. Its test part stays shut.

    Args:
        plan: of the run.
        findings: of the run.
        folder: of the run; its parts are read, and nothing is written.
        effort: what it may cost.

    Yields:
        Each proposal before it is tried, and what became of it.

    Returns:
        The plan with what was accepted.

    Raises:
        PlanError: the run has folds, or a module of the person's own.
        SplitError: too few rows to judge on.
    """
    if plan.model.name == OWN_MODULE:
        raise PlanError(
            "This run trained a module of your own, and repairs are edits of a plan, which does not hold your code. "
            "See what to change in it: espalier diagnose RUN"
        )
    limit = effort.seconds / (2 * effort.num_pairs + REFERENCES)
    ground = Ground(plan, known_rows(folder, plan), limit)
    ground.deal(plan, "A", 0)
    work = _Work(ground, plan, effort, time.monotonic() + effort.seconds)
    for finding in root_cause_first([*findings, *_breakdown(work, findings, folder)]):
        if not _is_cured(work, finding):
            yield from _cure(work, finding)
    return Repaired(work.plan, tuple(work.outcomes), ground.num_trained, tuple(work.unlooked))


def root_cause_first(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings in the order in which they are to be cured: data, wiring, course, generalisation, and notes last.

    A score that is not honest proves nothing, so leaks come before all else; what follows from a finding comes behind it.
    """
    groups: list[list[Finding]] = []
    for finding in in_order(findings):
        if finding.cause and groups:
            groups[-1].append(finding)
        else:
            groups.append([finding])
    groups.sort(key=lambda group: (group[0].severity is Severity.NOTE, UPSTREAM.find(group[0].id[0])))
    return [finding for group in groups for finding in group]


def _is_cured(work: _Work, finding: Finding) -> bool:
    """Return whether an earlier repair has cured a finding too; one that no trial can show goes with its cause."""
    if work.plan is work.ground.plan:
        return False
    shown = shows(work.ground, work.plan, finding, "A", 0)
    is_gone = finding.cause in work.cured if shown is None else not shown
    if is_gone:
        work.cured.add(finding.id)
    return is_gone


def _breakdown(work: _Work, findings: Sequence[Finding], folder: RunFolder) -> list[Finding]:
    """Return the finding of a run that broke down before the doctor could say why, when it breaks down again."""
    if folder.scorecard.exists() or any(one.id == BROKEN for one in findings):
        return []
    said = work.ground.attempt(work.plan, "A", 0).broken
    return [Finding(BROKEN, said, Severity.STOP)] if said else []


def _cure(work: _Work, finding: Finding) -> Generator[Proposal | Outcome, None, None]:
    """Try the cures of one finding until one is accepted."""
    cures = cures_of(work.plan, finding)[:MAX_CURES]
    if not cures and finding.severity is not Severity.NOTE:
        work.unlooked.append(f"{finding.id}: no edit of the plan is known to cure it.")
    for cure in cures:
        if time.monotonic() > work.ends:
            work.unlooked.append(f"{finding.id}: not tried, the time was used up.")
            return
        new = cure.repair.apply(work.plan)
        if any(not diff(one, new) for one in work.rejected):
            continue
        proposal = Proposal(finding, cure.repair, _changes(work.plan, cure.repair))
        yield proposal
        outcome = _try(work, proposal, closes_leak=cure.closes_leak)
        work.outcomes.append(outcome)
        if outcome.is_accepted:
            work.plan = _with_proof(new, outcome)
            work.cured.add(finding.id)
        else:
            work.rejected.append(new)
        yield outcome
        if outcome.is_accepted:
            return


def _try(work: _Work, proposal: Proposal, *, closes_leak: bool) -> Outcome:
    """Return what becomes of one proposal."""
    new, finding = proposal.repair.apply(work.plan), proposal.finding
    num_tried = int(not (closes_leak or work.ground.has_tried(new, "A", 0)))
    try:
        against = (_leak_objection if closes_leak else _objection)(work, new, finding)
        if against:
            return Outcome(proposal, False, against, closes_leak, None, num_tried)
        proof = prove(work.ground, work.plan, new, finding, work.effort.num_pairs)
    except InputError as error:
        return Outcome(proposal, False, f"The repaired plan cannot be tried: {error}", closes_leak, None, num_tried)
    if closes_leak:
        return Outcome(proposal, proof.is_closed, _leak_verdict(proof, finding), True, proof, num_tried)
    return Outcome(proposal, proof.is_gain and proof.is_healthy, _verdict(proof, finding), False, proof, num_tried)


def _changes(plan: Plan, repair: Repair) -> dict[str, tuple[Any, Any]]:
    """Return the values that a repair changes, as (old, new); an option that the plan leaves at its default has no old one."""
    known = flatten(to_mapping(plan))
    return {path: (known.get(path, DEFAULT), new) for path, new in repair.changes.items() if known.get(path, DEFAULT) != new}


def _with_proof(plan: Plan, outcome: Outcome) -> Plan:
    """Return the repaired plan with the proof among the reasons."""
    repair = outcome.proposal.repair
    return with_reasons(plan, {path: f"repair: {repair.name}. {outcome.why}" for path in repair.changes})


def _objection(work: _Work, new: Plan, finding: Finding) -> str:
    """Return what speaks against a repair after one training on fold A; empty when nothing does."""
    ground = work.ground
    old, tried = (ground.attempt(plan, "A", 0) for plan in (work.plan, new))
    if tried.broken:
        return f"A first training broke down: {tried.broken}"
    if not tried.gain > old.gain:
        scores = f"{spoken(tried.metric)} {tried.score:.4g}, against {old.score:.4g} without the repair"
        return f"A first training came no further: {scores}."
    if shows(ground, new, finding, "A", 0):
        scores = f"{spoken(tried.metric)} {old.score:.4g} before, {tried.score:.4g} after"
        return f"After a first training {_short(finding)} is still there ({scores})."
    return _want_of_time(work, new, (old, tried))


def _leak_objection(work: _Work, new: Plan, finding: Finding) -> str:
    """Return what speaks against closing a leak, without any training; empty when nothing does."""
    if not shows(work.ground, work.plan, finding, "A", 0):
        return f"When the rows are dealt anew {_short(finding)} no longer shows, so there is nothing to close."
    if shows(work.ground, new, finding, "A", 0):
        return f"The leak is not closed by it: {_short(finding)} is still there when the rows are dealt anew."
    return _want_of_time(work, new, ())


def _want_of_time(work: _Work, new: Plan, known: Sequence[Attempt]) -> str:
    """Return that the time left does not suffice for a proof; empty when it does, or nothing is known of how long one takes."""
    pairs = range(work.effort.num_pairs)
    missing = sum(not work.ground.has_tried(plan, "B", pair) for plan in (work.plan, new) for pair in pairs)
    needed = missing * median(one.seconds for one in known) if known else 0.0
    left = work.ends - time.monotonic()
    if needed <= left:
        return ""
    return (
        f"Not proved: {missing} more trainings would take about {needed:.0f} s, and {max(left, 0.0):.0f} s are left. "
        "Give more time with --budget."
    )


def _verdict(proof: Proof, finding: Finding) -> str:
    """Return what the pairs say of a repair that is judged by its gain."""
    wins, total = sum(gain > 0 for gain in proof.gains), len(proof.gains)
    low, high = proof.interval
    numbers = (
        f"median {spoken(proof.metric)} {median(proof.before):.4g} before and {median(proof.after):.4g} after; mean gain "
        f"{sum(proof.gains) / total:.3g}, 95 % interval {low:.3g} to {high:.3g}, p = {proof.p_value:.2g}"
    )
    said = f"{wins} of {total} paired trainings were better: {numbers}.{_price(proof)}"
    if not proof.is_gain:
        return f"{said} That {'may be chance' if proof.gain > 0 else 'is no gain'}."
    if not proof.is_healthy:
        return f"{said} But {_short(finding)} is still there in {proof.still} of them."
    return said if proof.still is None else f"{said} {_short(finding)} is gone."


def _price(proof: Proof) -> str:
    """Return how much longer a training takes, where that is worth knowing."""
    before, after = proof.seconds
    if not before or not after or after < NOTABLY_SLOWER * before:
        return ""
    return f" A training takes {after / before:.1f} times as long."


def _leak_verdict(proof: Proof, finding: Finding) -> str:
    """Return both numbers of a leak."""
    numbers = f"reported {spoken(proof.metric)} {median(proof.before):.4g}, honest {median(proof.after):.4g}"
    if proof.is_closed:
        return f"The leak is closed: {numbers} (medians of {len(proof.after)} deals of the rows). {_short(finding)} is gone."
    return f"The leak is not closed: {_short(finding)} is still there in {proof.still} of {len(proof.after)} deals ({numbers})."


def _short(finding: Finding) -> str:
    """Return the letter and number of a sign."""
    return finding.id.partition("-")[0]

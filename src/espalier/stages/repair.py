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
from espalier.diagnosis.checks.data.unusual_setting import ID as UNUSUAL
from espalier.diagnosis.cures import Cure, cures_of
from espalier.diagnosis.examine import in_order
from espalier.diagnosis.texts.saying import Said, say
from espalier.evaluation.paired_gains import FEWEST_PAIRS, MAX_PAIRS
from espalier.stages.network import OWN_MODULE
from espalier.stages.proof import BROKEN, Attempt, Ground, Proof, prove, shows
from espalier.stages.redeal import known_rows
from espalier.stages.repair_words import short, told_of_leak, told_of_pairs, told_of_trial

UPSTREAM = "DSWTG"  # families of signs: what is wrong with the data is the cause of what is wrong later
MAX_CURES = 5  # tried for one finding
DEFAULT = "default"  # stands for the value of an option that a plan does not name
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
        said: why, in one sentence or two.
        closes_leak: it was judged by the leak being gone, and not by the score.
        proof: of the paired trainings; None when it did not come to them.
        num_candidates: trainings spent on choosing it, the proof's and the shared reference not counted.
        is_postponed: it helped, and waits until other cures were tried.
    """

    proposal: Proposal
    is_accepted: bool
    said: tuple[Said, ...]
    closes_leak: bool = False
    proof: Proof | None = None
    num_candidates: int = 0
    is_postponed: bool = False

    @property
    def why(self) -> str:
        """Return what became of it in English."""
        return say(self.said)


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
    unlooked: tuple[Said, ...] = ()

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
    unlooked: list[Said] = field(default_factory=list)
    causes: dict[str, str] = field(default_factory=dict)  # of the run's findings; a cured cause is no longer among those left

    @property
    def is_over(self) -> bool:
        """Return whether the time is used up."""
        return time.monotonic() > self.ends


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
    waiting = root_cause_first([*findings, *_breakdown(work, findings, folder)])
    work.causes = {one.id: one.cause for one in waiting if one.cause}
    while waiting:
        finding = waiting.pop(0)
        if _is_cured(work, finding) or _is_beside_the_point(work, finding):
            continue
        plan = work.plan
        yield from _cure(work, finding)
        if work.plan is not plan:
            waiting = root_cause_first([*waiting, *_new_findings(work, waiting)])
    return Repaired(work.plan, tuple(work.outcomes), ground.num_trained, tuple(work.unlooked))


def root_cause_first(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings in the order in which they are to be cured: data, wiring, course, generalisation, and notes last.

    A score that is not honest proves nothing, so leaks come before all else; what follows from a finding comes behind it. Of
    notes an unusual setting comes first and then those on the training: those on the data are mostly things to know.
    """
    groups: list[list[Finding]] = []
    for finding in in_order(findings):
        if finding.cause and groups:
            groups[-1].append(finding)
        else:
            groups.append([finding])
    groups.sort(key=lambda group: _rank(group[0]))
    return [finding for group in groups for finding in group]


def _rank(finding: Finding) -> tuple[bool, bool, int]:
    """Return when a finding that has no cause among the others is to be cured; the lowest first."""
    is_note, place = finding.severity is Severity.NOTE, UPSTREAM.find(finding.id[0])
    return is_note, finding.id != UNUSUAL, -place if is_note else place


def _new_findings(work: _Work, waiting: Sequence[Finding]) -> list[Finding]:
    """Return what a trial of the repaired plan shows that was not found before."""
    known = {one.id for one in waiting} | work.cured | {one.proposal.finding.id for one in work.outcomes}
    return [one for one in work.ground.attempt(work.plan, "A", 0).findings if one.id not in known]


def _is_cured(work: _Work, finding: Finding) -> bool:
    """Return whether an earlier repair has cured a finding too; one that no trial can show goes with its cause."""
    if work.plan is work.ground.plan:
        return False
    shown = shows(work.ground, work.plan, finding, "A", 0)
    cause = work.causes.get(finding.id, finding.cause)
    is_gone = cause in work.cured if shown is None else not shown
    if is_gone:
        work.cured.add(finding.id)
    return is_gone


def _is_beside_the_point(work: _Work, finding: Finding) -> bool:
    """Return whether a finding is a note on the data, and what was wrong is cured: that is worth knowing, and no fault."""
    is_note = finding.severity is Severity.NOTE and finding.id[0] == "D" and finding.id != UNUSUAL
    if is_note and work.plan is not work.ground.plan:
        work.unlooked.append(Said("repair_beside", {"sign": finding.id}))
        return True
    return False


def _breakdown(work: _Work, findings: Sequence[Finding], folder: RunFolder) -> list[Finding]:
    """Return the finding of a run that broke down before the doctor could say why, when it breaks down again."""
    if folder.scorecard.exists() or any(one.id == BROKEN for one in findings):
        return []
    said = work.ground.attempt(work.plan, "A", 0).broken
    return [Finding(BROKEN, said, Severity.STOP)] if said else []


def _cure(work: _Work, finding: Finding) -> Generator[Proposal | Outcome, None, None]:
    """Try the cures of one finding until one is accepted.

    A cure after whose first training nothing is wrong any more goes to the proof at once. One that helps, but leaves another
    sign, waits until the others were tried: then the best of those that wait is proved first.
    """
    cures = cures_of(work.plan, finding)[:MAX_CURES]
    if not cures and finding.severity is not Severity.NOTE:
        work.unlooked.append(Said("repair_no_cure", {"sign": finding.id}))
    postponed: list[Cure] = []
    for cure in cures:
        outcome = yield from _propose(work, finding, cure, may_wait=True)
        if outcome is None or outcome.is_accepted:
            return
        if outcome.is_postponed:
            postponed.append(cure)
    postponed.sort(key=lambda one: -work.ground.attempt(one.repair.apply(work.plan), "A", 0).gain)
    for cure in postponed:
        outcome = yield from _propose(work, finding, cure, may_wait=False)
        if outcome is None or outcome.is_accepted:
            return


def _propose(
    work: _Work, finding: Finding, cure: Cure, *, may_wait: bool
) -> Generator[Proposal | Outcome, None, Outcome | None]:
    """Propose one cure, try it and keep it when it is proved; return what became of it, and None when the time is used up."""
    if work.is_over:
        work.unlooked.append(Said("repair_no_time", {"sign": finding.id}))
        return None
    new, proposal = cure.repair.apply(work.plan), Proposal(finding, cure.repair, _changes(work.plan, cure.repair))
    if any(not diff(one, new) for one in work.rejected):
        return Outcome(proposal, False, (Said("repair_known"),))
    yield proposal
    outcome = _try(work, proposal, closes_leak=cure.closes_leak, may_wait=may_wait)
    work.outcomes.append(outcome)
    if outcome.is_accepted:
        work.plan = _with_proof(new, outcome)
        work.cured.add(finding.id)
    elif not outcome.is_postponed:
        work.rejected.append(new)
    yield outcome
    return outcome


def _try(work: _Work, proposal: Proposal, *, closes_leak: bool, may_wait: bool) -> Outcome:
    """Return what becomes of one proposal."""
    new, finding = proposal.repair.apply(work.plan), proposal.finding
    num_tried = int(not (closes_leak or work.ground.has_tried(new, "A", 0)))
    try:
        against = (_leak_objection if closes_leak else _objection)(work, new, finding)
        if against:
            return Outcome(proposal, False, against, closes_leak, None, num_tried)
        if may_wait and not closes_leak and (left := _what_is_left(work, new)):
            return Outcome(proposal, False, left, closes_leak, None, num_tried, is_postponed=True)
        proof = prove(work.ground, work.plan, new, finding, work.effort.num_pairs)
    except InputError as error:
        return Outcome(proposal, False, (Said("repair_untryable", {"error": str(error)}),), closes_leak, None, num_tried)
    if closes_leak:
        return Outcome(proposal, proof.is_closed, told_of_leak(proof, finding), True, proof, num_tried)
    return Outcome(proposal, proof.is_gain and proof.is_healthy, told_of_pairs(proof, finding), False, proof, num_tried)


def _what_is_left(work: _Work, new: Plan) -> tuple[Said, ...]:
    """Return that a first training helped and still shows a sign; nothing when it shows none."""
    old, tried = (work.ground.attempt(plan, "A", 0) for plan in (work.plan, new))
    left = [one for one in tried.findings if one.severity is not Severity.NOTE]
    return (told_of_trial("repair_postponed", old, tried, short(left[0])),) if left else ()


def _changes(plan: Plan, repair: Repair) -> dict[str, tuple[Any, Any]]:
    """Return the values that a repair changes, as (old, new); an option that the plan leaves at its default has no old one."""
    known = flatten(to_mapping(plan))
    return {path: (known.get(path, DEFAULT), new) for path, new in repair.changes.items() if known.get(path, DEFAULT) != new}


def _with_proof(plan: Plan, outcome: Outcome) -> Plan:
    """Return the repaired plan with the proof among the reasons."""
    repair = outcome.proposal.repair
    return with_reasons(plan, {path: f"repair: {repair.name}. {outcome.why}" for path in repair.changes})


def _objection(work: _Work, new: Plan, finding: Finding) -> tuple[Said, ...]:
    """Return what speaks against a repair after one training on fold A; empty when nothing does."""
    ground = work.ground
    old, tried = (ground.attempt(plan, "A", 0) for plan in (work.plan, new))
    if tried.broken:
        return (Said("repair_broke", {"error": tried.broken}),)
    if not tried.gain > old.gain:
        return (told_of_trial("repair_no_further", old, tried),)
    if shows(ground, new, finding, "A", 0):
        return (told_of_trial("repair_still_there", old, tried, short(finding)),)
    return _want_of_time(work, new, (old, tried))


def _leak_objection(work: _Work, new: Plan, finding: Finding) -> tuple[Said, ...]:
    """Return what speaks against closing a leak, without any training; empty when nothing does."""
    if not shows(work.ground, work.plan, finding, "A", 0):
        return (Said("repair_nothing_to_close", {"sign": short(finding)}),)
    if shows(work.ground, new, finding, "A", 0):
        return (Said("repair_leak_stays", {"sign": short(finding)}),)
    return _want_of_time(work, new, ())


def _want_of_time(work: _Work, new: Plan, known: Sequence[Attempt]) -> tuple[Said, ...]:
    """Return that the time left does not suffice for a proof; empty when it does, or nothing is known of how long one takes."""
    pairs = range(work.effort.num_pairs)
    missing = sum(not work.ground.has_tried(plan, "B", pair) for plan in (work.plan, new) for pair in pairs)
    needed = missing * median(one.seconds for one in known) if known else 0.0
    left = work.ends - time.monotonic()
    if needed <= left:
        return ()
    return (Said("repair_no_time_to_prove", {"missing": missing, "needed": f"{needed:.0f}", "left": f"{max(left, 0.0):.0f}"}),)

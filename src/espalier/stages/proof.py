"""Proof of a repair: the plan before and after it, trained in pairs that differ in nothing else.

Both plans of a pair have the same seed, the same deal of rows and the same limits of epochs and seconds; from pair to pair the
seed changes first weights, order and deal. (A repair that is itself more epochs or a larger model has them, within the same
seconds; what it costs is told.) A repair is accepted when the gain is above 0 beyond chance and its sign is gone. A
leak is another matter: closing it may cost score, so it is accepted when no deal shows the leak any more, and both numbers are
told. Where the pairs leave it open, as one loss among five does, five more decide, by a stricter limit: both looks together
accept chance less often than 1 in 20. Of chosen plans nothing is claimed from fold A, where they were chosen: only fold B
counts.

Paper: Bouthillier et al. 2021, arXiv 2103.03098, section 3 (all sources of variation drawn anew, in pairs).
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from types import ModuleType

from espalier.core.errors import TrainingError
from espalier.core.finding import Finding, Severity
from espalier.core.plan import Plan
from espalier.core.records import IntArray
from espalier.core.seeds import derive_seed
from espalier.diagnosis.checks.generalisation import stopped_while_improving
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.examine import FOLDERS, checks
from espalier.evaluation.paired_gains import MAX_PAIRS, mean_interval, sign_flip_p
from espalier.stages.redeal import Deal, HalfName, redeal
from espalier.stages.table import Table, load_planned
from espalier.stages.trial import answer_constantly, trial

MAX_P = 0.05
PROMISING_P = 0.2  # up to here, and in favour, more pairs are worth their time
MORE_PAIRS = 5
BROKEN = "T01-diverged"  # the sign of a training that cannot go on


@dataclass(frozen=True)
class Attempt:
    """One training of one plan.

    Args:
        metric: name of the main metric.
        higher_is_better: which way it is read.
        score: on the judged rows; the best constant answer's where the training broke down.
        seconds: it took.
        findings: of the doctor; empty when it did not look on.
        broken: why the training broke down; empty when it did not.
    """

    metric: str
    higher_is_better: bool
    score: float
    seconds: float
    findings: tuple[Finding, ...] = ()
    broken: str = ""

    @property
    def signs(self) -> frozenset[str]:
        """Return the ids of what the doctor found."""
        return frozenset(one.id for one in self.findings)

    @property
    def gain(self) -> float:
        """Return the score with its sign such that more is better."""
        return self.score if self.higher_is_better else -self.score


@dataclass
class Ground:
    """Where plans of one run are tried.

    Args:
        plan: of the run.
        known: rows of its source that are not of the test part.
        seconds: each training may take.
        num_trained: trainings so far.
    """

    plan: Plan
    known: IntArray
    seconds: float = math.inf
    num_trained: int = 0
    _tables: dict[str, Table] = field(default_factory=dict, repr=False)
    _attempts: dict[tuple[str, HalfName, int, bool], Attempt] = field(default_factory=dict, repr=False)

    def table(self, plan: Plan) -> Table:
        """Return the source as a plan describes it."""
        key = repr((plan.schema, plan.data))
        if key not in self._tables:
            self._tables[key] = load_planned(plan)
        return self._tables[key]

    def deal(self, plan: Plan, half: HalfName, pair: int) -> Deal:
        """Return the rows of one pair, dealt by a plan's own method."""
        known = self.known
        return redeal(plan, self.table(plan), known, half, derive_seed(self.plan.seed, "pair", half, pair))

    def evidence(self, plan: Plan, half: HalfName, pair: int) -> Evidence:
        """Return what the signs in the data look at in a plan's deal."""
        return self.deal(plan, half, pair).evidence(plan, self.table(plan))

    def attempt(self, plan: Plan, half: HalfName, pair: int, *, watch: bool = True) -> Attempt:
        """Return how a plan did in one pair; trained once and remembered.

        Args:
            plan: to train.
            half: whose rows are judged.
            pair: its number; equal numbers have equal seeds and deals.
            watch: let the doctor look on, which changes no score and takes time.
        """
        key = _key(plan)
        known = self._attempts.get((key, half, pair, True)) or self._attempts.get((key, half, pair, watch))
        if known is None:
            known = self._attempts[key, half, pair, watch] = self._train(plan, half, pair, watch=watch)
        return known

    def has_tried(self, plan: Plan, half: HalfName, pair: int) -> bool:
        """Return whether a plan was trained in that pair already."""
        return any((_key(plan), half, pair, watch) in self._attempts for watch in (True, False))

    def _train(self, plan: Plan, half: HalfName, pair: int, *, watch: bool) -> Attempt:
        deal, began = self.deal(plan, half, pair), time.monotonic()
        seeded = replace(plan, seed=derive_seed(self.plan.seed, "trial", half, pair))
        classes = self.table(plan).asked().classes
        self.num_trained += 1
        try:
            done = trial(seeded, deal.train, deal.valid, deal.judged, classes, self.seconds, watch=watch)
        except TrainingError as error:
            fallen = answer_constantly(plan, deal.train, deal.judged, classes)
            spent, said = time.monotonic() - began, Finding(BROKEN, str(error), Severity.STOP)
            return Attempt(fallen.metric, fallen.higher_is_better, fallen.score, spent, (said,), str(error))
        return Attempt(done.metric, done.higher_is_better, done.score, done.seconds, done.findings)


@dataclass(frozen=True)
class Proof:
    """What paired trainings say of a repair.

    Args:
        metric: name of the main metric.
        higher_is_better: which way it is read.
        before: scores of the plan as it was, one a pair.
        after: scores of the repaired plan.
        still: pairs in which the sign is still there after the repair; None when it cannot be looked for in a trial.
        seconds: median time of a training, before and after; None where every training broke down.
        limit: probability below which gains are more than chance.
    """

    metric: str
    higher_is_better: bool
    before: tuple[float, ...]
    after: tuple[float, ...]
    still: int | None
    seconds: tuple[float | None, float | None]
    limit: float = MAX_P

    @property
    def gains(self) -> tuple[float, ...]:
        """Return by how much each pair is better after the repair."""
        sign = 1.0 if self.higher_is_better else -1.0
        return tuple(sign * (new - old) for old, new in zip(self.before, self.after, strict=True))

    @property
    def gain(self) -> float:
        """Return the median gain."""
        return median(self.gains)

    @property
    def p_value(self) -> float:
        """Return how likely gains like these are by chance."""
        return sign_flip_p(self.gains)

    @property
    def interval(self) -> tuple[float, float]:
        """Return the 95 % interval of the mean gain."""
        return mean_interval(self.gains)

    @property
    def is_gain(self) -> bool:
        """Return whether the repaired plan is better beyond chance."""
        return self.gain > 0 and self.p_value < self.limit and self.interval[0] > 0

    @property
    def is_healthy(self) -> bool:
        """Return whether the sign is gone from most pairs; a sign that no trial can show does not count."""
        return self.still is None or self.still * 2 < len(self.after)

    @property
    def is_closed(self) -> bool:
        """Return whether no pair shows the leak any more."""
        return self.still == 0


def prove(ground: Ground, old: Plan, new: Plan, finding: Finding, num_pairs: int) -> Proof:
    """Train both plans in pairs that are judged on fold B, and in some more where these leave it open.

    Args:
        ground: where they are tried.
        old: as it was.
        new: repaired.
        finding: what the repair is to cure.
        num_pairs: how many seeds.

    Raises:
        SplitError: too few rows to judge on.
    """
    first = _paired(ground, old, new, finding, num_pairs)
    left, more = _unspent(num_pairs), min(num_pairs + MORE_PAIRS, MAX_PAIRS)
    is_open = first.gain > 0 and not first.is_gain and first.p_value <= PROMISING_P and first.is_healthy
    if not is_open or left <= 0.5**more:
        return first
    return replace(_paired(ground, old, new, finding, more), limit=left)


def _unspent(num_pairs: int) -> float:
    """Return what the first look leaves of the probability to accept chance; it takes the largest that it can."""
    ways = 2**num_pairs
    return MAX_P - (math.ceil(MAX_P * ways) - 1) / ways


def _paired(ground: Ground, old: Plan, new: Plan, finding: Finding, num_pairs: int) -> Proof:
    """Train both plans in so many pairs; what was trained before is not trained again."""
    before = [ground.attempt(old, "B", pair, watch=False) for pair in range(num_pairs)]
    after = [ground.attempt(new, "B", pair) for pair in range(num_pairs)]
    shown = [shows(ground, new, finding, "B", pair) for pair in range(num_pairs)]
    return Proof(
        after[0].metric,
        after[0].higher_is_better,
        tuple(one.score for one in before),
        tuple(one.score for one in after),
        None if None in shown else sum(map(bool, shown)),
        (_usual_seconds(before), _usual_seconds(after)),
    )


def _usual_seconds(attempts: Sequence[Attempt]) -> float | None:
    """Return the median time of the trainings that came to an end."""
    return median(whole) if (whole := [one.seconds for one in attempts if not one.broken]) else None


def shows(ground: Ground, plan: Plan, finding: Finding, half: HalfName, pair: int) -> bool | None:
    """Return whether a trial of a plan shows a sign; None for a sign that no trial can show.

    Signs in the data are looked for in the deal, without a training; those of the course and the wiring in the training.

    Args:
        ground: where the plan is tried.
        plan: that is looked at.
        finding: whose sign is looked for.
        half: whose rows are judged.
        pair: number of the deal.
    """
    check = _checks_of_data().get(finding.id)
    if check is not None:
        found: Finding | None = check.check(ground.evidence(plan, half, pair))
        return found is not None and (found.severity is not Severity.NOTE or finding.severity is Severity.NOTE)
    if finding.id not in _ids_in_training():
        return None
    return finding.id in ground.attempt(plan, half, pair).signs


def _checks_of_data() -> dict[str, ModuleType]:
    return {module.ID: module for module in checks(FOLDERS[Evidence])}


def _ids_in_training() -> set[str]:
    """Return the ids of the signs that a trial can show: of the network while it learns, and of how that ended."""
    return {module.ID for folder in ("wiring", "course") for module in checks(folder)} | {stopped_while_improving.ID}


def _key(plan: Plan) -> str:
    """Return what tells a plan from others; reasons do not count."""
    return repr(replace(plan, reasons={}))

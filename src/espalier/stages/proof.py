"""Proof of a repair: the plan before and after it, trained in pairs that differ in nothing else.

Both plans of a pair have the same seed, the same deal of rows and the same limits of epochs and seconds; from pair to pair the
seed changes first weights, order and deal. (A repair that is itself more epochs or a larger model has them, within the same
seconds; what it costs is told.) A repair is accepted when the gain is above 0 beyond chance and its sign is gone. A
leak is another matter: closing it may cost score, so it is accepted when no deal shows the leak any more, and both numbers are
told. Of chosen plans nothing is claimed from fold A, where they were chosen: only fold B counts.

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
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.examine import FOLDERS, checks
from espalier.evaluation.paired_gains import mean_interval, sign_flip_p
from espalier.stages.redeal import Deal, HalfName, redeal
from espalier.stages.table import Table, load_planned
from espalier.stages.trial import answer_constantly, trial

MAX_P = 0.05
BROKEN = "T01-diverged"  # the sign of a training that cannot go on


@dataclass(frozen=True)
class Attempt:
    """One training of one plan.

    Args:
        metric: name of the main metric.
        higher_is_better: which way it is read.
        score: on the judged rows; the best constant answer's where the training broke down.
        seconds: it took.
        signs: ids of what the doctor found, and of the signs in the data that were looked for.
        broken: why the training broke down; empty when it did not.
    """

    metric: str
    higher_is_better: bool
    score: float
    seconds: float
    signs: frozenset[str]
    broken: str = ""

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
    _attempts: dict[tuple[str, HalfName, int], Attempt] = field(default_factory=dict, repr=False)

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

    def attempt(self, plan: Plan, half: HalfName, pair: int) -> Attempt:
        """Return how a plan did in one pair; trained once and remembered.

        Args:
            plan: to train.
            half: whose rows are judged.
            pair: its number; equal numbers have equal seeds and deals.
        """
        key = (_key(plan), half, pair)
        if key not in self._attempts:
            self._attempts[key] = self._train(plan, half, pair)
        return self._attempts[key]

    def has_tried(self, plan: Plan, half: HalfName, pair: int) -> bool:
        """Return whether a plan was trained in that pair already."""
        return (_key(plan), half, pair) in self._attempts

    def _train(self, plan: Plan, half: HalfName, pair: int) -> Attempt:
        deal, began = self.deal(plan, half, pair), time.monotonic()
        seeded = replace(plan, seed=derive_seed(self.plan.seed, "trial", half, pair))
        classes = self.table(plan).asked().classes
        self.num_trained += 1
        try:
            done = trial(seeded, deal.train, deal.valid, deal.judged, classes, self.seconds, watch=True)
        except TrainingError as error:
            fallen = answer_constantly(plan, deal.train, deal.judged, classes)
            spent = time.monotonic() - began
            return Attempt(fallen.metric, fallen.higher_is_better, fallen.score, spent, frozenset({BROKEN}), str(error))
        signs = frozenset(one.id for one in done.findings)
        return Attempt(done.metric, done.higher_is_better, done.score, done.seconds, signs)


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
    """

    metric: str
    higher_is_better: bool
    before: tuple[float, ...]
    after: tuple[float, ...]
    still: int | None
    seconds: tuple[float | None, float | None]

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
        return self.gain > 0 and self.p_value < MAX_P and self.interval[0] > 0

    @property
    def is_healthy(self) -> bool:
        """Return whether the sign is gone from most pairs; a sign that no trial can show does not count."""
        return self.still is None or self.still * 2 < len(self.after)

    @property
    def is_closed(self) -> bool:
        """Return whether no pair shows the leak any more."""
        return self.still == 0


def prove(ground: Ground, old: Plan, new: Plan, finding: Finding, num_pairs: int) -> Proof:
    """Train both plans in pairs that are judged on fold B.

    Args:
        ground: where they are tried.
        old: as it was.
        new: repaired.
        finding: what the repair is to cure.
        num_pairs: how many seeds.

    Raises:
        SplitError: too few rows to judge on.
    """
    before = [ground.attempt(old, "B", pair) for pair in range(num_pairs)]
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
    """Return the ids of the signs that the doctor looks for while a network learns."""
    return {module.ID for folder in ("wiring", "course") for module in checks(folder)}


def _key(plan: Plan) -> str:
    """Return what tells a plan from others; reasons do not count."""
    return repr(replace(plan, reasons={}))

"""What to do next: a few steps that follow from the findings, the scores and the learning curves."""

import math
from dataclasses import dataclass

from espalier.app.report import wording
from espalier.app.report.facts import Facts
from espalier.app.report.sections.findings import train_command, worst_first
from espalier.app.report.sections.learning import is_cut_short
from espalier.app.report.sections.section import Section
from espalier.core.finding import Finding, Severity

MAX_FINDINGS = 3
MAX_NAMES = 5
MAX_IDLE_FRACTION = 0.5  # when more columns look idle, they rather share what they know
ENSEMBLE = 5  # members proposed
FEW_ROWS = 300  # of the scored part


@dataclass(frozen=True)
class Step:
    """One thing to do.

    Args:
        title: what.
        reason: why.
        command: how, or empty.
    """

    title: str
    reason: str
    command: str = ""


def build(facts: Facts) -> Section:
    """Return the section."""
    steps = [*_cures(facts), *_from_comparison(facts), *_from_learning(facts), *_from_rows(facts), *_from_importance(facts)]
    return Section("next", "What to do next", {"steps": steps})


def _cures(facts: Facts) -> list[Step]:
    """Return the repairs of the worst findings; what follows from another goes with it."""
    serious = [one for one in worst_first(facts) if one.severity is not Severity.NOTE and not one.cause]
    return [_cure(facts, one) for one in serious[:MAX_FINDINGS]]


def _cure(facts: Facts, finding: Finding) -> Step:
    if finding.repairs:
        repair = finding.repairs[0]
        return Step(f"{wording.capital(repair.name)}, and compare", finding.sentence, train_command(facts, repair.changes))
    return Step(finding.advice.rstrip(".") or f"Look into finding {finding.id}", finding.sentence)


def _from_comparison(facts: Facts) -> list[Step]:
    against = facts.run.scorecard.comparison
    if against is None or math.isnan(against.difference) or against.low > 0:
        return []
    if against.high < 0:
        return [
            Step(
                f"Use {wording.the(against.rival)} for now",
                "It answers better than the network, beyond chance, and is simpler.",
            )
        ]
    if is_cut_short(facts):
        return []
    return [
        Step(
            f"Prefer {wording.the(against.rival)} unless you have another reason",
            "The network and it cannot be told apart on these rows, and it is simpler.",
        )
    ]


def _from_learning(facts: Facts) -> list[Step]:
    plan, steps = facts.run.plan, []
    if is_cut_short(facts):
        changes: dict[str, float] = {"learning.epochs": 2 * plan.learning.epochs}
        if plan.learning.budget_seconds is not None:
            changes = {"learning.budget_seconds": 4 * plan.learning.budget_seconds}
        steps.append(
            Step("Let it learn longer", "A limit ended its learning, not a want of progress.", train_command(facts, changes))
        )
    against = facts.run.scorecard.comparison
    if plan.model.members == 1 and not (against is not None and against.high < 0):
        why = "The mean of several networks is nearly always a little better; it takes as many times as long."
        steps.append(Step(f"Average {ENSEMBLE} networks", why, train_command(facts, {"model.members": ENSEMBLE})))
    return steps


def _from_rows(facts: Facts) -> list[Step]:
    card, steps = facts.run.scorecard, []
    if card.part != "folds" and card.num_rows < FEW_ROWS:
        why = f"The scores stand on {wording.counted(card.num_rows, 'row')} only, so intervals are wide. Folds test every row."
        steps.append(Step("Judge it by cross-validation", why, train_command(facts, {"split.folds": 5})))
    if card.openings > 1:
        why = f"The test part has been opened {card.openings:,} times; rows that nobody has looked at give an honest last word."
        steps.append(Step("Test once more on new rows", why, f"espalier evaluate {facts.folder} NEW_ROWS"))
    return steps


def _from_importance(facts: Facts) -> list[Step]:
    idle = [one.column for one in facts.importance if not one.low > 0]
    if not 0 < len(idle) <= MAX_IDLE_FRACTION * len(facts.importance):
        return []
    names = wording.and_list([f"“{name}”" for name in idle[:MAX_NAMES]]) + (" and others" if len(idle) > MAX_NAMES else "")
    why = f"Shuffling {names} changes the answers by no more than chance. Leave one out at a time and compare."
    return [Step("Think about leaving out what it does not look at", why)]

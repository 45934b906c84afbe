"""Examine: run every check that reads this kind of evidence, and name the cause of what follows from something else."""

from collections.abc import Sequence
from dataclasses import replace
from types import ModuleType
from typing import TypeAlias

from espalier.core.catalogue import modules_of
from espalier.core.finding import Finding, Severity
from espalier.diagnosis.course import Course
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.generalisation import Generalisation
from espalier.diagnosis.wiring import Wiring

WORST_FIRST = tuple(Severity)
FOLDERS: dict[type, str] = {Evidence: "data", Wiring: "wiring", Course: "course", Generalisation: "generalisation"}

AnyEvidence: TypeAlias = Evidence | Wiring | Course | Generalisation


def checks(folder: str) -> list[ModuleType]:
    """Return every check of a folder, in the order of their file names.

    Args:
        folder: "data", "wiring", "course" or "generalisation".
    """
    return modules_of(f"espalier.diagnosis.checks.{folder}")


def examine(evidence: AnyEvidence) -> tuple[Finding, ...]:
    """Return what the checks find, worst first, and in the order of their ids within one severity.

    Of a series that is forecast, whose rows are steps and no examples, those look that say so: READS_STEPS.
    """
    modules = checks(FOLDERS[type(evidence)])
    if isinstance(evidence, Evidence) and evidence.records.timeline is not None:
        modules = [module for module in modules if getattr(module, "READS_STEPS", False)]
    return in_order([finding for module in modules if (finding := module.check(evidence)) is not None])


def in_order(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return findings worst first; one that follows from another stands after its cause.

    Each check names in EXPLAINED_BY the ids of the signs that, when found too, are its cause.
    """
    found = {finding.id for finding in findings}
    explained = _explanations()
    caused = [
        replace(one, cause=next((id_ for id_ in explained.get(one.id, ()) if id_ in found), one.cause)) for one in findings
    ]
    roots = sorted(
        (one for one in caused if not one.cause), key=lambda finding: (WORST_FIRST.index(finding.severity), finding.id)
    )
    rest = [one for one in caused if one.cause]
    ordered = [one for root in roots for one in (root, *(follower for follower in rest if _root(follower, caused) == root.id))]
    return tuple(ordered)


def _root(finding: Finding, findings: Sequence[Finding]) -> str:
    """Return the id of the first cause of a finding."""
    by_id = {one.id: one for one in findings}
    for _ in findings:
        finding = by_id.get(finding.cause, finding)
    return finding.id


def _explanations() -> dict[str, tuple[str, ...]]:
    """Return, by the id of each sign, the signs that explain it away."""
    modules = [module for folder in FOLDERS.values() for module in checks(folder)]
    return {module.ID: module.EXPLAINED_BY for module in modules if hasattr(module, "EXPLAINED_BY")}

"""Examine: run every check of the catalogue on the evidence."""

from types import ModuleType

from espalier.core.catalogue import modules_of
from espalier.core.finding import Finding, Severity
from espalier.diagnosis.evidence import Evidence

WORST_FIRST = tuple(Severity)


def checks() -> list[ModuleType]:
    """Return every check, in the order of their file names."""
    return modules_of("espalier.diagnosis.checks")


def examine(evidence: Evidence) -> tuple[Finding, ...]:
    """Return what the checks find, worst first, and in the order of their ids within one severity."""
    findings = [finding for module in checks() if (finding := module.check(evidence)) is not None]
    return tuple(sorted(findings, key=lambda finding: (WORST_FIRST.index(finding.severity), finding.id)))

"""Findings: what is wrong, on what evidence, where, and which edits of the plan would cure it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from espalier.core.plan import Plan, edit


class Severity(StrEnum):
    """How much a finding matters, worst first."""

    STOP = "stop"  # training on would be wrong: an exact rule is broken
    WARN = "warn"  # the result is in doubt
    NOTE = "note"  # worth knowing


@dataclass(frozen=True)
class Repair:
    """A cure, as an edit of the plan.

    Args:
        name: a verb phrase, for example "drop the column".
        changes: new values by dotted path, as `core.plan.edit` takes them.
    """

    name: str
    changes: Mapping[str, Any]

    def apply(self, plan: Plan) -> Plan:
        """Return the repaired plan; the given one stays as it is."""
        return edit(plan, self.changes, reason=f"repair: {self.name}")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or worth knowing.

    Args:
        id: stable, family letter and number and name, for example "D03-conflicting-rows".
        sentence: what was found, with its numbers, for a reader who knows no code.
        severity: how much it matters.
        evidence: the numbers behind the sentence; plain values.
        columns: the columns it is about.
        modules: the modules or weights of the model it is about, by name.
        rows: source rows it is about, at most 100 of them.
        repairs: cures, the best first.
        advice: what a person can do, one sentence; empty when a repair says it.
        cause: id of another finding that this one follows from; empty when it stands for itself.
    """

    id: str
    sentence: str
    severity: Severity
    evidence: Mapping[str, Any] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()
    repairs: tuple[Repair, ...] = ()
    advice: str = ""
    modules: tuple[str, ...] = ()
    cause: str = ""

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return asdict(self)


def from_mapping(value: Mapping[str, Any]) -> Finding:
    """Return the finding that plain values describe."""
    repairs = tuple(Repair(one["name"], one["changes"]) for one in value["repairs"])
    return Finding(
        **{
            **value,
            "severity": Severity(value["severity"]),
            "columns": tuple(value["columns"]),
            "rows": tuple(value["rows"]),
            "repairs": repairs,
            "modules": tuple(value.get("modules", ())),
        }
    )

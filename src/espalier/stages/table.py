"""A table read, described and parsed: all that is known before anything is decided about learning."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from espalier.core.errors import ColumnError, InputError
from espalier.core.plan import Plan
from espalier.core.records import Records
from espalier.core.schema import Schema
from espalier.data.describe.describe import describe
from espalier.data.describe.profile import Profile, profile_column
from espalier.data.describe.question import Question, question_of
from espalier.data.kinds.table import fingerprint, read
from espalier.data.parse import ParseIssue, parse

COLUMN_PREFIX = "schema.columns."


@dataclass(frozen=True)
class Table:
    """What is known about a source.

    Args:
        records: parsed: every column in the type of its kind.
        schema: kinds and roles.
        profile: what the columns hold.
        issues: cells that could not be read as their column's kind.
        question: what the target asks; None without a target.
        fingerprint: SHA-256 of the source.
        seconds: time it took.
    """

    records: Records
    schema: Schema
    profile: Profile
    issues: tuple[ParseIssue, ...]
    question: Question | None
    fingerprint: str
    seconds: float = field(compare=False)

    def asked(self) -> Question:
        """Return what the target asks.

        Raises:
            ColumnError: no column is the target.
        """
        if self.question is None:
            raise ColumnError(f"{self.records.source} has no target column. Name one with --target, or with target=...")
        return self.question


def load_table(
    source: object, query: str | None = None, target: Sequence[str] = (), changes: Mapping[str, Any] | None = None
) -> Table:
    """Read, describe and parse a source.

    Args:
        source: a path, a URL, `sample:NAME`, or a data frame.
        query: SQL, when the source is a database.
        target: names of the target columns; may be empty.
        changes: what the person asked for; those under `schema.columns.` overrule what is found.

    Raises:
        SourceError: the source cannot be read.
        UnknownNameError: a column that is not there.
        ColumnError: a target that cannot be used.
    """
    began = time.monotonic()
    records = read(source, query=query)
    schema, profile = describe(records, target=tuple(target), overrides=_column_overrides(changes or {}))
    mark = fingerprint(source, records)
    parsed = parse(records, schema)
    question = question_of(parsed.records, schema) if schema.target else None
    return Table(parsed.records, schema, profile, parsed.issues, question, mark, time.monotonic() - began)


def load_planned(plan: Plan) -> Table:
    """Read the source of a plan as the plan describes it.

    Raises:
        InputError: the source is no longer what it was when the plan was made.
    """
    began = time.monotonic()
    records = read(plan.data.source, query=plan.data.query)
    mark = checked_fingerprint(plan.data.source, records, plan.data.fingerprint)
    parsed = parse(records, plan.schema)
    frame, columns = parsed.records.frame, plan.schema.columns
    profile = Profile(
        len(records), {name: profile_column(frame.get_column(name), columns[name]) for name in columns if name in frame.columns}
    )
    question = question_of(parsed.records, plan.schema) if plan.schema.target else None
    return Table(parsed.records, plan.schema, profile, parsed.issues, question, mark, time.monotonic() - began)


def checked_fingerprint(source: str, records: Records, planned: str | None) -> str:
    """Return the fingerprint of a source that was read.

    Args:
        source: as the plan names it.
        records: what was read.
        planned: the fingerprint in the plan; None takes any.

    Raises:
        InputError: it is another one.
    """
    mark = fingerprint(source, records)
    if planned not in (None, mark):
        raise InputError(
            f"{source} is not what it was when the plan was made: its content has another fingerprint "
            f"({mark[:12]}, not {planned}). Make a new plan, or put the old file back."
        )
    return mark


def _column_overrides(changes: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the edits of columns, by column. A column's name may hold dots: what follows the last one is the key."""
    overrides: dict[str, dict[str, Any]] = {}
    for path, value in changes.items():
        name, dot, key = path.removeprefix(COLUMN_PREFIX).rpartition(".")
        if path.startswith(COLUMN_PREFIX) and dot:
            overrides.setdefault(name, {})[key] = value
    return overrides

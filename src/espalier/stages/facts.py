"""Facts: what the rules that fill in a plan look at, and what a rule is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from espalier.core.plan import Plan
from espalier.core.schema import Schema
from espalier.core.timeline import Timeline
from espalier.data.describe.question import Question
from espalier.data.pictures.survey import Survey
from espalier.stages.starting_point import Start

Choice: TypeAlias = tuple[str, Any, str]  # dotted path, value, reason


@dataclass(frozen=True)
class Facts:
    """What the rules look at.

    Args:
        num_rows: rows with a target.
        schema: the columns.
        question: what is asked.
        source, query, fingerprint: where the rows came from.
        pictures: what the pictures are like; None where there are none.
        part: the column that names the part of each row, where the form of the source says so.
        num_train: rows of the training part, where the form of the source names the parts.
        start: learnt weights to start from; None where none were asked for.
        timeline: the series that is forecast; None where none is.
        window_length: steps of the longest window, where each row is one; 0 where none is.
        usual: the class that most windows have, and why it is the normal one; None where no column tells classes.
    """

    num_rows: int
    schema: Schema
    question: Question
    source: str
    query: str | None
    fingerprint: str
    pictures: Survey | None = None
    part: str | None = None
    num_train: int | None = None
    start: Start | None = None
    timeline: Timeline | None = None
    window_length: int = 0
    usual: tuple[str, str] | None = None


Rule: TypeAlias = Callable[[Facts, Plan], list[Choice]]


def num_train_rows(facts: Facts, plan: Plan) -> int:
    """Return the rows that are trained on: what the folds, or the files or names of the other parts, leave of all rows."""
    parts = plan.split
    if parts.method == "column" and parts.column == facts.part and facts.num_train is not None:
        return facts.num_train
    if parts.method == "files":
        drawn = parts.train + (0.0 if plan.data.valid else parts.valid) + (0.0 if plan.data.test else parts.test)
        return round(facts.num_rows * parts.train / drawn)
    if parts.folds:
        return round(facts.num_rows * (1 - 1 / parts.folds) * parts.train / (parts.train + parts.valid))
    return round(facts.num_rows * parts.train)

"""Schema: what each column is (kind) and what it is used for (role), with the reason."""

from enum import StrEnum

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

STRICT = ConfigDict(extra="forbid")


class Kind(StrEnum):
    """What a column holds."""

    NUMBER = "number"
    CATEGORY = "category"
    ORDERED = "ordered"  # categories with an order, low to high
    DATE = "date"
    TEXT = "text"
    IMAGE = "image"  # names of pictures, which the records' album opens
    SERIES = "series"  # windows: lists of steps, each with the values of all channels


class Role(StrEnum):
    """What a column is used for."""

    INPUT = "input"
    TARGET = "target"
    GROUP = "group"  # rows of one group must stay on one side of a split
    TIME = "time"  # orders the rows; a split must not look ahead
    BOX_LEFT = "box-left"  # four columns of the target: where it lies in the picture, in pixels
    BOX_TOP = "box-top"
    BOX_RIGHT = "box-right"
    BOX_BOTTOM = "box-bottom"
    IDENTIFIER = "identifier"  # names a row; not a fact about it
    IGNORED = "ignored"


SIDES = (Role.BOX_LEFT, Role.BOX_TOP, Role.BOX_RIGHT, Role.BOX_BOTTOM)


@dataclass(frozen=True, config=STRICT)
class Column:
    """One column's kind and role.

    Args:
        kind: what it holds.
        role: what it is used for.
        missing: spellings that mean "not known", besides an empty cell; compared after stripping spaces.
        format: how a date or a number is written: a `strptime` pattern for dates; for numbers one of
            "plain", "1,234.5", "1.234,5", "percent", "currency" (see `data.describe.numbers`).
        order: levels of an ordered category, low to high; for a class target, its classes in a fixed order.
        reason: why, in one sentence.
    """

    kind: Kind
    role: Role = Role.INPUT
    missing: tuple[str, ...] = ()
    format: str | None = None
    order: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, config=STRICT)
class Schema:
    """Every column's kind and role.

    Args:
        columns: by name, in the order of the source.
    """

    columns: dict[str, Column] = Field(default_factory=dict)

    def names(self, *roles: Role) -> tuple[str, ...]:
        """Return the names of the columns with one of these roles, in the order of the source."""
        return tuple(name for name, column in self.columns.items() if column.role in roles)

    def inputs(self, *kinds: Kind) -> tuple[str, ...]:
        """Return the names of the input columns of these kinds (all kinds when none is given)."""
        return tuple(
            name for name, column in self.columns.items() if column.role is Role.INPUT and column.kind in (kinds or Kind)
        )

    @property
    def target(self) -> str | None:
        """Return the target's name, or None when no column has that role."""
        return next(iter(self.names(Role.TARGET)), None)

"""The four columns of a box: found by their usual names where a person asks for boxes and names none."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from espalier.core.errors import ColumnError
from espalier.core.schema import SIDES, Kind, Role, Schema

SPELLINGS = {
    Role.BOX_LEFT: ("left", "boxleft", "xmin", "x0", "x1", "minx"),
    Role.BOX_TOP: ("top", "boxtop", "ymin", "y0", "y1", "miny"),
    Role.BOX_RIGHT: ("right", "boxright", "xmax", "x2", "maxx"),
    Role.BOX_BOTTOM: ("bottom", "boxbottom", "ymax", "y2", "maxy"),
}
BEHIND_ZERO = {Role.BOX_RIGHT: "x1", Role.BOX_BOTTOM: "y1"}  # where x0 and y0 are the first corner


def with_sides(overrides: Mapping[str, Mapping[str, Any]], columns: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return what is set of the columns, with a side of the box for each of four of them.

    Args:
        overrides: what the person set, by column; who sets a side there has named it.
        columns: all there are.

    Raises:
        ColumnError: a side that neither the person nor a name tells, or one that two columns have.
    """
    found = {name: dict(given) for name, given in overrides.items()}
    plain = {name: re.sub(r"[\s_\-.]", "", name.lower()) for name in columns}
    has_zero = {"x0", "y0"} <= set(plain.values())
    for side in SIDES:
        named = [name for name, given in overrides.items() if given.get("role") == side]
        spellings = (BEHIND_ZERO[side],) if has_zero and side in BEHIND_ZERO else SPELLINGS[side]
        by_name = [name for word in spellings for name in columns if plain[name] == word and "role" not in found.get(name, {})]
        chosen = named or by_name[:1]
        if len(chosen) != 1:
            what = "no column is named for" if not chosen else f"{' and '.join(chosen)} are both"
            raise ColumnError(
                f"The task 'localization' needs a box in four columns, and {what} its {side.removeprefix('box-')} side. "
                f"Expected pixels from the upper left corner. Name the column: --set schema.columns.NAME.role={side}"
            )
        given = found.setdefault(chosen[0], {})
        found[chosen[0]] = {"kind": Kind.NUMBER.value, "missing": [], **given, "role": side.value}  # 0 is often repeated
    return found


def with_reasons_for_sides(schema: Schema, overrides: Mapping[str, Mapping[str, Any]]) -> Schema:
    """Return the schema with the reason of each side of a box that its name told.

    Args:
        schema: as described.
        overrides: what the person set, by column.
    """
    why = "its name says so: the {} side of the box, pixels"
    return Schema(
        {
            name: replace(column, reason=why.format(column.role.removeprefix("box-")))
            if column.role in SIDES and "role" not in overrides.get(name, {})
            else column
            for name, column in schema.columns.items()
        }
    )

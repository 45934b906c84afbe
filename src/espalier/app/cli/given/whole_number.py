"""Whole numbers behind an option."""

from collections.abc import Sequence

from cyclopts import Token


def whole_number(_type: type, tokens: Sequence[Token]) -> int:
    """Return the whole number that was typed; no other number is rounded to one.

    Raises:
        PlanError: something else was typed.
    """
    from espalier.core.errors import PlanError

    token = tokens[0]
    try:
        return int(token.value)
    except ValueError as error:
        raise PlanError(f"{token.keyword} is {token.value!r}; expected a whole number, such as {token.keyword} 5.") from error

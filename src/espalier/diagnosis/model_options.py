"""Options of a plan's model, as they are in force: the plan's, else those of the model's size, else the config's defaults."""

from collections.abc import Iterable
from dataclasses import MISSING, fields
from typing import Any

from espalier.core.catalogue import Architecture, architectures
from espalier.core.finding import Repair
from espalier.core.plan import Plan, diff

DROPOUTS = ("dropout", "residual_dropout", "attention_dropout")


def option_of(plan: Plan, name: str) -> Any:  # noqa: ANN401  any value that an option may have
    """Return the value in force of an option; None where the model has no such option, or is none of the catalogue."""
    known = _architecture(plan)
    if known is None or name not in {one.name for one in fields(known.config)}:
        return None
    return plan.model.options.get(name, own_option_of(plan, name))


def default_of(plan: Plan, name: str) -> Any:  # noqa: ANN401  any value that an option may have
    """Return the default that the config of the plan's model declares; None without one."""
    known = _architecture(plan)
    found = {} if known is None else {one.name: one.default for one in fields(known.config)}
    value = found.get(name)
    return None if value is MISSING else value


def own_option_of(plan: Plan, name: str) -> Any:  # noqa: ANN401  any value that an option may have
    """Return the value that an option of the plan's model has when the plan does not name it: its size's, else the default."""
    known = _architecture(plan)
    return None if known is None else known.sizes.get(name, default_of(plan, name))


def dropouts_of(plan: Plan) -> dict[str, float]:
    """Return the shares of units that the plan's model drops, by the name of the option."""
    shares = {name: option_of(plan, name) for name in DROPOUTS}
    return {name: float(share) for name, share in shares.items() if share is not None}


def width_times(plan: Plan, factor: float) -> int | None:
    """Return the width of the plan's model times a factor, as a multiple of its attention heads; None without a width.

    Args:
        plan: names the model.
        factor: above 0.
    """
    width, heads = option_of(plan, "width"), option_of(plan, "num_heads") or 1
    return None if not isinstance(width, int) else max(round(width * factor / heads), 1) * int(heads)


def first_that_changes(plan: Plan, repairs: Iterable[Repair]) -> Repair | None:
    """Return the first repair after which the plan is another one; None when all is as they would have it."""
    return next((one for one in repairs if diff(plan, one.apply(plan))), None)


def _architecture(plan: Plan) -> Architecture | None:
    return architectures().get(plan.model.name)

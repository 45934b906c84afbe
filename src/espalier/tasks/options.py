"""Checks of a task's options, with sentences that say what was expected."""

from collections.abc import Sequence

from espalier.core.errors import PlanError, unknown_name


def check_number(option: str, value: object, low: float, high: float, *, open_ends: str = "") -> None:
    """Raise PlanError unless a value is a number in a range.

    Args:
        option: its name.
        value: what was given.
        low: the least value.
        high: the greatest value.
        open_ends: "low", "high" or "both" for ends that do not belong to the range.

    Example:
        >>> check_number("label_smoothing", 2, 0, 1, open_ends="high")
        Traceback (most recent call last):
        espalier.core.errors.PlanError: task.options.label_smoothing is 2; expected a number from 0 to below 1.
    """
    number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else float("nan")
    above = number > low if open_ends in ("low", "both") else number >= low
    below = number < high if open_ends in ("high", "both") else number <= high
    if above and below:
        return
    start = f"above {low:g}" if open_ends in ("low", "both") else f"from {low:g}"
    end = f" to below {high:g}" if open_ends in ("high", "both") else f" to {high:g}"
    reach = "" if high == float("inf") else end
    raise PlanError(f"task.options.{option} is {value!r}; expected a number {start}{reach}.")


def check_choice(option: str, value: object, choices: Sequence[str]) -> None:
    """Raise UnknownNameError unless a value is one of several names.

    Example:
        >>> check_choice("loss", "hubber", ["mse", "huber"])
        Traceback (most recent call last):
        espalier.core.errors.UnknownNameError: There is no loss 'hubber'. Did you mean 'huber'? There are: huber, mse.
    """
    if value not in choices:
        raise unknown_name(option, str(value), choices)


def check_only_with(option: str, given: bool, loss: str, losses: Sequence[str]) -> None:
    """Raise PlanError when an option is given that the chosen loss would leave without effect.

    Args:
        option: its name.
        given: whether it differs from its default.
        loss: the loss chosen.
        losses: those that the option belongs to.
    """
    if given and loss not in losses:
        raise PlanError(f"task.options.{option} has no effect with the loss '{loss}'; it belongs to {' and '.join(losses)}.")


def check_levels(option: str, levels: object) -> None:
    """Raise PlanError unless levels of quantiles are numbers above 0 and below 1, each once, in ascending order."""
    if not isinstance(levels, tuple) or not levels:
        raise PlanError(f"task.options.{option} is {levels!r}; expected numbers such as [0.05, 0.5, 0.95].")
    for level in levels:
        check_number(option, level, 0, 1, open_ends="both")
    if any(high <= low for low, high in zip(levels, levels[1:], strict=False)):
        raise PlanError(f"task.options.{option} is {list(levels)}; expected ascending levels, each once.")


def check_weights(option: str, weights: object, length: int) -> None:
    """Raise PlanError unless weights are None or one number above 0 for each class."""
    if weights is None:
        return
    if not isinstance(weights, tuple | list) or len(weights) != length:
        raise PlanError(f"task.options.{option} is {weights!r}; expected {length} numbers, one for each class.")
    for weight in weights:
        check_number(option, weight, 0, float("inf"), open_ends="low")

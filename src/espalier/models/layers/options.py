"""Checks on what a config is given; each says the option, its value and what was expected."""

from collections.abc import Iterable

from espalier.core.errors import unknown_name


def check_choice(option: str, value: object, known: Iterable[str]) -> None:
    """Refuse a name that nobody has.

    Args:
        option: name of the config field.
        value: what was given.
        known: the names there are.

    Raises:
        UnknownNameError: `value` is none of them; the nearest is offered.
    """
    names = list(known)
    if value not in names:
        raise unknown_name(option, str(value), names)


def check_count(option: str, value: object, least: int = 1) -> None:
    """Refuse what is no whole number, or too small a one.

    Args:
        option: name of the config field.
        value: what was given.
        least: the smallest count that makes sense.

    Raises:
        ValueError: with a sentence about the option.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{option} is {value!r}, expected a whole number of at least {least}")


def check_fraction(option: str, value: object) -> None:
    """Refuse what is not in 0 to 1, 1 itself left out: a layer that drops everything learns nothing.

    Args:
        option: name of the config field.
        value: what was given.

    Raises:
        ValueError: with a sentence about the option.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1:
        raise ValueError(f"{option} is {value!r}, expected a fraction from 0 to below 1")


def check_positive(option: str, value: object) -> None:
    """Refuse what is no number above 0.

    Args:
        option: name of the config field.
        value: what was given.

    Raises:
        ValueError: with a sentence about the option.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise ValueError(f"{option} is {value!r}, expected a number above 0")


def check_table(num_numbers: int, cardinalities: tuple[int, ...], num_outputs: int) -> None:
    """Refuse a table without columns, a category without codes, and a model without outputs.

    Args:
        num_numbers: number columns, 0 or more.
        cardinalities: codes of each category column, 2 or more: "rare or never seen" and "missing" are always there.
        num_outputs: K, 1 or more.

    Raises:
        ValueError: with a sentence about the option.
    """
    check_count("num_numbers", num_numbers, least=0)
    check_count("num_outputs", num_outputs)
    for cardinality in cardinalities:
        check_count("a cardinality", cardinality, least=2)
    if num_numbers == 0 and not cardinalities:
        raise ValueError("there is no input column: num_numbers is 0 and cardinalities is empty")


def check_image(in_channels: int, num_outputs: int) -> None:
    """Refuse pictures without channels and a model without outputs.

    Args:
        in_channels: C, 1 or more: 1 for grey pictures, 3 for colour.
        num_outputs: K, 1 or more.

    Raises:
        ValueError: with a sentence about the option.
    """
    check_count("in_channels", in_channels)
    check_count("num_outputs", num_outputs)


def check_series_sizes(in_channels: int, num_outputs: int, forecast: tuple[int, int, int] = (0, 0, 1)) -> None:
    """Refuse series without channels, a model without outputs, and a forecast that does not fill the outputs.

    Args:
        in_channels: C, 1 or more.
        num_outputs: K, 1 or more.
        forecast: V forecast channels, H steps and Q numbers of each step; V and H are 0 for outputs that are no forecast.

    Raises:
        ValueError: with a sentence about the option.
    """
    check_count("in_channels", in_channels)
    check_count("num_outputs", num_outputs)
    out_channels, horizon, outputs_per_step = forecast
    check_count("out_channels", out_channels, least=0)
    check_count("horizon", horizon, least=0)
    check_count("outputs_per_step", outputs_per_step)
    if out_channels > in_channels:
        raise ValueError(f"out_channels is {out_channels}, expected at most in_channels, which is {in_channels}")
    if horizon and num_outputs != out_channels * horizon * outputs_per_step:
        raise ValueError(
            f"num_outputs is {num_outputs}, expected out_channels x horizon x outputs_per_step, which is "
            f"{out_channels} x {horizon} x {outputs_per_step}"
        )


def check_forecast(in_channels: int, num_outputs: int, forecast: tuple[int, int, int]) -> None:
    """Refuse what `check_series_sizes` refuses, and outputs that are no forecast.

    Args:
        in_channels: C, 1 or more.
        num_outputs: K = V * H * Q.
        forecast: V forecast channels, H steps and Q numbers of each step, each 1 or more.

    Raises:
        ValueError: with a sentence about the option.
    """
    for name, value in zip(("out_channels", "horizon"), forecast, strict=False):
        check_count(name, value)
    check_series_sizes(in_channels, num_outputs, forecast)


def check_flag(option: str, value: object) -> None:
    """Refuse what is neither true nor false.

    Args:
        option: name of the config field.
        value: what was given.

    Raises:
        ValueError: with a sentence about the option.
    """
    if not isinstance(value, bool):
        raise ValueError(f"{option} is {value!r}, expected true or false")

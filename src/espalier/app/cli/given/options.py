"""What a person types after `--`, as edits of the plan."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from espalier.core.errors import PlanError, unknown_name
from espalier.core.plain_yaml import one_line, read_yaml

WAYS = ("frozen", "last", "gradual", "full")  # to go on from learnt weights
SECONDS = {"s": 1, "m": 60, "h": 3600}
DURATION = re.compile(r"(?:(?P<h>\d+(?:\.\d+)?)h)?(?:(?P<m>\d+(?:\.\d+)?)m(?:in)?)?(?:(?P<s>\d+(?:\.\d+)?)s?)?")


def changes_of(settings: Iterable[str]) -> dict[str, Any]:
    """Return the edits that `--set key=value` asks for, by dotted path.

    Example:
        >>> changes_of(["learning.epochs=20", "model.options.dropout=1e-3", "schema.columns.age.kind=category"])
        {'learning.epochs': 20, 'model.options.dropout': 0.001, 'schema.columns.age.kind': 'category'}
        >>> changes_of(["schema.columns.cabin.missing=[no, '?']", "learning.clip_norm=null"])
        {'schema.columns.cabin.missing': ['no', '?'], 'learning.clip_norm': None}

    Raises:
        PlanError: a setting without "=", with no key, or with a value that is no YAML.
    """
    changes: dict[str, Any] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key.strip():
            raise PlanError(
                f"--set {setting!r} has no key and value. Write it as key=value, for example --set learning.epochs=20."
            )
        changes[key.strip()] = _value(setting, value)
    return changes


def adapting(text: str | None) -> dict[str, Any]:
    """Return the edits that `--adapt` asks for; None asks for none.

    Example:
        >>> adapting("last:2"), adapting("frozen"), adapting(None)
        ({'adapt.how': 'last', 'adapt.layers': 2}, {'adapt.how': 'frozen'}, {})

    Raises:
        UnknownNameError: no such way.
        PlanError: "last" without a number of blocks above zero.
    """
    if text is None:
        return {}
    name, colon, number = text.strip().partition(":")
    if name not in WAYS:
        raise unknown_name("way to adapt", text, (f"{way}:N" if way == "last" else way for way in WAYS))
    if name != "last" and not colon:
        return {"adapt.how": name}
    if name == "last" and number.isdecimal() and int(number) > 0:
        return {"adapt.how": name, "adapt.layers": int(number)}
    raise PlanError(
        f"--adapt is {text!r}; expected a number of blocks behind 'last' alone, the head counted as the first: --adapt last:2."
    )


def written(value: Any) -> str:  # noqa: ANN401  any plain value
    """Return a value as it is typed after `--set key=`; `changes_of` reads it back.

    Example:
        >>> written(None), written([0.05, "no"]), written("ignored"), written("1e-3")
        ('null', "[0.05, 'no']", 'ignored', "'1e-3'")
    """
    return one_line(value)


def seconds_of(text: str) -> float:
    """Return the seconds of a time such as "90s", "5m", "1h30m" or "90".

    Example:
        >>> seconds_of("90s"), seconds_of("5m"), seconds_of("1h30m"), seconds_of("2.5m"), seconds_of("45")
        (90.0, 300.0, 5400.0, 150.0, 45.0)

    Raises:
        PlanError: the text is no time, or no time above zero.
    """
    found = DURATION.fullmatch(text.strip().lower().replace(" ", ""))
    total = sum(float(value) * SECONDS[unit] for unit, value in found.groupdict().items() if value) if found else 0.0
    if total <= 0:
        raise PlanError(f"--budget {text!r} is no time above zero. Write it like 90s, 5m, 1h or 1h30m.")
    return float(total)


def without_none(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the edits that were asked for: those whose option was given."""
    return {path: value for path, value in changes.items() if value is not None}


def _value(setting: str, text: str) -> Any:  # noqa: ANN401  any plain value
    """Return a YAML scalar, list or mapping, by the rules of YAML 1.2: `no` is text and `1e-3` is a number."""
    try:
        return read_yaml(text)
    except yaml.YAMLError as error:
        problem = getattr(error, "problem", None) or error
        raise PlanError(
            f"--set {setting!r}: the value is not valid YAML ({problem}). Put it in quotes: key='value'."
        ) from error

"""The choices: what was chosen where there was a choice, and the reason that the plan holds for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from espalier.app.cli.given.options import written
from espalier.app.report import wording
from espalier.app.report.facts import Facts
from espalier.app.report.sections.section import Section
from espalier.core.plan import flatten, to_mapping

COLUMNS = "schema.columns."
GROUPS = {
    "task": "Question",
    "data": "Data",
    "schema": "Columns",
    "clean": "Cleaning",
    "split": "Split",
    "prepare": "Preparation",
    "model": "Model",
    "adapt": "Start from learnt weights",
    "learning": "Learning",
    "baselines": "Baselines",
    "seed": "Chance",
}
NAMES = {
    "task.name": "kind of question",
    "model.name": "network",
    "split.method": "way of splitting",
    "prepare.numbers": "scaling of numbers",
    "prepare.impute": "filling of gaps",
    "prepare.indicators": "mark filled gaps",
    "prepare.target": "scaling of the target",
    "prepare.hold": "margin of answers beyond the targets seen",
    "prepare.bins": "bins for each number",
    "prepare.pictures.height": "height in pixels",
    "prepare.pictures.width": "width in pixels",
    "prepare.pictures.channels": "channels of colour",
    "prepare.pictures.augment": "changed at random",
    "prepare.pictures.mixing": "blended",
    "prepare.pictures.mean": "mean of each channel",
    "prepare.pictures.std": "deviation of each channel",
    "learning.budget_seconds": "time budget",
    "learning.average": "average of weights",
    "model.members": "networks averaged",
    "model.rotate": "rotate the rows held out",
}
HIDDEN = (  # shown elsewhere on the page
    "format",
    "data.fingerprint",
    "data.valid_fingerprint",
    "data.test_fingerprint",
    "data.source",
    "adapt.fingerprint",
)
FILLS = {"zero": "is filled with black", "reflect": "is mirrored", "replicate": "is repeated"}
SECONDS = "_seconds"


@dataclass(frozen=True)
class Choice:
    """One value of the plan.

    Args:
        name: in words.
        path: dotted path in the plan.
        value: in words.
        reason: why.
    """

    name: str
    path: str
    value: str
    reason: str


def build(facts: Facts) -> Section:
    """Return the section."""
    mapping = to_mapping(facts.run.plan)
    reasons = {path: text for path, text in mapping.pop("reasons").items() if not path.startswith(COLUMNS) and text}
    leaves = {path: value for path, value in flatten(mapping).items() if not path.startswith(COLUMNS) and path not in HIDDEN}
    chosen = {path: _choice(path, _value_at(mapping, path), reason) for path, reason in reasons.items()}
    rest = [_choice(path, value, "") for path, value in leaves.items() if not any(_within(path, one) for one in reasons)]
    groups = {title: [one for path, one in chosen.items() if path.split(".")[0] == key] for key, title in GROUPS.items()}
    values = {
        "groups": {title: choices for title, choices in groups.items() if choices},
        "rest": [one for one in rest if one.value != wording.NOT_KNOWN],
        "model": facts.run.plan.model.name,
    }
    return Section("choices", "What was chosen, and why", values)


def _choice(path: str, value: Any, reason: str) -> Choice:  # noqa: ANN401  any plain value
    last = path.rpartition(".")[2]
    name = NAMES.get(path, last.removesuffix(SECONDS).replace("_", " "))
    shown = wording.duration(value) if last.endswith(SECONDS) and value is not None else in_words(value)
    return Choice(name, path, shown, reason)


def _within(path: str, parent: str) -> bool:
    return path == parent or path.startswith(parent + ".")


def _value_at(mapping: Any, path: str) -> Any:  # noqa: ANN401  any plain value
    """Return the value at a dotted path, or None when the plan has none there."""
    for key in path.split("."):
        mapping = mapping.get(key) if isinstance(mapping, dict) else None
    return mapping.get("name", mapping) if isinstance(mapping, dict) else mapping


def in_words(value: Any) -> str:  # noqa: ANN401  any plain value
    """Return one value of a plan in words."""
    if isinstance(value, dict) and "name" in value:
        return change_in_words(value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {in_words(inner)}" for key, inner in value.items()) or wording.NOT_KNOWN
    if isinstance(value, list | tuple):
        return wording.and_list([in_words(one) for one in value]) if value else wording.NOT_KNOWN
    return wording.cell(value)


def change_in_words(step: Mapping[str, Any]) -> str:
    """Return what one random change of pictures does.

    Args:
        step: as the plan holds it: its name and its options.

    Example:
        >>> change_in_words({"name": "flip"}), change_in_words({"name": "crop", "padding": 4, "fill": "zero"})
        ('mirrored at random', 'shifted by up to 4 pixels (the edge is filled with black)')
    """
    name, options = str(step["name"]), {key: value for key, value in step.items() if key != "name"}
    if name == "flip":
        return "mirrored at random"
    if name == "crop" and "padding" in options:
        fill = FILLS.get(str(options.get("fill", "")), "")
        return f"shifted by up to {options['padding']} pixels" + (f" (the edge {fill})" if fill else "")
    told = ", ".join(f"{key.replace('_', ' ')} {in_words(value)}" for key, value in options.items())
    return f"{name.replace('-', ' ')}{f' ({told})' if told else ''}"


def setting(path: str, value: Any) -> str:  # noqa: ANN401  any plain value
    """Return one edit of the plan as the command line takes it: key=value, the value as in YAML.

    Example:
        >>> setting("schema.columns.age.role", "ignored"), setting("learning.patience", 8)
        ('schema.columns.age.role=ignored', 'learning.patience=8')
    """
    return f"{path}={written(value)}"

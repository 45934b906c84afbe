"""`plan.yaml`: a plan that a person can read and edit, each value with its reason as a comment."""

import hashlib
import json
from pathlib import Path
from typing import Any

import yaml

from espalier.core.errors import MissingSourceError, PlanError
from espalier.core.files import write_text
from espalier.core.plain_yaml import PlainLoader, one_line, read_yaml
from espalier.core.plan import Plan, flatten, from_mapping, to_mapping

HEADER = "# A plan of Espalier. Change a value and run: espalier train {name}\n"
MARK = "# Values when Espalier wrote them: "
FREE = ("reasons.", "learning.budget_seconds", "learning.checkpoint_seconds", "diagnosis.")  # a run may go on with others
NOT_PRINTABLE = yaml.reader.Reader.NON_PRINTABLE  # no YAML may hold these, not even in a comment
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def write_plan(path: Path, plan: Plan) -> None:
    """Write a plan with its reasons as comments, and a mark of its values in the last line."""
    write_text(path, f"{render(plan, path.name)}{MARK}{_mark(plan)}\n")


def is_edited(path: Path, plan: Plan) -> bool:
    """Return whether values of a plan file were changed since `write_plan`; reasons, time limits and diagnosis do not count.

    Args:
        path: the file.
        plan: as it is read from it.
    """
    last = path.read_text(encoding="utf-8").rstrip().rpartition("\n")[2]
    return last.startswith(MARK) and last.removeprefix(MARK) != _mark(plan)


def _mark(plan: Plan) -> str:
    """Return a hash of the values that decide what a run comes to."""
    values = flatten(to_mapping(plan))
    fixed = {path: value for path, value in values.items() if not path.startswith(FREE) and not path.endswith(".reason")}
    return hashlib.sha256(json.dumps(fixed, sort_keys=True).encode()).hexdigest()[:16]


def render(plan: Plan, name: str = "plan.yaml") -> str:
    """Return the text of a plan file."""
    mapping = to_mapping(plan)
    reasons = mapping.pop("reasons")
    return HEADER.format(name=name) + "\n".join(_lines(mapping, reasons, "", 0)) + "\n"


def read_plan(path: Path) -> Plan:
    """Read a plan file, edited by hand or not.

    Raises:
        MissingSourceError: there is no such file.
        UnknownNameError: a key that no plan has.
        PlanError: no YAML, or a value of the wrong type or out of range.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise MissingSourceError(f"There is no file {path}. Give a plan that `espalier train --dry-run` wrote.") from error
    except (UnicodeDecodeError, IsADirectoryError, PermissionError) as error:
        raise PlanError(f"{path} cannot be read as text ({error}). Expected a plan in YAML.") from error
    try:
        root = yaml.compose(text, Loader=PlainLoader)
        mapping = read_yaml(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or error
        raise PlanError(f"{path.name}{place}: not valid YAML ({problem}). Expected lines such as 'epochs: 20'.") from error
    if not isinstance(mapping, dict) or root is None:
        raise PlanError(f"{path.name} holds {type(mapping).__name__}, expected a plan: keys such as data, task and model.")
    reasons: dict[str, str] = {}
    _collect(root, "", text.splitlines(), reasons)
    columns = (mapping.get("schema") or {}).get("columns") if isinstance(mapping.get("schema"), dict) else None
    if isinstance(columns, dict):
        for name, column in columns.items():
            if isinstance(column, dict):
                column["reason"] = reasons.pop(f"schema.columns.{name}", "")
    return from_mapping({**mapping, "reasons": reasons}, where=path.name)


def _lines(mapping: dict[str, Any], reasons: dict[str, str], path: str, depth: int) -> list[str]:
    """Return the lines of one mapping; a reason stands behind the value or the key that it belongs to."""
    lines = []
    for key, value in mapping.items():
        here = f"{path}.{key}" if path else str(key)
        reason = reasons.get(here, "")
        nested = dict(value) if isinstance(value, dict) else None
        if nested is not None and path == "schema.columns":
            reason = nested.pop("reason", "")
        comment = f"  # {NOT_PRINTABLE.sub(REPLACEMENT, ' '.join(reason.split()))}" if reason else ""
        head = "  " * depth + one_line(key) + ":"
        if nested:
            lines += [head + comment, *_lines(nested, reasons, here, depth + 1)]
        else:
            lines.append(f"{head} {one_line(value if nested is None else {})}{comment}")
    return lines


def _collect(node: yaml.Node, path: str, lines: list[str], reasons: dict[str, str]) -> None:
    """Gather the comments that stand behind keys and values, by dotted path."""
    if not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        here = f"{path}.{key.value}" if path else str(key.value)
        flow = getattr(value, "flow_style", None)
        nested = isinstance(value, yaml.MappingNode) and not flow
        mark = key.end_mark if nested else value.end_mark
        rest = lines[mark.line][mark.column :].lstrip(": ") if mark.line < len(lines) else ""
        if rest.startswith("#"):
            reasons[here] = rest.lstrip("# ").rstrip()
        _collect(value, here, lines, reasons)

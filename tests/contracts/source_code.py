"""The project's own source, as the contract tests read it."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "espalier"


def source_files(*folders):
    """Return the Python files below some folders of the project, in the order of their names."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def tree_of(path):
    """Return a file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def place(path, line=None):
    """Return where something stands, for a message."""
    return f"{path.relative_to(ROOT)}" + (f":{line}" if line else "")


def without_docstring(node):
    """Return how many lines a function takes, its docstring left out."""
    lines = node.end_lineno - node.lineno + 1
    if ast.get_docstring(node, clean=False) is None:
        return lines
    return lines - (node.body[0].end_lineno - node.body[0].lineno + 1)


def decorators(node):
    """Return the decorators of a function or class as text."""
    return [ast.unparse(one) for one in node.decorator_list]

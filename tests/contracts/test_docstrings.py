"""Everything public says what it is, and names its arguments."""

import ast
import re

import pytest

from contracts.source_code import decorators, place, source_files, tree_of

FEW_ARGUMENTS = 3  # up to this many may speak for themselves
ENTRY = re.compile(r"    (?P<names>\*{0,2}\w+(?:, \*{0,2}\w+)*): \S")
FILES = source_files("src/espalier")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def public_nodes(path):
    """Yield (qualified name, node, class it stands in) for the public classes, functions and methods of a file."""

    def walk(body, prefix, owner):
        for node in body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                yield f"{prefix}{node.name}", node, owner
                if isinstance(node, ast.ClassDef):
                    yield from walk(node.body, f"{prefix}{node.name}.", node)

    yield from walk(tree_of(path).body, "", None)


def documented_arguments(node):
    """Return the names under Args of a docstring, or None when it has no such part."""
    _, found, section = (ast.get_docstring(node) or "").partition("\nArgs:\n")
    if not found:
        return None
    names = []
    for line in section.splitlines():
        if not line.strip() or not line.startswith(" "):
            break
        entry = ENTRY.match(line)
        if entry:
            names += [name.lstrip("*") for name in entry["names"].split(", ")]
    return sorted(names)


def arguments_of_function(node, owner):
    """Return the arguments of a function; the first one of a method is left out."""
    names = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
    names = names[1:] if owner is not None and "staticmethod" not in decorators(node) else names
    names += [one.arg for one in node.args.kwonlyargs]
    return sorted([*names, *([node.args.vararg.arg] if node.args.vararg else [])])


def is_field(node):
    return (
        isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and not node.target.id.startswith("_")
        and "ClassVar" not in ast.unparse(node.annotation)
        and "init=False" not in ast.unparse(node)
    )


def arguments_of_class(node):
    """Return what a class is made with: the arguments of __init__, or the fields of a dataclass."""
    made = next((one for one in node.body if isinstance(one, FUNCTIONS) and one.name == "__init__"), None)
    if made is not None:
        return arguments_of_function(made, node)
    is_dataclass = any("dataclass" in one for one in decorators(node))
    return sorted(one.target.id for one in node.body if is_field(one)) if is_dataclass else []


def arguments_of(node, owner):
    return arguments_of_class(node) if isinstance(node, ast.ClassDef) else arguments_of_function(node, owner)


def has_a_comment_for_each_field(path, node):
    lines = path.read_text(encoding="utf-8").splitlines()
    fields = [one for one in getattr(node, "body", []) if isinstance(node, ast.ClassDef) and is_field(one)]
    return bool(fields) and all("#" in lines[one.end_lineno - 1] for one in fields)


def test_every_file_says_what_it_is():
    assert [place(path) for path in FILES if not (ast.get_docstring(tree_of(path)) or "").strip()] == []
    assert [place(path) for path in FILES if ast.get_docstring(tree_of(path)) == "Placeholder."] == []


def test_everything_public_has_a_docstring():
    found = [
        f"{place(path, node.lineno)}: {name}"
        for path in FILES
        for name, node, _ in public_nodes(path)
        if not (ast.get_docstring(node) or "").strip()
    ]
    assert not found, "\n".join(found)


def test_the_first_line_is_a_sentence():
    found = [
        f"{place(path, node.lineno)}: {name}"
        for path in FILES
        for name, node, _ in public_nodes(path)
        if not (ast.get_docstring(node) or ".").splitlines()[0].endswith((".", "?", ":"))
    ]
    assert not found, "\n".join(found)


def test_args_name_every_argument_and_no_other():
    found = [
        f"{place(path, node.lineno)}: {name} documents {documented}, has {arguments_of(node, owner)}"
        for path in FILES
        for name, node, owner in public_nodes(path)
        if (documented := documented_arguments(node)) is not None and documented != arguments_of(node, owner)
    ]
    assert not found, "\n".join(found)


def test_more_than_three_arguments_are_documented():
    found = [
        f"{place(path, node.lineno)}: {name} has {arguments_of(node, owner)}"
        for path in FILES
        for name, node, owner in public_nodes(path)
        if documented_arguments(node) is None
        and len(arguments_of(node, owner)) > FEW_ARGUMENTS
        and not has_a_comment_for_each_field(path, node)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("docstring", "names"),
    [
        ("One.", None),
        ("One.\n\nArgs:\n    a: first.\n    b, c: two\n        lines.\n\nReturns:\n    d: not one.", ["a", "b", "c"]),
        ("One.\n\nArgs:\n    *rest: others.", ["rest"]),
    ],
)
def test_the_reader_of_args_finds_the_names(docstring, names):
    (node,) = ast.parse(f'def f():\n    """{docstring.replace(chr(10), chr(10) + "    ")}\n    """').body
    assert documented_arguments(node) == names

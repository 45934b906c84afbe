"""Imports point down only, and neighbours on one floor do not see one another."""

import ast

import pytest

from contracts.source_code import PACKAGE, place, source_files, tree_of

FLOORS = (
    {"core"},
    {"data", "models", "evaluation"},
    {"tasks"},
    {"training"},
    {"diagnosis", "explanation"},
    {"stages"},
    {"process", "run", "comparison"},  # files of one part, the whole way: they may see one another
    {"tuning", "retrieval", "labeling", "serving"},
    {"app"},
    {"face", "__init__", "__main__"},  # the public face, above all
)
WHOLE_WAY, FACE = 6, 9
FLOOR_OF = {part: floor for floor, parts in enumerate(FLOORS) for part in parts}
FILES = source_files("src/espalier")


def part_of(path):
    """The part a file belongs to: its first folder, or its own name at the top."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(tree):
    """Yield (imported part, node) for every import of our own package."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield None, node
        elif isinstance(node, ast.ImportFrom) and node.module == "espalier":
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("espalier."):
            yield node.module.split(".")[1], node
        elif isinstance(node, ast.Import):
            yield from ((one.name.split(".")[1], node) for one in node.names if one.name.startswith("espalier."))


def looks_up(importer, imported):
    """Say whether an import breaks the floors."""
    above, below = FLOOR_OF[importer], FLOOR_OF.get(imported)
    if importer == imported or (above == below and above in (WHOLE_WAY, FACE)):
        return False
    return below is None or below >= above


def test_every_part_stands_on_a_floor():
    assert {part_of(path) for path in FILES} <= set(FLOOR_OF)


@pytest.mark.parametrize("part", sorted({part_of(path) for path in FILES}))
def test_imports_point_down(part):
    found = [
        f"{place(path, node.lineno)}: {part} imports {imported}"
        for path in FILES
        if part_of(path) == part
        for imported, node in imports_of(tree_of(path))
        if imported is None or looks_up(part, imported)
    ]
    assert not found, "\n".join(found)


def test_our_own_parts_are_imported_inside_functions_only_in_app():
    found = [
        place(path, inner.lineno)
        for path in FILES
        if part_of(path) != "app"
        for function in ast.walk(tree_of(path))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for _, inner in imports_of(function)
    ]
    assert not found, "\n".join(found)


def test_nothing_is_imported_by_star():
    found = [
        place(path, node.lineno)
        for path in FILES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("importer", "imported", "wrong"),
    [
        ("tasks", "models", False),
        ("models", "tasks", True),
        ("data", "models", True),
        ("process", "run", False),
        ("diagnosis", "explanation", True),
        ("app", "face", True),
        ("core", "nowhere", True),
    ],
)
def test_the_rule_tells_up_from_down(importer, imported, wrong):
    assert looks_up(importer, imported) == wrong

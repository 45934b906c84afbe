"""Files, functions and classes stay short enough to be read at once."""

import ast

import pytest

from contracts.source_code import decorators, place, source_files, tree_of, without_docstring

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40  # without the docstring
MAX_LOOP_LINES = 80  # functions of training/ that hold a loop
MAX_METHODS = 12  # properties are not counted: in use they are attributes
MAX_ARGUMENTS = 7
PROPERTIES = ("property", "cached_property", "functools.cached_property", "overload")
CODE = source_files("src", "bench")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def functions_of(path):
    return [node for node in ast.walk(tree_of(path)) if isinstance(node, FUNCTIONS)]


def limit_of(path, function):
    has_loop = any(isinstance(node, ast.For | ast.While) for node in ast.walk(function))
    return MAX_LOOP_LINES if "training" in path.parts and has_loop else MAX_FUNCTION_LINES


def too_long(path):
    return [
        f"{place(path, one.lineno)}: {one.name} has {without_docstring(one)} lines"
        for one in functions_of(path)
        if without_docstring(one) > limit_of(path, one)
    ]


@pytest.mark.parametrize("folder", ["src", "tests", "bench"])
def test_files_have_at_most_400_lines(folder):
    sizes = {place(path): len(path.read_text(encoding="utf-8").splitlines()) for path in source_files(folder)}
    assert {name: lines for name, lines in sizes.items() if lines > MAX_FILE_LINES} == {}


def test_functions_have_at_most_40_lines():
    found = [line for path in CODE for line in too_long(path)]
    assert not found, "\n".join(found)


def test_classes_have_at_most_12_methods():
    found = [
        f"{place(path, node.lineno)}: {node.name} has {count} methods"
        for path in CODE
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef)
        and (count := sum(isinstance(one, FUNCTIONS) and not set(decorators(one)) & set(PROPERTIES) for one in node.body))
        > MAX_METHODS
    ]
    assert not found, "\n".join(found)


def test_functions_have_at_most_7_arguments():
    found = [
        f"{place(path, one.lineno)}: {one.name}"
        for path in CODE
        for one in functions_of(path)
        if len(
            [name for name in (*one.args.posonlyargs, *one.args.args, *one.args.kwonlyargs) if name.arg not in ("self", "cls")]
        )
        > MAX_ARGUMENTS
    ]
    assert not found, "\n".join(found)


def test_public_functions_take_no_keyword_dictionary():
    found = [
        f"{place(path, one.lineno)}: {one.name}"
        for path in source_files("src")
        for one in functions_of(path)
        if one.args.kwarg is not None and not one.name.startswith("_")
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", ["utils", "util", "common", "misc", "helpers"])
def test_no_file_or_folder_is_a_drawer_for_everything(name):
    assert [place(path) for path in source_files("src") if name in (path.stem, path.parent.name)] == []


def test_a_function_of_41_lines_is_found(tmp_path):
    body = "\n".join(f"    x{i} = {i}" for i in range(39))
    docstring = '    """One.\n\n    Two.\n    """\n'
    (tmp_path / "fits.py").write_text(f"def fits():\n{docstring}{body}\n")
    (tmp_path / "long.py").write_text(f"def long():\n{docstring}{body}\n    y = 1\n")
    sizes = {path.stem: without_docstring(functions_of(path)[0]) for path in tmp_path.glob("*.py")}
    assert sizes == {"fits": 40, "long": 41}

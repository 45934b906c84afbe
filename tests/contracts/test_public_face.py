"""What `import espalier` gives is what it promises, and it comes quickly."""

import ast
import subprocess
import sys

import pytest

import espalier
from contracts.source_code import PACKAGE, tree_of

NAMES = getattr(espalier, "__all__", [])
HEAVY = ("torch", "polars", "sklearn", "scipy", "numpy")


def promised_to_type_checkers():
    """Return the names that the file imports under TYPE_CHECKING or at its top from our own parts."""
    return {
        alias.asname or alias.name
        for node in ast.walk(tree_of(PACKAGE / "__init__.py"))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("espalier")
        for alias in node.names
    }


def test_the_names_are_in_alphabetical_order_and_each_stands_once():
    assert sorted(set(NAMES)) == list(NAMES)


def test_the_namespace_is_the_list():
    assert [name for name in dir(espalier) if not name.startswith("_")] == list(NAMES)


def test_type_checkers_see_the_same_names():
    assert sorted(promised_to_type_checkers()) == list(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_there_and_documented(name):
    assert (getattr(espalier, name).__doc__ or "").strip()


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nowhere"):
        espalier.nowhere  # noqa: B018  looking it up is the test


def test_importing_loads_nothing_heavy():
    code = f"import sys, espalier; print([name for name in {HEAVY} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"

"""The project's own files agree with one another, and hold nothing of the machine they were written on."""

import ast
import re
import subprocess
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from contracts.source_code import ROOT, place, source_files, tree_of

MAX_DISTRIBUTIONS = 30  # beyond torch and what torch needs
TARGETS = ("bench", "demo", "lint", "test")
FOLDERS_OF_MACHINES = ("work", "root", "opt", "mnt", "scratch")  # as the first part of an absolute path
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
PINS = {
    canonicalize_name(pin.name): pin
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
    for pin in [Requirement(line)]
}


def tracked_texts():
    """Yield (path, text) of every tracked file that is text."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file():
            content = path.read_bytes()
            if b"\0" not in content:
                yield path, content.decode("utf-8")


def needed_by(requirements, extra=""):
    """Return the installed distributions that some requirements lead to, by canonical name."""
    found, waiting = {}, [(Requirement(one), extra) for one in requirements]
    while waiting:
        requirement, asked = waiting.pop()
        name = canonicalize_name(requirement.name)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": asked}):
            continue
        if name in found and found[name] >= requirement.extras:
            continue
        found[name] = found.get(name, set()) | requirement.extras
        try:
            needs = [Requirement(one) for one in distribution(name).requires or []]
        except PackageNotFoundError:
            continue
        waiting += [(one, inner) for one in needs for inner in (requirement.extras or {""})]
    return set(found)


def make_targets():
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))


def test_no_tracked_file_holds_a_path_of_a_machine():
    foreign = re.compile(rf"(?<![\w.~$}})/-])/({'|'.join(FOLDERS_OF_MACHINES)})/\w")
    found = [
        f"{place(path)}: {line.strip()[:100]}"
        for path, text in tracked_texts()
        for line in text.splitlines()
        if str(ROOT) in line or foreign.search(line)
    ]
    assert not found, "\n".join(found)


def test_no_tracked_file_names_a_package_host():
    host = re.compile(r"(index-url|find-links|trusted-host)\s*[= ]\s*\S|//(files|download|pypi)\.\w")
    found = [
        f"{place(path)}: {line.strip()[:100]}"
        for path, text in tracked_texts()
        for line in text.splitlines()
        if host.search(line)
    ]
    assert [line for line in found if "test_project.py" not in line] == []


def test_few_distributions_are_needed_beyond_torchs_own():
    ours = needed_by(PROJECT["dependencies"]) - needed_by(["torch"])
    assert len(ours) <= MAX_DISTRIBUTIONS, sorted(ours)


def test_the_needs_are_really_followed():
    assert {"torch", "sympy", "polars", "joblib"} <= needed_by(PROJECT["dependencies"])


def test_no_cyclopts_is_allowed_that_the_command_line_was_never_run_with():
    (needed,) = (one for one in map(Requirement, PROJECT["dependencies"]) if one.name == "cyclopts")
    assert list(needed.specifier.filter(["4.0", "5.0", "5.3.9", "5.4"])) == ["5.4"]


def test_torch_is_the_first_pin():
    assert next(iter(PINS)) == "torch"


def test_every_pin_is_one_version():
    assert [str(pin) for pin in PINS.values() if not re.fullmatch(r"==[\w.+!]+", str(pin.specifier))] == []


@pytest.mark.parametrize("group", ["", *EXTRAS])
def test_every_dependency_is_pinned_to_a_version_that_it_allows(group):
    for requirement in map(Requirement, EXTRAS[group] if group else PROJECT["dependencies"]):
        pin = PINS[canonicalize_name(requirement.name)]
        (version,) = (one.version for one in pin.specifier)
        assert requirement.specifier.contains(version), f"{requirement} and {pin}"


@pytest.mark.parametrize("group", ["", *EXTRAS])
def test_what_the_dependencies_need_is_pinned_too(group):
    assert needed_by(EXTRAS[group] if group else PROJECT["dependencies"]) - set(PINS) == set()


def test_extras_that_messages_name_exist():
    named = {
        call.args[1].value
        for path in source_files("src")
        for call in ast.walk(tree_of(path))
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", "") == "missing_extra"
        and isinstance(call.args[1], ast.Constant)
    }
    assert named <= set(EXTRAS)


def test_the_makefile_has_the_promised_targets():
    assert set(TARGETS) <= make_targets()


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", ".ci/run"])
def test_make_commands_on_the_pages_exist(page):
    commands = re.findall(r"(?:^|`|\n)make ([a-z]+)\b", (ROOT / page).read_text(encoding="utf-8"))
    assert set(commands) <= make_targets()


def test_the_benchmarks_of_the_makefile_exist():
    (line,) = re.findall(r"^BENCHES := (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert [name for name in line.split() if not (ROOT / "bench" / f"{name}.py").is_file()] == []


def test_the_licence_is_the_apache_licence():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert PROJECT["license"] == "Apache-2.0"


def test_the_ci_script_runs_style_and_tests_and_can_be_executed():
    script = Path(ROOT / ".ci" / "run")
    assert script.stat().st_mode & 0o111
    assert re.findall(r"^make (\w+)$", script.read_text(encoding="utf-8"), flags=re.MULTILINE) == ["lint", "test", "demo"]

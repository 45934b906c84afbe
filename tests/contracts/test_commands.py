"""What every command keeps: a help that explains every option, a success, errors that teach, and pure JSON."""

import inspect
import json
import re
from dataclasses import fields, is_dataclass
from typing import get_type_hints

import pytest

from espalier.app.cli.main import commands, launch

COMMANDS = {command.__name__: command for command in commands()}
QUICK = ["--model", "mlp-tiny", "--epochs", "2", "--set", "baselines=[]", "--quiet"]

# One line that succeeds for each command ({run} and its like are put in), and one that fails with its message.
SUCCESSES = {
    "inspect": ["inspect", "sample:iris", "--target", "target"],
    "train": ["train", "sample:iris", "--target", "target", "--out", "{new}", *QUICK],
    "resume": ["resume", "{run}"],
    "diagnose": ["diagnose", "{run}"],
    "evaluate": ["evaluate", "{run}", "sample:iris"],
    "predict": ["predict", "{run}", "sample:iris"],
    "compare": ["compare", "{run}", "{other}"],
    "report": ["report", "{run}"],
    "models": ["models"],
    "tasks": ["tasks"],
}
ERRORS = {
    "inspect": (["inspect", "sample:irs"], "iris"),
    "train": (["train", "sample:iris", "--target", "targt"], "There is no column 'targt'. Did you mean 'target'?"),
    "resume": (["resume", "{nothing}"], "There is no run"),
    "diagnose": (["diagnose", "--why", "T98"], "There is no sign 'T98'"),
    "evaluate": (["evaluate", "{run}", "nothing.csv"], "nothing.csv"),
    "predict": (
        ["predict", "{run}", "sample:iris", "--out", "answers.doc"],
        "--out answers.doc ends in '.doc'. Expected one of .csv",
    ),
    "compare": (["compare", "{run}", "{nothing}"], "There is no run"),
    "report": (["report", "{nothing}"], "There is no run"),
    "models": (["models", "tbm"], "There is no model 'tbm'. Did you mean 'tabm'?"),
    "tasks": (["tasks", "regresion"], "There is no task 'regresion'. Did you mean 'regression'?"),
}


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """Two small finished runs, and names for what is not there."""
    folder = tmp_path_factory.mktemp("commands")
    for name, seed in (("run", 0), ("other", 1)):
        line = [
            "train",
            "sample:iris",
            "--target",
            "target",
            "--out",
            str(folder / name),
            "--set",
            f"learning.l1={seed / 1000}",
        ]
        assert launch([*line, *QUICK]) in (0, 1)
    return {"run": folder / "run", "other": folder / "other", "nothing": folder / "nothing", "new": folder / "new"}


def filled(line, places):
    return [word.format(**places) if word.startswith("{") else word for word in line]


def options_of(command):
    """Return every option of a command with the docstring that must explain it."""
    hints = get_type_hints(command)
    for name in inspect.signature(command).parameters:
        if is_dataclass(hints[name]):
            yield from ((field.name, inspect.getdoc(hints[name])) for field in fields(hints[name]))
        else:
            yield name, inspect.getdoc(command)


def test_every_command_has_a_success_and_an_error_here():
    assert set(SUCCESSES) == set(ERRORS) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_begins_with_one_sentence(name):
    first = inspect.getdoc(COMMANDS[name]).splitlines()[0]
    assert first.endswith(".")
    assert len(first) <= 62, "it must fit one line of `espalier --help`"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained(name):
    for option, text in options_of(COMMANDS[name]):
        assert re.search(rf"^    {option}: \S", text, re.MULTILINE), f"{option} of {name} has no entry in the docstring's Args"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_returns_its_exit_code_and_takes_json(name):
    hints = get_type_hints(COMMANDS[name])
    assert hints["return"] is int
    assert "json" in [option for option, _ in options_of(COMMANDS[name])]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_every_option(name, capsys):
    assert launch([name, "--help"]) == 0
    shown = capsys.readouterr().out
    assert inspect.getdoc(COMMANDS[name]).splitlines()[0] in " ".join(shown.split())
    for option, _ in options_of(COMMANDS[name]):
        spelt = {"settings": "set"}.get(option, option).replace("_", "-")
        assert f"--{spelt}" in shown or spelt.upper() in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_succeeds(name, places, capsys):
    assert launch(filled(SUCCESSES[name], places)) in (0, 1)
    told = capsys.readouterr()
    assert told.out.strip()
    assert "error:" not in told.err


@pytest.mark.parametrize("name", COMMANDS)
def test_with_json_standard_output_is_json_and_nothing_else(name, places, capsys):
    line = [word.replace("{new}", "{new}-json") for word in SUCCESSES[name]]
    assert launch([*filled(line, places), "--json"]) in (0, 1)
    out = capsys.readouterr().out
    documents = out.splitlines() if name == "predict" else [out]  # predictions are JSON Lines
    assert all(json.loads(document) for document in documents)


@pytest.mark.parametrize("name", COMMANDS)
def test_an_error_is_one_message_and_two(name, places, capsys):
    line, message = ERRORS[name]
    assert launch(filled(line, places)) == 2
    told = capsys.readouterr()
    assert told.err.startswith("error: ")
    assert message in told.err
    assert "Traceback" not in told.err
    assert told.out == ""


@pytest.mark.parametrize("name", COMMANDS)
def test_an_unknown_option_is_refused_and_the_help_is_named(name, capsys):
    assert launch([name, "--jsn"]) == 2
    assert f"See: espalier {name} --help" in capsys.readouterr().err

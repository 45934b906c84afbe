import os
import subprocess
import sys
from importlib.metadata import version

import pytest

from espalier.app.cli import main
from espalier.core.errors import ColumnError, TrainingError

HEAVY = ("torch", "numpy", "polars", "sklearn", "pydantic", "scipy", "pandas", "jinja2")
MAX_SECONDS = 0.3  # of a command's help on an idle machine; here processor time is measured and may be twice that


def python(code, **variables):
    """Run code in a fresh interpreter."""
    environment = {**os.environ, "COLUMNS": "100", **variables}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)


def launching(*arguments):
    return f"import sys; from espalier.app.cli.main import launch; code = launch({list(arguments)!r}); "


@pytest.mark.parametrize(
    "arguments", [["--help"], [], ["train", "--help"], ["inspect", "--help"], ["--version"], ["models", "-h"]]
)
def test_help_is_answered_without_loading_anything_heavy(arguments):
    done = python(f"{launching(*arguments)} print([name for name in {HEAVY} if name in sys.modules], code)")
    assert done.stdout.splitlines()[-1] == "[] 0", done.stderr


@pytest.mark.parametrize(("arguments", "code"), [(["--version"], 0), (["trian"], 2)])
def test_the_package_can_be_run_as_a_module(arguments, code):
    line = [sys.executable, "-m", "espalier", *arguments]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    told = f"{version('espalier')}\n" if code == 0 else 'error: Unknown command "trian". Did you mean "train"?'
    assert done.returncode == code
    assert (done.stdout or done.stderr).startswith(told)


def test_an_unknown_option_is_answered_without_loading_anything_heavy():
    done = python(
        f"{launching('train', 'x.csv', '--epoch', '3')} print([name for name in {HEAVY} if name in sys.modules], code)"
    )
    assert done.stdout.splitlines()[-1] == "[] 2"
    assert "Unknown option: --epoch. Did you mean --epochs? See: espalier train --help" in done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"]])
def test_help_takes_no_longer_than_promised(arguments):
    code = f"import time; {launching(*arguments)} print(time.process_time())"
    seconds = min(float(python(code).stdout.splitlines()[-1]) for _ in range(3))
    assert seconds <= 2 * MAX_SECONDS


def test_waiting_threads_are_told_to_sleep_unless_somebody_said_otherwise():
    show = "print(__import__('os').environ['OMP_WAIT_POLICY'])"
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    for given, wanted in (({}, "passive"), ({"OMP_WAIT_POLICY": "active"}, "active")):
        done = subprocess.run(
            [sys.executable, "-c", launching("--version") + show],
            capture_output=True,
            text=True,
            env={**environment, **given},
            check=True,
        )
        assert done.stdout.splitlines()[-1] == wanted


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["trian", "a.csv"], 'Unknown command "trian". Did you mean "train"?'),
        (["--versoin"], "--versoin"),
        (["train"], "SOURCE requires an argument"),
        (["train", "a.csv", "b.csv"], "b.csv"),
        (["train", "a.csv", "--target"], "--target requires an argument"),
        (["train", "a.csv", "--epochs", "many"], "--epochs is 'many'; expected a whole number"),
        (["compare"], "RUNS requires an argument"),
    ],
)
def test_a_line_that_makes_no_sense_is_answered_with_one_message_and_two(arguments, message, capsys):
    assert main.launch(arguments) == 2
    told = capsys.readouterr()
    assert message in told.err
    assert told.err.startswith("error: ")
    assert told.err.count("\n") == 1
    assert told.out == ""


def failing(error):
    def command() -> int:
        """Fail."""
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (
            ColumnError("There is no column 'prise'. Did you mean 'price'?"),
            2,
            "error: There is no column 'prise'. Did you mean 'price'?",
        ),
        (TrainingError("The loss is not finite."), 1, "error: The loss is not finite."),
        (
            ZeroDivisionError("division by zero"),
            3,
            "Sorry, this is an error of Espalier itself: ZeroDivisionError: division by zero.",
        ),
        (KeyboardInterrupt(), 130, "Stopped."),
    ],
)
def test_every_error_has_its_exit_code_and_one_message(error, code, message, monkeypatch, capsys):
    monkeypatch.setattr(main, "commands", lambda: [failing(error)])
    assert main.launch(["command"]) == code
    told = capsys.readouterr().err
    assert message in told
    assert "Traceback" not in told


def test_the_place_in_the_code_is_told_to_those_who_ask(monkeypatch, capsys):
    monkeypatch.setattr(main, "commands", lambda: [failing(ZeroDivisionError("division by zero"))])
    monkeypatch.setenv(main.TRACEBACK_VARIABLE, "1")
    assert main.launch(["command"]) == 3
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_a_defect_says_how_to_see_where_it_happened(monkeypatch, capsys):
    monkeypatch.setattr(main, "commands", lambda: [failing(ZeroDivisionError())])
    main.launch(["command"])
    assert "Set ESPALIER_TRACEBACK=1 and run it again" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"]])
def test_a_reader_that_closes_the_pipe_is_no_error(arguments):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-c", f"{launching(*arguments)} sys.exit(code)"],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_terminal_that_lacks_a_letter_gets_a_replacement():
    done = python(f"{launching('train', '--고객')} sys.exit(code)", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 2
    assert "\\uace0" in done.stderr


def test_no_color_and_pipes_give_plain_text():
    done = python(launching("--help"), NO_COLOR="1")
    assert "\x1b" not in done.stdout


def test_commands_come_in_the_order_in_which_a_newcomer_meets_them():
    names = [command.__name__ for command in main.commands()]
    assert names[: len(main.WAY)] == list(main.WAY)

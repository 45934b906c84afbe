"""The launcher: finds the commands, runs one, and turns whatever goes wrong into one message and an exit code.

A command is a file of this folder with a function of the file's name. Adding the file adds the command.
"""

import importlib
import os
import pkgutil
import sys
import traceback
from collections.abc import Callable
from importlib.metadata import version

from cyclopts import App, CycloptsError, Parameter

from espalier.app import cli
from espalier.app.cli.exit_codes import BAD_INPUT, DEFECT, FINDINGS, FINE, INTERRUPTED
from espalier.app.cli.show.console import human, print_error
from espalier.core.errors import EspalierError, InputError

WAY = (  # as a newcomer meets them
    "inspect",
    "train",
    "resume",
    "diagnose",
    "evaluate",
    "predict",
    "compare",
    "report",
    "models",
    "tasks",
)
HELP = """Train neural networks along the whole process: read the data, split it without leaks, train, compare with honest
baselines, say what went wrong.

First steps: espalier train sample:breast_cancer --target target"""
EXITS = """Exit codes: 0 fine, 1 findings or a failed check (of train: only a broken rule), 2 bad input, 3 an error of Espalier
itself, 130 interrupted.
With ESPALIER_TRACEBACK=1 errors come with the place in the code."""
TRACEBACK_VARIABLE = "ESPALIER_TRACEBACK"


def run() -> None:
    """Run the command line and end the process."""
    sys.exit(launch(sys.argv[1:]))


def launch(arguments: list[str]) -> int:
    """Run one command and return its exit code.

    Args:
        arguments: what stands after `espalier`.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: waiting threads must not take a core from others
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a letter is no reason to stop
    try:
        answer = application()(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        _close_stdout()
        return FINE
    except KeyboardInterrupt:
        human(as_json=True).print("Stopped.")
        return INTERRUPTED
    except CycloptsError as error:
        error.verbose = False
        return _tell(f"{error} {_help_hint(error)}", BAD_INPUT)
    except InputError as error:
        return _tell(str(error), BAD_INPUT)
    except EspalierError as error:
        return _tell(str(error), FINDINGS)
    except Exception as error:  # noqa: BLE001  the last net: whatever is left is our defect, and is said so
        return _tell(
            f"Sorry, this is an error of Espalier itself: {type(error).__name__}: {error}. "
            f"Set {TRACEBACK_VARIABLE}=1 and run it again to see where it happened, and please report it.",
            DEFECT,
        )
    return answer if isinstance(answer, int) else FINE


def application() -> App:
    """Return the command line, with every command of this folder."""
    app = App(
        name="espalier",
        help=HELP,
        help_epilogue=EXITS,
        help_format="plaintext",
        version=lambda: version("espalier"),
        console=human(),
        default_parameter=Parameter(negative=(), show_default=False),
        result_action="return_value",
        exit_on_error=False,
        print_error=False,
        suppress_keyboard_interrupt=False,
    )
    for index, command in enumerate(commands()):
        app.command(command, sort_key=index, help_epilogue="")
    return app


def commands() -> list[Callable[..., int]]:
    """Return the function of every command: first those of the usual way, then the others by name."""
    names = [one.name for one in pkgutil.iter_modules(cli.__path__) if not one.ispkg and one.name != "main"]
    modules = {name: importlib.import_module(f"{cli.__name__}.{name}") for name in names}
    found = {name: getattr(module, name) for name, module in modules.items() if hasattr(module, name)}
    return [found.pop(name) for name in WAY if name in found] + [found[name] for name in sorted(found)]


def _tell(message: str, code: int) -> int:
    """Print a message, the place in the code when it is asked for, and return the exit code."""
    if os.environ.get(TRACEBACK_VARIABLE, "") not in ("", "0"):
        traceback.print_exc()
    try:
        print_error(message)
    except BrokenPipeError:
        _close_stdout()
    return code


def _help_hint(error: CycloptsError) -> str:
    words = ["espalier", *(error.command_chain or ())]
    return f"See: {' '.join(words)} --help"


def _close_stdout() -> None:
    """Send what is still buffered nowhere: the reader has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

"""`espalier tasks`."""

from typing import Annotated, Any

from cyclopts import Parameter

from espalier.app.cli.exit_codes import FINE

GIVEN = ("num_classes", "num_outputs", "class_weights", "num_labels")  # what the data and the plan's other keys decide


def tasks(name: Annotated[str | None, Parameter(metavar="NAME")] = None, /, *, json: bool = False) -> int:
    """List the questions a network can answer, or explain one.

    Args:
        name: one of them.
        json: print the result as JSON.
    """
    from espalier.app.cli.show.console import print_json
    from espalier.core.catalogue import tasks as known_tasks
    from espalier.core.errors import unknown_name

    known = known_tasks()
    if name is not None and name not in known:
        raise unknown_name("task", name, known)
    if json:
        print_json({one: _mapping(known[one]) for one in ([name] if name else sorted(known))})
    elif name:
        _print_one(name, known[name])
    else:
        _print_all(known)
    return FINE


def _mapping(task: type) -> dict[str, Any]:
    from dataclasses import asdict

    from espalier.app.cli.show.catalogue import first_sentence, options_of

    return {
        "target": getattr(task, "target", None),
        "sentence": first_sentence(task),
        "options": [asdict(option) for option in options_of(task, given=GIVEN)],
    }


def _print_all(known: Any) -> None:  # noqa: ANN401  the catalogue's mapping of task classes
    from espalier.app.cli.show.catalogue import first_sentence
    from espalier.app.cli.show.console import human, plain_table

    table = plain_table("task", "target", "what it asks")
    for name in sorted(known):
        table.add_row(name, str(getattr(known[name], "target", "-")), first_sentence(known[name]))
    console = human()
    console.print(table)
    console.print("\nAll about one: espalier tasks NAME")


def _print_one(name: str, task: type) -> None:
    from rich.text import Text

    from espalier.app.cli.show.catalogue import options_of, paragraphs, print_options
    from espalier.app.cli.show.console import human

    console = human()
    console.print(Text(name, style="bold"))
    console.print(Text(paragraphs(task)[0]))
    print_options(console, options_of(task, given=GIVEN), "task.options")
    console.print(Text(f"\nAsk it: espalier train SOURCE --target COLUMN --task {name}", style="cyan"))

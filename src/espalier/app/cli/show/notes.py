"""Notes: what a person should know about the rows they gave."""

from collections.abc import Sequence

from espalier.app.cli.show.console import human


def print_notes(notes: Sequence[str]) -> None:
    """Print one line for each note on standard error, so that standard output holds the result alone."""
    console = human(as_json=True)
    for note in notes:
        console.print(f"note: {note}", soft_wrap=True)

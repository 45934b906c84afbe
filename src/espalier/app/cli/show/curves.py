"""Learning curves over the number of rows, and what follows from them."""

from dataclasses import asdict

from rich.text import Text

from espalier.app.cli.show.console import heading, human, indented, plain_table
from espalier.app.cli.show.quantities import interval, number
from espalier.diagnosis.generalisation import Generalisation
from espalier.diagnosis.size_curve import curve, seeds_apart, verdict


def curve_mapping(evidence: Generalisation | None, unlooked: str) -> dict[str, object]:
    """Return the curve and what follows from it as plain values."""
    said = None if evidence is None else verdict(evidence)
    if evidence is None or said is None:
        return {"unlooked": unlooked} if unlooked else {}
    apart = seeds_apart(evidence)
    return {
        "curve": [asdict(point) for point in curve(evidence.sizes)],
        "verdict": asdict(said),
        "seeds": None if apart is None else asdict(apart),
    }


def print_curve(evidence: Generalisation) -> None:
    """Print the score at each number of rows, and whether more rows or a bigger model would help."""
    console, said = human(), verdict(evidence)
    if evidence.standing is None or said is None:
        console.print("\nNo training on part of the rows fitted into the time. Give more with --budget.")
        return
    heading(console, f"{evidence.standing.name} by the number of training rows")
    table = plain_table("rows", "trainings", "on the training rows", "on the validation part", right=("rows", "trainings"))
    for point in curve(evidence.sizes):
        table.add_row(f"{point.num_rows:,}", str(point.num_trainings), number(point.train), interval(point.valid))
    indented(console, table)
    heading(console, "More data or a bigger model?")
    indented(console, Text(said.sentence))
    apart = seeds_apart(evidence)
    if apart is not None:
        indented(console, Text(apart.sentence))

"""Learning curves over the number of rows, and what follows from them."""

from dataclasses import asdict

from rich.text import Text

from espalier.app.cli.show.console import heading, human, indented, plain_table
from espalier.app.cli.show.quantities import interval, number
from espalier.diagnosis.generalisation import Generalisation
from espalier.diagnosis.size_curve import curve, seeds_apart, verdict
from espalier.diagnosis.texts.catalogue import phrases
from espalier.diagnosis.texts.saying import say


def curve_mapping(evidence: Generalisation | None, unlooked: str, language: str) -> dict[str, object]:
    """Return the curve and what follows from it as plain values.

    Args:
        evidence: with the curve; None where the run could not be looked at.
        unlooked: why.
        language: of the sentences.
    """
    said = None if evidence is None else verdict(evidence)
    if evidence is None or said is None:
        return {"unlooked": unlooked} if unlooked else {}
    apart = seeds_apart(evidence)
    return {
        "curve": [asdict(point) for point in curve(evidence.sizes)],
        "verdict": {"kind": said.kind, "sentence": say(said.said, language)},
        "seeds": None if apart is None else {**asdict(apart), "sentence": say(apart.said, language)},
    }


def print_curve(evidence: Generalisation, language: str) -> None:
    """Print the score at each number of rows, and whether more rows or a bigger model would help.

    Args:
        evidence: with the curve.
        language: of what is told.
    """
    console, said, words = human(), verdict(evidence), phrases(language)
    if evidence.standing is None or said is None:
        console.print("\n" + words["curve_none"])
        return
    heading(console, words["curve_heading"].format(metric=evidence.standing.name))
    names = [words[f"curve_{name}"] for name in ("rows", "trainings", "on_train", "on_valid")]
    table = plain_table(*names, right=tuple(names[:2]))
    for point in curve(evidence.sizes):
        table.add_row(f"{point.num_rows:,}", str(point.num_trainings), number(point.train), interval(point.valid))
    indented(console, table)
    heading(console, words["curve_question"])
    indented(console, Text(say(said.said, language)))
    apart = seeds_apart(evidence)
    if apart is not None:
        indented(console, Text(say(apart.said, language)))

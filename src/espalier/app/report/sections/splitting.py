"""The split: how many rows went where, and why no part knows the others."""

from dataclasses import dataclass

import polars as pl

from espalier.app.report import wording
from espalier.app.report.charts.bars import divided_bar
from espalier.app.report.facts import Facts
from espalier.app.report.sections.section import Section, drawn
from espalier.core.run_folder import damaged_file

MAX_OPENINGS = 10
KEEPS_COPIES_TOGETHER = ("random", "stratified", "group")
PURPOSES = {
    "train": ("Training", "the network and its baselines learn from these rows"),
    "valid": ("Validation", "says when to stop learning, and what to choose; never learnt from"),
    "test": ("Test", "kept sealed to the end; says how good the result is"),
}
STYLES = {"train": "first", "valid": "second", "test": "third"}


@dataclass(frozen=True)
class Part:
    """One part.

    Args:
        title, purpose: what it is called and what it is for.
        style: class of the style sheet.
        count: rows.
        share: of all rows, as words.
    """

    title: str
    purpose: str
    style: str
    count: int
    share: str


def build(facts: Facts) -> Section:
    """Return the section."""
    counts = _counts(facts)
    total = max(sum(counts.values()), 1)
    parts = [Part(*PURPOSES[name], STYLES[name], count, wording.percent(count / total)) for name, count in counts.items()]
    label = ", ".join(f"{part.title} {part.share}" for part in parts)
    openings = _openings(facts)
    values = {
        "parts": parts,
        "chart": drawn(divided_bar([count / total for count in counts.values()], [part.style for part in parts], label=label)),
        "how": _how(facts),
        "why": _why(facts),
        "reason": facts.run.plan.reasons.get("split.method", facts.run.plan.reasons.get("split", "")),
        "sealed": _sealed(facts, len(openings)),
        "openings": openings[:MAX_OPENINGS] if len(openings) > 1 else [],
        "folds": facts.run.plan.split.folds,
        "repeats": facts.run.plan.split.repeats,
    }
    return Section("split", "How the rows were split, and why that is safe", values)


def _counts(facts: Facts) -> dict[str, int]:
    """Return the rows of each part: as written in the run folder, or as planned when the file is not there.

    Raises:
        RunError: the file was cut off or edited.
    """
    path, plan = facts.run.folder.split, facts.run.plan.split
    if not path.exists():
        total = facts.run.profile.num_rows
        return {
            name: round(total * share) for name, share in (("train", plan.train), ("valid", plan.valid), ("test", plan.test))
        }
    try:
        lazy = pl.scan_parquet(path)
        if "fold" in lazy.collect_schema().names():
            lazy = lazy.filter(pl.col("fold") == pl.col("fold").min())
        found = dict(lazy.group_by("part").agg(pl.len()).collect().iter_rows())
    except (OSError, pl.exceptions.PolarsError) as error:
        raise damaged_file(path, f"cannot be read ({error})") from error
    return {name: found[name] for name in PURPOSES if name in found}


def _how(facts: Facts) -> str:
    """Return how the rows were dealt out, in one sentence."""
    plan = facts.run.plan.split
    return {
        "random": "The rows were dealt out at random.",
        "stratified": f"The rows were dealt out at random, each class of “{facts.target}” with the same share in every part.",
        "group": f"All rows with the same “{plan.column}” were put into the same part.",
        "time": f"The rows were put in order of “{plan.column}”: the earliest train, later ones validate, the latest test.",
        "column": f"The column “{plan.column}” of the data says which part a row belongs to.",
        "files": _files(facts),
    }[plan.method]


def _files(facts: Facts) -> str:
    """Return which parts came from other sources, in one sentence or two."""
    data = facts.run.plan.data
    if data.valid and data.test:
        return "Training, validation and test rows came from different sources."
    own, dealt = ("test", "training and validation") if data.test else ("validation", "training and test")
    source = wording.short_source(data.test or data.valid or "")
    return (
        f"The {own} rows came from a source of their own ({source}); {dealt} rows were dealt out at random from "
        f"“{facts.source}”."
    )


def _other_parts(facts: Facts) -> str:
    data = facts.run.plan.data
    if data.valid and data.test:
        return "each part is independent of"
    return f"the {'test' if data.test else 'validation'} part is independent of"


def _why(facts: Facts) -> list[str]:
    """Return the reasons why a score on these parts can be believed, and the condition where there is one."""
    plan = facts.run.plan.split
    reasons = {
        "random": [
            "This is right when the rows do not depend on each other, for example when no person or place occurs twice."
        ],
        "stratified": [
            "This is right when the rows do not depend on each other, for example when no person or place occurs twice."
        ],
        "group": [f"So the result is measured on “{plan.column}” values that the network has never met, as in real use."],
        "time": ["So the result is measured on a future that the network has not seen, as in real use."],
        "column": ["Whether the parts are independent was decided by whoever made that column."],
        "files": [f"Whether {_other_parts(facts)} the others was decided by whoever made those sources."],
    }[plan.method]
    if plan.method in KEEPS_COPIES_TOGETHER:
        reasons.append(
            "Rows that are equal in every column were kept in one part: nothing is tested on a copy of what was learnt."
        )
    reasons.append("Scaling, filling of gaps and lists of categories were worked out from the training rows alone.")
    return reasons


def _openings(facts: Facts) -> list[dict[str, str]]:
    path = facts.run.folder.openings
    return list(facts.run.folder.read_json(path)) if path.exists() else []


def _sealed(facts: Facts, num_openings: int) -> str:
    """Return what became of the seal of the test part."""
    card = facts.run.scorecard
    count = max(num_openings, card.openings)
    if card.part == "valid":
        return "The test part is still sealed: the scores on this page are those of the validation part."
    if card.part == "folds":
        return "Every row was tested exactly once in each round, by a network that had not learnt from it."
    if count <= 1:
        return "The test part was opened once, at the end, for the scores on this page."
    return (
        f"The test part has been opened {count:,} times. The more often it is looked at, the more it flatters: "
        "what is chosen by looking at it is no longer tested by it."
    )

"""The pictures of the data: what they are like in words, and some of each class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from espalier.app.report import wording
from espalier.app.report.facts import Facts
from espalier.app.report.gallery import Gallery, Tile, drawn_rows
from espalier.core.pictures import GREY
from espalier.data.pictures.survey import Named, Survey

MAX_CLASSES = 12  # shown with pictures; the most frequent ones
PICTURES_OF_A_CLASS = 10
PICTURES_OF_NO_CLASS = 20
SIDE = 96  # pixels of a small picture
MAX_NAMED = 5  # pictures named in words
FITS = {"crop": "the middle is cut out", "pad": "the edges are filled with black", "stretch": "pulled into shape"}
SEED = 0  # of the pictures that are shown


@dataclass(frozen=True)
class Strip:
    """Some pictures of one class.

    Args:
        name: of the class; empty for pictures that have none.
        count: its pictures, in words.
        tiles: some of them.
        notes: what is said under each; empty for nothing.
    """

    name: str
    count: str
    tiles: tuple[Tile, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class About:
    """The pictures in words and in pictures.

    Args:
        lines: what is told, and how it is.
        strips: some pictures of each class.
        num_more: classes that are not shown.
        by: how the pictures of one strip are ordered, in words; empty for classes.
        is_shown: whether the pictures are at hand.
    """

    lines: tuple[tuple[str, str], ...]
    strips: tuple[Strip, ...]
    num_more: int
    by: str
    is_shown: bool


def about(facts: Facts) -> About | None:
    """Return what is told of a run's pictures; None when it reads none."""
    survey = facts.pictures
    if survey is None:
        return None
    lines = _lines(facts, survey)
    gallery = facts.gallery
    if gallery is None:
        return About(lines, (), 0, "", is_shown=False)
    learnt = _learnt(facts, gallery)
    target = facts.run.schema.target
    if target is not None and target in learnt.columns and facts.kind == "classes":
        strips, num_more = _of_classes(learnt, gallery, target)
        return About(lines, strips, num_more, "", is_shown=True)
    if target is not None and target in learnt.columns and facts.kind == "numbers":
        return About(lines, (_by_value(learnt, gallery, target),), 0, target, is_shown=True)
    tiles = gallery.tiles(drawn_rows(learnt["row"], PICTURES_OF_NO_CLASS, SEED), SIDE)
    return About(lines, (Strip("", "", tuple(tiles)),), 0, "", is_shown=True)


def _learnt(facts: Facts, gallery: Gallery) -> pl.DataFrame:
    """Return the rows of the training part that have a picture; all rows where the parts were not written down."""
    frame = gallery.records.frame.with_columns(row=pl.Series(gallery.records.rows, dtype=pl.Int64))
    frame = frame.filter(pl.col(gallery.column).is_not_null())
    return frame.filter(pl.col("row").is_in(facts.train_rows.implode())) if len(facts.train_rows) else frame


def _of_classes(learnt: pl.DataFrame, gallery: Gallery, target: str) -> tuple[tuple[Strip, ...], int]:
    counts = learnt[target].drop_nulls().cast(pl.String).alias("name").value_counts(name="count")
    counts = counts.sort(["count", "name"], descending=[True, False])
    chosen = sorted(counts["name"].head(MAX_CLASSES).to_list())
    numbers = dict(counts.iter_rows())
    strips = []
    for name in chosen:
        rows = learnt.filter(pl.col(target).cast(pl.String) == name)["row"]
        tiles = gallery.tiles(drawn_rows(rows, PICTURES_OF_A_CLASS, SEED), SIDE)
        strips.append(Strip(name, wording.counted(numbers[name], "picture"), tuple(tiles)))
    return tuple(strips), counts.height - len(chosen)


def _by_value(learnt: pl.DataFrame, gallery: Gallery, target: str) -> Strip:
    """Return pictures from the smallest value of the target to the largest."""
    ordered = learnt.filter(pl.col(target).is_not_null()).sort(target, "row")
    places = np.unique(np.linspace(0, ordered.height - 1, min(PICTURES_OF_NO_CLASS, ordered.height)).round().astype(int))
    values = dict(ordered[places.tolist()].select("row", target).iter_rows())
    tiles = gallery.tiles(list(values), SIDE)
    return Strip("", "", tuple(tiles), tuple(wording.number(values[tile.row]) for tile in tiles))


def _lines(facts: Facts, survey: Survey) -> tuple[tuple[str, str], ...]:
    plan = facts.run.plan.prepare.pictures
    read = "" if plan is None else f"{plan.width} × {plan.height} pixels, {'grey' if plan.channels == GREY else 'colour'}"
    is_same = plan is not None and survey.widths == (plan.width,) * 3 and survey.heights == (plan.height,) * 3
    fit = f" ({FITS[plan.fit]} where the shape differs)" if plan is not None and not is_same else ""
    told = [
        ("Size", _sizes(survey)),
        ("Colours", _counted(survey.channels)),
        ("Stored as", _counted(survey.forms)),
        ("The network reads", f"{read}{fit}"),
        ("Cannot be read", _named(survey.unreadable)),
        ("Show nothing", _named(survey.blank)),
        ("Stand out", _named(survey.odd)),
        ("With a border", _named(survey.bordered) if survey.bordered.count < survey.num_pictures else ""),
        ("Equal or nearly so", _alike(survey)),
    ]
    return tuple((title, said) for title, said in told if said)


def _sizes(survey: Survey) -> str:
    (low, middle, high), (short, usual, tall) = survey.widths, survey.heights
    if low == high and short == tall:
        return f"{middle} × {usual} pixels, all of them"
    return f"{low:,} to {high:,} pixels wide and {short:,} to {tall:,} high; half are up to {middle:,} × {usual:,}"


def _counted(counts: Mapping[str, int]) -> str:
    if len(counts) == 1:
        return f"{next(iter(counts))}, all of them"
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def _named(named: Named) -> str:
    """Return a count and the first names, with what is said of each."""
    if not named.count:
        return ""
    said: Sequence[str] = named.said or ("",) * len(named.names)
    shown = [f"{name} ({why})" if why else name for name, why in zip(named.names, said, strict=True)][:MAX_NAMED]
    more = f" and {named.count - len(shown):,} more" if named.count > len(shown) else ""
    return f"{named.count:,}: {', '.join(shown)}{more}"


def _alike(survey: Survey) -> str:
    if not survey.num_alike:
        return ""
    return f"{wording.counted(survey.num_alike, 'picture')} to an earlier one; all that are alike stay in one part when drawn"

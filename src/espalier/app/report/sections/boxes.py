"""Where things are: pictures with the true box and the one that was answered, the worst ones and some drawn at random."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from markupsafe import Markup

from espalier.app.report import wording
from espalier.app.report.facts import Facts
from espalier.app.report.gallery import Gallery, drawn_rows, short_name
from espalier.app.report.sections.section import Section
from espalier.data.prepare.boxes import NAMES
from espalier.evaluation.metrics.boxes import LEAST_OVERLAP, overlap

NUM_SHOWN = 12  # pictures of each kind
SIDE = 180  # pixels of the longer side
SEED = 0
TRUE_NAMES = tuple(f"target_{name}" for name in NAMES)


@dataclass(frozen=True)
class Found:
    """One picture with both boxes.

    Args:
        picture: with the boxes over it.
        file: its name.
        actual, predicted: classes.
        overlap: of both boxes, in words.
    """

    picture: Markup
    file: str
    actual: str
    predicted: str
    overlap: str


def build(facts: Facts) -> Section | None:
    """Return the section, or None where no boxes were asked for."""
    frame = facts.scored
    if not {*NAMES, *TRUE_NAMES} <= set(frame.columns) or not frame.height:
        return None
    both = [frame.select(names).to_numpy() for names in (TRUE_NAMES, NAMES)]
    frame = frame.with_columns(overlap=pl.Series(overlap(both[0], both[1])))
    worst = frame.sort("overlap", "row").head(NUM_SHOWN)
    some = frame.filter(pl.col("row").is_in(drawn_rows(frame["row"], NUM_SHOWN, SEED))).sort("row")
    values = {
        "facts": facts,
        "drawn": _shown(facts.gallery, some),
        "worst": _shown(facts.gallery, worst),
        "counts": _counts(frame),
        "num_rows": frame.height,
        "is_shown": facts.gallery is not None,
    }
    return Section("boxes", "Where it is", values)


def _counts(frame: pl.DataFrame) -> tuple[tuple[str, str], ...]:
    """Return how many pictures are answered how well."""
    is_right = (frame["target"] == frame["prediction"]).to_numpy()
    covers = np.asarray(frame["overlap"].to_numpy() >= LEAST_OVERLAP)
    return (
        ("class and box right", wording.percent(float((is_right & covers).mean()))),
        ("class right, box overlaps by less than half", wording.percent(float((is_right & ~covers).mean()))),
        ("box right, another class", wording.percent(float((~is_right & covers).mean()))),
        ("neither", wording.percent(float((~is_right & ~covers).mean()))),
    )


def _shown(gallery: Gallery | None, frame: pl.DataFrame) -> tuple[Found, ...]:
    """Return the pictures of some rows with their boxes; nothing where pictures are not at hand."""
    if gallery is None:
        return ()
    rows = {int(line["row"]): line for line in frame.iter_rows(named=True)}
    found = []
    for tile, width, height in gallery.whole(list(rows), SIDE):
        line = rows[tile.row]
        boxes = [[float(line[name]) for name in names] for names in (TRUE_NAMES, NAMES)]
        over = Markup(_svg(width, height, boxes[0], boxes[1]))
        found.append(
            Found(tile.shown + over, short_name(tile.name), line["target"], line["prediction"], f"{line['overlap']:.2f}")
        )
    return tuple(found)


def _svg(width: int, height: int, true: Sequence[float], answered: Sequence[float]) -> str:
    """Return both boxes as a drawing of the size of the picture, to lie over it."""
    both = "".join(
        f'<rect class="{name}" x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}" '
        'vector-effect="non-scaling-stroke"/>'
        for name, (left, top, right, bottom) in (("true", true), ("answered", answered))
    )
    return f'<svg viewBox="0 0 {width} {height}" preserveAspectRatio="none" aria-hidden="true">{both}</svg>'

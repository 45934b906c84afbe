"""The gallery: the pictures behind a run, as small ones for the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from markupsafe import Markup

from espalier.app.report.charts.picture import picture
from espalier.core.pictures import Album, PictureForm
from espalier.core.plan_parts import PicturesPlan
from espalier.core.records import Records
from espalier.data.pictures.survey import Survey

NAME_LENGTH = 60


@dataclass(frozen=True)
class Tile:
    """One small picture.

    Args:
        row: of the source.
        name: of the picture.
        shown: the element.
    """

    row: int
    name: str
    shown: Markup


@dataclass(frozen=True)
class Gallery:
    """The pictures of a source.

    Args:
        records: the source's rows.
        album: opens the pictures.
        column: names them.
        survey: what they are like.
        plan: the form that the network reads.
        places: where each row of the source stands in the records; rows without a picture that can be read are left out.
    """

    records: Records
    album: Album
    column: str
    survey: Survey
    plan: PicturesPlan
    places: Mapping[int, int] = field(repr=False)

    def name(self, row: int) -> str:
        """Return the name of a row's picture; the number of the row where it has none."""
        place = self.places.get(row)
        return f"picture {row:,}" if place is None else str(self.records.frame.item(place, self.column))

    def tiles(self, rows: Sequence[int], side: int) -> list[Tile]:
        """Return small pictures of some rows, in their order; rows whose picture is not there are left out.

        They show what the network reads: its form of fitting and its shape, with more pixels where there are some.

        Args:
            rows: of the source.
            side: pixels of the longer side, at most.
        """
        here = [row for row in rows if row in self.places]
        names = [self.name(row) for row in here]
        if not names:
            return []
        pixels, wrong = self.album.pixels(names, self._form(side))
        shown = pixels.numpy()
        return [
            Tile(row, name, Markup(picture(shown[number], alt=f"The picture {short_name(name)}", title=name)))
            for number, (row, name) in enumerate(zip(here, names, strict=True))
            if number not in wrong
        ]

    def whole(self, rows: Sequence[int], side: int) -> list[tuple[Tile, int, int]]:
        """Return whole pictures of some rows in their own shape, each with its width and height; those not there are left out.

        Args:
            rows: of the source.
            side: pixels of the longer side, at most.
        """
        here = [row for row in rows if row in self.places]
        names = [self.name(row) for row in here]
        headers = self.album.headers(names)
        found = []
        for row, name, width, height in zip(here, names, headers.widths.tolist(), headers.heights.tolist(), strict=True):
            scale = min(side / max(width, height, 1), 1.0)
            tall, wide = (max(round(one * scale), 1) for one in (height, width))
            form = PictureForm(tall, wide, self.survey.form.channels, "stretch")
            pixels, wrong = self.album.pixels([name], form)
            if not wrong:
                shown = Markup(picture(pixels[0].numpy(), alt=f"The picture {short_name(name)}", title=name))
                found.append((Tile(row, name, shown), width, height))
        return found

    def _form(self, side: int) -> PictureForm:
        """Return the form of small pictures: as the network reads them, but up to this side, and no larger than they are."""
        plan, survey = self.plan, self.survey
        own = max(survey.widths[1], survey.heights[1])
        longest = max(plan.height, plan.width)
        wanted = longest if own <= longest <= side else min(side, max(own, 1))
        height, width = (max(round(one * wanted / longest), 1) for one in (plan.height, plan.width))
        return PictureForm(height, width, survey.form.channels, plan.fit)


def make_gallery(records: Records | None, survey: Survey | None, plan: PicturesPlan | None) -> Gallery | None:
    """Return the gallery of a run; None where it reads no pictures, or they are not at hand.

    Args:
        records: the source's rows, when they are at hand.
        survey: what its pictures are like.
        plan: the form that the network reads.
    """
    if records is None or records.album is None or survey is None or plan is None:
        return None
    if survey.column not in records.frame.columns:
        return None
    known = records.frame.get_column(survey.column).is_not_null().to_numpy()
    places = {int(records.rows[place]): int(place) for place in np.flatnonzero(known)}
    return Gallery(records, records.album, survey.column, survey, plan, places)


def short_name(name: str) -> str:
    """Return the end of a picture's name where it is long: the folders before it say less.

    Example:
        >>> short_name("train/ants/0013035.jpg"), len(short_name("folder/" * 40 + "a.png"))
        ('train/ants/0013035.jpg', 60)
    """
    return name if len(name) <= NAME_LENGTH else "…" + name[1 - NAME_LENGTH :]


def drawn_rows(rows: pl.Series, num_rows: int, seed: int) -> list[int]:
    """Return some rows drawn at random, in the order of the source; the same on every call."""
    values = rows.to_numpy()
    if len(values) > num_rows:
        values = np.random.default_rng(seed).choice(values, num_rows, replace=False)
    return sorted(int(one) for one in values)

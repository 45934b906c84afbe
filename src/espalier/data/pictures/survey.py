"""Survey: what the pictures of a source are like, and which of them cannot be used."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import polars as pl
import torch
from torch import Tensor

from espalier.core.errors import SourceError
from espalier.core.pictures import COLOUR, GREY, PictureForm, PictureHeaders
from espalier.core.records import Hints, Records
from espalier.core.schema import Column, Kind, Role
from espalier.data.clean import ALIKE
from espalier.data.parse import LINE_SUFFIXES
from espalier.data.pictures.likeness import alike

NATIVE_PIXELS = 64  # pictures of one size up to it are taken as they are; larger ones are brought to it
MAX_UNREADABLE = 0.1  # share of the pictures; beyond it the source itself is broken
BLANK = 1.0  # of 255: standard deviation over all pixels below which a picture shows nothing
BORDER_FRACTION = 0.1  # of a side: rows or columns of one colour at two opposite edges
BORDER_TOLERANCE = 12  # of 255: JPEG does not keep a colour exactly
BORDER_BLUR = 3  # rows within which it ends: JPEG and shrinking blur the line
BORDER_LINE = 0.8  # share of the pixels along the inner side of a border that differ from it
BORDER_FILLED = 0.9  # share of all pixels within it that do
MAX_NAMED = 100  # pictures listed for one reason; the count is always whole
SHOWN = 3

WHY_ALIKE = "pictures that are equal or nearly so share a value; they stay in one part"


@dataclass(frozen=True)
class Named:
    """Pictures that something is true of.

    Args:
        count: how many.
        rows: of the first 100, numbers in the source.
        names: of the same.
        said: of the same, what is true of each; empty where it is the same for all.
    """

    count: int = 0
    rows: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    said: tuple[str, ...] = ()


@dataclass(frozen=True)
class Survey:
    """What the pictures of one column are like.

    Args:
        column: its name.
        num_pictures: how many there are.
        widths, heights: least, median and greatest, pixels.
        channels: pictures that are grey, in colour, or in colour with transparency.
        forms: how they are stored, and how many are.
        unreadable: pictures that cannot be read, and why.
        odd: pictures that were read, with what stood out.
        blank: pictures that show nothing.
        bordered: pictures with a border of one colour at two opposite edges.
        num_alike: pictures that are equal, or nearly so, to an earlier one.
        form: that suits them, unless a person names another.
    """

    column: str
    num_pictures: int
    widths: tuple[int, int, int]
    heights: tuple[int, int, int]
    channels: Mapping[str, int]
    forms: Mapping[str, int]
    unreadable: Named
    odd: Named
    blank: Named
    bordered: Named
    num_alike: int
    form: PictureForm

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return asdict(self)


def from_mapping(value: Mapping[str, Any]) -> Survey:
    """Return the survey that plain values describe, also after a way through JSON."""
    named = {
        key: Named(value[key]["count"], *(tuple(value[key][part]) for part in ("rows", "names", "said")))
        for key in ("unreadable", "odd", "blank", "bordered")
    }
    spreads = {key: tuple(value[key]) for key in ("widths", "heights")}
    return Survey(**{**value, **named, **spreads, "form": PictureForm(**value["form"])})


def picture_column(records: Records) -> str | None:
    """Return the name of the column that names pictures; None where there is none."""
    return next((name for name, column in records.hints.columns.items() if column.kind is Kind.IMAGE), None)


def usual_form(headers: PictureHeaders) -> PictureForm:
    """Return the form that pictures are brought to unless a person names another.

    Pictures of one size up to 64 pixels stay as they are; others become squares of 64, or of their usual shorter side where
    that is less. Grey pictures stay grey.

    Args:
        headers: of readable pictures among them, one at least.
    """
    good = headers.widths > 0
    widths, heights, channels = headers.widths[good], headers.heights[good], headers.channels[good]
    colours = GREY if (channels == GREY).all() else COLOUR
    if len(set(zip(widths.tolist(), heights.tolist(), strict=True))) == 1 and max(widths[0], heights[0]) <= NATIVE_PIXELS:
        return PictureForm(int(heights[0]), int(widths[0]), colours)
    side = int(min(np.median(np.minimum(widths, heights)), NATIVE_PIXELS))
    return PictureForm(side, side, colours)


def survey(records: Records) -> tuple[Records, Survey | None]:
    """Look at every picture once.

    Args:
        records: as they were read; records without pictures stay as they are.

    Returns:
        The records, with null for pictures that cannot be read and a column that marks those that are alike, and the survey.

    Raises:
        SourceError: more than a tenth of the pictures cannot be read.
    """
    column = picture_column(records)
    if column is None or records.album is None:
        return records, None
    named = records.frame.get_column(column)
    names = named.drop_nulls().to_list()
    positions = np.flatnonzero(named.is_not_null().to_numpy())
    headers = records.album.headers(names)
    problems = dict(headers.problems)
    if len(problems) < len(names):
        pixels, wrong = records.album.pixels(names, usual_form(headers))
        problems |= {number: why for number, why in wrong.items() if number not in problems}
    _refuse(records, names, positions, problems)
    leaders = alike(pixels)
    num_alike = int((leaders != np.arange(len(leaders))).sum())
    made = _made(column, names, records.rows[positions], headers, pixels, problems, num_alike)
    return _marked(records, column, positions, problems, _marks(pixels, leaders)), made


def _marks(pixels: Tensor, leaders: np.ndarray) -> list[str]:
    """Return the mark of each picture: of the content of the first one like it, so that it holds from source to source."""
    own = {int(one): hashlib.sha256(pixels[int(one)].numpy().tobytes()).hexdigest()[:16] for one in np.unique(leaders)}
    return [own[int(one)] for one in leaders]


def _refuse(records: Records, names: Sequence[str], positions: np.ndarray, problems: Mapping[int, str]) -> None:
    if not names:
        raise SourceError(f"{records.source} names no picture. Expected names of picture files.")
    if len(problems) <= MAX_UNREADABLE * len(names):
        return
    is_text = any(suffix in records.source.lower() for suffix in LINE_SUFFIXES)
    lines = records.rows[positions]
    shown = "; ".join(
        f"{f'line {lines[number]:,}, ' if is_text else ''}{names[number]}: {why}"
        for number, why in sorted(problems.items())[:SHOWN]
    )
    raise SourceError(
        f"{len(problems):,} of {len(names):,} pictures of {records.source} cannot be read ({shown}). At most "
        f"{MAX_UNREADABLE:.0%} may be left out. Mend or remove them."
    )


def _marked(records: Records, column: str, positions: np.ndarray, problems: Mapping[int, str], marks: Sequence[str]) -> Records:
    """Return the records with null where a picture cannot be read, and with the column of likeness."""
    frame = records.frame
    named = frame.get_column(column).to_list()
    for number in problems:
        named[positions[number]] = None
    likeness: list[str | None] = [None] * len(named)
    for position, mark in zip(positions.tolist(), marks, strict=True):
        likeness[position] = mark
    name = f"{column}{ALIKE}"
    frame = frame.with_columns(pl.Series(column, named, dtype=pl.String), pl.Series(name, likeness, dtype=pl.String))
    hints: Hints = replace(
        records.hints, columns={**records.hints.columns, name: Column(Kind.CATEGORY, Role.IDENTIFIER, reason=WHY_ALIKE)}
    )
    return replace(records, frame=frame, hints=hints)


def _made(
    column: str,
    names: Sequence[str],
    rows: np.ndarray,
    headers: PictureHeaders,
    pixels: Tensor,
    problems: Mapping[int, str],
    num_alike: int,
) -> Survey:
    good = np.flatnonzero(headers.widths > 0)
    kinds = {1: "grey", 3: "colour", 4: "colour with transparency"}
    blank, bordered = _blank(pixels), _bordered(pixels)
    readable = [number not in problems for number in range(len(names))]
    usable = np.array(readable)

    def named(numbers: Sequence[int], said: Mapping[int, str] | None = None) -> Named:
        few = list(numbers)[:MAX_NAMED]
        words = () if said is None else tuple(said[number] for number in few)
        return Named(len(numbers), tuple(int(rows[n]) for n in few), tuple(names[n] for n in few), words)

    return Survey(
        column,
        len(names),
        _spread(headers.widths[good]),
        _spread(headers.heights[good]),
        dict(Counter(kinds[int(one)] for one in headers.channels[good])),
        dict(Counter(headers.forms[number] for number in good).most_common()),
        named(sorted(problems), problems),
        named(sorted(headers.oddities), headers.oddities),
        named(np.flatnonzero(blank & usable).tolist()),
        named(np.flatnonzero(bordered & ~blank & usable).tolist()),
        num_alike,
        usual_form(headers),
    )


def _spread(values: np.ndarray) -> tuple[int, int, int]:
    return int(values.min()), int(np.median(values)), int(values.max())


def _blank(pixels: Tensor) -> np.ndarray:
    """Return (N,) whether a picture is of one colour all over."""
    parts = [part.flatten(2).float().std(dim=2, correction=0).amax(dim=1) < BLANK for part in torch.split(pixels, 4096)]
    return torch.cat(parts).numpy()


def _bordered(pixels: Tensor) -> np.ndarray:
    """Return (N,) whether two opposite edges have a border of one colour, a tenth of the side wide, that ends in a line.

    A thing on an even ground has no border: where the ground ends, only some pixels of the next row differ from it, and the
    ground shows around the thing.
    """
    found = []
    for part in torch.split(pixels, 1024):
        values = part.to(torch.int16)
        found.append(_has_bands(values) | _has_bands(values.transpose(2, 3)))
    return torch.cat(found).numpy()


def _has_bands(values: Tensor) -> Tensor:
    """Return (N,) whether pictures (N, C, H, W) have a border above and below."""
    height = values.shape[2]
    colour = values[:, :, :1, :1]
    differs = (values - colour).abs().amax(dim=1) > BORDER_TOLERANCE  # (N, H, W)
    even = ~differs.any(dim=2)
    above, below = (one.long().cumprod(dim=1).sum(dim=1) for one in (even, even.flip(1)))
    wide = max(round(height * BORDER_FRACTION), 1)
    is_band = (above >= wide) & (below >= wide) & (above + below < height)
    inside = differs.float().mean(dim=2)  # (N, H)
    is_line = [_is_crossed(share, start) for share, start in ((inside, above), (inside.flip(1), below))]
    filled = inside.sum(dim=1) / (height - above - below).clamp(min=1)
    return is_band & is_line[0] & is_line[1] & (filled >= BORDER_FILLED)


def _is_crossed(share: Tensor, start: Tensor) -> Tensor:
    """Return (N,) whether nearly all pixels of one of the first three rows (N, H) from a start (N,) on differ."""
    numbers = torch.arange(len(share))
    rows = [share[numbers, (start + step).clamp(max=share.shape[1] - 1)] for step in range(BORDER_BLUR)]
    return torch.stack(rows).amax(dim=0) >= BORDER_LINE

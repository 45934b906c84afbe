"""Pictures among those to be answered that cannot be read: named and counted, while all others are answered."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from espalier.core.errors import SourceError
from espalier.core.records import IntArray, Records
from espalier.data.parse import LINE_SUFFIXES
from espalier.data.prepare.preparation import Preparation, pictures_of

ERROR = "error"  # the column of reasons, in answers where some picture could not be read
NO_NAME = "no picture is named"
SHOWN = 3


def unreadable(records: Records, prepared: Preparation) -> dict[int, str]:
    """Return by position why a row has no picture to be answered; nothing for tables.

    Args:
        records: parsed, with the column that the preparation reads.
        prepared: of the model.

    Raises:
        SourceError: none of the pictures can be read.
    """
    pictures = pictures_of(prepared)
    if pictures is None or records.album is None or not len(records):
        return {}
    named = records.frame.get_column(pictures.column)
    positions = np.flatnonzero(named.is_not_null().to_numpy())
    reasons = {int(position): NO_NAME for position in np.flatnonzero(named.is_null().to_numpy())}
    if len(positions):
        _, problems = records.album.pixels(named.drop_nulls().to_list(), pictures.form)
        reasons |= {int(positions[number]): why for number, why in problems.items()}
    if len(reasons) == len(records):
        raise SourceError(
            f"None of the {len(records):,} pictures of {records.source} can be read: {_shown(records, prepared, reasons)}. "
            "Mend them, or name other pictures."
        )
    return dict(sorted(reasons.items()))


def readable(records: Records, reasons: Mapping[int, str]) -> IntArray:
    """Return the positions of the rows that can be answered."""
    return np.setdiff1d(np.arange(len(records)), np.fromiter(reasons, dtype=np.int64, count=len(reasons)))


def with_gaps(answers: pl.DataFrame, places: IntArray, reasons: Mapping[int, str]) -> pl.DataFrame:
    """Return the answers with an empty line for each picture that could not be read, and a column that says why.

    Args:
        answers: one line for each row that was answered.
        places: (N,) positions of these rows among all.
        reasons: by position, why the others were not.
    """
    position = np.full(len(answers) + len(reasons), -1, dtype=np.int64)
    position[places] = np.arange(len(places))
    numbers = pl.Series(position, dtype=pl.Int64)
    spread = answers.select(pl.all().gather(numbers.set(numbers < 0, None)))
    said = [reasons.get(row) for row in range(spread.height)]
    return spread.with_columns(pl.Series(ERROR, said, dtype=pl.String))


def note_on(records: Records, prepared: Preparation, reasons: Mapping[int, str], *, scored: bool = False) -> str:
    """Return a sentence that counts and names the pictures that could not be read.

    Args:
        records: all that were given.
        prepared: of the model.
        reasons: by position, why.
        scored: whether scores are asked for, and not answers.
    """
    count = "1 picture" if len(reasons) == 1 else f"{len(reasons):,} pictures"
    end = "not scored" if scored else "not answered"
    verb = "is" if len(reasons) == 1 else "are"
    return f"{count} of {len(records):,} cannot be read and {verb} {end}: {_shown(records, prepared, reasons)}."


def _shown(records: Records, prepared: Preparation, reasons: Mapping[int, str]) -> str:
    """Return the first reasons, each with the line of a text file or the name of the picture."""
    is_text = any(suffix in records.source.lower() for suffix in LINE_SUFFIXES)
    names = records.frame.get_column(prepared.columns_read[0])
    shown = []
    for position, why in list(reasons.items())[:SHOWN]:
        place = [f"line {records.rows[position]:,}"] if is_text else []
        place += [] if names[position] is None else [str(names[position])]
        shown.append(f"{', '.join(place) or f'row {records.rows[position]:,}'} ({why})")
    more = f" and {len(reasons) - SHOWN:,} more" if len(reasons) > SHOWN else ""
    return f"{', '.join(shown)}{more}"

"""Copies across sources: pictures of one source that are equal, or nearly so, to pictures of another get its marks."""

from dataclasses import replace

import polars as pl
import torch
from torch import Tensor

from espalier.core.pictures import PictureForm
from espalier.core.records import Records
from espalier.data.clean import ALIKE
from espalier.data.pictures.likeness import first_like


def marked_like(records: Records, known: Records, column: str, form: PictureForm) -> Records:
    """Return records whose pictures have the mark of the known picture that they are like, where there is one.

    Pictures that had one mark still have one: what is like a copy is taken for a copy too.

    Args:
        records: surveyed.
        known: surveyed records of another source.
        column: that names the pictures, in both.
        form: in which they are compared.
    """
    marks = f"{column}{ALIKE}"
    if any(one.album is None or marks not in one.frame.columns for one in (records, known)):
        return records
    found = torch.from_numpy(first_like(_pixels(records, column, form), _pixels(known, column, form)))
    own, theirs = (one.frame.filter(pl.col(column).is_not_null()).get_column(marks).to_list() for one in (records, known))
    new: dict[str, str] = {}
    for position in (found >= 0).nonzero().flatten().tolist():
        new.setdefault(own[position], theirs[int(found[position])])
    return replace(records, frame=records.frame.with_columns(pl.col(marks).replace(new)))


def _pixels(records: Records, column: str, form: PictureForm) -> Tensor:
    """Return (N, C, H, W) the pictures of the rows that name one."""
    names = records.frame.get_column(column).drop_nulls().to_list()
    if not names or records.album is None:
        return torch.empty(0, form.channels, form.height, form.width, dtype=torch.uint8)
    return records.album.pixels(names, form)[0]

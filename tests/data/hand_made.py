"""Small parsed tables and their schemas, made by hand; and real ones, read plainly."""

import gzip
import io
from functools import cache

import numpy as np
import polars as pl

from espalier.core.records import Records
from espalier.core.schema import Column, Kind, Role, Schema
from real_data import data_file

KIND_OF_TYPE = {pl.Float64: Kind.NUMBER, pl.String: Kind.CATEGORY, pl.Datetime: Kind.DATE}


def hand_made(columns, target="y", roles=None, kinds=None, order=None):
    """Return (records, schema); the kind follows from the values unless given."""
    frame = pl.DataFrame(columns, strict=False)
    numbers = [name for name, kind in frame.schema.items() if kind.is_numeric() or kind == pl.Null]
    frame = frame.with_columns(pl.col(numbers).cast(pl.Float64))
    roles = {target: Role.TARGET, **(roles or {})}
    schema = {
        name: Column(
            (kinds or {}).get(name) or KIND_OF_TYPE[type(kind)],
            roles.get(name, Role.INPUT),
            order=(order or {}).get(name, ()),
        )
        for name, kind in frame.schema.items()
    }
    return Records(frame, np.arange(2, frame.height + 2), "made.csv"), Schema(schema)


REAL = {
    "titanic": ("titanic/titanic.csv.gz", "Survived", ("PassengerId", "Name", "Ticket", "Cabin"), ("Survived", "Pclass")),
    "adult": ("adult/adult_train.csv.gz", "income", (), ()),
    "mammography": ("mammography/mammography.csv.gz", "target", (), ("target",)),
    "house_prices": ("house_prices/train.csv.gz", "SalePrice", ("Id",), ("MSSubClass",)),
    "bike_sharing": ("bike_sharing/bikeshare.csv.gz", "count", ("casual", "registered"), ("season", "weather")),
}


@cache
def real(name):
    """Return (records, schema) of a real data set."""
    path, target, ignored, categories = REAL[name]
    text = gzip.decompress(data_file(path).read_bytes())
    frame = pl.read_csv(io.BytesIO(text), null_values=["NA", "?", " ?", ""], infer_schema_length=5000)
    frame = frame.rename(lambda column: column.strip()).drop(ignored)
    frame = frame.with_columns(pl.col(categories).cast(pl.String))
    frame = frame.with_columns(
        pl.selectors.numeric().cast(pl.Float64),
        (pl.selectors.string() - pl.selectors.matches("^datetime$")).str.strip_chars(),
        pl.selectors.matches("^datetime$").str.to_datetime(time_unit="us"),
    )
    return hand_made(frame, target=target)

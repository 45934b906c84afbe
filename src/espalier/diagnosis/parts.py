"""Parts: the three sides of a split, for checks that prove that they do not overlap."""

from collections.abc import Mapping

import polars as pl

from espalier.core.records import Records, Splits


def all_parts(splits: Splits) -> Mapping[str, Records]:
    """Return train, valid and test, for comparing hashes of rows, groups and times only.

    The test part is not opened by it, and nothing is recorded: callers take no other value of the test part, and none of its
    targets. Whoever needs more than that looks at train and valid.
    """
    return {"train": splits.train.records, "valid": splits.valid, "test": splits.test.hidden}


def is_drawn(method: str | None) -> bool:
    """Return whether rows (or groups) are dealt out at random, so that the parts are alike by construction."""
    return method in ("random", "stratified")


def shared_values(parts: Mapping[str, Records], column: str) -> dict[str, list[object]]:
    """Return for valid and test the values of a column that the training part has too; missing values are none."""
    train = parts["train"].frame.get_column(column).drop_nulls().unique()
    shared = {}
    for part in ("valid", "test"):
        values = parts[part].frame.get_column(column).drop_nulls().unique()
        shared[part] = values.filter(values.is_in(train.implode())).sort().to_list()
    return {part: values for part, values in shared.items() if values}


def range_of(records: Records, column: str) -> tuple[object, object] | None:
    """Return the first and the last value of a column, or None without any."""
    values = records.frame.get_column(column).drop_nulls()
    values = values.filter(~values.is_nan()) if values.dtype in (pl.Float32, pl.Float64) else values
    return (values.min(), values.max()) if len(values) else None

"""Writes a file of the Numenta Anomaly Benchmark with a column of 0 and 1, from the windows of time in its JSON file.

python bench/nab_labels.py nyc_taxi taxi.csv
espalier train taxi.csv --task anomaly --target value --labels odd
"""

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path

import polars as pl

FOLDER = Path(os.environ.get("ESPALIER_DATA", "../shared/data")) / "nab"
SECONDS = 19  # characters of a time without fractions of a second


def labelled(frame: pl.DataFrame, windows: Sequence[Sequence[str]]) -> pl.DataFrame:
    """Return steps with a column `odd`: 1 within a window, both ends included.

    Args:
        frame: with a column `timestamp`.
        windows: first and last time of each.

    Example:
        >>> frame = pl.DataFrame({"timestamp": ["2014-01-01 00:00:00", "2014-01-01 01:00:00"]}).with_columns(
        ...     pl.col("timestamp").str.to_datetime()
        ... )
        >>> labelled(frame, [["2014-01-01 00:30:00.000000", "2014-01-01 02:00:00.000000"]])["odd"].to_list()
        [0, 1]
    """
    odd = pl.lit(0)
    for ends in windows:
        first, last = (pl.lit(one[:SECONDS]).str.to_datetime() for one in ends)
        odd = pl.when(pl.col("timestamp").is_between(first, last)).then(1).otherwise(odd)
    return frame.with_columns(odd.alias("odd"))


def main() -> None:
    """Read a file and its windows, and write both as one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="of the file, such as nyc_taxi")
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    every = json.loads((FOLDER / "labels_windows.json").read_text())
    windows = next(found for path, found in every.items() if Path(path).stem == given.name)
    labelled(pl.read_csv(FOLDER / f"{given.name}.csv.gz", try_parse_dates=True), windows).write_csv(given.out)


if __name__ == "__main__":
    main()

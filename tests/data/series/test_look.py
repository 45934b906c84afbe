import numpy as np
import polars as pl
import pytest

from espalier.core.errors import ColumnError
from espalier.core.records import Records
from espalier.data.describe.describe import describe
from espalier.data.parse import parse
from espalier.data.read import read
from espalier.data.series.look import look_at_table
from real_data import data_file


def looked(records):
    schema, _ = describe(records, target=() if records.hints.target is None else (records.hints.target,))
    return look_at_table(parse(records, schema).records, schema)


def test_a_wide_table_is_looked_at_in_one_step():
    found = looked(read(data_file("airline_passengers/airline-passengers.csv.gz")))
    assert found.sentences[0] == "1 series of 144 steps, monthly, from 1949-01-01 to 1960-12-01."
    assert found.timeline.names == ("Passengers",)
    assert found.survey.season == 12


def test_the_m4_panel_is_looked_at_in_one_step():
    found = looked(read(data_file("m4_hourly/Hourly-train.csv.gz")))
    assert found.sentences[0].endswith("'id' with 'step' tells each row from every other: it names 414 series.")
    assert found.sentences[1] == "414 series of 700 to 960 steps (the middle one 960); steps are counted, without times."
    assert found.survey.season == 24
    assert found.survey.groups == ("id",)


def test_stamps_with_zones_are_told():
    stamps = [f"2024-01-{day:02d} {hour:02d}:00+01:00" for day in range(1, 20) for hour in range(24)]
    frame = pl.DataFrame({"at": stamps, "x": np.random.default_rng(0).normal(size=len(stamps))})
    found = looked(Records(frame, np.arange(2, frame.height + 2), "a.csv"))
    assert any("read as UTC" in one for one in found.sentences)
    assert found.survey.first == "2023-12-31T23:00:00"


def test_a_table_without_numbers_that_run_in_time_is_refused():
    frame = pl.DataFrame({"date": ["2024-01-01", "2024-01-02", "2024-01-03"], "wind": ["N", "S", "N"]})
    with pytest.raises(ColumnError, match=r"a.csv has no column of numbers that run in time"):
        looked(Records(frame, np.arange(2, 5), "a.csv"))

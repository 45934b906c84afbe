"""Frames and samples, and the fingerprint of every source."""

import datetime
import gzip

import numpy as np
import polars as pl
import pytest
from sklearn import datasets

from espalier.core.errors import ColumnError, EmptySourceError, SourceError
from espalier.core.records import Records
from espalier.data.kinds.table import fingerprint, read


def test_a_polars_frame_is_read_and_not_changed():
    frame = pl.DataFrame({" age": [31, None], "city": ["u", "v"]})
    records = read(frame)
    assert records.frame.columns == ["age", "city"]
    assert frame.columns == [" age", "city"]
    assert records.rows.tolist() == [1, 2]
    assert records.source == "polars frame"


def test_a_lazy_frame_is_read():
    assert read(pl.LazyFrame({"a": [1, 2]})).frame["a"].to_list() == [1, 2]


def test_a_frame_of_another_library_is_read_through_arrow():
    class Foreign:
        def __arrow_c_stream__(self, requested_schema=None):
            return pl.DataFrame({"a": [1, 2]}).__arrow_c_stream__(requested_schema)

    records = read(Foreign())
    assert records.frame["a"].to_list() == [1, 2]
    assert records.source == "Foreign"


def test_a_pandas_frame_keeps_types_and_its_missing_cells_become_null():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "whole": [1, 2],
            "part": [1.5, np.nan],
            "text": ["x", None],
            "day": pandas.to_datetime(["2020-01-01", None]),
            "kind": pandas.Categorical(["u", None]),
            "yes": [True, False],
            "maybe": pandas.array([True, None], dtype="boolean"),
            "count": pandas.array([2**60, None], dtype="Int64"),
            "mixed": [1, "a"],
            "zone": pandas.to_datetime(["2020-01-01 09:00+09:00", "2020-01-02 09:00+09:00"]),
            "long": pandas.to_timedelta(["1 min", None]),
            2020: [3, 4],
        }
    )
    records = read(frame)
    midnight = datetime.datetime(2020, 1, 1)
    assert records.frame.row(0) == (1, 1.5, "x", midnight, "u", True, True, 2**60, "1", midnight, 60.0, 3)
    assert [name for name, cell in records.frame.row(1, named=True).items() if cell is None] == [
        *("part", "text", "day", "kind", "maybe", "count", "long")
    ]
    assert records.frame.columns[-1] == "2020"
    assert records.frame["part"].null_count() == 1


def test_a_named_index_of_pandas_is_left_out_and_said():
    pandas = pytest.importorskip("pandas")
    records = read(pandas.DataFrame({"a": [1]}, index=pandas.Index(["x"], name="key")))
    assert records.frame.columns == ["a"]
    assert "the index (key) was left out; use reset_index() to keep it" in records.notes


def test_one_name_for_two_columns_of_pandas_is_an_error():
    pandas = pytest.importorskip("pandas")
    with pytest.raises(ColumnError, match="The pandas frame uses one name for several columns: 'a' for columns 1, 2"):
        read(pandas.DataFrame([[1, 2]], columns=["a", "a"]))


@pytest.mark.parametrize("frame", [pl.DataFrame(), pl.DataFrame({"a": []})])
def test_a_frame_without_rows_is_an_error(frame):
    with pytest.raises(EmptySourceError, match="The polars frame has . columns and 0 rows. Expected at least one row"):
        read(frame)


def test_a_query_for_a_frame_is_refused():
    with pytest.raises(SourceError, match="A query was given for a frame"):
        read(pl.DataFrame({"a": [1]}), query="SELECT 1")


@pytest.mark.parametrize(
    ("name", "shape", "classes"),
    [
        ("breast_cancer", (569, 31), {"benign", "malignant"}),
        ("iris", (150, 5), {"setosa", "versicolor", "virginica"}),
        ("wine", (178, 14), {"class_0", "class_1", "class_2"}),
        ("digits", (1797, 65), set("0123456789")),
    ],
)
def test_samples_name_their_classes_in_words(name, shape, classes):
    records = read(f"sample:{name}")
    assert records.frame.shape == shape
    assert set(records.frame["target"]) == classes
    assert records.source == f"sample:{name}"


def test_the_values_of_a_sample_are_those_of_scikit_learn():
    records = read("sample:diabetes")
    found = datasets.load_diabetes()
    np.testing.assert_array_equal(records.frame.drop("target").to_numpy(), found.data)
    np.testing.assert_array_equal(records.frame["target"].to_numpy(), found.target)


def test_the_fingerprint_of_a_file_is_that_of_its_bytes(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(b"abc")
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-4, example for "abc"
    assert fingerprint(path, Records(pl.DataFrame(), np.arange(0))) == known
    assert fingerprint(str(path), Records(pl.DataFrame(), np.arange(0))) == known


def test_two_packings_of_one_table_are_two_files(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"a,b\n1,2\n")
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"a,b\n1,2\n"))
    prints = {fingerprint(tmp_path / name, read(tmp_path / name)) for name in ("a.csv", "a.csv.gz")}
    assert len(prints) == 2


def test_equal_frames_have_equal_fingerprints_however_they_are_cut():
    whole = pl.DataFrame({"a": [1, None, 3], "b": ["x", "", None], "c": [0.5, None, float("nan")]})
    cut = pl.concat([whole.head(1), whole.tail(2)], rechunk=False)
    assert cut.n_chunks() == 2
    assert fingerprint(whole, read(whole)) == fingerprint(cut, read(cut))


@pytest.mark.parametrize(
    "other",
    [
        {"a": [1, 2], "b": ["x", "y"], "c": [0.5, None]},
        {"a": [1, None], "b": ["x", ""], "c": [0.5, None]},
        {"a": [1, None], "b": ["x", "y"], "c": [0.5, 0.0]},
        {"a": [1, None], "b": ["xy", ""], "c": [0.5, None]},
        {"a": [1, None], "b2": ["x", "y"], "c": [0.5, None]},
        {"a": [1.0, None], "b": ["x", "y"], "c": [0.5, None]},
        {"b": ["x", "y"], "a": [1, None], "c": [0.5, None]},
    ],
)
def test_every_change_of_a_frame_changes_its_fingerprint(other):
    frame = pl.DataFrame({"a": [1, None], "b": ["x", "y"], "c": [0.5, None]})
    changed = pl.DataFrame(other)
    assert fingerprint(frame, read(frame)) != fingerprint(changed, read(changed))

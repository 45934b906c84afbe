import numpy as np
import pytest

from espalier.core.errors import ColumnError, FormatError, SourceError
from espalier.core.schema import Kind, Role
from espalier.data.describe.describe import describe
from espalier.data.kinds.windows import read
from espalier.data.parse import parse
from espalier.data.read import fingerprint, kind_of
from espalier.data.read import read as read_any
from espalier.data.series.column import Windows, as_column, padded, windows_of
from real_data import data_file

STREAM = np.random.default_rng(0)


def saved(path, **arrays):
    np.savez(path, **arrays)
    return path


def waves(num=6, channels=3, steps=20):
    return STREAM.normal(size=(num, channels, steps)).astype(np.float32)


def back(records):
    return padded(windows_of(records.frame["series"]))


def test_windows_come_back_as_they_were_saved(tmp_path):
    given = waves()
    records = read(saved(tmp_path / "a.npz", X=given, y=np.array([0, 1, 0, 1, 0, 1])))
    np.testing.assert_array_equal(back(records), given)
    assert records.frame["label"].to_list() == ["0", "1", "0", "1", "0", "1"]
    assert records.hints.target == "label"
    assert records.hints.part is None
    assert records.hints.columns["series"].kind is Kind.SERIES
    assert records.rows.tolist() == [1, 2, 3, 4, 5, 6]


def test_two_axes_are_one_channel(tmp_path):
    given = STREAM.normal(size=(4, 9)).astype(np.float32)
    records = read(saved(tmp_path / "a.npz", X=given))
    np.testing.assert_array_equal(back(records)[:, 0], given)
    assert records.hints.target is None


def test_padding_with_nan_tells_the_true_lengths_and_gaps_inside_stay(tmp_path):
    given = waves(3, 2, 10)
    given[0, :, 7:] = np.nan
    given[1, 0, 3] = np.nan
    given[2, :, 4] = np.nan
    found = windows_of(read(saved(tmp_path / "a.npz", X=given)).frame["series"])
    assert found.lengths.tolist() == [7, 10, 10]
    np.testing.assert_array_equal(padded(found), given)


def test_given_lengths_cut_off_what_lies_behind_them(tmp_path):
    found = read(saved(tmp_path / "a.npz", X=waves(3, 2, 10), len=np.array([4, 10, 0])))
    assert found.frame["series"].list.len().to_list() == [4, 10, None]


def test_parts_are_named_by_the_arrays(tmp_path):
    path = saved(
        tmp_path / "a.npz", X_test=waves(2, 3, 29), y_test=np.array(["a", "b"]), X_train=waves(3), y_train=np.array(list("abb"))
    )
    records = read(path)
    assert records.frame["part"].to_list() == ["test"] * 2 + ["train"] * 3
    assert records.hints.part == "part"
    assert records.frame["label"].to_list() == ["a", "b", "a", "b", "b"]


def test_what_else_is_given_for_each_window_becomes_a_column(tmp_path):
    records = read(
        saved(tmp_path / "a.npz", X=waves(4), y=np.array([0.5, 1.5, 2.5, np.nan]), subject=np.arange(4), note=np.zeros(9))
    )
    assert records.frame["subject"].to_list() == ["0", "1", "2", "3"]
    assert records.frame["label"].to_list() == [0.5, 1.5, 2.5, None]
    assert "left out, for they are not given for each window: note" in records.notes


@pytest.mark.parametrize(
    ("more", "steps"),
    [({"len": np.array([6, 4])}, 6), ({"X_test": waves(2, 8, 6), "X_train": waves(2, 5, 6), "X": None}, None), ({}, 40)],
)
def test_the_axis_of_time_is_found_by_evidence(tmp_path, more, steps):
    arrays = {"X": waves(2, 6, 5) if steps == 6 else waves(2, 40, 3), **more}
    records = read(saved(tmp_path / "a.npz", **{name: one for name, one in arrays.items() if one is not None}))
    assert any("the axes are read as (n, time, channel)" in note for note in records.notes)
    assert records.frame["series"].list.len().max() == (steps or 8)


@pytest.mark.parametrize(
    ("arrays", "kind"),
    [
        ({"x_train": np.zeros((3, 28, 28), np.uint8), "y_train": np.zeros(3)}, "images"),
        ({"x": np.zeros((3, 32, 32, 3), np.uint8)}, "images"),
        ({"x": np.zeros((3, 3, 32, 32), np.float32)}, "images"),
        ({"x": np.full((3, 28, 28), 0.5, np.float32)}, "images"),
        ({"x": waves(3, 28, 28)}, "images"),
        ({"images": waves(3, 6, 100)}, "images"),
        ({"x": np.full((3, 24, 32), 0.5)}, "images"),
        ({"x": waves(3, 24, 32)}, "series"),
        ({"x": np.full((3, 24, 32), 256.5)}, "series"),
        ({"x": np.full((3, 24, 32), np.nan)}, "series"),
        ({"x": np.full((3, 6, 100), 0.5)}, "series"),
        ({"x": waves(3, 28, 28), "lengths": np.array([28, 3, 4])}, "series"),
        ({"signals": waves(3, 28, 28)}, "series"),
        ({"x": waves(3, 1, 28)[:, 0]}, "series"),
        ({"x": np.zeros((3, 784), np.uint8)}, "images"),
    ],
)
def test_pictures_stay_pictures_and_windows_are_told_by_evidence(tmp_path, arrays, kind):
    assert kind_of(saved(tmp_path / "a.npz", **arrays)) == kind


def test_the_person_has_the_last_word(tmp_path):
    path = saved(tmp_path / "a.npz", x=np.zeros((3, 28, 28), np.uint8))
    assert kind_of(path, "series") == "series"
    assert kind_of(saved(tmp_path / "b.npz", x=waves()), "images") == "images"
    assert read_any(path, kind="series").frame["series"].list.len().to_list() == [28] * 3


def test_the_evidence_is_said(tmp_path):
    records = read_any(saved(tmp_path / "a.npz", x=waves(3, 24, 32) - 9))
    assert records.notes[0].startswith("read as windows of 24 channels, because values go down to -")


@pytest.mark.parametrize("damage", ["truncated", "nul"])
def test_a_damaged_file_is_refused(tmp_path, damage):
    path = saved(tmp_path / "a.npz", X=waves(40), y=np.arange(40))
    path.write_bytes(path.read_bytes()[:2000] if damage == "truncated" else b"\0" * 2000)
    with pytest.raises(FormatError, match=r"a.npz cannot be read as NumPy arrays"):
        read_any(path)
    with pytest.raises(FormatError, match=r"a.npz cannot be read as NumPy arrays"):
        read_any(path, kind="series")


def test_pickled_objects_are_refused(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, X=np.array([[1, "a"], [2, "b"]], dtype=object))
    with pytest.raises(FormatError, match="pickled objects are never read"):
        read_any(path, kind="series")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"X": waves(3), "len": np.array([1, 2])}, "'len' holds 2 lengths and 'X' 3 windows"),
        ({"X": waves(3), "len": np.array([20, 21, 20])}, "'len' says that window 2 has 21 steps, and 'X' has room for 20"),
        ({"X": waves(3), "len": np.array([20, -1, 20])}, "'len' says that window 2 has -1 steps"),
        ({"X_train": waves(3), "X_test": waves(3, 4)}, "arrays with different numbers of channels"),
        ({"y": np.arange(3)}, "holds no array of windows"),
    ],
)
def test_arrays_that_do_not_fit_are_named(tmp_path, arrays, message):
    with pytest.raises(FormatError, match=message):
        read_any(saved(tmp_path / "a.npz", **arrays), kind="series")


def test_a_query_is_refused(tmp_path):
    with pytest.raises(SourceError, match="A query was given for windows"):
        read_any(saved(tmp_path / "a.npz", X=waves()), query="select 1")


def test_windows_are_described_and_parsed_as_they_are(tmp_path):
    path = saved(tmp_path / "a.npz", X=waves(40), y=np.arange(40) % 2)
    records = read_any(path)
    schema, profile = describe(records, target=("label",))
    assert (schema.columns["series"].kind, schema.columns["series"].role) == (Kind.SERIES, Role.INPUT)
    assert schema.columns["series"].reason == "windows of 20 steps and 3 channels"
    assert profile.columns["series"].num_distinct == 40
    found = parse(records, schema)
    assert found.issues == ()
    assert found.records.frame["series"].dtype == records.frame["series"].dtype
    assert len(fingerprint(path, records)) == 64
    with pytest.raises(ColumnError, match="The target 'series' holds windows"):
        describe(records, target=("series",))


def test_the_kind_of_windows_cannot_be_set(tmp_path):
    records = read_any(saved(tmp_path / "a.npz", X=waves(40), y=np.arange(40) % 2))
    assert describe(records, overrides={"series": {"kind": "series"}})[0].columns["series"].kind is Kind.SERIES
    with pytest.raises(ColumnError, match="The column 'series' holds windows, and so its kind cannot be 'text'"):
        describe(records, overrides={"series": {"kind": "text"}})
    with pytest.raises(ColumnError, match="The column 'label' holds no windows, and so its kind cannot be 'series'"):
        describe(records, overrides={"label": {"kind": "series"}})


def test_empty_windows_keep_their_place():
    steps = np.arange(6, dtype=np.float32).reshape(3, 2)
    column = as_column(Windows(steps, np.array([0, 2, 0, 1])), "series")
    assert column.list.len().to_list() == [None, 2, None, 1]
    found = windows_of(column)
    np.testing.assert_array_equal(found.steps, steps)
    assert found.lengths.tolist() == [0, 2, 0, 1]
    np.testing.assert_array_equal(padded(found, 1)[:, :, 0], [[np.nan] * 2, [0, 1], [np.nan] * 2, [4, 5]])


def test_real_windows_have_their_true_lengths():
    records = read_any(data_file("japanesevowels/japanesevowels.npz"))
    lengths = records.frame["series"].list.len()
    assert (len(records), lengths.min(), lengths.max()) == (640, 7, 29)
    assert windows_of(records.frame["series"]).steps.shape == (int(lengths.sum()), 12)
    held = np.load(data_file("japanesevowels/japanesevowels.npz"))
    np.testing.assert_array_equal(lengths.to_numpy(), np.concatenate([held["len_train"], held["len_test"]]))

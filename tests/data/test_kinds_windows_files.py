import numpy as np
import polars as pl
import pytest

from espalier.core.errors import EmptySourceError, FormatError, MissingSourceError, SourceError
from espalier.core.schema import Role
from espalier.data.read import fingerprint, kind_of, read
from espalier.data.series.column import padded, windows_of
from real_data import data_file

STREAM = np.random.default_rng(0)
TS = """# a comment
@problemName Toy
@timeStamps false
@dimensions 2
@equalLength false
@classLabel true left right
@data
1,2,3:4,5,6:left
1.5,?:7,8:right
9,9,9,9:1,2:left
"""


def written(path, text=TS):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def back(records):
    return padded(windows_of(records.frame["series"]))


def recording(path, num, columns="time,ax,ay"):
    rows = [f"{n / 10},{a:.3f},{b:.3f}" for n, (a, b) in enumerate(STREAM.normal(size=(num, 2)))]
    return written(path, "\n".join([columns, *rows]) + "\n")


def folder_of(path, parts=("",), num=3):
    for part in parts:
        for label in ("run", "walk"):
            for n in range(num):
                recording(path / part / label / f"{n}.csv", 20 + n)
    return path


def test_a_ts_file_gives_windows_of_its_own_lengths(tmp_path):
    path = written(tmp_path / "toy.ts")
    assert kind_of(path) == "series"
    records = read(path)
    nan = np.nan
    np.testing.assert_array_equal(back(records)[0], [[1, 2, 3, nan], [4, 5, 6, nan]])
    np.testing.assert_array_equal(back(records)[1], [[1.5, nan, nan, nan], [7, 8, nan, nan]])
    np.testing.assert_array_equal(back(records)[2], [[9, 9, 9, 9], [1, 2, nan, nan]])
    assert records.frame["label"].to_list() == ["left", "right", "left"]
    assert records.frame["series"].list.len().to_list() == [3, 2, 4]
    assert "in 1 windows some channels end before others; they are missing from there on" in records.notes


def test_targets_of_a_ts_file_may_be_numbers(tmp_path):
    text = "@univariate true\n@targetLabel true\n@data\n1,2,3:0.5\n4,5,6:2\n"
    records = read(written(tmp_path / "a.ts", text))
    assert records.frame["label"].to_list() == [0.5, 2.0]
    assert back(records).shape == (2, 1, 3)


def test_a_folder_of_ts_files_names_its_parts(tmp_path):
    written(tmp_path / "Toy_TRAIN.ts")
    written(tmp_path / "Toy_TEST.ts")
    records = read(tmp_path)
    assert records.frame["part"].to_list() == ["test"] * 3 + ["train"] * 3
    assert records.hints.part == "part"
    assert records.hints.target == "label"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TS.replace("1.5,?:7,8:right", "1.5,?:7,8:3,4:right"), "toy.ts, line 9, has 3 channels; @dimensions says 2"),
        (
            TS.replace("@dimensions 2\n", "").replace("1.5,?:7,8:right", "1.5,2:right"),
            "line 8, has 1 channel; the first line has 2",
        ),
        (TS.replace("8:right", "8:up"), "line 9, has the label 'up'; @classLabel names left, right"),
        (TS.replace("1.5,?", "1.5,x"), "line 9, channel 1, holds 'x'. Expected numbers, or \\? for a missing value"),
        (TS.replace("1.5,?", "1.5,\0"), "line 9, channel 1, holds '\\\\x00'"),
        (TS.replace("@data\n", ""), "holds no line '@data'"),
        (TS.replace("@timeStamps false", "@timeStamps true"), "holds time stamps within its data"),
    ],
)
def test_a_line_of_a_ts_file_that_does_not_fit_is_named(tmp_path, text, message):
    with pytest.raises(FormatError, match=message):
        read(written(tmp_path / "toy.ts", text))


def test_a_ts_file_without_a_window_is_refused(tmp_path):
    with pytest.raises(EmptySourceError, match="holds no window behind its line @data"):
        read(written(tmp_path / "toy.ts", TS.split("1,2,3")[0]))


def test_the_folder_of_a_recording_is_its_class_and_time_is_no_channel(tmp_path):
    records = read(folder_of(tmp_path / "moves"))
    assert kind_of(tmp_path / "moves") == "series"
    assert records.frame["label"].to_list() == ["run"] * 3 + ["walk"] * 3
    assert records.frame["series"].list.len().to_list() == [20, 21, 22] * 2
    assert back(records).shape == (6, 2, 22)
    assert records.frame["file"][0] == "run/0.csv"
    assert "one window a file, with the channels ax, ay" in records.notes
    assert "the column 'time' tells the time of a step and is no channel" in records.notes
    assert len(fingerprint(tmp_path / "moves", records)) == 64


def test_folders_named_as_parts_are_the_parts(tmp_path):
    records = read(folder_of(tmp_path / "moves", parts=("train", "test")))
    assert records.frame["part"].unique().sort().to_list() == ["test", "train"]
    assert records.frame["label"].unique().sort().to_list() == ["run", "walk"]


def test_names_of_files_tell_the_groups(tmp_path):
    for subject in range(6):
        for label in ("run", "walk"):
            recording(tmp_path / label / f"subject{subject}_a.csv", 9)
            recording(tmp_path / label / f"subject{subject}_b.csv", 9)
    records = read(tmp_path)
    assert records.frame["group"].unique().sort().to_list() == [f"subject{n}" for n in range(6)]
    assert records.hints.columns["group"].role is Role.GROUP


def test_files_without_a_header_are_read_by_the_places_of_their_columns(tmp_path):
    for label in "ab":
        for n in range(2):
            written(tmp_path / label / f"{n}.txt", "0.5 1.5\n2.5 3.5\n")
    records = read(tmp_path)
    np.testing.assert_array_equal(back(records)[0], [[0.5, 2.5], [1.5, 3.5]])


def test_files_side_by_side_are_windows_only_when_asked_for(tmp_path):
    for n in range(3):
        recording(tmp_path / f"{n}.csv", 9)
    assert kind_of(tmp_path) == "table"
    records = read(tmp_path, kind="series")
    assert len(records) == 3
    assert records.hints.target is None


def test_a_folder_without_recordings_is_no_series(tmp_path):
    (tmp_path / "notes.md").write_text("hello")
    with pytest.raises(SourceError, match="holds no series. Expected windows in a .npz"):
        read(tmp_path, kind="series")


def test_a_table_in_each_of_two_folders_is_no_recording(tmp_path):
    recording(tmp_path / "2023" / "sales.csv", 9)
    recording(tmp_path / "2024" / "sales.csv", 9)
    assert kind_of(tmp_path) == "table"
    assert kind_of(tmp_path, "series") == "series"


def test_an_empty_file_keeps_its_place_and_is_said(tmp_path):
    folder_of(tmp_path / "moves")
    written(tmp_path / "moves" / "run" / "1.csv", "time,ax,ay\n")
    records = read(tmp_path / "moves")
    assert records.frame["series"].null_count() == 1
    assert "1 file holds no step: run/1.csv" in records.notes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time,ax\n0,1\n1,2\n", "walk/0.csv lacks ay, compared with run/0.csv, which has the channels ax, ay"),
        ("time,ax,ay,az\n0,1,2,3\n1,2,3,4\n", "walk/0.csv has az besides"),
        ("time,ax,ay\n0,1,x\n1,2,y\n", "walk/0.csv lacks ay \\(ay hold text there\\)"),
    ],
)
def test_a_file_with_other_channels_is_named(tmp_path, text, message):
    folder_of(tmp_path / "moves")
    written(tmp_path / "moves" / "walk" / "0.csv", text)
    with pytest.raises(FormatError, match=message):
        read(tmp_path / "moves")


def test_lists_in_parquet_are_channels(tmp_path):
    path = tmp_path / "a.parquet"
    columns = {"ax": [[1.0, 2.0], [3.0]], "ay": [[4.0, None], [6.0]], "label": ["u", "v"], "who": [1, 2]}
    pl.DataFrame(columns).write_parquet(path)
    assert kind_of(path) == "series"
    records = read(path)
    np.testing.assert_array_equal(back(records), [[[1, 2], [4, np.nan]], [[3, np.nan], [6, np.nan]]])
    assert records.hints.target == "label"
    assert records.frame["who"].to_list() == [1, 2]


@pytest.mark.parametrize("is_turned", [False, True])
def test_lists_of_lists_in_parquet_are_windows(tmp_path, is_turned):
    given = [STREAM.normal(size=(3, steps)).astype(np.float32) for steps in (5, 9)]
    cells = [(one.T if is_turned else one).tolist() for one in given]
    path = tmp_path / "a.parquet"
    pl.DataFrame({"series": pl.Series(cells, dtype=pl.List(pl.List(pl.Float32)))}).write_parquet(path)
    found = windows_of(read(path).frame["series"])
    assert found.lengths.tolist() == [5, 9]
    np.testing.assert_array_equal(found.steps, np.concatenate([one.T for one in given]))


def test_vectors_in_parquet_are_windows_only_when_asked_for(tmp_path):
    path = tmp_path / "a.parquet"
    pl.DataFrame({"embedding": [[1.0, 2.0], [3.0, 4.0]], "x1": [1, 2]}).write_parquet(path)
    assert kind_of(path) == "table"
    assert kind_of(path, "series") == "series"
    plain = tmp_path / "b.parquet"
    pl.DataFrame({"x1": [1, 2]}).write_parquet(plain)
    assert kind_of(plain, "series") == "table"


def test_lists_that_do_not_fit_are_named(tmp_path):
    path = tmp_path / "a.parquet"
    pl.DataFrame({"ax": [[1.0, 2.0], [3.0]], "ay": [[4.0, 5.0], [6.0, 7.0]]}).write_parquet(path)
    with pytest.raises(FormatError, match="row 2: 'ax' has 1 steps and 'ay' 2"):
        read(path)


def test_a_file_that_is_not_there_is_said():
    with pytest.raises(MissingSourceError, match=r"nowhere"):
        read("nowhere.npz", kind="series")


def test_pictures_and_tables_are_read_as_before():
    assert kind_of(data_file("hymenoptera/hymenoptera.zip")) == "images"
    assert kind_of(data_file("mnist/mnist.npz")) == "images"
    assert kind_of(data_file("titanic/titanic.csv.gz")) == "table"

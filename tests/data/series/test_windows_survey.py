import json

import numpy as np
import polars as pl

from espalier.core.plan import CleanPlan
from espalier.core.schema import Kind, Role
from espalier.data.clean import clean, copy_keys
from espalier.data.describe.describe import describe
from espalier.data.kinds.windows import made
from espalier.data.parse import parse
from espalier.data.read import read
from espalier.data.series.column import Windows
from espalier.data.series.sameness import find_same
from espalier.data.series.windows_survey import from_mapping, survey_windows, window_sentences
from real_data import data_file

STREAM = np.random.default_rng(0)


def windows(*given):
    steps = [np.asarray(one, np.float32).reshape(len(one), one.shape[1]) for one in given]
    return Windows(np.concatenate(steps), np.array([len(one) for one in steps]))


def noise(num=30, channels=2):
    return STREAM.normal(size=(num, channels))


def looked_at(*given, labels=None):
    columns = {} if labels is None else {"label": pl.Series("label", labels)}
    records, found = survey_windows(made(windows(*given), columns, (), "a.npz", ()))
    assert from_mapping(json.loads(json.dumps(found.to_mapping()))) == found
    return records, found, window_sentences(found, "a.npz")


def test_equal_windows_share_the_first_one_and_a_mark():
    one, other = noise(), noise(20)
    records, found, told = looked_at(one, other, one, other[:15], one)
    assert found.alike.rows == (3, 5)
    marks = records.frame["series.alike"]
    assert marks[0] == marks[2] == marks[4]
    assert marks[1] != marks[3]
    assert "2 of the windows equal an earlier one: windows 3, 5." in told
    column = records.hints.columns["series.alike"]
    assert (column.kind, column.role) == (Kind.CATEGORY, Role.IDENTIFIER)


def test_missing_values_and_signs_of_zero_do_not_tell_equal_windows_apart():
    one, other = noise(), noise()
    one[3, 0], one[4, 0] = np.nan, 0.0
    again = one.copy()
    again[4, 0] = -0.0
    assert find_same(windows(one, other, again)).leaders.tolist() == [0, 1, 0]


def test_windows_of_one_recording_are_chained():
    first, second, third = noise(90), noise(90), noise(90)
    cut = [part[start : start + 30] for part in (first, second, third) for start in (0, 15, 30, 45)]
    records, found, told = looked_at(*cut, noise())
    assert found.num_recordings == 4
    assert (found.overlapping.count, found.alike.count) == (12, 0)
    names = records.frame["series.recording"].to_list()
    assert [len({*names[n : n + 4]}) for n in (0, 4, 8)] == [1, 1, 1]
    assert records.hints.columns["series.recording"].role is Role.GROUP
    assert "12 of the windows share steps with another one: windows 1, 2, 3 and 9 more." in told[-1]
    assert "4 recordings, each of which must stay on one side" in told[-1]


def test_one_recording_alone_cannot_be_kept_on_one_side():
    whole = noise(300)
    records, _, told = looked_at(*(whole[start : start + 30] for start in range(0, 270, 10)))
    assert records.hints.columns["series.recording"].role is Role.IDENTIFIER
    assert "100% of all hang together, too many to keep them on one side" in told[-1]


def test_pauses_are_alike_in_all_recordings_and_chain_none():
    given = [np.concatenate([np.zeros((20, 2)), noise(20)]) for _ in range(4)]
    assert find_same(windows(*given)).overlaps.sum() == 0


def test_windows_that_follow_one_another_share_nothing():
    whole = noise(120)
    assert find_same(windows(*(whole[n : n + 30] for n in range(0, 120, 30)))).overlaps.sum() == 0


def test_empty_flat_and_gapped_windows_and_channels_are_named():
    given = [noise(20, 4) for _ in range(4)]
    for one in given:
        one[:, 2], one[:, 3] = np.nan, 5
    given[1][:] = np.nan
    given[2][:, :2] = 1.5
    given[3][4, 0] = np.nan
    records, found, told = looked_at(*given, np.empty((0, 4)))
    assert found.empty.rows == (2, 5)
    assert found.flat.rows == (3,)
    assert (found.lost, found.constant) == ((3,), (4,))
    assert records.frame["series"].null_count() == 2
    assert "2 of the windows hold no value and cannot be used: windows 2, 5." in told
    assert "1 of the windows holds nothing that changes: window 3." in told
    assert "Channel 3 holds no value." in told
    assert "Channel 4 holds one value throughout." in told


def test_classes_are_counted():
    _, found, told = looked_at(*(noise() for _ in range(5)), labels=["a", "b", "a", "a", None])
    assert found.classes == {"a": 3, "b": 1}
    assert "2 classes: 'a' 3, 'b' 1." in told


def test_cleaning_takes_out_windows_without_a_value_and_copies_count_by_their_mark():
    one = noise()
    records, _, _ = looked_at(one, np.full((9, 2), np.nan), one, noise(), labels=["a", "b", "a", "b"])
    schema, _ = describe(records, target=("label",))
    cleaned = clean(parse(records, schema).records, schema, CleanPlan(duplicates="drop"))
    assert [(one.reason, one.rows) for one in cleaned.removed] == [
        ("The window holds no value.", (2,)),
        ("An earlier row is equal in every column.", (3,)),
    ]
    keys = copy_keys(parse(records, schema).records, schema)
    assert keys[0] == keys[2]
    assert len(set(keys.tolist())) == 3


def test_other_records_stay_as_they_are():
    records = read("sample:wine")
    assert survey_windows(records) == (records, None)


def test_real_windows_are_described_as_they_are_known():
    found = survey_windows(read(data_file("japanesevowels/japanesevowels.npz")))[1]
    assert (found.num_windows, found.channels, found.lengths) == (640, 12, (7, 15, 29))
    assert len(found.classes) == 9
    assert (found.alike.count, found.overlapping.count, found.missing) == (0, 0, 0.0)
    found = survey_windows(read(data_file("ecg5000_train/ecg5000_train.npz")))[1]
    assert found.classes == {"1": 292, "2": 177, "4": 19, "3": 10, "5": 2}

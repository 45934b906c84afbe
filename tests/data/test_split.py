from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from data.hand_made import hand_made, real
from espalier.core.errors import ColumnError, InputError, PlanError, RunError, UnknownNameError
from espalier.core.plan import SplitPlan
from espalier.core.schema import Role
from espalier.data.clean import copy_keys
from espalier.data.split import folds, read_split, sample_train, split, split_files, write_split


def parts_of(splits):
    return splits.train.records, splits.valid, splits.test.hidden


def sizes(splits):
    return tuple(len(part) for part in parts_of(splits))


def rows_of(splits):
    return [set(part.rows.tolist()) for part in parts_of(splits)]


def numbers(count, **more):
    return hand_made({"a": list(range(count)), "y": [float(row % 7) for row in range(count)], **more})


def test_random_parts_have_the_asked_sizes_and_hold_every_row_once():
    records, schema = numbers(891)
    splits = split(records, schema, SplitPlan(), 0)
    assert sizes(splits) == (713, 89, 89)
    assert set.union(*rows_of(splits)) == set(records.rows.tolist())


def test_six_two_two_is_six_two_two():
    records, schema = numbers(50)
    assert sizes(split(records, schema, SplitPlan(train=0.6, valid=0.2, test=0.2), 0)) == (30, 10, 10)


def test_ten_rows_are_enough_and_three_too():
    assert sizes(split(*numbers(10), SplitPlan(), 0)) == (8, 1, 1)
    assert sizes(split(*numbers(3), SplitPlan(), 0)) == (1, 1, 1)


def test_the_same_seed_gives_the_same_parts_and_another_seed_others():
    records, schema = numbers(100)
    first, again, other = (rows_of(split(records, schema, SplitPlan(), seed)) for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_parts_keep_the_order_of_the_source():
    for part in parts_of(split(*numbers(100), SplitPlan(), 0)):
        assert (np.diff(part.rows) > 0).all()


@pytest.mark.parametrize("method", ["random", "stratified"])
def test_equal_rows_never_stand_in_two_parts(method):
    stream = np.random.default_rng(0)
    values = {"a": stream.integers(0, 30, 1000), "b": stream.choice(["u", "v", None], 1000)}
    records, schema = hand_made({**values, "y": stream.choice(["p", "q"], 1000)})
    for seed in range(5):
        splits = split(records, schema, SplitPlan(method=method), seed)
        keys = [set(copy_keys(part, schema).tolist()) for part in parts_of(splits)]
        assert not (keys[0] & keys[1] or keys[0] & keys[2] or keys[1] & keys[2])
        assert sizes(splits)[1] == pytest.approx(100, abs=25)


def test_one_row_repeated_very_often_is_trained_on_and_the_others_are_dealt():
    records, schema = hand_made({"a": [0] * 500 + list(range(1, 501)), "y": [1.0] * 1000})
    splits = split(records, schema, SplitPlan(), 0)
    assert sizes(splits) == (800, 100, 100)
    assert (splits.train.records.frame["a"] == 0).sum() == 500


def test_too_few_different_rows_are_refused_with_the_number_needed():
    records, schema = hand_made({"a": [1, 1, 1, 2, 2, 2], "y": [1.0] * 6})
    with pytest.raises(InputError, match="2 different rows; to deal it to 3 parts at least 3 are needed"):
        split(records, schema, SplitPlan(), 0)


def test_each_class_is_dealt_in_proportion():
    records, schema = hand_made({"a": range(1000), "y": ["rare"] * 30 + ["usual"] * 970})
    splits = split(records, schema, SplitPlan(method="stratified"), 0)
    assert [(part.frame["y"] == "rare").sum() for part in parts_of(splits)] == [24, 3, 3]
    assert sizes(splits) == (800, 100, 100)


@pytest.mark.parametrize(("count", "expected"), [(1, (1, 0, 0)), (3, (1, 1, 1)), (5, (3, 1, 1))])
def test_a_rare_class_is_in_training_and_with_three_rows_in_every_part(count, expected):
    records, schema = hand_made({"a": range(200), "y": ["rare"] * count + ["usual"] * (200 - count)})
    for seed in range(10):
        splits = split(records, schema, SplitPlan(method="stratified"), seed)
        assert tuple((part.frame["y"] == "rare").sum() for part in parts_of(splits)) == expected
        assert sizes(splits) == (160, 20, 20)


def test_a_class_of_two_rows_is_trained_on_with_at_least_one():
    records, schema = hand_made({"a": range(100), "y": ["rare"] * 2 + ["usual"] * 98})
    for seed in range(20):
        splits = split(records, schema, SplitPlan(method="stratified"), seed)
        assert (splits.train.records.frame["y"] == "rare").sum() >= 1


def test_a_thousand_small_classes_leave_the_parts_their_sizes():
    records, schema = hand_made({"a": range(4000), "y": [f"c{row % 1000}" for row in range(4000)]})
    splits = split(records, schema, SplitPlan(method="stratified"), 0)
    assert sizes(splits) == (3200, 400, 400)
    assert splits.train.records.frame["y"].n_unique() == 1000


def test_a_number_target_is_stratified_by_its_deciles():
    stream = np.random.default_rng(0)
    records, schema = hand_made({"a": range(1000), "y": stream.lognormal(size=1000)})
    top = np.quantile(records.frame["y"].to_numpy(), 0.9)
    splits = split(records, schema, SplitPlan(method="stratified"), 0)
    assert [(part.frame["y"] > top).sum() for part in parts_of(splits)] == [80, 10, 10]


def test_stratified_without_a_target_is_refused():
    records, schema = hand_made({"a": range(10)}, target="nothing")
    with pytest.raises(PlanError, match="needs a target"):
        split(records, schema, SplitPlan(method="stratified"), 0)


def test_groups_stay_together():
    stream = np.random.default_rng(0)
    groups = [f"g{group}" for group in stream.integers(0, 60, 1000)]
    records, schema = hand_made({"g": groups, "a": range(1000), "y": range(1000)}, roles={"g": Role.GROUP})
    for seed in range(5):
        splits = split(records, schema, SplitPlan(method="group", column="g"), seed)
        found = [set(part.frame["g"].to_list()) for part in parts_of(splits)]
        assert sum(len(one) for one in found) == len(set.union(*found)) == len(set(groups))
        assert sizes(splits)[1:] == (pytest.approx(100, abs=30), pytest.approx(100, abs=30))


def test_rows_that_look_alike_do_not_link_groups():
    columns = {"g": [f"g{row // 4}" for row in range(40)], "a": ["u", "v"] * 20, "y": range(40)}
    records, schema = hand_made(columns, roles={"g": Role.GROUP})
    splits = split(records, schema, SplitPlan(method="group", column="g"), 0)
    assert sizes(splits) == (32, 4, 4)


@pytest.mark.parametrize("method", ["random", "stratified"])
def test_rows_that_look_alike_to_the_model_are_dealt_apart_and_copies_are_not(method):
    names = [f"name {row // 2}" for row in range(200)]
    columns = {"id": range(200), "name": names, "a": ["u"] * 200, "y": ["p", "q"] * 100}
    records, schema = hand_made(columns, roles={"id": Role.IDENTIFIER, "name": Role.IDENTIFIER})
    splits = split(records, schema, SplitPlan(method=method), 0)
    parts = [set(part.frame["name"].to_list()) for part in parts_of(splits)]
    assert not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2])
    assert sizes(splits) == (160, 20, 20)


def test_rows_without_a_group_stand_for_themselves():
    columns = {"g": [None] * 10, "a": range(10), "y": range(10)}
    records, schema = hand_made({**columns, "g": pl.Series([None] * 10, dtype=pl.String)}, roles={"g": Role.GROUP})
    assert sizes(split(records, schema, SplitPlan(method="group", column="g"), 0)) == (8, 1, 1)


def test_two_groups_cannot_make_three_parts():
    records, schema = hand_made({"g": ["p", "q"] * 10, "a": range(20), "y": range(20)}, roles={"g": Role.GROUP})
    with pytest.raises(InputError, match="2 groups in column 'g'.*at least 3"):
        split(records, schema, SplitPlan(method="group", column="g"), 0)


def test_an_absent_split_column_is_answered_with_the_nearest():
    records, schema = hand_made({"group": ["p", "q"], "y": [1, 2]})
    with pytest.raises(UnknownNameError, match="Did you mean 'group'"):
        split(records, schema, SplitPlan(method="group", column="grup"), 0)


def test_an_ignored_split_column_is_answered_with_what_to_do():
    records, schema = hand_made({"part": ["train", "test"], "a": [1, 2], "y": [1, 2]}, roles={"part": Role.IGNORED})
    records = replace(records, frame=records.frame.drop("part"))
    with pytest.raises(ColumnError, match="--set schema.columns.part.role=identifier"):
        split(records, schema, SplitPlan(method="column", column="part"), 0)


def test_time_parts_follow_each_other_and_no_moment_stands_on_two_sides():
    stream = np.random.default_rng(0)
    times = pl.Series(stream.integers(0, 40, 1000) * 86_400_000_000).cast(pl.Datetime("us"))
    records, schema = hand_made({"t": times, "a": range(1000), "y": range(1000)}, roles={"t": Role.TIME})
    train, valid, test = parts_of(split(records, schema, SplitPlan(method="time", column="t"), 0))
    assert train.frame["t"].max() < valid.frame["t"].min()
    assert valid.frame["t"].max() < test.frame["t"].min()
    assert (len(valid), len(test)) == (pytest.approx(100, abs=30), pytest.approx(100, abs=30))


def test_time_may_be_a_number_and_rows_without_time_are_trained_on():
    records, schema = hand_made({"t": [None, 3, 1, 2, None, 5], "a": range(6), "y": range(6)}, roles={"t": Role.TIME})
    train, valid, test = parts_of(split(records, schema, SplitPlan(method="time", column="t"), 0))
    assert train.rows.tolist() == [2, 4, 5, 6]
    assert (valid.rows.tolist(), test.rows.tolist()) == ([3], [7])


def test_time_needs_three_moments():
    records, schema = hand_made({"t": [1, 1, 2, 2], "a": range(4), "y": range(4)})
    with pytest.raises(InputError, match="2 different times in 4 rows.*at least 3"):
        split(records, schema, SplitPlan(method="time", column="t"), 0)


def test_time_cannot_be_a_text():
    records, schema = hand_made({"t": ["may", "june", "july"], "y": [1, 2, 3]})
    with pytest.raises(ColumnError, match="'t' holds String; a split by time needs dates or numbers"):
        split(records, schema, SplitPlan(method="time", column="t"), 0)


def test_a_column_names_the_parts_however_they_are_spelt():
    names = ["Training", "train", "VAL", "dev", "Hold-out", " test"]
    records, schema = hand_made({"part": names, "a": range(6), "y": range(6)}, roles={"part": Role.IGNORED})
    splits = split(records, schema, SplitPlan(method="column", column="part"), 0)
    assert [part.rows.tolist() for part in parts_of(splits)] == [[2, 3], [4, 5], [6, 7]]


@pytest.mark.parametrize("held_out", ["test", "valid"])
def test_with_two_named_parts_the_valid_part_is_drawn_from_training(held_out):
    names = ["train"] * 90 + [held_out] * 10
    records, schema = hand_made({"part": names, "a": range(100), "y": range(100)}, roles={"part": Role.IGNORED})
    splits = split(records, schema, SplitPlan(method="column", column="part"), 0)
    assert sizes(splits) == (80, 10, 10)
    assert splits.test.hidden.rows.tolist() == list(range(92, 102))


def test_part_names_that_nobody_knows_are_named():
    records, schema = hand_made({"part": ["train", "foo", "test"], "y": [1, 2, 3]})
    with pytest.raises(ColumnError, match="'part' should name the part of each row, and holds 'foo'"):
        split(records, schema, SplitPlan(method="column", column="part"), 0)


def test_rows_without_a_part_are_named():
    records, schema = hand_made({"part": ["train", None, "test"], "y": [1, 2, 3]})
    with pytest.raises(ColumnError, match="empty in 1 rows \\(row 3\\)"):
        split(records, schema, SplitPlan(method="column", column="part"), 0)


def test_a_single_named_part_is_refused():
    records, schema = hand_made({"part": ["train", "train"], "y": [1, 2]})
    with pytest.raises(ColumnError, match="names only the part train"):
        split(records, schema, SplitPlan(method="column", column="part"), 0)


@pytest.mark.parametrize("method", ["random", "stratified", "group"])
def test_each_row_is_tested_once_in_each_repeat(method):
    stream = np.random.default_rng(0)
    groups = [f"g{group}" for group in stream.integers(0, 40, 200)]
    columns = {"g": groups, "a": stream.integers(0, 2000, 200), "y": stream.choice(["p", "q"], 200)}
    records, schema = hand_made(columns, roles={"g": Role.GROUP})
    every = folds(records, schema, SplitPlan(method=method, column="g", folds=5, repeats=2), 0)
    assert len(every) == 10
    tests = [splits.test.hidden.rows.tolist() for splits in every]
    for repeat in (tests[:5], tests[5:]):
        assert sorted(row for rows in repeat for row in rows) == records.rows.tolist()
    assert tests[0] != tests[5]
    for splits in every:
        keys = [set(copy_keys(part, schema).tolist()) for part in parts_of(splits)]
        assert not (keys[0] & keys[1] or keys[0] & keys[2] or keys[1] & keys[2])
        assert set.union(*rows_of(splits)) == set(records.rows.tolist())


def test_stratified_folds_have_every_class():
    records, schema = hand_made({"a": range(100), "y": ["rare"] * 10 + ["usual"] * 90})
    for splits in folds(records, schema, SplitPlan(method="stratified", folds=5), 0):
        assert [(part.frame["y"] == "rare").sum() for part in parts_of(splits)] == [7, 1, 2]


@pytest.mark.parametrize("method", ["time", "column", "files"])
def test_folds_of_fixed_parts_are_refused(method):
    records, schema = numbers(10)
    with pytest.raises(PlanError, match=f"split.folds is 5 with split.method '{method}'"):
        folds(records, schema, SplitPlan(method=method, column="a", folds=5), 0)


def test_more_folds_than_rows_are_refused():
    with pytest.raises(InputError, match="3 different rows; to deal it to 5 parts"):
        folds(*numbers(3), SplitPlan(folds=5), 0)


def test_folds_without_a_number_are_refused():
    with pytest.raises(PlanError, match="split.folds is not set"):
        folds(*numbers(10), SplitPlan(), 0)


def test_parts_from_files_are_taken_as_they_are_and_missing_ones_are_drawn():
    records, schema = numbers(90)
    test = numbers(10)[0]
    splits = split_files(records, None, test, schema, SplitPlan(), 0)
    assert splits.test.hidden is test
    assert sizes(splits) == (80, 10, 10)
    assert sizes(split_files(records, test, None, schema, SplitPlan(), 0)) == (80, 10, 10)
    assert sizes(split_files(records, test, test, schema, SplitPlan(), 0)) == (90, 10, 10)


def test_a_file_without_rows_is_refused():
    records, schema = numbers(90)
    with pytest.raises(InputError, match="The test source made.csv has no rows"):
        split_files(records, None, records.take(np.array([], dtype=np.int64)), schema, SplitPlan(), 0)


def test_the_method_files_without_files_is_refused():
    with pytest.raises(PlanError, match="needs data.valid or data.test"):
        split(*numbers(10), SplitPlan(method="files"), 0)


def test_opening_the_test_part_is_recorded_with_its_reason():
    reasons = []
    splits = split(*numbers(20), SplitPlan(), 0, reasons.append)
    assert reasons == []
    splits.test.open("the end")
    assert reasons == ["the end"]


def test_a_written_split_is_read_again_the_same(tmp_path):
    records, schema = numbers(100)
    splits = split(records, schema, SplitPlan(), 0)
    write_split(tmp_path / "split.parquet", splits)
    again = read_split(tmp_path / "split.parquet", records)
    for old, new in zip(parts_of(splits), parts_of(again), strict=True):
        assert old.frame.equals(new.frame)
        assert (old.rows == new.rows).all()
    frame = pl.read_parquet(tmp_path / "split.parquet")
    assert frame.columns == ["row", "part"]
    assert frame["row"].to_list() == records.rows.tolist()


def test_writing_a_split_does_not_open_the_test_part(tmp_path):
    reasons = []
    write_split(tmp_path / "split.parquet", split(*numbers(20), SplitPlan(), 0, reasons.append))
    assert reasons == []


def test_written_folds_are_read_one_by_one(tmp_path):
    records, schema = numbers(50)
    every = folds(records, schema, SplitPlan(folds=5), 0)
    write_split(tmp_path / "split.parquet", every)
    for fold, splits in enumerate(every):
        assert rows_of(read_split(tmp_path / "split.parquet", records, fold=fold)) == rows_of(splits)


def test_a_split_of_other_rows_is_refused(tmp_path):
    records, schema = numbers(50)
    write_split(tmp_path / "split.parquet", split(records, schema, SplitPlan(), 0))
    for index in (np.arange(49), np.r_[np.arange(49), 0]):
        with pytest.raises(RunError, match="names 50 rows, and they are not the"):
            read_split(tmp_path / "split.parquet", records.take(index))


@pytest.mark.parametrize("damage", ["cut", "edited", "absent", "other"])
def test_a_damaged_split_file_is_refused(tmp_path, damage):
    path = tmp_path / "split.parquet"
    records, schema = numbers(50)
    write_split(path, split(records, schema, SplitPlan(), 0))
    content = path.read_bytes()
    match damage:
        case "cut":
            path.write_bytes(content[: len(content) // 2])
        case "edited":
            path.write_bytes(b"row,part\n2,train\n")
        case "absent":
            path.unlink()
        case "other":
            pl.DataFrame({"row": records.rows, "part": ["somewhere"] * 50}).write_parquet(path)
    with pytest.raises(RunError, match="split.parquet (cannot be read|is missing)"):
        read_split(path, records)


def test_a_sample_of_the_training_part_is_drawn_once_and_in_order():
    train = split(*numbers(100), SplitPlan(), 0).train
    sample = sample_train(train, 30)
    assert len(sample) == len(set(sample.records.rows.tolist())) == 30
    assert (np.diff(sample.records.rows) > 0).all()
    assert sample.records.rows.tolist() == sample_train(train, 30).records.rows.tolist()
    assert sample_train(train, 80) is train


@pytest.mark.parametrize(("name", "target"), [("titanic", "Survived"), ("adult", "income"), ("mammography", "target")])
def test_real_classes_are_stratified_without_duplicates_across_parts(name, target):
    records, schema = real(name)
    splits = split(records, schema, SplitPlan(method="stratified"), 0)
    keys = [set(copy_keys(part, schema).tolist()) for part in parts_of(splits)]
    assert not (keys[0] & keys[1] or keys[0] & keys[2] or keys[1] & keys[2])
    level = records.frame[target].unique().sort()[-1]
    wanted = (records.frame[target] == level).mean()
    for part, fraction in zip(parts_of(splits), (0.8, 0.1, 0.1), strict=True):
        assert len(part) / len(records) == pytest.approx(fraction, abs=0.01)
        assert (part.frame[target] == level).mean() == pytest.approx(wanted, rel=0.12)

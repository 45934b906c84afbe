import numpy as np
import polars as pl
import pytest

from espalier import process
from espalier.core.errors import ColumnError, InputError, PlanError, RunError
from espalier.core.plan import edit
from espalier.core.run_folder import RunFolder
from espalier.stages.parts import deal_parts, keep_parts, num_splits
from small_runs import made_table, write_table


def drafted(tmp_path, changes=None, frame=None):
    source = write_table(tmp_path / "table.csv", "sold", frame)
    return process.draft(source, target=["sold"], changes=changes or {})


def rows_of(splits):
    return [part.tolist() for part in (splits.train.records.rows, splits.valid.rows, splits.test.hidden.rows)]


def test_parts_that_are_kept_are_taken_again(tmp_path):
    made, folder = drafted(tmp_path), RunFolder(tmp_path / "run")
    _, [dealt] = deal_parts(made.plan, made.table, folder)
    assert not folder.path.exists()
    keep_parts(made.plan, [dealt], folder)
    other = edit(made.plan, {"seed": 99}, "another seed would deal otherwise")
    _, [again] = deal_parts(other, made.table, folder)
    assert rows_of(again) == rows_of(dealt)
    assert sorted(sum(rows_of(dealt), [])) == list(range(2, 152))


def test_a_column_names_the_parts(tmp_path):
    parts = np.resize(["train", "train", "train", "valid", "test"], 150)
    frame = made_table().with_columns(part=pl.Series(parts))
    made = drafted(tmp_path, {"split.method": "column", "split.column": "part"}, frame)
    _, [splits] = deal_parts(made.plan, made.table, None)
    assert rows_of(splits) == [(np.flatnonzero(parts == name) + 2).tolist() for name in ("train", "valid", "test")]


def test_groups_stay_on_one_side(tmp_path):
    frame = made_table().with_columns(shop=pl.Series([f"shop {row % 15}" for row in range(150)]))
    made = drafted(tmp_path, {"split.method": "group", "split.column": "shop"}, frame)
    _, [splits] = deal_parts(made.plan, made.table, None)
    shops = [{row % 15 for row in (np.array(part) - 2).tolist()} for part in rows_of(splits)]
    assert shops[0] | shops[1] | shops[2] == set(range(15))
    assert sum(len(one) for one in shops) == 15


def test_time_cuts_in_the_order_of_a_date(tmp_path):
    days = pl.date_range(pl.date(2020, 1, 1), pl.date(2020, 5, 29), eager=True).shuffle(seed=1)
    made = drafted(tmp_path, {"split.method": "time", "split.column": "day"}, made_table().with_columns(day=days))
    _, [splits] = deal_parts(made.plan, made.table, None)
    train, valid, test = (days.to_numpy()[np.array(part) - 2] for part in rows_of(splits))
    assert train.max() < valid.min()
    assert valid.max() < test.min()


def test_a_split_column_that_is_not_there_is_named(tmp_path):
    made = drafted(tmp_path, {"split.method": "time", "split.column": "day"})
    with pytest.raises(Exception, match=r"There is no column 'day'"):
        deal_parts(made.plan, made.table, None)


def test_files_give_parts_and_what_they_do_not_give_is_drawn(tmp_path):
    later = write_table(tmp_path / "later.csv", "sold", made_table(40, seed=9))
    made = drafted(tmp_path, {"data.test": str(later)})
    _, [splits] = deal_parts(made.plan, made.table, None)
    assert len(splits.test) == 40
    assert len(splits.train) + len(splits.valid) == 150
    assert len(splits.valid) == pytest.approx(150 / 9, abs=1)
    assert splits.test.hidden.frame.get_column("sold").to_list() == made_table(40, seed=9).get_column("sold").to_list()


def test_folds_of_files_are_refused(tmp_path):
    later = write_table(tmp_path / "later.csv", "sold", made_table(40, seed=9))
    made = drafted(tmp_path, {"data.test": str(later), "split.folds": 3})
    with pytest.raises(PlanError, match=r"split.folds is 3 with split.method 'files'"):
        deal_parts(made.plan, made.table, None)


def test_every_row_is_tested_once_in_each_repeat_also_when_read_back(tmp_path):
    made, folder = drafted(tmp_path, {"split.folds": 3, "split.repeats": 2}), RunFolder(tmp_path / "run")
    _, dealt = deal_parts(made.plan, made.table, folder)
    assert len(dealt) == num_splits(made.plan) == 6
    for repeat in (dealt[:3], dealt[3:]):
        assert sorted(row for splits in repeat for row in rows_of(splits)[2]) == list(range(2, 152))
    keep_parts(made.plan, dealt, folder)
    _, again = deal_parts(made.plan, made.table, folder)
    assert [rows_of(one) for one in again] == [rows_of(one) for one in dealt]


def test_repeats_without_folds_are_refused(tmp_path):
    with pytest.raises(PlanError, match=r"split.repeats is 2 and split.folds is not set.*--folds 5, or leave --repeats out"):
        drafted(tmp_path, {"split.repeats": 2})


def test_a_run_without_inputs_is_refused_before_anything_is_written(tmp_path):
    made = drafted(tmp_path)
    bare = edit(made.plan, {f"schema.columns.{name}.role": "ignored" for name in ("size", "age", "color")}, "test")
    with pytest.raises(ColumnError, match=r"No input column is left to learn from"):
        deal_parts(bare, made.table, RunFolder(tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_a_part_of_its_own_keeps_the_ignored_columns_too(tmp_path):
    frame = made_table().with_columns(note=pl.Series([f"a remark of some length on row {row}" for row in range(150)]))
    later = write_table(tmp_path / "later.csv", "sold", frame.head(20))
    made = drafted(tmp_path, {"data.test": str(later)}, frame)
    _, [splits] = deal_parts(made.plan, made.table, None)
    assert splits.test.hidden.frame.get_column("note").to_list() == frame.get_column("note").head(20).to_list()


def test_all_folds_together_are_one_opening_also_of_a_run_that_goes_on(tmp_path):
    made, folder = drafted(tmp_path, {"split.folds": 3}), RunFolder(tmp_path / "run")
    for _ in range(2):
        _, dealt = deal_parts(made.plan, made.table, folder)
        assert not folder.openings.exists() or len(folder.read_json(folder.openings)) == 1
        for splits in dealt:
            splits.test.open("score card")
    assert [one["reason"] for one in folder.read_json(folder.openings)] == ["score card"]


@pytest.mark.parametrize("damage", ["cut", "other rows", "other words"])
def test_a_damaged_split_is_refused(tmp_path, damage):
    made, folder = drafted(tmp_path), RunFolder(tmp_path / "run")
    keep_parts(made.plan, deal_parts(made.plan, made.table, None)[1], folder)
    if damage == "cut":
        folder.split.write_bytes(folder.split.read_bytes()[:200])
    elif damage == "other rows":
        pl.read_parquet(folder.split).with_columns(pl.col("row") + 1).write_parquet(folder.split)
    else:
        pl.read_parquet(folder.split).with_columns(part=pl.lit("seen")).write_parquet(folder.split)
    with pytest.raises(RunError, match=r"(?s)split.parquet (cannot be read|names 150 rows, and they are not).*Train again"):
        deal_parts(made.plan, made.table, folder)


def test_rows_without_a_target_are_left_out(tmp_path):
    frame = made_table().with_columns(sold=pl.when(pl.int_range(pl.len()) < 5).then(None).otherwise("sold"))
    made = drafted(tmp_path, frame=frame)
    cleaned, [splits] = deal_parts(made.plan, made.table, None)
    assert (cleaned.removed[0].rows, cleaned.removed[0].count) == ((2, 3, 4, 5, 6), 5)
    assert sum(len(part) for part in rows_of(splits)) == 145


def test_an_ignored_split_column_is_explained(tmp_path):
    changes = {"split.method": "time", "split.column": "age", "schema.columns.age.role": "ignored"}
    made = drafted(tmp_path, changes)
    with pytest.raises(ColumnError, match=r"'age', which is ignored"):
        deal_parts(made.plan, made.table, None)


def test_a_test_file_that_changed_since_the_plan_is_refused(tmp_path):
    other = write_table(tmp_path / "test.csv", "sold", None)
    made = drafted(tmp_path, {"data.test": str(other), "split.method": "files"})
    assert made.plan.data.test_fingerprint
    other.write_text(other.read_text().replace("0", "1", 1))
    with pytest.raises(InputError, match=r"test.csv is not what it was when the plan was made: .* put the old file back"):
        deal_parts(made.plan, made.table, None)

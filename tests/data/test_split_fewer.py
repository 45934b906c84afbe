"""Fewer training rows, and training rows left out in turn: dealt as the split deals."""

import numpy as np
import polars as pl
import pytest

from espalier.core.plan import SplitPlan
from espalier.core.records import Records, SealedRecords, Splits, TrainRecords
from espalier.core.schema import Column, Kind, Role, Schema
from espalier.data.split import cross_train, fewer_train, groups_of, rotated

NUM_ROWS = 200


def table(**more):
    stream = np.random.default_rng(0)
    columns = {"x": stream.normal(size=NUM_ROWS), "y": np.where(np.arange(NUM_ROWS) < 40, "rare", "common"), **more}
    return TrainRecords(Records(pl.DataFrame(columns), np.arange(NUM_ROWS) + 2))


def schema(**more):
    columns = {"x": Column(Kind.NUMBER, Role.INPUT), "y": Column(Kind.CATEGORY, Role.TARGET), **more}
    return Schema(columns)


RANDOM = SplitPlan()
GROUP = SplitPlan(method="group", column="person")
TIME = SplitPlan(method="time", column="day")
PERSON = {"person": Column(Kind.CATEGORY, Role.GROUP)}
DAY = {"day": Column(Kind.NUMBER, Role.TIME)}
PERSONS = np.repeat(np.arange(40), 5).astype(str)


def test_fewer_rows_keep_the_share_of_each_class_and_their_order():
    fewer = fewer_train(table(), schema(), RANDOM, 0.25, seed=1)
    assert len(fewer) == 50
    assert (fewer.records.frame["y"] == "rare").sum() == 10
    assert (np.diff(fewer.records.rows) > 0).all()


def test_other_seeds_draw_other_rows_and_equal_seeds_the_same():
    first, again, other = (fewer_train(table(), schema(), RANDOM, 0.5, seed).records.rows.tolist() for seed in (1, 1, 2))
    assert first == again != other


def test_a_fraction_of_one_is_all_rows():
    assert fewer_train(table(), schema(), RANDOM, 1.0, 0).records.rows.tolist() == list(range(2, NUM_ROWS + 2))


def test_groups_are_kept_whole():
    fewer = fewer_train(table(person=PERSONS), schema(**PERSON), GROUP, 0.4, seed=3)
    sizes = fewer.records.frame["person"].value_counts()["count"]
    assert set(sizes) == {5}
    assert len(sizes) == 16


def test_by_time_the_latest_rows_are_kept():
    day = np.random.default_rng(1).permutation(NUM_ROWS).astype(float)
    fewer = fewer_train(table(day=day), schema(**DAY), TIME, 0.1, seed=0)
    assert sorted(fewer.records.frame["day"].to_list()) == list(range(180, 200))


def test_copies_of_a_row_stay_together():
    train = table(x=np.repeat(np.arange(100.0), 2), y=np.array(["a", "b"] * 50).repeat(2))
    fewer = fewer_train(train, schema(), RANDOM, 0.5, seed=0)
    assert set(fewer.records.frame["x"].value_counts()["count"]) == {2}


@pytest.mark.parametrize(
    ("plan", "columns", "kinds"),
    [(RANDOM, {}, {}), (GROUP, {"person": PERSONS}, PERSON), (TIME, {"day": np.arange(200.0)}, DAY)],
)
def test_each_row_is_left_out_once(plan, columns, kinds):
    train = table(**columns)
    pairs = cross_train(train, schema(**kinds), plan, 4, seed=0)
    left_out = np.concatenate([others.rows for _, others in pairs])
    assert sorted(left_out.tolist()) == train.records.rows.tolist()
    for part, others in pairs:
        assert len(part) + len(others) == NUM_ROWS
        assert not set(part.records.rows) & set(others.rows)


def test_a_group_is_left_out_as_a_whole():
    for part, others in cross_train(table(person=PERSONS), schema(**PERSON), GROUP, 4, seed=0):
        assert not set(part.records.frame["person"]) & set(others.frame["person"])


def test_by_time_a_stretch_is_left_out():
    day = np.random.default_rng(1).permutation(NUM_ROWS).astype(float)
    for _, others in cross_train(table(day=day), schema(**DAY), TIME, 4, seed=0):
        days = np.sort(others.frame["day"].to_numpy())
        assert (np.diff(days) == 1).all()


def test_groups_are_known_only_where_the_split_is_by_group():
    records = table(person=PERSONS).records
    assert groups_of(records, schema(**PERSON), RANDOM) is None
    groups = groups_of(records, schema(**PERSON), GROUP)
    assert len(np.unique(groups)) == 40
    assert (groups.reshape(40, 5) == groups.reshape(40, 5)[:, :1]).all()


def parts_of(train):
    """Return parts whose validation part is a copy of 40 rows under other numbers, and persons of its own."""
    few = train.records.take(np.arange(0, NUM_ROWS, 5))
    named = [pl.lit("new").alias("person")] if "person" in few.frame.columns else []
    valid = Records(few.frame.with_columns(named), few.rows + 1_000)
    return Splits(train, valid, SealedRecords(few.take(np.arange(3))))


def test_a_later_network_holds_out_other_rows_and_learns_from_the_validation_part():
    splits = parts_of(table())
    every = [rotated(splits, schema(), RANDOM, number, seed=3) for number in (1, 2, 3, 4, 5)]
    for one in every:
        assert len(one.valid) == len(splits.valid) == 40
        assert len(one.train) == NUM_ROWS
        assert set(splits.valid.rows) < set(one.train.records.rows)
        assert set(one.train.records.rows) | set(one.valid.rows) == {*splits.train.records.rows, *splits.valid.rows}
        assert one.test is splits.test
        assert (one.valid.frame["y"] == "rare").sum() == 8
        assert one.train.records.frame.height == len(one.train.records.rows)
    held = [set(one.valid.rows) for one in every]
    assert not any(a & b for number, a in enumerate(held) for b in held[:number])


def test_shares_are_dealt_anew_when_all_were_held_out_and_follow_from_the_seed():
    splits = parts_of(table())
    first, again, sixth, other = (
        rotated(splits, schema(), RANDOM, number, seed).valid.rows.tolist() for number, seed in ((1, 3), (1, 3), (6, 3), (1, 4))
    )
    assert first == again
    assert first != sixth != other != first


def test_a_later_network_holds_out_whole_groups():
    one = rotated(parts_of(table(person=PERSONS)), schema(**PERSON), GROUP, 1, seed=0)
    assert not set(one.train.records.frame["person"]) & set(one.valid.frame["person"])

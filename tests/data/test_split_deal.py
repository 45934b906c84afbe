import numpy as np
import pytest

from espalier.data.deal import class_shares, cover_classes, deal, units_of, wanted_rows

FRACTIONS = [(0.8, 0.1, 0.1), (0.6, 0.2, 0.2), (0.98, 0.01, 0.01), (0.2,) * 5]


@pytest.mark.parametrize("fractions", FRACTIONS)
def test_wanted_rows_add_up_and_are_within_one_of_the_fraction(fractions):
    for count in (200, 891, 12_345):
        wanted = wanted_rows(count, fractions)
        assert wanted.sum() == count
        assert (np.abs(wanted - count * np.array(fractions)) <= 1).all()


@pytest.mark.parametrize("fractions", FRACTIONS)
def test_shares_of_classes_add_up_for_each_class_and_nearly_for_each_part(fractions):
    stream = np.random.default_rng(0)
    for _ in range(50):
        counts = stream.integers(1, 40, stream.integers(1, 200))
        table = class_shares(counts, fractions, stream)
        assert (table >= 0).all()
        assert (table.sum(axis=1) == counts).all()
        assert (np.abs(table.sum(axis=0) - counts.sum() * np.array(fractions)) <= 1).all()
        before = table.sum(axis=0)
        cover_classes(table)
        assert (table >= 0).all()
        assert (table.sum(axis=1) == counts).all()
        assert (table.sum(axis=0) == before).all()


def test_covering_gives_the_first_part_a_row_of_every_class():
    stream = np.random.default_rng(0)
    for _ in range(50):
        counts = np.r_[stream.integers(1, 4, 20), 500]
        table = class_shares(counts, (0.6, 0.2, 0.2), stream)
        cover_classes(table)
        assert (table[:, 0] >= 1).all()
        assert (table[counts >= 3] >= 1).all()


def test_units_are_dealt_as_near_to_the_wanted_sizes_as_big_units_allow():
    stream = np.random.default_rng(0)
    for _ in range(50):
        sizes = np.r_[stream.integers(1, 4, 500), stream.integers(10, 60, 5)]
        wanted = wanted_rows(int(sizes.sum()), (0.8, 0.1, 0.1))
        found = np.bincount(deal(sizes, wanted, stream), weights=sizes, minlength=3)
        assert (np.abs(found - wanted) <= 3).all()


def test_every_unit_has_its_chance_in_every_part():
    stream = np.random.default_rng(0)
    sizes, wanted = np.ones(10, dtype=np.int64), np.array([8, 1, 1])
    tested = sum((deal(sizes, wanted, stream) == 2).astype(int) for _ in range(2000))
    assert (np.abs(tested - 200) < 60).all()  # 4.5 standard deviations


def test_units_do_not_depend_on_the_hash():
    keys = np.array([5, 9, 5, 1, 9, 9], dtype=np.uint64)
    labels, sizes = units_of(keys)
    again, same = units_of(~keys)
    assert labels.tolist() == again.tolist() == [0, 1, 0, 2, 1, 1]
    assert sizes.tolist() == same.tolist() == [2, 3, 1]

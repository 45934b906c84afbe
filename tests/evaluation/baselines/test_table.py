"""Category codes become columns: frequent levels one each, the rest none."""

import numpy as np

from espalier.evaluation.baselines.table import MAX_LEVELS, Encoder, TrainTable


def table_of(codes, cardinalities):
    codes = np.asarray(codes)
    return TrainTable((np.full((len(codes), 1), 0.5), codes), cardinalities, np.zeros(len(codes)), "number")


def test_each_level_gets_a_column_and_codes_not_seen_in_training_get_none():
    encoder = Encoder.fit(table_of([[1], [2], [1]], (4,)), "one-hot")
    matrix = encoder.apply((np.array([[0.5], [0.5], [0.5]]), np.array([[2], [0], [3]])))
    assert matrix.tolist() == [[0.5, 0, 1], [0.5, 0, 0], [0.5, 0, 0]]
    assert matrix.dtype == np.float32


def test_two_columns_do_not_share_levels():
    encoder = Encoder.fit(table_of([[0, 1], [1, 0]], (2, 2)), "one-hot")
    matrix = encoder.apply((np.zeros((2, 1)), np.array([[0, 0], [1, 1]])))
    assert matrix.tolist() == [[0, 1, 0, 1, 0], [0, 0, 1, 0, 1]]


def test_codes_can_stay_codes():
    encoder = Encoder.fit(table_of([[3], [1]], (4,)), "codes")
    assert encoder.apply((np.zeros((1, 1)), np.array([[2]]))).tolist() == [[0, 2]]


def test_of_many_levels_the_most_frequent_are_kept():
    codes = np.concatenate([np.arange(200), np.arange(20).repeat(3)])[:, None]
    encoder = Encoder.fit(table_of(codes, (200,)), "one-hot")
    assert encoder.width(1) == 1 + MAX_LEVELS
    assert set(range(20)) <= set(encoder.levels[0])


def test_inputs_without_categories_are_their_numbers():
    table = TrainTable((np.ones((2, 3)),), (), np.zeros(2), "number")
    assert Encoder.fit(table, "one-hot").apply(table.inputs).tolist() == [[1, 1, 1], [1, 1, 1]]

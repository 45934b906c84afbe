import numpy as np
import pytest

from espalier.core.errors import InputError
from espalier.core.timeline import Timeline


def timeline(rows, starts=(0, 3, 5)):
    values = np.arange(len(rows), dtype=np.float32)[:, None]
    return Timeline(values, ("x",), np.array(starts), ("a", "b"), None, np.array(rows))


def test_source_rows_are_found_wherever_they_stand():
    line = timeline([9, 4, 2, 7, 3])
    assert line.position_of(np.array([2, 9, 3, 2])).tolist() == [2, 0, 4, 2]
    assert line.position_of(np.array([], dtype=np.int64)).tolist() == []


def test_each_position_belongs_to_its_series():
    line = timeline([9, 4, 2, 7, 3])
    assert line.series_of(np.arange(5)).tolist() == [0, 0, 0, 1, 1]
    assert line.lengths.tolist() == [3, 2]


@pytest.mark.parametrize("row", [1, 99])
def test_a_row_that_is_no_step_is_named(row):
    with pytest.raises(InputError, match=f"Source row {row} is no step of the timeline"):
        timeline([9, 4, 2, 7, 3]).position_of(np.array([4, row]))

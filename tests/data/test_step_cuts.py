"""Cuts of a series in time: every origin is in the part that holds all of its forecast, and no step is given away."""

import numpy as np
import pytest

from espalier.core.errors import SplitError
from espalier.core.timeline import Timeline
from espalier.data.step_cuts import BETWEEN, parts_of_origins, usable_origins

HOUR = 3_600 * 10**6


def line(lengths, dated=True, gaps=()):
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    values = np.arange(starts[-1], dtype=np.float32).reshape(-1, 1)
    values[list(gaps)] = np.nan
    times = np.concatenate([np.arange(num) * HOUR for num in lengths]) if dated else None
    ids = tuple(f"series {number}" for number in range(len(lengths)))
    return Timeline(values, ("x",), starts, ids, times, np.arange(starts[-1]) + 2)


def test_origins_have_a_whole_past_and_a_whole_future_in_their_own_series():
    assert usable_origins(line([6, 5]), look_back=2, horizon=2).tolist() == [1, 2, 3, 7, 8]


def test_origins_without_a_known_step_ahead_are_left_out():
    assert usable_origins(line([8], gaps=(3, 4)), look_back=1, horizon=2).tolist() == [0, 1, 3, 4, 5]


def test_the_standard_cut_of_etth1_is_that_of_the_published_protocol():
    """The loader of arXiv 2205.13504: 8,640, 2,880 and 2,880 steps; 8,209, 2,785 and 2,785 windows of 336 and 96."""
    timeline = line([14_400])
    found = usable_origins(timeline, 336, 96)
    parts = parts_of_origins(timeline, found, (0.6, 0.2, 0.2), 96)
    assert [int((parts == part).sum()) for part in range(3)] == [8640 - 336 - 96 + 1, 2785, 2785]
    assert found[parts == 0].max() + 96 == 8639  # the last step of the training part is the last that is forecast in it
    assert found[parts == 1].min() == 8639
    assert (parts == BETWEEN).sum() == 2 * 95


def test_counted_steps_are_cut_in_each_series_from_its_end():
    timeline = line([30, 20], dated=False)
    found = usable_origins(timeline, 2, 3)
    parts = parts_of_origins(timeline, found, (0.98, 0.01, 0.01), 3)
    assert found[parts == 2].tolist() == [26, 46]  # one forecast of the last three steps each
    assert found[parts == 1].tolist() == [23, 43]


def test_a_part_without_room_for_one_forecast_is_refused():
    timeline = line([40])
    with pytest.raises(SplitError, match="The valid part is left without a step from which 8 steps can be forecast"):
        parts_of_origins(timeline, usable_origins(timeline, 4, 8), (0.8, 0.1, 0.1), 8)

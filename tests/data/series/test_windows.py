import time

import numpy as np
import pytest
import torch

from espalier.core.errors import SplitError
from espalier.core.timeline import Timeline
from espalier.data.series.fill import fill_forward
from espalier.data.series.windows import as_windows, check_room, futures, histories, origins


def timeline(values, starts, ids=("a", "b")):
    values = np.asarray(values, np.float32).reshape(len(values), -1)
    names = tuple(f"x{n}" for n in range(values.shape[1]))
    return Timeline(values, names, np.array(starts), ids, None, np.arange(len(values)))


def by_loop(line, look_back, horizon, least=None, first=None, until=None):
    found = []
    for number, (start, end) in enumerate(zip(line.starts, line.starts[1:], strict=False)):
        for position in range(start, end):
            enough = position - start + 1 >= (least or look_back)
            begins = first is None or position + 1 >= first[number]
            ends = position + horizon < (end if until is None else min(until[number], end))
            if enough and begins and ends:
                found.append(position)
    return found


@pytest.mark.parametrize(
    ("look_back", "horizon", "least"), [(3, 1, None), (1, 4, None), (5, 2, 2), (4, 0, None), (20, 3, None)]
)
def test_origins_agree_with_a_plain_loop(look_back, horizon, least):
    line = timeline(np.zeros(30), [0, 7, 9, 30], ("a", "b", "c"))
    assert origins(line, look_back, horizon, least=least).tolist() == by_loop(line, look_back, horizon, least)
    first, until = np.array([5, 9, 18]), np.array([7, 9, 26])
    cut = origins(line, look_back, horizon, least=least, targets_from=first, targets_until=until)
    assert cut.tolist() == by_loop(line, look_back, horizon, least, first, until)


def test_no_target_lies_on_both_sides_of_a_cut():
    line = timeline(np.zeros(100), [0, 100], ("",))
    cut = np.array([70])
    early, late = origins(line, 10, 5, targets_until=cut), origins(line, 10, 5, targets_from=cut)
    assert early.max() + 5 < 70 <= late.min() + 1
    assert late.min() - 9 < 70  # its history may lie before the cut


def test_windows_hold_the_steps_of_their_series():
    line = timeline(np.arange(24).reshape(12, 2), [0, 5, 12])
    steps = torch.from_numpy(line.values)
    ends = torch.from_numpy(origins(line, 3, 2))
    past, future = histories(steps, ends, 3), futures(steps, ends, 2)
    assert past.shape == (len(ends), 2, 3)
    for number, end in enumerate(ends.tolist()):
        np.testing.assert_array_equal(past[number].T.numpy(), line.values[end - 2 : end + 1])
        np.testing.assert_array_equal(future[number].T.numpy(), line.values[end + 1 : end + 3])


def test_a_short_history_is_empty_in_front():
    line = timeline(np.arange(6), [0, 2, 6])
    ends = torch.tensor([0, 2, 3, 5])
    past = histories(torch.from_numpy(line.values), ends, 3, torch.tensor([0, 2, 2, 2]))
    nan = np.nan
    np.testing.assert_array_equal(past[:, 0].numpy(), [[nan, nan, 0], [nan, nan, 2], [nan, 2, 3], [3, 4, 5]])


def test_a_million_windows_are_views_and_take_less_than_a_second():
    steps = torch.zeros(1_000_095, 7)
    line = Timeline(steps.numpy(), tuple("abcdefg"), np.array([0, len(steps)]), ("",), None, np.arange(len(steps)))
    began = time.perf_counter()
    windows = as_windows(steps, 96)
    places = origins(line, 96, 0)
    assert time.perf_counter() - began < 1.0
    assert windows.shape == (1_000_000, 7, 96)
    assert len(places) == 1_000_000
    assert windows.untyped_storage().data_ptr() == steps.untyped_storage().data_ptr()


def test_a_horizon_longer_than_the_data_is_refused():
    with pytest.raises(SplitError, match="The series has 30 steps, and one window needs 60: 10 looked back at and 50 ahead"):
        check_room(timeline(np.zeros(30), [0, 30], ("",)), 10, 50)
    with pytest.raises(SplitError, match=r"The longest of 2 series has 20 steps.* a look-back of at most 15, or bring more"):
        check_room(timeline(np.zeros(30), [0, 20, 30]), 16, 5)


def test_series_shorter_than_a_window_are_named():
    line = timeline(np.zeros(40), [0, 5, 25, 40], ("a", "b", "c"))
    assert check_room(line, 4, 1) is None
    assert (
        check_room(line, 14, 2) == "2 of 3 series are shorter than one window of 14 + 2 steps and give none: 'a' (5), 'c' (15)"
    )


def test_gaps_are_filled_from_the_past_of_their_own_series():
    nan = np.nan
    line = timeline([[1, nan], [nan, nan], [nan, 3], [nan, 4], [5, 6], [nan, nan]], [0, 3, 6])
    found = fill_forward(line)
    np.testing.assert_array_equal(found.values, [[1, nan], [1, nan], [1, 3], [nan, 4], [5, 6], [5, 6]])
    np.testing.assert_array_equal(found.ages, [[0, -1], [1, -1], [2, 0], [-1, 0], [0, 0], [1, 1]])
    assert found.sentences[0] == (
        "'x0' is missing in 4 steps (66.7%); the last known value is put there, at most 2 steps old; "
        "1 stands before the first known value and stays empty"
    )


def test_a_variable_without_gaps_is_not_mentioned():
    assert fill_forward(timeline(np.zeros(4), [0, 4], ("",))).sentences == ()

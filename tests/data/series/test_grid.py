import numpy as np

from espalier.core.timeline import Timeline
from espalier.data.series.frequency import DAY, HOUR
from espalier.data.series.grid import on_grid

START = int(np.datetime64("2024-01-01", "us").astype(np.int64))


def timeline(*places, step=HOUR):
    times = np.concatenate([np.asarray(one) for one in places]) * step + START
    starts = np.concatenate([[0], np.cumsum([len(one) for one in places])])
    values = np.arange(len(times), dtype=np.float32)[:, None]
    return Timeline(values, ("x",), starts, tuple("abc"[: len(places)]), times, np.arange(2, len(times) + 2))


def test_a_whole_timeline_stays_the_very_same():
    line = timeline(np.arange(10))
    found = on_grid(line)
    assert found.timeline is line
    assert found.sentences == ()


def test_missing_stamps_become_missing_steps():
    found = on_grid(timeline([0, 1, 2, 5, 6, 7, 8]))
    np.testing.assert_array_equal(found.timeline.values[:, 0], [0, 1, 2, np.nan, np.nan, 3, 4, 5, 6])
    assert found.timeline.rows.tolist() == [2, 3, 4, -1, -1, 5, 6, 7, 8]
    assert set(np.diff(found.timeline.times).tolist()) == {HOUR}
    assert found.sentences == ("2 steps are put in as missing where no row has their stamp (22.2% of all)",)
    assert found.timeline.position_of(np.array([5])).tolist() == [5]


def test_doubled_stamps_become_one_step():
    found = on_grid(timeline([0, 1, 1, 2, 3]))
    assert found.timeline.values[:, 0].tolist() == [0, 1.5, 3, 4]
    assert found.merged.tolist() == [4]
    assert found.sentences == ("1 row shares its step with an earlier row; the mean of their values is taken",)


def test_each_series_has_its_own_grid():
    found = on_grid(timeline([0, 1, 3, 4], [10, 11, 12], [0, 2, 4, 5, 6, 7]))
    assert found.timeline.starts.tolist() == [0, 5, 8, 16]
    assert found.timeline.ids == ("a", "b", "c")


def test_months_are_put_in_by_the_calendar():
    months = [np.datetime64(f"2024-{month:02d}-01", "us").astype(np.int64) for month in (1, 2, 4, 5, 6)]
    line = Timeline(np.zeros((5, 1), np.float32), ("x",), np.array([0, 5]), ("",), np.array(months), np.arange(5))
    stamps = on_grid(line).timeline.times.astype("datetime64[us]").astype("datetime64[D]").astype(str)
    assert stamps.tolist() == ["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01", "2024-05-01", "2024-06-01"]


def test_holidays_of_business_days_are_no_missing_steps():
    days = [n for n in range(60) if n % 7 < 5 and n != 9]
    line = timeline(days, step=DAY)
    assert on_grid(line).timeline is line


def test_a_series_that_would_be_mostly_gap_stays_as_it_is():
    line = timeline([0, 1, 2, 3, 500])
    assert on_grid(line).timeline is line

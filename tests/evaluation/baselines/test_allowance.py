"""The forecast of training time follows the trials."""

import numpy as np
import pytest

from espalier.evaluation.baselines.allowance import CAUTION, Pace, Trial


def test_two_trials_tell_the_fixed_part_from_the_part_that_grows():
    pace = Pace(growth=1.0, lazy=False, num_predicted=0)
    seconds = pace.fit_seconds(Trial(1000, 3.0, 0), Trial(4000, 6.0, 0), np.array([10_000.0]))
    assert seconds[0] == pytest.approx(2 + 10)  # 2 s whatever the rows, and 1 ms a row


def test_one_trial_alone_is_taken_to_grow_from_nothing():
    assert Pace(2.0, False, 0).fit_seconds(None, Trial(1000, 1.0, 0), np.array([4000.0]))[0] == pytest.approx(16)


def test_a_noisy_pair_of_trials_never_foretells_less_than_the_last():
    assert Pace(1.0, False, 0).fit_seconds(Trial(1000, 5.0, 0), Trial(4000, 2.0, 0), np.array([1e6]))[0] == 2.0


def test_rows_are_bounded_by_what_there_are_and_by_the_last_trial():
    pace, first, second = Pace(1.0, False, 0), Trial(1000, 1.0, 0), Trial(4000, 4.0, 0)
    assert pace.affordable_rows(first, second, most=50_000, seconds=1e6) == 50_000
    assert pace.affordable_rows(first, second, most=50_000, seconds=0.0) == 4000
    assert pace.affordable_rows(first, second, most=50_000, seconds=20.0) == pytest.approx(CAUTION * 20_000, rel=0.03)


def test_a_model_that_works_when_asked_is_held_to_fewer_rows():
    first, second = Trial(1000, 0.0, 1e-5), Trial(4000, 0.0, 1e-4)
    eager = Pace(1.0, False, num_predicted=100_000).affordable_rows(first, second, 10**6, seconds=20.0)
    lazy = Pace(1.0, True, num_predicted=100_000).affordable_rows(first, second, 10**6, seconds=20.0)
    assert eager == 10**6
    assert lazy == pytest.approx(4000 * CAUTION * 20 / 10, rel=0.03)


def test_a_further_trial_is_left_out_when_its_model_would_be_too_slow_to_ask():
    pace = Pace(1.0, True, num_predicted=100_000)
    assert not pace.allows_trial(Trial(1000, 0.0, 1e-5), Trial(4000, 0.0, 1e-4), 16_000, seconds=20.0)
    assert pace.allows_trial(Trial(1000, 0.0, 1e-5), Trial(4000, 0.0, 1e-5), 16_000, seconds=20.0)

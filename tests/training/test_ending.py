"""How learning ended is told from its epochs."""

import math

import polars as pl
import pytest

from espalier.core.plan import LearningPlan
from espalier.training.ending import best_epoch, ending


def history(losses):
    return pl.DataFrame({"epoch": range(1, len(losses) + 1), "valid_loss": pl.Series(losses, dtype=pl.Float64)})


def test_the_best_epoch_is_the_first_of_the_lowest_finite_losses():
    assert best_epoch(history([0.5, math.nan, 0.3, 0.3, None])) == 3
    assert best_epoch(history([None, math.nan, math.inf])) is None
    assert best_epoch(history([])) is None


@pytest.mark.parametrize(
    ("losses", "reason", "sentence"),
    [
        ([3, 2, 1, 2, 2, 2], "patience", "The 3 epochs after it brought nothing better, so learning stopped."),
        ([3, 2, 1, 2, 2], "time", "Learning stopped because the time budget was used up."),
        ([9, 8, 7, 6, 5, 4, 3, 2, 1, 2], "epochs", "Learning stopped because the plan allows 10 epochs."),
        ([9, 8, 7, 6, 5, 4, 3, 4, 4, 4], "patience", "The 3 epochs after it brought nothing better, so learning stopped."),
    ],
)
def test_patience_time_and_epochs_are_told_apart(losses, reason, sentence):
    end = ending(history(losses), LearningPlan(epochs=10, patience=3))
    assert (end.reason, end.sentence, end.is_cut_short) == (reason, sentence, reason != "patience")

"""How a network's learning ended, read from its epochs: which one was kept, and what said that it was enough."""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import polars as pl

from espalier.core.plan import LearningPlan

Reason: TypeAlias = Literal["patience", "epochs", "time"]

FALLING = ("cosine", "one-cycle", "exponential", "step")  # schedules made for the number of epochs planned


@dataclass(frozen=True)
class Ending:
    """The end of one network's learning.

    Args:
        num_epochs: epochs that were begun.
        best_epoch: whose weights were kept, from 1; None when no validation loss was a number.
        reason: "patience" (nothing better for as many epochs as the plan waits), "epochs" (all that the plan allows) or "time"
            (the budget).
        is_scheduled: the learning rate fell to its end over the epochs planned, so that all of them are the whole.
    """

    num_epochs: int
    best_epoch: int | None
    reason: Reason
    is_scheduled: bool = False

    @property
    def is_cut_short(self) -> bool:
        """Return whether a limit ended it, so that more epochs might have brought something better."""
        return self.reason == "time" or (self.reason == "epochs" and not self.is_scheduled)

    @property
    def sentence(self) -> str:
        """Return why learning stopped, for people."""
        if self.reason == "time":
            return "Learning stopped because the time budget was used up."
        if self.reason == "epochs":
            return f"Learning stopped because the plan allows {_epochs(self.num_epochs)}."
        stale = self.num_epochs - (self.best_epoch or 0)
        return f"The {_epochs(stale)} after it brought nothing better, so learning stopped."


def ending(history: pl.DataFrame, plan: LearningPlan) -> Ending:
    """Return how learning ended.

    Args:
        history: one row an epoch, with `epoch` and `valid_loss`.
        plan: the way of learning.
    """
    last = int(history["epoch"].to_list()[-1]) if history.height else 0
    best = best_epoch(history)
    if last - (best or 0) >= plan.patience:
        return Ending(last, best, "patience")
    return Ending(last, best, "epochs" if last >= plan.epochs else "time", plan.schedule in FALLING)


def best_epoch(history: pl.DataFrame) -> int | None:
    """Return the epoch with the lowest validation loss, whose weights were kept; None when no loss is finite."""
    losses = [math.inf if loss is None or math.isnan(loss) else float(loss) for loss in history["valid_loss"].to_list()]
    least = min(losses, default=math.inf)
    return int(history["epoch"][losses.index(least)]) if math.isfinite(least) else None


def _epochs(num: int) -> str:
    return f"{num:,} {'epoch' if num == 1 else 'epochs'}"

"""Baseline: a simple model that stands beside the network, and how one is trained and asked.

All read the same prepared inputs as the network. They are scikit-learn's models (Pedregosa et al. 2011) at their defaults; each
file says where it departs from them. Two things are done for all, so that a baseline is not made to look worse than it is:

- Where probabilities are shares of few votes (neighbours, the rows of a leaf, trees), 0 and 1 come too easily and one wrong row
  ruins the log loss. The votes are joined by one that answers the class shares of the training part:
  p = (n p + share) / (n + 1), an m-estimate (Cestnik 1990; Provost & Domingos 2003 show that it ranks better too).
- A class that the training part lacks gets the share 1 / (N + K) (Laplace's rule), so that probabilities have all K columns.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias

from espalier.core.batch import FloatArray
from espalier.core.catalogue import gather
from espalier.core.errors import PlanError, unknown_name
from espalier.evaluation.baselines.table import Encoding, Matrix, TrainTable
from espalier.evaluation.target_kind import TargetKind

Build: TypeAlias = Callable[[TrainTable, int], Any]
Votes: TypeAlias = Callable[[Any, Matrix], FloatArray | int]


def installed() -> bool:
    """Return True: scikit-learn always is."""
    return True


@dataclass(frozen=True)
class Baseline:
    """A simple model.

    Args:
        build: from the training table and a seed to an estimator with `fit`, `predict` and, for classes, `predict_proba`.
        kinds: kinds of target that it can learn.
        simplicity: rank, 0 is the simplest.
        sentence: what it does, for a newcomer.
        encoding: how it reads categories.
        max_rows: rows that it is trained on at most, drawn at random; a function of the number of classes.
        most_rows: rows of the training part up to which it is tried, unless a person names it; None for any number.
        most_columns: input columns up to which it is tried, in the same way.
        min_class_rows: classes with fewer rows are left out of its training, because it cannot handle them.
        votes: how many votes stand behind each probability; None when they are not shares of votes.
        growth: training time grows with the number of rows to this power.
        lazy: the work is done when predicting: its time grows with the training rows.
        labels_at_once: it learns several labels together; otherwise one model is trained for each.
        trivial: it ignores the inputs.
        available: whether the package that it needs is installed.
    """

    build: Build
    kinds: tuple[TargetKind, ...]
    simplicity: int
    sentence: str
    encoding: Encoding = "one-hot"
    max_rows: Callable[[int], int] = field(default=lambda num_classes: 1_000_000)
    most_rows: int | None = None
    most_columns: int | None = None
    min_class_rows: int = 1
    votes: Votes | None = None
    growth: float = 1.0
    lazy: bool = False
    labels_at_once: bool = False
    trivial: bool = False
    available: Callable[[], bool] = installed

    def learns(self, kind: TargetKind) -> bool:
        """Return whether it can learn this kind of target; of a class with a box it learns the class."""
        return ("class" if kind == "box" else kind) in self.kinds

    def too_large(self, num_rows: int, num_columns: int) -> str:
        """Return why a table is too large for it to be tried, in a few words; empty when it is not."""
        limits = ((num_rows, self.most_rows, "rows"), (num_columns, self.most_columns, "columns"))
        return next((f"more than {most:,} {what}" for num, most, what in limits if most is not None and num > most), "")


@cache
def all_baselines() -> Mapping[str, Baseline]:
    """Return every baseline by name, simplest first, those included whose package is not installed."""
    found: dict[str, Baseline] = gather("espalier.evaluation.baselines", "BASELINES")
    return dict(sorted(found.items(), key=lambda item: item[1].simplicity))


def suited_baselines(kind: TargetKind, num_rows: int, num_columns: int) -> list[str]:
    """Return the names of the baselines to train beside a network, simplest first.

    Args:
        kind: what the target holds.
        num_rows: rows of the training part.
        num_columns: input columns.

    Example:
        >>> suited_baselines("number", num_rows=1000, num_columns=10)[:3]
        ['mean', 'median', 'linear model']
    """
    return [
        name
        for name, one in all_baselines().items()
        if one.learns(kind) and one.available() and not one.too_large(num_rows, num_columns)
    ]


def left_out_baselines(kind: TargetKind, num_rows: int, num_columns: int) -> tuple[str, ...]:
    """Return the baselines that are not tried because the table is too large, each with the reason.

    Args:
        kind: what the target holds.
        num_rows: rows of the training part.
        num_columns: input columns.

    Example:
        >>> left_out_baselines("number", num_rows=12_211, num_columns=10)
        ('support vector machine (more than 5,000 rows)',)
    """
    reasons = {name: one.too_large(num_rows, num_columns) for name, one in all_baselines().items() if one.learns(kind)}
    return tuple(f"{name} ({reason})" for name, reason in reasons.items() if reason)


def named_baselines(names: Sequence[str], kind: TargetKind) -> list[str]:
    """Return the names of a plan, simplest first, after checking each.

    Raises:
        UnknownNameError: a name that no baseline has.
        PlanError: a baseline that cannot learn this kind of target.
    """
    known = all_baselines()
    for name in names:
        if name not in known:
            raise unknown_name("baseline", name, [one for one in known if known[one].learns(kind)])
        if not known[name].learns(kind):
            fit = ", ".join(one for one in known if known[one].learns(kind))
            raise PlanError(f"The baseline '{name}' cannot learn a target of kind '{kind}'. Choose among: {fit}.")
    return [name for name in known if name in names]

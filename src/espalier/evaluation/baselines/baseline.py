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
class Size:
    """How much there is to learn and to predict.

    Args:
        num_rows: rows of the training part.
        num_columns: input columns.
        num_forecasts: rows to be predicted times variables, in forecasting; 0 when not known.
        season: steps after which the series repeat themselves; 1 for none, 0 when not known.
    """

    num_rows: int
    num_columns: int
    num_forecasts: int = 0
    season: int = 0


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
        most_forecasts: series (rows to be predicted times variables) up to which it is tried, in the same way, because it
            fits each one's own history when asked and learns nothing from other rows; None when that is not how it works.
        seasonal: it only repeats a season, and is left out where the series have none.
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
    most_forecasts: int | None = None
    seasonal: bool = False
    min_class_rows: int = 1
    votes: Votes | None = None
    growth: float = 1.0
    lazy: bool = False
    labels_at_once: bool = False
    trivial: bool = False
    available: Callable[[], bool] = installed

    def unsuited(self, size: Size) -> str:
        """Return why data of this size are not for it, in a few words; empty when they are."""
        if self.seasonal and size.season == 1:
            return "no season"
        limits = (
            (size.num_rows, self.most_rows, "rows"),
            (size.num_columns, self.most_columns, "columns"),
            (size.num_forecasts, self.most_forecasts, "series to fit"),
        )
        return next((f"more than {most:,} {what}" for num, most, what in limits if most is not None and num > most), "")

    def learns(self, kind: TargetKind) -> bool:
        """Return whether it can learn this kind of target; of a class with a box it learns the class."""
        return ("class" if kind == "box" else kind) in self.kinds

    def reads(self, kind: TargetKind, has_windows: bool) -> bool:
        """Return whether it can learn this kind of target from such rows."""
        return self.learns(kind) and (self.encoding != "windows" or has_windows or kind in ("path", "anomaly"))


@cache
def all_baselines() -> Mapping[str, Baseline]:
    """Return every baseline by name, simplest first, those included whose package is not installed."""
    found: dict[str, Baseline] = gather("espalier.evaluation.baselines", "BASELINES")
    return dict(sorted(found.items(), key=lambda item: item[1].simplicity))


def suited_baselines(
    kind: TargetKind,
    num_rows: int,
    num_columns: int,
    has_windows: bool = False,
    num_forecasts: int = 0,
    season: int = 0,
) -> list[str]:
    """Return the names of the baselines to train beside a network, simplest first.

    Args:
        kind: what the target holds.
        num_rows: rows of the training part.
        num_columns: input columns.
        has_windows: rows are windows of series.
        num_forecasts: rows to be predicted times variables, in forecasting; 0 when not known.
        season: steps after which the series repeat themselves; 1 for none, 0 when not known.

    Example:
        >>> suited_baselines("number", num_rows=1000, num_columns=10)[:3]
        ['mean', 'median', 'linear model']
    """
    size = Size(num_rows, num_columns, num_forecasts, season)
    return [
        name
        for name, one in all_baselines().items()
        if one.reads(kind, has_windows) and one.available() and not one.unsuited(size)
    ]


def left_out_baselines(
    kind: TargetKind,
    num_rows: int,
    num_columns: int,
    has_windows: bool = False,
    num_forecasts: int = 0,
    season: int = 0,
) -> tuple[str, ...]:
    """Return the baselines that are not tried because the data are too large or have no season, each with the reason.

    Args:
        kind: what the target holds.
        num_rows: rows of the training part.
        num_columns: input columns.
        has_windows: rows are windows of series.
        num_forecasts: rows to be predicted times variables, in forecasting; 0 when not known.
        season: steps after which the series repeat themselves; 1 for none, 0 when not known.

    Example:
        >>> left_out_baselines("number", num_rows=12_211, num_columns=10)
        ('support vector machine (more than 5,000 rows)',)
    """
    size = Size(num_rows, num_columns, num_forecasts, season)
    reasons = {name: one.unsuited(size) for name, one in all_baselines().items() if one.reads(kind, has_windows)}
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

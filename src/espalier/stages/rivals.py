"""Rivals: the baselines of a fold, fitted on the same rows and features as its networks, within the time that they may take.

Under a budget they are fitted before the networks, which then get all the time that is left; a baseline that had time for a
part of the rows only is fitted again when the networks leave more.
"""

import math
import time
from collections.abc import Generator
from dataclasses import replace

from torch import Tensor

from espalier.core.batch import FloatArray
from espalier.core.plan import Plan
from espalier.core.progress import BaselineDone
from espalier.core.records import Records
from espalier.data.prepare.preparation import Preparation
from espalier.evaluation.baselines.baseline import named_baselines, suited_baselines
from espalier.evaluation.baselines.fit import FittedBaseline, fit_baseline
from espalier.evaluation.baselines.table import TrainTable
from espalier.evaluation.baselines.window import WindowShape
from espalier.evaluation.target_kind import TargetKind
from espalier.stages.network import main_metric, target_kind
from espalier.tasks.build import build_task

BASELINE_SECONDS = 60.0  # for one baseline, when the run has no budget
ASKED = 2  # parts as long as the validation part that baselines predict: that part, and the test part
AGAIN_FACTOR = 2.0  # a baseline that lacked time is fitted again when it may take so many times as long as before


def simple_table(prepared: Preparation, inputs: tuple[Tensor, ...], truth: FloatArray, kind: TargetKind) -> TrainTable:
    """Return the table that simple models are trained on.

    Args:
        prepared: the preparation.
        inputs: of the training part.
        truth: its targets in the person's units.
        kind: what they hold.
    """
    simple = prepared.simple_inputs(inputs)
    window, levels = window_of(prepared), prepared.given().get("cardinalities", ())
    return TrainTable(simple, levels, truth, kind, len(prepared.classes), window)


def window_of(prepared: Preparation) -> WindowShape | None:
    """Return the shape of the windows that simple models read; None where they read columns."""
    given = prepared.given()
    if "length" not in given:
        return None
    if "horizon" not in given:
        if "history" not in given:
            return WindowShape(given["in_channels"], given["length"])
        return WindowShape(given["in_channels"], given["history"], season=given["season"], look_back=given["length"])
    return WindowShape(
        given["out_channels"], given["history"], given["horizon"], given["num_targets"], given["season"], given["length"]
    )


def size_of(prepared: Preparation, num_rows: int, num_asked: int) -> tuple[int, int, bool, int, int]:
    """Return what decides which baselines suit: rows, columns, whether there are windows, forecasts that are made, and season.

    Args:
        prepared: the preparation.
        num_rows: of the training part.
        num_asked: rows that are predicted afterwards.
    """
    window = window_of(prepared)
    if window is None or not window.horizon:
        return num_rows, prepared.num_simple, window is not None, 0, prepared.given().get("season", 1)
    return num_rows, prepared.num_simple, True, num_asked * window.num_targets, window.season


class Rivals:
    """The baselines of one fold.

    Args:
        plan: names them, or leaves the choice to the size of the table.
        prepared: the preparation that they share with the networks.
        inputs: the training part, prepared.
        truth: its target in the person's units.
        valid: the part that scores them.

    Attributes:
        fitted: those that are fitted, by name, simplest first.
    """

    def __init__(
        self, plan: Plan, prepared: Preparation, inputs: tuple[Tensor, ...], truth: FloatArray, valid: Records
    ) -> None:
        kind = target_kind(plan)
        suited = suited_baselines(kind, *size_of(prepared, len(truth), ASKED * len(valid)))
        self.names = suited if plan.baselines is None else named_baselines(plan.baselines, kind)
        self.fitted: dict[str, FittedBaseline] = {}
        self._seed = plan.seed
        self._table = simple_table(prepared, inputs, truth, kind)
        self._valid, self._inputs, self._truth = (
            valid,
            prepared.simple_inputs(prepared.inputs(valid)),
            prepared.target_values(valid),
        )
        self._metric = main_metric(build_task(plan.task, len(prepared.classes), data=prepared.given()), self._truth)
        self._took: dict[str, float] = {}  # seconds that each was allowed, or took when that was more

    def fit(self, ends: float = math.inf) -> Generator[BaselineDone]:
        """Fit those that are not fitted yet, and again those that lacked time and now get enough more of it.

        Args:
            ends: value of `time.monotonic()` by which they must be fitted. A baseline that gets no time learns from few rows.
        """
        left = ends - time.monotonic()
        waiting = [name for name in self.names if name not in self.fitted or self.fitted[name].lacked_time]
        for number, name in enumerate(waiting):
            allowed = min(max(left, 0.0) / (len(waiting) - number), BASELINE_SECONDS)
            if name in self.fitted and allowed < AGAIN_FACTOR * self._took[name]:
                continue
            began = time.monotonic()
            baseline = fit_baseline(name, self._table, self._seed, allowed)
            score = self._metric.measure(self._truth, baseline.predict(self._inputs, self._valid.rows))
            spent = time.monotonic() - began
            left -= spent
            self.fitted[name] = replace(baseline, valid_scores={self._metric.name: score})
            self._took[name] = max(allowed, spent)
            yield BaselineDone(name, self._metric.name, score, spent)

"""Rehearsal: a small part of the data through every stage, reload included."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl

from espalier.core.errors import TrainingError
from espalier.core.plan import Plan, edit
from espalier.core.progress import EpochDone, Progress, StageDone
from espalier.core.records import Records
from espalier.core.seeds import numpy_stream
from espalier.stages.table import Table

REHEARSED_ROWS = 400
ROWS_OF_A_CLASS = 12  # at least, so that every class has rows in each part


def small_plan(plan: Plan) -> Plan:
    """Return the plan cut down to one short epoch of one network on one split."""
    changes = {
        "learning.epochs": 1,
        "learning.batch_size": min(plan.learning.batch_size, 64),
        "learning.learning_rate": plan.learning.learning_rate or 1e-3,
        "data.fingerprint": None,
        "model.members": 1,
        "model.rotate": False,
        "split.folds": None,
    }
    return edit(plan, changes, "rehearsal")


def small_table(table: Table, seed: int) -> Table:
    """Return some hundred rows of a table, with rows of every class among them."""
    stream = numpy_stream(seed, "rehearsal")
    order = stream.permutation(len(table.records))
    chosen = order[:REHEARSED_ROWS]
    question, target = table.asked(), table.schema.target
    if question.classes and target is not None and question.task != "anomaly":
        labels = table.records.frame.get_column(target).to_numpy()[order]
        every = [order[labels == name][:ROWS_OF_A_CLASS] for name in question.classes]
        chosen = np.unique(np.concatenate([chosen, *every]))
    return replace(table, records=table.records.take(np.sort(chosen)))


def sentence(progress: Progress) -> str:
    """Return what a stage of the rehearsal did, or nothing for baselines, of which there are many."""
    if isinstance(progress, StageDone):
        return f"{progress.stage}: {progress.sentence}"
    if isinstance(progress, EpochDone):
        return f"learn: one epoch in {progress.seconds:.1f} s, validation {progress.metric} {progress.score:.4g}"
    return ""


def compare_reloaded(scored: pl.DataFrame, answer: Callable[[Records], pl.DataFrame], records: Records) -> str:
    """Return a sentence that the model read back from its folder gives the answers that were scored.

    Args:
        scored: the run's predictions.
        answer: of the reloaded run.
        records: among which the rows of the test part are.

    Raises:
        TrainingError: it does not.
    """
    scored = scored.filter(part="test")
    rows = scored.get_column("row").to_numpy()
    again = answer(records.take(np.flatnonzero(np.isin(records.rows, rows))))
    columns = [name for name in again.columns if name in scored.columns]  # names of pictures are not scored
    if not again.select(columns).equals(scored.select(columns)):
        raise TrainingError("The model read back from the run folder answers differently from the one that was scored.")
    return f"reload: the model read back from its folder gives the same {len(rows)} answers"

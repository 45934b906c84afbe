"""Rehearsal: a small part of the data through every stage, reload included, in a folder that is thrown away."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from espalier.core.plan import Plan, edit
from espalier.core.seeds import numpy_stream
from espalier.stages.table import Table

REHEARSED_ROWS = 400
ROWS_OF_A_CLASS = 12  # at least, so that every class has rows in each part


def small_plan(plan: Plan) -> Plan:
    """Return the plan cut down to one short epoch."""
    changes = {
        "learning.epochs": 1,
        "learning.batch_size": min(plan.learning.batch_size, 64),
        "learning.learning_rate": plan.learning.learning_rate or 1e-3,
        "data.fingerprint": None,
        "model.members": 1,
    }
    return edit(plan, changes, "rehearsal")


def small_table(table: Table, seed: int) -> Table:
    """Return some hundred rows of a table, with rows of every class among them."""
    stream = numpy_stream(seed, "rehearsal")
    order = stream.permutation(len(table.records))
    chosen = order[:REHEARSED_ROWS]
    question, target = table.asked(), table.schema.target
    if question.classes and target is not None:
        labels = table.records.frame.get_column(target).to_numpy()[order]
        every = [order[labels == name][:ROWS_OF_A_CLASS] for name in question.classes]
        chosen = np.unique(np.concatenate([chosen, *every]))
    return replace(table, records=table.records.take(np.sort(chosen)))


def thrown_away() -> "tempfile.TemporaryDirectory[str]":
    """Return a folder for the rehearsal's run, removed when its block ends."""
    return tempfile.TemporaryDirectory(prefix="espalier-rehearsal-")


def run_path(folder: str) -> Path:
    """Return where the rehearsal's run goes."""
    return Path(folder) / "run"

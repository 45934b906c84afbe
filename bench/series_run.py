"""A run of a series in two halves: first it learns, and only the chosen one of several goes on to the test part."""

from pathlib import Path

import numpy as np

from espalier import process
from espalier.core.progress import BaselineDone, EpochDone, StageDone
from espalier.core.run_folder import RunFolder
from espalier.run import Run
from espalier.stages.parts import deal_parts


class Learnt:
    """A run that has learnt and has not opened its test part.

    Args:
        made: plan and table; the plan names one baseline or more, behind the first of which the run stands still.
        folder: of the run.
    """

    def __init__(self, made, folder):
        self.made, self.folder = made, Path(folder)
        self.epochs = []
        self.stages = process.train(made.plan, self.folder, made.table)
        for one in self.stages:
            if isinstance(one, EpochDone):
                self.epochs.append(one)
            if isinstance(one, BaselineDone):
                break

    @property
    def valid_loss(self):
        """The lowest mean loss on the validation part: of the weights that are kept."""
        return min(one.valid_loss for one in self.epochs)

    @property
    def rate(self):
        """The learning rate that was decided."""
        return self.epochs[0].learning_rate

    def valid(self):
        """Return forecasts and truth of the validation part, (N, V, H) each, in the order of the rows of the source."""
        run = Run(self.folder)
        _, parts = deal_parts(run.plan, self.made.table, RunFolder(self.folder))
        records = parts[0].valid
        order = np.argsort(records.rows)
        return run.answer(records).values[order], run.prepared.target_values(records)[order]

    def score(self):
        """Open the test part and return the scored run."""
        for one in self.stages:
            if isinstance(one, StageDone) and one.stage == "score":
                return Run(self.folder)
        raise RuntimeError("the run ended without a score")


def test_paths(run):
    """Return forecasts and truth of the test part, (N, V, H) each, in the order of the rows of the source."""
    frame = run.predictions.filter(part="test").sort("row", maintain_order=True)
    num_targets = frame.get_column("column").n_unique()
    return tuple(
        values.reshape(-1, num_targets, values.shape[1])
        for values in (frame.get_column(name).to_numpy() for name in ("prediction", "target"))
    )

"""Epochs of a trained network, read from the file that its learning left behind."""

import polars as pl

from espalier.core.plan import LearningPlan
from espalier.core.run_folder import MemberFolder
from espalier.diagnosis.generalisation import Epochs
from espalier.training.ending import ending


def read_history(folder: MemberFolder) -> pl.DataFrame:
    """Return one row an epoch; none where nothing was learnt.

    Args:
        folder: of the network.
    """
    return pl.read_csv(folder.epochs) if folder.epochs.exists() else pl.DataFrame({"epoch": [], "seconds": []})


def read_epochs(folder: MemberFolder, learning: LearningPlan) -> Epochs | None:
    """Return the losses of each epoch and how learning ended; None where no validation loss was a number.

    Args:
        folder: of the network.
        learning: how it was to learn.
    """
    history = read_history(folder)
    if not history.height:
        return None
    end = ending(history, learning)
    losses = [history.get_column(name).cast(pl.Float64).to_numpy() for name in ("train_loss", "valid_loss")]
    return None if end.best_epoch is None else Epochs(losses[0], losses[1], end.best_epoch, end.is_cut_short)

"""How much each column of a series matters for forecasts: its past is swapped for that of another time."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import torch

from espalier.core.batch import Prediction
from espalier.core.records import Records
from espalier.data.prepare.forecast import PreparedForecast
from espalier.explanation.permutation import ColumnImportance, importance
from espalier.stages.fold import Fold
from espalier.stages.network import average, main_metric


def series_importance(
    fold: Fold, valid: Records, prepared: PreparedForecast, columns: Sequence[str], seed: int, repeats: int
) -> tuple[ColumnImportance, ...]:
    """Return the importance of each column, the most important first.

    What the network is shown of a column ends at another step, drawn at random among those that are forecast from; the other
    columns, the calendar among them, stay what they are. So the past of the column that is forecast has an importance too.

    Args:
        fold: whose networks are explained.
        valid: steps that are forecast from.
        prepared: of the networks.
        columns: to look at.
        seed: of the permutations.
        repeats: permutations of each column.
    """
    timeline = valid.timeline
    if timeline is None:
        return ()
    places = timeline.position_of(valid.rows)
    shown = Records(pl.DataFrame(dict.fromkeys(columns, pl.Series(places))), valid.rows, valid.source)
    networks = fold.networks[:1] if fold.is_rotated else fold.networks

    def answer(records: Records) -> Prediction:
        own = timeline.position_of(records.rows)
        ends = np.stack([_ends(records, name, own) for name in prepared.names], axis=1)
        inputs = prepared.inputs(Records(records.frame, records.rows, valid.source, timeline=timeline))
        given = (*inputs, torch.from_numpy(ends))
        rows = torch.as_tensor(records.rows)
        return average([network.answer(given, rows) for network in networks], networks[0].task)

    truth = prepared.target_values(valid)
    return importance(answer, shown, truth, main_metric(networks[0].task, truth), columns, seed, repeats)


def _ends(records: Records, name: str, own: np.ndarray) -> np.ndarray:
    """Return (N,) where the past of a channel ends that is shown."""
    return records.frame.get_column(name).to_numpy() if name in records.frame.columns else own

"""Rewritten windows: those of the test part that came out worst, beside how the network wrote them, for the report."""

import numpy as np
import polars as pl
import torch

from espalier.core.batch import FloatArray, Prediction
from espalier.core.files import replaced
from espalier.core.records import IntArray, Records
from espalier.core.run_folder import RunFolder
from espalier.evaluation.anomaly.scores import in_levels
from espalier.stages.fold import Fold
from espalier.stages.network import Network
from espalier.tasks.outputs import member_outputs
from espalier.training.evaluate import evaluating

NUM_SHOWN = 4
MOST_CHANNELS = 3


def write_rewritten(fold: Fold, test: Records, answer: Prediction, folder: RunFolder) -> None:
    """Write the worst windows: row, score in alarm levels, channel, `window` and `rewritten` as the network sees them.

    Args:
        fold: its first network is asked.
        test: rows that were scored.
        answer: to these rows.
        folder: of the run.
    """
    network, scores = fold.networks[0], in_levels(answer)
    places = _worst(scores, test, network)
    windows, written = _written(network, test.take(places))
    names = network.prepared.names[:MOST_CHANNELS]
    lines = [
        {
            "row": int(test.rows[place]),
            "score": float(scores[place]),
            "channel": name,
            "window": windows[number, channel].tolist(),
            "rewritten": written[number, channel].tolist(),
        }
        for number, place in enumerate(places)
        for channel, name in enumerate(names)
    ]
    with replaced(folder.rewritten) as temporary:
        pl.DataFrame(lines).write_parquet(temporary)


def _worst(scores: FloatArray, test: Records, network: Network) -> IntArray:
    """Return the places of the highest scores; of a series no two whose stretches share steps."""
    order = np.argsort(-scores, kind="stable")
    timeline = test.timeline
    if timeline is None:
        return order[:NUM_SHOWN]
    positions, length = timeline.position_of(test.rows), network.prepared.given()["length"]
    kept: list[int] = []
    for place in order:
        if all(abs(positions[place] - positions[other]) >= length for other in kept):
            kept.append(int(place))
        if len(kept) == NUM_SHOWN:
            break
    return np.array(kept, dtype=np.int64)


def _written(network: Network, records: Records) -> tuple[FloatArray, FloatArray]:
    """Return windows (N, C, T) as the network sees them, and as it writes them."""
    windows, written = [], []
    inputs = network.prepared.inputs(records)
    with evaluating(network.module):
        for batch in network.prepared.in_order(inputs, None, torch.as_tensor(records.rows)):
            output = member_outputs(network.module, batch, network.task.num_outputs).mean(dim=1)
            windows.append(batch.inputs[0].numpy())
            written.append(output.reshape(batch.inputs[0].shape).numpy())
    return np.concatenate(windows).astype(np.float64), np.concatenate(written)

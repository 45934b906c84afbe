"""Answers in the person's words: class names in place of indexes, one line per row, in the order of the rows."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from espalier.core.batch import FloatArray, Prediction
from espalier.core.records import Records
from espalier.data.prepare.boxes import NAMES, FittedBoxes
from espalier.data.prepare.pictures import PreparedPictures
from espalier.data.prepare.preparation import Preparation
from espalier.evaluation.anomaly.scores import in_levels
from espalier.tasks.anomaly import Anomaly
from espalier.tasks.forecasting import Forecasting
from espalier.tasks.regression import Regression
from espalier.tasks.task import Task


def to_frame(prediction: Prediction, classes: Sequence[str], task: Task) -> pl.DataFrame:
    """Return one line per row: `prediction`, and `probability_<class>` or `quantile_<q>` where there are some.

    Of anomalies it is `score`: the error as a multiple of the alarm level.

    Args:
        prediction: in the person's units.
        classes: names of the classes, by index; empty for quantities.
        task: that gave the prediction.
    """
    columns: dict[str, object] = {"prediction": to_words(prediction.values, classes)}
    if isinstance(task, Anomaly):
        return pl.DataFrame({**columns, "score": in_levels(prediction)})
    if prediction.probabilities is not None:
        columns |= {f"probability_{name}": prediction.probabilities[:, index] for index, name in enumerate(classes)}
    if prediction.quantiles is not None and isinstance(task, Regression):
        columns |= {f"quantile_{level:g}": prediction.quantiles[:, index] for index, level in enumerate(task.quantiles)}
    return pl.DataFrame(columns)


def to_paths(prediction: Prediction, columns: Sequence[str], task: Task, target: FloatArray | None = None) -> pl.DataFrame:
    """Return one line per origin and column that is forecast, with lists over the steps.

    The columns are row, column, target, prediction and `quantile_<q>`.

    Args:
        prediction: values (N, V, H), in the person's units.
        columns: V names.
        task: that gave the prediction.
        target: (N, V, H), the truth; None leaves it out.
    """
    lists = {} if target is None else {"target": target}
    lists["prediction"] = prediction.values
    if prediction.quantiles is not None and isinstance(task, Forecasting):
        lists |= {f"quantile_{level:g}": prediction.quantiles[..., index] for index, level in enumerate(task.quantiles)}
    num, steps = len(prediction.rows), prediction.values.shape[2]
    held = {
        name: pl.Series(values.reshape(num * len(columns), steps).astype(np.float32), dtype=pl.Array(pl.Float32, steps))
        for name, values in lists.items()
    }
    front = {"row": np.repeat(prediction.rows, len(columns)), "column": list(columns) * num}
    return pl.DataFrame({**front, **held})


def with_boxes(frame: pl.DataFrame, boxes: FloatArray | None, prepared: Preparation, records: Records) -> pl.DataFrame:
    """Return answers with `box_left`, `box_top`, `box_right` and `box_bottom` behind the first column, in pixels.

    Args:
        frame: the answers, one line a row.
        boxes: (N, 4) shares of what the network reads; None where the question asks for none.
        prepared: of the network.
        records: the rows that were answered, in this order.
    """
    if boxes is None or not isinstance(prepared, PreparedPictures) or not isinstance(prepared.target_step, FittedBoxes):
        return frame
    pixels = prepared.target_step.to_pixels(boxes, records)
    columns = [pl.Series(name, pixels[:, side].round(1)) for side, name in enumerate(NAMES)]
    first, *others = frame.get_columns()
    return pl.DataFrame([first, *columns, *others])


def to_words(values: FloatArray, classes: Sequence[str]) -> pl.Series:
    """Return class names for class indexes, several joined by ";" for multi-label rows; quantities stay as they are."""
    if not classes:
        return pl.Series(values)
    names = np.array(classes, dtype=object)
    if values.ndim == 1:
        return pl.Series(names[values.astype(np.int64)].tolist(), dtype=pl.String)
    return pl.Series([";".join(names[row.astype(bool)]) for row in values], dtype=pl.String)

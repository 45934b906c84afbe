"""Parts differ: a quick model can tell rows of valid from rows of train, so the parts do not come from the same source.

Source: Espalier's fault catalogue C14 (cross-fitted AUC of a domain classifier above .6 and z > 3.5: 36 of 36 planted
shifts found, none on 12 healthy tables) and Rabanser et al. 2019 (arXiv 1810.11953). The test part is not looked at: its
values are sealed. Dates are left out, because parts that follow in time differ in them by intention.
"""

import numpy as np
import polars as pl

from espalier.core.finding import Finding, Severity
from espalier.core.schema import Kind
from espalier.diagnosis.encode import answer_of, matrix_of
from espalier.diagnosis.evidence import Evidence, drawn
from espalier.diagnosis.one_column import strength
from espalier.diagnosis.parts import is_drawn
from espalier.diagnosis.quick_model import cross_fit, random_folds
from espalier.diagnosis.significance import auc, auc_z, discoveries, p_value
from espalier.diagnosis.wording import named

ID = "S07-parts-differ"
EXPLAINED_BY = ()
MIN_AUC = 0.6
MIN_Z = 3.5
MAX_ROWS = 2_000  # of each part
MIN_ROWS = 20
PART = "part of the row"
DEAL = "Find out why the parts differ; if they need not, deal all rows out together."
ADVICE = {
    "time": "The later rows are unlike the earlier ones: expect the score to change further with time, learn from recent rows, "
    "and train anew as new rows come. Do not deal the rows out together: that would be looking ahead.",
    "group": "Few groups, or very unlike ones, differ by chance: judge on several folds (split.folds=5), so that each group is "
    "tested once. Do not tear groups apart.",
}


def check(evidence: Evidence) -> Finding | None:
    """Fire when a row's part can be told from its inputs. Needs: parts that were given, or follow from a group or from time."""
    method = evidence.plan.split.method if evidence.plan is not None else None
    names = evidence.inputs(Kind.NUMBER, Kind.CATEGORY, Kind.ORDERED)
    if evidence.splits is None or is_drawn(method) or not names:
        return None
    train, valid = drawn(evidence.splits.train.records, MAX_ROWS), drawn(evidence.splits.valid, MAX_ROWS)
    if min(len(train), len(valid)) < MIN_ROWS:
        return None
    frame = pl.concat([train.frame.select(names), valid.frame.select(names)])
    answer = answer_of(pl.Series(PART, ["train"] * len(train) + ["valid"] * len(valid)))
    predicted = cross_fit(matrix_of(frame, names), answer, random_folds(frame.height))
    is_valid = answer.matrix[:, 1] > 0
    value = auc(is_valid, predicted[:, 1])
    z = auc_z(value, len(valid), len(train))
    if value <= MIN_AUC or z <= MIN_Z:
        return None
    alone = {name: strength(frame.get_column(name), answer) for name in names}
    found = discoveries([p_value(one.z) for one in alone.values()])
    moved = [name for name, is_found in zip(names, found, strict=True) if is_found]
    columns = sorted(moved, key=lambda name: -alone[name].score)
    most = f" They differ most in {named(columns)}." if columns else ""
    expected = method in ("time", "group")
    return Finding(
        id=ID,
        sentence=f"The valid part differs from the training part: a quick model tells them apart with AUC {value:.2f} "
        f"(0.50 would be chance).{most}",
        severity=Severity.NOTE if expected else Severity.WARN,
        evidence={
            "auc": value,
            "z": z,
            "columns": {name: alone[name].score for name in columns[:20]},
            "means": _means(frame, columns, is_valid),
        },
        columns=tuple(columns[:20]),
        advice=f"The score then speaks for rows like those of the valid part. {ADVICE.get(method or '', DEAL)}",
    )


def _means(frame: pl.DataFrame, columns: list[str], is_valid: np.ndarray) -> dict[str, list[float]]:
    """Return the mean of each number column in train and in valid; a column without any number in one of them has none."""
    means = {}
    for name in [name for name in columns[:20] if frame.schema[name].is_numeric()]:
        column = frame.get_column(name).fill_nan(None)
        parts = [column.filter(pl.Series(mask)).mean() for mask in (~is_valid, is_valid)]
        if all(isinstance(one, int | float) for one in parts):
            means[name] = [float(one) for one in parts if isinstance(one, int | float)]
    return means

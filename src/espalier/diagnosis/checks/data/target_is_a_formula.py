"""Target is a formula: a sum or a product of other columns gives the target exactly, such as casual + registered = count.

Source: exact arithmetic. A straight line through number columns, fitted on one half of the rows, explains the other half to
more than .9999; the line through logarithms does the same for products. No honest relation of the real tables tried comes
near (the highest is .999, between share prices of one day).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from espalier.core.batch import FloatArray
from espalier.core.finding import Finding, Severity
from espalier.core.schema import Kind
from espalier.diagnosis.checks.data.target_in_one_column import cross_fit_of
from espalier.diagnosis.encode import answer_of, as_number
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.quick_model import readable
from espalier.diagnosis.wording import joined, leave_out

ID = "D17-target-is-a-formula"
EXPLAINED_BY = ()
MIN_EXPLAINED = 0.9999
MAX_TYPICAL_ERROR = 0.01  # median error, in median deviations of the target: so that a few huge rows do not decide
MAX_MISSING_FRACTION = 0.05  # columns with more missing values cannot be part of an exact sum
ROWS_OF_A_COLUMN = 4
MIN_ROWS = 40
MAX_COLUMNS = 300  # the first of them are looked at


@dataclass(frozen=True)
class Formula:
    """Columns that give the target.

    Args:
        columns: the fewest that are enough.
        weights: what each is multiplied with (a power, for a product).
        kind: "sum" or "product".
        explained: share of the target explained on the half that was not fitted.
    """

    columns: tuple[str, ...]
    weights: tuple[float, ...]
    kind: str
    explained: float


def check(evidence: Evidence) -> Finding | None:
    """Fire when two or more number columns add up, or multiply, to a number target."""
    targets = [name for name in evidence.targets if evidence.records.frame.schema[name].is_numeric()]
    frame = evidence.probe.frame
    names = [
        name
        for name in evidence.inputs(Kind.NUMBER)[:MAX_COLUMNS]
        if frame.get_column(name).null_count() <= MAX_MISSING_FRACTION * frame.height
    ]
    if len(targets) != 1 or len(names) < 2 or frame.height < MIN_ROWS:
        return None
    formula = find_formula(frame, names, targets[0])
    if formula is None or len(formula.columns) < 2:
        return None
    answer = answer_of(frame.get_column(targets[0]))
    score_name, score = readable(answer)
    every = score(cross_fit_of(frame, evidence.features, answer))
    rest = score(cross_fit_of(frame, [name for name in evidence.features if name not in formula.columns], answer))
    return Finding(
        id=ID,
        sentence=f"'{targets[0]}' can be computed from {joined([f'{name!r}' for name in formula.columns])}: it is their "
        f"{_words(formula)}. A quick model reaches {score_name} {every:.2f} with them and {rest:.2f} without.",
        severity=Severity.WARN,
        evidence={
            "kind": formula.kind,
            "weights": dict(zip(formula.columns, formula.weights, strict=True)),
            "explained": formula.explained,
            "score": score_name,
            "score_with": every,
            "score_without": rest,
        },
        columns=formula.columns,
        repairs=(leave_out(formula.columns),),
        advice="If these columns become known together with the target, leave them out: the score without them is the honest "
        "one. If they are truly known before, compute the target and train nothing.",
    )


def _words(formula: Formula) -> str:
    """Return "sum", "weighted sum", "product" or "product of powers"."""
    if np.allclose(formula.weights, 1, rtol=1e-3):
        return formula.kind
    return "weighted sum" if formula.kind == "sum" else "product of powers"


def find_formula(frame: pl.DataFrame, names: Sequence[str], target: str) -> Formula | None:
    """Return the sum or the product of columns that is the target, or None.

    Args:
        frame: a few thousand rows.
        names: number columns.
        target: a number column.
    """
    matrix = np.column_stack([as_number(frame.get_column(name)) for name in names])
    answer = as_number(frame.get_column(target))
    complete = np.isfinite(matrix).all(axis=1) & np.isfinite(answer)
    matrix, answer = matrix[complete], answer[complete]
    found = _straight(matrix, answer, names, "sum")
    if found is None and len(answer) and (answer > 0).all():
        positive = [place for place in range(len(names)) if (matrix[:, place] > 0).all()]
        found = _straight(np.log(matrix[:, positive]), np.log(answer), [names[place] for place in positive], "product")
    return found


def _straight(matrix: FloatArray, answer: FloatArray, names: Sequence[str], kind: str) -> Formula | None:
    """Return the straight line through the fewest columns that explains the target exactly, or None."""
    spread = matrix.std(axis=0) if len(matrix) else np.zeros(matrix.shape[1])
    used = np.flatnonzero(spread > 0)
    if len(used) < 2 or len(answer) < max(MIN_ROWS, ROWS_OF_A_COLUMN * len(used)) or answer.std() == 0:
        return None
    scaled = (matrix[:, used] - matrix[:, used].mean(axis=0)) / spread[used]
    weights, explained = _fit(scaled, answer)
    if explained < MIN_EXPLAINED:
        return None
    order = np.argsort(-np.abs(weights))
    for count in range(1, len(order) + 1):
        chosen = np.sort(order[:count])
        weights, explained = _fit(scaled[:, chosen], answer)
        if explained >= MIN_EXPLAINED:
            raw = weights / spread[used[chosen]]
            return Formula(tuple(names[i] for i in used[chosen]), tuple(raw.tolist()), kind, explained)
    return None


def _fit(scaled: FloatArray, answer: FloatArray) -> tuple[FloatArray, float]:
    """Return the weights of a line fitted on the even rows, and what it explains of the odd ones, 0 when most are far off."""
    columns = np.column_stack([scaled, np.ones(len(scaled))])
    weights: FloatArray = np.linalg.lstsq(columns[::2], answer[::2], rcond=None)[0].astype(np.float64)
    error = np.abs(answer[1::2] - columns[1::2] @ weights)
    deviation = np.abs(answer[1::2] - np.median(answer[1::2]))
    if np.median(error) > MAX_TYPICAL_ERROR * max(np.median(deviation), 1e-300):
        return weights[:-1], 0.0
    return weights[:-1], float(1 - (error**2).sum() / ((answer[1::2] - answer[1::2].mean()) ** 2).sum())

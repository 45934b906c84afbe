"""Odd targets: some rows' quantity lies far from what networks that did not learn from them answer.

The distance is measured in robust deviations: 1.4826 times the median distance of all rows from the median residual
(Rousseeuw & Croux 1993, Journal of the American Statistical Association 88), each row's among the tenth of the rows with
answers of about its size, because errors commonly grow with the quantity. Heavy tails are no errors: of Student's t with three
degrees of freedom .65 % of the rows lie beyond 6 such deviations, so 1 % and more is told. It is told only of a training with
which nothing else is wrong.
"""

import numpy as np

from espalier.core.batch import FloatArray
from espalier.core.finding import Finding, Severity
from espalier.diagnosis.generalisation import Answers, Generalisation
from espalier.diagnosis.wording import MAX_NAMED_ROWS, counted, joined

ID = "G09-odd-targets"
EXPLAINED_BY = ("D03-conflicting-rows",)
MIN_ROWS = 100  # fewer tell nothing
MIN_LEARNT = 0.3  # share of the median distance from the median target that the answers take away
MIN_DEVIATIONS = 6.0
MIN_FRACTION = 0.01  # of the rows
MIN_ODD = 5
DECILES = 10  # of the answers
SHOWN = 3  # candidates told with both numbers
PER_DEVIATION = 1.4826  # standard deviations of a normal value in its median distance


def check(evidence: Generalisation) -> Finding | None:
    """Fire when 1 % of the quantities or more lie 6 robust deviations or more from the answers for unseen rows."""
    answers = evidence.answers
    if answers is None or answers.classes or answers.target.ndim > 1 or evidence.upstream or len(answers) < MIN_ROWS:
        return None
    residual = answers.target - answers.values
    spread = float(np.median(np.abs(answers.target - np.median(answers.target))))
    if spread <= 0 or float(np.median(np.abs(residual))) > (1 - MIN_LEARNT) * spread:
        return None
    deviations = robust_deviations(residual, answers.values)
    found = np.flatnonzero(np.abs(deviations) >= MIN_DEVIATIONS)
    found = found[np.argsort(-np.abs(deviations[found]), kind="stable")]
    share = len(found) / len(answers)
    if len(found) < MIN_ODD or share < MIN_FRACTION:
        return None
    return Finding(
        id=ID,
        sentence=f"{counted(len(found), 'row')} of {len(answers):,} ({share:.1%}) hold a '{answers.target_name}' that lies "
        f"{MIN_DEVIATIONS:g} or more usual deviations from what networks that did not learn from them answer. First: "
        f"{_examples(answers, found)}.",
        severity=Severity.NOTE,
        evidence={"num_rows": len(found), "fraction": share, "largest": float(np.abs(deviations).max())},
        columns=(answers.target_name,),
        rows=tuple(int(answers.rows[place]) for place in found[:MAX_NAMED_ROWS]),
        advice="Look at the first of them: a slipped point, another unit, or an exception that no column explains? Correct "
        "what is wrong, and train again.",
    )


def robust_deviations(residual: FloatArray, answer: FloatArray) -> FloatArray:
    """Return (N,) residuals in robust deviations of the rows with answers of about the same size.

    Args:
        residual: (N,) target minus answer.
        answer: (N,) of the model.
    """
    scaled = np.zeros(len(residual))
    centred = residual - np.median(residual)
    pooled = PER_DEVIATION * float(np.median(np.abs(centred)))
    decile = (np.argsort(np.argsort(answer, kind="stable")) * DECILES) // len(answer)
    for one in range(DECILES):
        ours = decile == one
        local = PER_DEVIATION * float(np.median(np.abs(residual[ours] - np.median(residual[ours]))))
        scaled[ours] = (residual[ours] - np.median(residual[ours])) / max(local, pooled, 1e-300)
    return scaled


def _examples(answers: Answers, found: np.ndarray) -> str:
    told = [
        f"{answers.row_word} {answers.rows[place]:,} says {answers.target[place]:,.4g}, the networks "
        f"{answers.values[place]:,.4g}"
        for place in found[:SHOWN]
    ]
    return joined(told)

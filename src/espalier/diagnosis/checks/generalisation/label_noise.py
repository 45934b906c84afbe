"""Label noise: some rows seem to carry the wrong class.

Networks that did not learn from a row contradict its label confidently. Candidates are the off-diagonal entries of the
confident joint, the most doubtful first by margin, and `noise_fraction` is that of the calibrated joint (Northcutt, Jiang &
Chuang 2021, Journal of Artificial Intelligence Research 70, equations 1 to 3); where classes overlap it is too high.

Classes that overlap are contradicted too, although every label is true. But then the rows of which the model is surest are
hardly touched, while wrong labels lie among them as anywhere else. So it is told only when the surest quarter of the rows is
clearly more often wrong than overlap alone would leave it (normally distributed evidence with as many errors in all). No
model ranks its rows perfectly, so a quarter more and 5 % of what a constant answer gets wrong is granted: of 100 made-up clean
tables of 1,200 rows, answered by boosted trees, one exceeds that (classes from hardly to nearly wholly overlapping, equally
frequent and not).

Many wrong labels may stay untold: a model that learns from them ranks its rows badly, and so does a model too simple for clean
ones. Neither the errors of the surest rows nor their fall from quarter to quarter tells the two apart.

It is told only of a model that learns, in a training with which nothing else is wrong: a failed training contradicts
labels as well. A warning from 20 % of the surest quarter on (Espalier's fault catalogue C4: more than 20 %).
"""

import numpy as np

from espalier.core.batch import FloatArray
from espalier.core.finding import Finding, Severity
from espalier.core.records import IntArray
from espalier.diagnosis.confident_learning import (
    calibrated_joint,
    confident_joint,
    noise_fraction,
    surest,
    surest_error_of_overlap,
    suspects,
)
from espalier.diagnosis.generalisation import Answers, Generalisation
from espalier.diagnosis.wording import MAX_NAMED_ROWS, counted, joined, percent
from espalier.evaluation.metrics.metric import class_indices
from espalier.evaluation.proportions import wilson

ID = "G07-label-noise"
EXPLAINED_BY = ("D03-conflicting-rows",)
MIN_ROWS = 100  # fewer tell nothing
MIN_SUSPECTS = 5
GRANTED_SHARE = 1.25  # times what overlap leaves wrong of the surest quarter
GRANTED_ERROR = 0.05  # added to it, as a share of what the most frequent class would get wrong
WARN_FRACTION = 0.2
SHOWN = 3  # candidates told with both classes


def check(evidence: Generalisation) -> Finding | None:
    """Fire when the surest quarter of unseen rows contradicts its labels more often than overlapping classes explain."""
    answers = evidence.answers
    if answers is None or answers.probabilities is None or not answers.is_one_class or evidence.upstream:
        return None
    if len(answers) < MIN_ROWS or not answers.beats_majority:
        return None
    labels = class_indices(answers.target)
    found = suspects(labels, answers.probabilities)
    constant = 1 - float(np.bincount(labels).max()) / len(labels)
    share, at_least, expected = _surest_error(labels, answers.probabilities, constant)
    if len(found) < MIN_SUSPECTS or at_least <= GRANTED_SHARE * expected + GRANTED_ERROR * constant:
        return None
    return Finding(
        id=ID,
        sentence=f"{counted(len(found), 'row')} of {len(answers):,} may carry the wrong '{answers.target_name}': networks that "
        f"did not learn from them contradict it. They contradict even {percent(share)} of the quarter of which they are "
        f"surest, where classes that overlap would leave {percent(expected)}. First: {_examples(answers, found)}.",
        severity=Severity.WARN if share >= WARN_FRACTION else Severity.NOTE,
        evidence={
            "num_rows": len(found),
            "noise_fraction": noise_fraction(calibrated_joint(confident_joint(labels, answers.probabilities), labels)),
            "surest_error": share,
            "surest_error_low": at_least,
            "surest_error_of_overlap": expected,
        },
        columns=(answers.target_name,),
        rows=tuple(int(answers.rows[place]) for place in found[:MAX_NAMED_ROWS]),
        advice="Look at the first of these rows, and correct or drop those that are wrong: the list holds honest exceptions "
        "too. Then train again.",
    )


def _surest_error(labels: IntArray, probabilities: FloatArray, constant: float) -> tuple[float, float, float]:
    """Return how often the surest quarter is wrong, how often at least, and how often overlap alone would leave it wrong."""
    is_wrong = probabilities.argmax(axis=1) != labels
    first = surest(probabilities)
    at_least, _ = wilson(int(is_wrong[first].sum()), len(first))
    return float(is_wrong[first].mean()), at_least, surest_error_of_overlap(float(is_wrong.mean()), constant)


def _examples(answers: Answers, found: np.ndarray) -> str:
    told = []
    for place in found[:SHOWN]:
        written = answers.classes[int(answers.target[place])]
        probabilities = answers.probabilities[place] if answers.probabilities is not None else np.zeros(1)
        seen = int(probabilities.argmax())
        row = f"{answers.row_word} {answers.rows[place]:,}"
        told.append(f"{row} says '{written}', the networks '{answers.classes[seen]}' ({percent(float(probabilities[seen]))})")
    return joined(told)

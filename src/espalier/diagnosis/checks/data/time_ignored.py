"""Time ignored: rows are dealt out at random although rows that are near in time have near targets.

Source: Espalier's fault catalogue C10 (lag-1 autocorrelation of the target above .3 in the order of time; the difference of
scores alone finds only 7 of 12 planted leaks, so it is shown and does not decide). For a date that is not declared to order
the rows, the mean of each run of neighbouring rows is taken off first, so that a date that is a fact about a row (a year of
building) stays quiet.
"""

from collections.abc import Sequence

import numpy as np

from espalier.core.finding import Finding, Repair, Severity
from espalier.core.records import IntArray, Records
from espalier.core.schema import Kind, Role
from espalier.data.describe.names import names_birth, names_key, names_subject
from espalier.diagnosis.encode import Answer, answer_of, as_number, matrix_of
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.parts import is_drawn
from espalier.diagnosis.quick_model import Gap, gap_between
from espalier.diagnosis.units import MIN_UNITS, in_order, sample_of_runs

ID = "S06-time-ignored"
EXPLAINED_BY = ()
MIN_AUTOCORRELATION = 0.3
MIN_Z = 3.5
MIN_ROWS = 100
TOLD_GAP = 0.01  # a smaller one is left out of the sentence: often a leaking column makes both scores perfect


def check(evidence: Evidence) -> Finding | None:
    """Fire when the target follows time and the split does not. Needs: a date column, one target, no split by time."""
    method = evidence.plan.split.method if evidence.plan is not None else None
    if len(evidence.targets) != 1 or not (method is None or is_drawn(method)):
        return None
    for column in _time_columns(evidence):
        order = _order(evidence, column)
        if len(order) < MIN_ROWS:
            continue
        sample, runs = sample_of_runs(evidence, order)
        if len(sample) < MIN_ROWS:
            continue
        answer = answer_of(sample.frame.get_column(evidence.targets[0]))
        declared = evidence.used.columns[column].role is Role.TIME
        found = autocorrelation(answer, runs, take_off_means=not declared)
        if found > MIN_AUTOCORRELATION and found * np.sqrt(len(runs)) > MIN_Z:
            return _finding(evidence, column, found, _gap(evidence, sample, answer, runs))
    return None


def autocorrelation(answer: Answer, runs: IntArray, take_off_means: bool) -> float:
    """Return the correlation of a target with its predecessor within a run; classes count as columns of 0 and 1.

    Args:
        answer: the target, in order.
        runs: (N,) the run of each row; rows of different runs are no neighbours.
        take_off_means: from each run its own mean, not the mean of all.
    """
    matrix = answer.matrix - answer.matrix.mean(axis=0)
    if take_off_means:
        counts = np.bincount(runs)
        means = np.column_stack([np.bincount(runs, weights=column) / counts for column in matrix.T])
        matrix = matrix - means[runs]
    neighbours = runs[1:] == runs[:-1]
    total = (matrix**2).mean(axis=0).sum()
    return float((matrix[1:] * matrix[:-1])[neighbours].mean(axis=0).sum() / total) if total > 0 and neighbours.any() else 0.0


def _time_columns(evidence: Evidence) -> Sequence[str]:
    """Return the columns that may order the rows, declared ones first; dates of birth do not."""
    declared = [name for name in evidence.used.names(Role.TIME) if name in evidence.records.frame.columns]
    dates = [name for name in evidence.inputs(Kind.DATE) if not names_birth(name)]
    return [name for name in (*declared, *dates) if evidence.sample.frame.get_column(name).n_unique() > MIN_UNITS]


def _order(evidence: Evidence, column: str) -> IntArray:
    """Return the positions of the learnable rows in the order of time; where many rows share a time, subject by subject."""
    frame = evidence.learnable.frame
    times = as_number(frame.get_column(column))
    order = in_order(times)
    subject = _subject(evidence)
    if subject is None or 2 * frame.get_column(column).n_unique() >= frame.height:
        return order
    subjects = as_number(frame.get_column(subject))
    return order[np.argsort(subjects[order], kind="stable")]


def _subject(evidence: Evidence) -> str | None:
    """Return a column that says whom or what a row is about, or None."""
    declared = evidence.used.names(Role.GROUP)
    named = [name for name in evidence.used.names(Role.INPUT, Role.IDENTIFIER) if names_subject(name) or names_key(name)]
    known = set(evidence.records.frame.columns)
    return next((name for name in (*declared, *named) if name in known), None)


def _gap(evidence: Evidence, sample: Records, answer: Answer, runs: IntArray) -> Gap | None:
    if not evidence.features or int(runs.max()) + 1 < MIN_UNITS:
        return None
    return gap_between(matrix_of(sample.frame, evidence.features), answer, runs)


def _finding(evidence: Evidence, column: str, found: float, gap: Gap | None) -> Finding:
    then = "and the split deals rows out at random" if evidence.plan else "so a random split judges a row by its neighbours"
    scores = ""
    if gap is not None and gap.size > TOLD_GAP:
        scores = " " + gap.sentence("rows are dealt out at random", "whole stretches of time are held out")
    return Finding(
        id=ID,
        sentence=f"'{evidence.targets[0]}' changes slowly along '{column}' (neighbours in time correlate by {found:.2f}), "
        f"{then}.{scores}",
        severity=Severity.WARN,
        evidence={"autocorrelation": found} | ({} if gap is None else gap.evidence()),
        columns=(column,),
        repairs=(Repair(f"split by '{column}', early rows first", {"split.column": column, "split.method": "time"}),),
        advice="If the model is to look ahead, split by time; to fill gaps between known rows, a random split is right.",
    )

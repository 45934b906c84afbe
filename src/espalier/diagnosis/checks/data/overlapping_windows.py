"""Overlapping windows: windows that share steps stand on both sides of the split, so some steps were learnt by heart.

Exact: steps are compared (see `data.series.sameness`), the test part's by their hashes. How much it flatters a score is told
by the nearest window among the others, once with folds at random and once with whole recordings held out, in the training part.
"""

import numpy as np
import polars as pl
from scipy.spatial.distance import cdist

from espalier.core.batch import FloatArray
from espalier.core.finding import Finding, Repair, Severity
from espalier.core.records import IntArray, Records
from espalier.data.series.column import padded, windows_of
from espalier.data.series.windows_survey import MAX_RECORDING, MIN_RECORDINGS, RECORDING, WindowsSurvey
from espalier.diagnosis.encode import Answer, answer_of
from espalier.diagnosis.evidence import Evidence, drawn
from espalier.diagnosis.parts import all_parts, shared_values
from espalier.diagnosis.quick_model import random_folds, readable
from espalier.diagnosis.wording import counted, joined, percent

ID = "S12-overlapping-windows"
EXPLAINED_BY = ()
MAX_SHARED = 0  # recordings: exact
NUM_COMPARED = 1_000  # windows whose nearest one is looked for
MIN_COMPARED = 20


def check(evidence: Evidence) -> Finding | None:
    """Fire when windows of one recording stand in two parts. Needs: windows that share steps, and a split."""
    survey = evidence.series
    if not isinstance(survey, WindowsSurvey) or evidence.splits is None:
        return None
    name = survey.column + RECORDING
    parts = all_parts(evidence.splits)
    if any(name not in part.frame.columns for part in parts.values()):
        return None
    shared = {part: len(values) for part, values in shared_values(parts, name).items()}
    if sum(shared.values()) <= MAX_SHARED:
        return None
    scores = _scores(evidence, survey.column, name)
    said = joined([f"{counted(count, 'recording')} of the {part} part" for part, count in shared.items()])
    told = "" if scores is None else (
        f" The nearest window answers with {scores['score']} {scores['score_with_leak']:.2f} when windows are dealt out at "
        f"random, and {scores['score_without_leak']:.2f} when whole recordings are held out."
    )  # fmt: skip
    can_part = survey.num_recordings >= MIN_RECORDINGS and survey.largest <= MAX_RECORDING
    changes = {f"schema.columns.{name}.role": "group", "split.column": name, "split.method": "group"}
    return Finding(
        id=ID,
        sentence=f"{counted(survey.overlapping.count, 'window')} ({percent(survey.overlapping.count / survey.num_windows)}) "
        f"share steps with another one, and {said} {'is' if sum(shared.values()) == 1 else 'are'} in the training part too."
        f"{told}",
        severity=Severity.WARN,
        evidence={
            "num_overlapping": survey.overlapping.count,
            "fraction": survey.overlapping.count / survey.num_windows,
            "num_shared": shared,
            "num_rows": survey.overlapping.count,
            **(scores or {}),
        },
        columns=(survey.column,),
        rows=survey.overlapping.rows,
        repairs=(Repair(f"keep rows of one {name} together", changes),) if can_part else (),
        advice="Cut the windows after the recordings were dealt out, or keep each recording in one part.",
    )


def _scores(evidence: Evidence, column: str, recording: str) -> dict[str, str | float] | None:
    """Return what the nearest window answers, with and without windows of the same recording to choose from."""
    if len(evidence.targets) != 1:
        return None
    sample = drawn(evidence.answered(evidence.learnable), NUM_COMPARED)
    units = sample.frame.get_column(recording).cast(pl.Categorical).to_physical().to_numpy().astype(np.int64)
    units = np.unique(units, return_inverse=True)[1]
    if len(sample) < MIN_COMPARED or int(units.max(initial=0)) + 1 < MIN_RECORDINGS:
        return None
    answer = answer_of(sample.frame.get_column(evidence.targets[0]))
    distances = _distances(sample, column)
    name, score = readable(answer)
    mixed = score(_nearest(distances, answer, random_folds(len(sample))))
    apart = score(_nearest(distances, answer, random_folds(int(units.max()) + 1)[units]))
    return {"score": name, "score_with_leak": mixed, "score_without_leak": apart}


def _distances(sample: Records, column: str) -> FloatArray:
    """Return (N, N) Euclidean distances of the scaled windows; missing values and steps stand at the mean."""
    values = padded(windows_of(sample.frame.get_column(column))).astype(np.float64)
    known = np.isfinite(values)
    num = np.maximum(known.sum(axis=(0, 2), keepdims=True), 1)
    mean = np.where(known, values, 0).sum(axis=(0, 2), keepdims=True) / num
    apart = np.where(known, values - mean, 0)
    scale = np.sqrt((apart**2).sum(axis=(0, 2), keepdims=True) / num)
    points = (apart / np.where(scale > 0, scale, 1)).reshape(len(values), -1)
    return np.asarray(cdist(points, points))


def _nearest(distances: FloatArray, answer: Answer, fold: IntArray) -> FloatArray:
    """Return (N, K) the answer of the nearest window of the other folds."""
    apart = np.where(fold[:, None] == fold[None, :], np.inf, distances)
    return np.asarray(answer.matrix[apart.argmin(axis=1)])

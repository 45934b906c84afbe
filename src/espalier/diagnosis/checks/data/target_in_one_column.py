"""Target written in a feature: one column alone tells the target almost perfectly, by its values or by where it is missing.

Source: Espalier's fault catalogue C11 (cross-fitted AUC of one column >= .975: 12 of 12 planted proxies found, none on 12
healthy tables; at .95 two healthy tables alarm). Several classes are judged by their mean recall (petal width tells iris
with .95, honestly). Second key against strong honest columns: unless it is nearly perfect, the column leaves at most half
as much untold as the best column that is no suspect; honest columns have near rivals (breast cancer: .975 and .970). A
column with one level for each class (the class under another name, some cells wrong) counts from .92, when it leaves at most
half as much untold as any other column. Over the columns: Benjamini & Hochberg at 1 %.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from espalier.core.finding import Finding, Severity
from espalier.core.records import Records
from espalier.diagnosis.encode import Answer, answer_of, as_codes, matrix_of
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.one_column import Strength, strength, strength_of_codes
from espalier.diagnosis.quick_model import cross_fit, random_folds, readable
from espalier.diagnosis.significance import discoveries, p_value
from espalier.diagnosis.wording import either, leave_out, named

ID = "D16-target-in-one-column"
EXPLAINED_BY = ()
MIN_AUC = 0.975  # of two classes
MIN_RECALL = 0.975  # mean over more classes
MIN_EXPLAINED = 0.95  # of a number target's ranks
MIN_OTHER_NAME = 0.92  # of a column with one level for each class: five cells of a hundred may be wrong
CERTAIN = 0.99  # of either: no second key is asked for
MAX_RIVAL_ERROR = 0.5  # what is left to be told, in what the best column that is no suspect leaves
MIN_ROWS = 30  # an exact copy in fewer rows may be chance
MAX_TARGETS = 5


def check(evidence: Evidence) -> Finding | None:
    """Fire when one input column alone tells a target."""
    names = evidence.features
    for target in evidence.targets[:MAX_TARGETS]:
        probe = evidence.probe
        if len(probe) < MIN_ROWS or probe.frame.get_column(target).n_unique() < 2:
            continue
        finding = _look(evidence, probe, names, target)
        if finding is not None:
            return finding
    return None


def _look(evidence: Evidence, probe: Records, names: Sequence[str], target: str) -> Finding | None:
    answer = answer_of(probe.frame.get_column(target))
    limit = {0: MIN_EXPLAINED, 2: MIN_AUC}.get(len(answer.classes), MIN_RECALL)
    alone = {name: strength(probe.frame.get_column(name), answer) for name in names}
    real = discoveries([p_value(one.z) for one in alone.values()])
    found = {name: one.score for (name, one), is_real in zip(alone.items(), real, strict=True) if is_real}
    strong = [name for name, score in found.items() if score >= limit]
    rival = max((one.score for name, one in alone.items() if name not in strong), default=0.0)
    suspects = [name for name in strong if found[name] >= CERTAIN or 1 - found[name] <= MAX_RIVAL_ERROR * (1 - rival)]
    suspects = suspects or _other_names(probe, answer, found, alone)
    if not suspects:
        return None
    return _finding(evidence, target, answer, sorted(suspects, key=lambda name: -alone[name].score), alone)


def _other_names(probe: Records, answer: Answer, found: Mapping[str, float], alone: Mapping[str, Strength]) -> list[str]:
    """Return the column that is the classes under other names with some cells wrong, if no other column comes near it."""
    if not found or not answer.classes:
        return []
    best = max(found, key=lambda name: found[name])
    rival = max((one.score for name, one in alone.items() if name != best), default=0.0)
    is_alone = found[best] >= MIN_OTHER_NAME and 1 - found[best] <= MAX_RIVAL_ERROR * (1 - rival)
    return [best] if is_alone and probe.frame.get_column(best).drop_nulls().n_unique() == len(answer.classes) else []


def cross_fit_of(frame: pl.DataFrame, names: Sequence[str], answer: Answer) -> np.ndarray:
    """Return (N, K) predictions of the quick model from some columns; the mean target when there are none."""
    if not names:
        return np.broadcast_to(answer.matrix.mean(axis=0), answer.matrix.shape)
    return cross_fit(matrix_of(frame, names), answer, random_folds(frame.height))


def _finding(evidence: Evidence, target: str, answer: Answer, columns: Sequence[str], alone: Mapping[str, Strength]) -> Finding:
    probe = evidence.probe.frame
    score_name, score = readable(answer)
    everything = score(cross_fit_of(probe, evidence.features, answer))
    honest = score(cross_fit_of(probe, [name for name in evidence.features if name not in columns], answer))
    copies = [name for name in columns if is_copy(evidence.learnable.frame, name, target)]
    best = columns[0]
    by_gap = _missing_tells(probe.get_column(best), answer)
    how = "by whether it is filled in, " if by_gap else ""
    word = "is a copy of" if best in copies else f"alone, {how}tells almost exactly" if how else "alone tells almost exactly"
    more = f" {named(columns[1:])} {'tells' if len(columns) == 2 else 'tell'} it too." if len(columns) > 1 else ""
    return Finding(
        id=ID,
        sentence=f"The column '{best}' {word} the target '{target}'.{more} A quick model reaches {score_name} {everything:.2f} "
        f"with {either(len(columns), 'it', 'them')} and {honest:.2f} without.",
        severity=Severity.STOP if copies else Severity.WARN,
        evidence={
            "alone": {name: alone[name].score for name in columns},
            "score": score_name,
            "score_with": everything,
            "score_without": honest,
            "copies": copies,
            "by_missing_values": by_gap,
        },
        columns=tuple(columns),
        repairs=(leave_out(columns),),
        advice="Ask when the column becomes known. If only after the outcome, or if it was made from the target, leave it out: "
        "the score without it is the honest one. If it is truly known before, keep it: no network is needed then.",
    )


def _missing_tells(column: pl.Series, answer: Answer) -> bool:
    """Return whether it is enough to know where a column is missing."""
    missing = column.is_null().to_numpy().astype(np.int64)
    return bool(answer.classes) and bool(missing.any()) and strength_of_codes(missing, answer).score >= MIN_AUC


def is_copy(frame: pl.DataFrame, name: str, target: str) -> bool:
    """Return whether a column is the target in every row: equal numbers, or classes under other names."""
    column, answer = frame.get_column(name), frame.get_column(target)
    if frame.height < MIN_ROWS or column.null_count():
        return False
    if answer.dtype.is_numeric():
        return column.dtype.is_numeric() and bool((column == answer).all())
    codes, classes = as_codes(column), as_codes(answer)
    return codes.max(initial=0) == classes.max(initial=0) and bool((codes == classes).all())

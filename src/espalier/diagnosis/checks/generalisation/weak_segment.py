"""Weak segment: the errors are concentrated in a group of rows that a sentence can name.

Every level of every category, every decile of every number, and pairs of them are tried on one half of the rows that the
networks did not learn from. The worst is told only when its errors are significantly more frequent (or larger) there,
corrected for the number of segments tried (Bonferroni), and again on the other half, which the search did not see; the
numbers told are those of that other half. Source: Chung et al. 2019, Slice Finder (arXiv 1807.06068: effect size and a
test corrected for the search); the confirmation is added.

Some rows are harder than others in every table, and a model that knows it says so by being unsure. So rows of the segment are
also compared with rows elsewhere of which the model says about the same.
"""

import numpy as np

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.generalisation import Answers, Generalisation
from espalier.diagnosis.segments import Segment, worst_segment
from espalier.diagnosis.wording import MAX_NAMED_ROWS, percent

ID = "G08-weak-segment"
EXPLAINED_BY = ("T01-diverged", "T11-not-learning", "G02-underfitting")
MAX_P_FOUND = 0.01  # on the searched half, corrected for the number of segments tried
MAX_P_CONFIRMED = 0.01  # on the other half, where one segment is tested
MIN_RATIO = 1.5  # of the error inside to that elsewhere
MIN_DIFFERENCE = 0.05  # of wrong rows or labels; of quantities the ratio alone counts
SURPRISE_Z = 3.0  # standard errors above rows elsewhere of which the model says about the same


def check(evidence: Generalisation) -> Finding | None:
    """Fire when errors are 1.5 times as frequent or large in some segment, by a corrected test and again on unseen rows."""
    answers = evidence.answers
    segment = None if answers is None else worst_segment(answers)
    if answers is None or segment is None:
        return None
    is_sure = segment.p_found < MAX_P_FOUND and segment.p_confirmed < MAX_P_CONFIRMED
    is_large = segment.inside >= MIN_RATIO * segment.outside
    is_large &= not answers.classes or segment.inside - segment.outside >= MIN_DIFFERENCE
    if not (is_sure and is_large):
        return None
    num_rows = int(segment.holds.sum())
    return Finding(
        id=ID,
        sentence=f"{_told(answers, segment)} (measured on {segment.num_inside:,} such rows that the search did not see; there "
        f"are {num_rows:,} in all).",
        severity=Severity.NOTE,
        evidence={
            "segment": segment.words,
            "inside": segment.inside,
            "outside": segment.outside,
            "num_rows": num_rows,
            "num_tried": segment.num_tried,
            "p_found": segment.p_found,
            "p_confirmed": segment.p_confirmed,
            "beside_peers": segment.beside_peers,
            "z_beside_peers": segment.z_beside_peers,
        },
        columns=tuple(dict.fromkeys(one.column for one in segment.conditions)),
        rows=_worst_rows(answers, segment),
        advice=_advice(answers, segment),
    )


def _told(answers: Answers, segment: Segment) -> str:
    where = f"Where {segment.words}, "
    if not answers.classes:
        return f"{where}the answer is off by {segment.inside:.4g} on average, elsewhere by {segment.outside:.4g}"
    what = "labels are" if answers.target.ndim > 1 else "answers are"
    return f"{where}{percent(segment.inside)} of the {what} wrong, elsewhere {percent(segment.outside)}"


def _advice(answers: Answers, segment: Segment) -> str:
    look = "Look at some of these rows: wrong targets, another source, or a column missing that would tell them apart?"
    if segment.z_beside_peers > SURPRISE_Z:
        says = "is as sure of them as of rows on which it is right more often" if answers.classes else "answers alike elsewhere"
        return f"{look} The model does not know it: it {says}. Do not trust it there."
    knows = "The model is unsure of these rows" if answers.classes else "Errors are as large for other rows with such answers"
    return f"{look} {knows}, so they may just be hard; more rows of this kind help, if anything does."


def _worst_rows(answers: Answers, segment: Segment) -> tuple[int, ...]:
    """Return source rows of the segment, those with the largest errors first."""
    places = np.flatnonzero(segment.holds)
    worst = places[np.argsort(-answers.errors[places], kind="stable")][:MAX_NAMED_ROWS]
    return tuple(int(answers.rows[place]) for place in worst)

"""Neighbouring lines: rows that follow each other in the file are nearly alike, as in a recording, and no column says so.

A random split then judges a row by its neighbours; so does one whose valid or test part alone was dealt out of the training
file. Where both parts are files of their own, it stays silent: lines of two files that agree in order (both sorted by class,
say) prove no common recording. Two keys, both measured on real tables: the nearest row is a neighbour
in the file for most rows (recordings .84 to .91, ordinary tables at most .49), and a quick model loses more than .03 of the
explained share, at z > 3, when whole runs of lines are held out (recordings .4 to .6).
"""

import numpy as np

from espalier.core.finding import Finding, Severity
from espalier.core.schema import Kind, Role
from espalier.data.part_column import parts_of_column
from espalier.diagnosis.encode import answer_of, matrix_of
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.neighbours import nearest, place
from espalier.diagnosis.parts import is_drawn
from espalier.diagnosis.quick_model import Gap, gap_between
from espalier.diagnosis.units import MIN_UNITS, ROWS_OF_A_RUN, in_order, sample_of_runs
from espalier.diagnosis.wording import percent

ID = "S09-neighbouring-lines"
EXPLAINED_BY = ()
MIN_ADJACENT_FRACTION = 0.65  # rows whose nearest row is at most two lines away
MAX_LINES_APART = 2
MIN_GAP = 0.03
MIN_Z = 3.0
NUM_QUERIES = 1_000  # rows whose neighbour is looked for
MIN_ROWS = 200
VALID = 1  # what the column of the parts calls the validation part; where it names none, one is dealt


def check(evidence: Evidence) -> Finding | None:
    """Fire when rows resemble their neighbours in the file and that flatters a score. Needs: no column of time or group."""
    dated = evidence.used.names(Role.TIME, Role.GROUP) or evidence.inputs(Kind.DATE)
    if len(evidence.targets) != 1 or dated or not _some_are_dealt(evidence) or not evidence.features:
        return None
    if len(evidence.learnable) < MIN_ROWS:
        return None
    sample, runs = sample_of_runs(evidence, in_order(evidence.learnable.rows.astype(np.float64)))
    if len(sample) < MIN_ROWS:
        return None
    names = evidence.features
    points = place(sample.frame, names)
    chosen = np.arange(len(sample))[:: max(len(sample) // NUM_QUERIES, 1)]
    _, partner = nearest(points[chosen], points, leave_out_itself=True)
    adjacent = float((np.abs(partner - chosen) <= MAX_LINES_APART).mean())
    if adjacent < MIN_ADJACENT_FRACTION or int(runs.max()) + 1 < MIN_UNITS:
        return None
    answer = answer_of(sample.frame.get_column(evidence.targets[0]))
    gap = gap_between(matrix_of(sample.frame, names), answer, runs)
    return _finding(adjacent, gap) if gap.size > MIN_GAP and gap.z > MIN_Z else None


def _some_are_dealt(evidence: Evidence) -> bool:
    """Return whether rows of valid or test were dealt at random out of the file that is learnt from."""
    plan = evidence.plan
    if plan is None or is_drawn(plan.split.method):
        return True
    if plan.split.method == "files":
        return plan.data.valid is None or plan.data.test is None
    if plan.split.method != "column" or plan.split.column not in evidence.records.frame.columns:
        return False
    named = parts_of_column(evidence.records.frame.get_column(plan.split.column), evidence.records.rows)
    return not (named == VALID).any()


def _finding(adjacent: float, gap: Gap) -> Finding:
    return Finding(
        id=ID,
        sentence=f"For {percent(adjacent)} of the rows the most similar row stands beside it in the file, as in a recording. "
        + gap.sentence("rows are dealt out at random", f"whole runs of {ROWS_OF_A_RUN} lines are held out"),
        severity=Severity.WARN,
        evidence={"adjacent_fraction": adjacent, **gap.evidence()},
        advice="Add a column that names the recording, the person or the session of each row, give it the role 'group', and "
        "split by it; the lower score is nearer to what a new recording will show.",
    )

"""Rows dealt anew for trials: fold A for choosing between plans, fold B for confirming the choice; the test part is left out.

The rows that a run may learn from are halved. A plan is chosen by how it answers rows of one half, and confirmed by how it
answers rows of the other; all rows that are not judged are learnt from, so that no trial has much fewer than the run itself.
The parts are dealt by the plan's own method: groups stay together, later rows are judged after earlier ones, and parts that a
column or a file names stay as they are. There, as in time, the judged rows are the same for every seed.
"""

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
import polars as pl

from espalier.core.errors import PlanError, RunError, SplitError
from espalier.core.plan import CleanPlan, Plan, SplitPlan
from espalier.core.records import IntArray, Records, SealedRecords, Splits, TrainRecords
from espalier.core.run_folder import RunFolder, damaged_file, missing_file
from espalier.core.schema import Kind, Role
from espalier.data.clean import Cleaned, clean
from espalier.data.split import folds, split
from espalier.diagnosis.evidence import Evidence
from espalier.stages.parts import deal_parts
from espalier.stages.table import Table

HalfName: TypeAlias = Literal["A", "B"]

JUDGED = 0.4  # of a half, so a fifth of all rows
SPARE = 0.01  # a split has three parts, and where two are needed this one is not used
STOPPING = 0.12  # of the rows that are not judged: when to stop is decided on these
LATEST = 0.2  # of all rows, where time splits
GIVEN = ("column", "files")  # methods whose parts are not drawn
MIN_JUDGED = 20  # rows; a score on fewer says next to nothing
WHY_OPEN = "judged rows of a trial"  # these are the third part of a deal of ours, and none of the run's test part


_Sides: TypeAlias = tuple[Records, Records, SplitPlan]  # judged rows, the others, and how these are split


@dataclass(frozen=True)
class Deal:
    """What one trial learns from, stops by and is judged on.

    Args:
        train: it learns from these.
        valid: it stops by these.
        judged: nobody looked at these.
        cleaned: all known rows of the plan's source.
    """

    train: TrainRecords
    valid: Records
    judged: Records
    cleaned: Cleaned

    def evidence(self, plan: Plan, table: Table) -> Evidence:
        """Return what the signs in the data look at: this deal's parts, the judged rows in the place of the test part."""
        splits = Splits(self.train, self.valid, SealedRecords(self.judged))
        records, removed = self.cleaned.records, self.cleaned.removed
        seen = Evidence(records, plan.schema, table.profile, plan, splits, table.issues, removed)
        return replace(seen, pictures=table.pictures, series=table.series)


def known_rows(folder: RunFolder, plan: Plan) -> IntArray:
    """Return the rows of a run's source that are not of its test part.

    Args:
        folder: of the run.
        plan: of the run.

    Raises:
        PlanError: the run is cross-validated: every row is a test row of one of its folds.
        RunError: the file of the parts is missing or damaged.
    """
    if plan.split.folds:
        raise PlanError(
            f"The run has {plan.split.folds} folds, and every row is tested in one of them: none is left to try repairs on. "
            f"Train once on a single split: espalier train {folder.plan} --set split.folds=null --set split.repeats=1"
        )
    if not folder.split.exists():
        raise missing_file(folder.split)
    try:
        frame = pl.read_parquet(folder.split).filter(pl.col("part") != "test")
    except (OSError, pl.exceptions.PolarsError) as error:
        raise damaged_file(folder.split, f"cannot be read ({error})") from error
    if plan.data.valid is not None:  # those rows are lines of another file
        frame = frame.filter(pl.col("part") != "valid")
    rows: IntArray = frame.get_column("row").to_numpy()
    return rows


def redeal(plan: Plan, table: Table, known: IntArray, half: HalfName, seed: int) -> Deal:
    """Return a new deal of the known rows.

    Args:
        plan: what to clean, and how to split. Its own seed says which rows are of which half.
        table: of the plan.
        known: rows of its source that are not of the test part.
        half: whose rows are judged.
        seed: of this deal.

    Raises:
        SplitError: too few rows, groups or times to judge on.
        RunError: the source does not have the known rows.
    """
    place = np.flatnonzero(np.isin(table.records.rows, known))
    if len(place) < len(known):
        raise RunError(f"{table.records.source} has {len(place):,} of the run's {len(known):,} rows. The source has changed.")
    records = table.records.take(place)
    whole = clean(records, plan.schema, CleanPlan()).records
    if plan.split.method in GIVEN:
        judged, rest, way = _given(plan, table, half)
    elif plan.split.method == "time":
        judged, rest, way = _latest(plan, whole, half)
    else:
        judged, rest, way = _drawn(plan, whole, half, seed)
    if len(judged) < MIN_JUDGED:
        raise SplitError(
            f"{len(judged)} rows are left to judge a repair on; expected {MIN_JUDGED} or more. "
            "A repair cannot be proved on so few: give more rows."
        )
    own = replace(way, train=1 - STOPPING - SPARE, valid=STOPPING, test=SPARE)
    parts = split(clean(rest, plan.schema, plan.clean).records, plan.schema, own, seed)
    return Deal(parts.train, parts.valid, judged, clean(records, plan.schema, plan.clean))


def _drawn(plan: Plan, records: Records, half: HalfName, seed: int) -> _Sides:
    """Judge rows, or groups, drawn from one half."""
    way = replace(plan.split, train=1 - JUDGED - SPARE, valid=SPARE, test=JUDGED, folds=None)
    judged = split(_half(plan, way, records, half), plan.schema, way, seed).test.open(WHY_OPEN)
    return judged, records.take(np.flatnonzero(~np.isin(records.rows, judged.rows))), way


def _latest(plan: Plan, records: Records, half: HalfName) -> _Sides:
    """Judge the latest rows; fold A is the earlier half of them."""
    way = replace(plan.split, train=1 - LATEST - SPARE, valid=SPARE, test=LATEST, folds=None)
    latest = split(records, plan.schema, way, plan.seed).test.open(WHY_OPEN)
    order = latest.frame.get_column(plan.split.column or "").arg_sort().to_numpy().astype(np.int64)
    middle = len(order) // 2
    judged = latest.take(np.sort(order[:middle] if half == "A" else order[middle:]))
    return judged, records.take(np.flatnonzero(~np.isin(records.rows, latest.rows))), way


def _given(plan: Plan, table: Table, half: HalfName) -> _Sides:
    """Judge the validation part as it is given; the rows to stop by are drawn from the training part."""
    _, [parts, *_] = deal_parts(replace(plan, clean=CleanPlan()), table, None)
    targets = plan.schema.names(Role.TARGET)
    has_classes = bool(targets) and plan.schema.columns[targets[0]].kind is not Kind.NUMBER
    judged = _half(plan, SplitPlan(method="random"), parts.valid, half)
    return judged, parts.train.records, SplitPlan(method="stratified" if has_classes else "random")


def _half(plan: Plan, way: SplitPlan, records: Records, half: HalfName) -> Records:
    """Return the rows of one half; the halves do not depend on the seed of a trial."""
    halves = folds(records, plan.schema, replace(way, folds=2), plan.seed)
    return halves[0 if half == "A" else 1].test.open(WHY_OPEN)

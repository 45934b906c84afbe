"""The parts of a table: cleaned, dealt out, written down; the test part is sealed, and its opening is counted."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np

from espalier.core.errors import PlanError, SplitError
from espalier.core.plan import Plan, PreparePlan
from espalier.core.records import Records, Splits
from espalier.core.run_folder import RunFolder
from espalier.data.clean import Cleaned, clean
from espalier.data.pictures.across import marked_like
from espalier.data.pictures.survey import survey
from espalier.data.read import read
from espalier.data.series.windows import origins
from espalier.data.series.windows_survey import survey_windows
from espalier.data.split import folds, read_split, split, split_files, write_split
from espalier.data.step_cuts import usable_origins
from espalier.stages.network import check_inputs
from espalier.stages.table import Table, checked_fingerprint, parse_all


def deal_parts(plan: Plan, table: Table, folder: RunFolder | None) -> tuple[Cleaned, list[Splits]]:
    """Return the cleaned records and their parts, one `Splits` for each fold.

    Args:
        plan: what to clean, and how to split.
        table: the records.
        folder: of the run; parts on disk there are taken, and openings of the test part are counted there. None for no run.

    Raises:
        InputError: the rows cannot be split as planned, or a run is asked for and no input is left to learn from.
        PlanError: folds of parts that come from files.
        RunError: the parts on disk are of other rows.
    """
    if folder is not None:
        check_inputs(plan)
    cleaned = clean(table.records, plan.schema, plan.clean)
    if cleaned.records.timeline is not None and (plan.data.valid or plan.data.test):
        raise PlanError(
            "A second source was given for a part, and a series that runs in time needs what came before it. Put all steps "
            "into one table; the latest are the test part."
        )
    cleaned = replace(cleaned, records=examples_of(cleaned.records, plan.prepare))
    record = None if folder is None else _once(folder)
    if plan.split.method == "files" and not plan.split.folds:
        valid, test = read_part(plan, "valid"), read_part(plan, "test")
        valid, test = _marked_across(table, cleaned.records, valid, test)
        parts = [split_files(cleaned.records, valid, test, plan.schema, plan.split, plan.seed, record)]
    elif folder is not None and folder.split.exists():
        parts = [read_split(folder.split, cleaned.records, record, fold) for fold in range(num_splits(plan))]
    elif plan.split.folds:
        parts = folds(cleaned.records, plan.schema, plan.split, plan.seed, record)
    else:
        parts = [split(cleaned.records, plan.schema, plan.split, plan.seed, record)]
    return cleaned, parts


def examples_of(records: Records, plan: PreparePlan) -> Records:
    """Return the rows that are examples: all of them, or of a series the steps that can be forecast from, or judged.

    Raises:
        SplitError: no series is long enough.
    """
    timeline, form, stretches = records.timeline, plan.forecast, plan.stretches
    if timeline is not None and stretches is not None:
        if (timeline.lengths < stretches.look_back).all():
            raise SplitError(
                f"{records.source} has {int(timeline.lengths.max(initial=0)):,} steps, and each is judged with the "
                f"{stretches.look_back - 1:,} before it. Give a longer past, or look back less: "
                "--set prepare.stretches.look_back=STEPS"
            )
        rows = timeline.rows[origins(timeline, stretches.look_back, 0)]
        return records.take(np.flatnonzero(np.isin(records.rows, rows)))
    if form is None or timeline is None:
        return records
    usable = timeline.rows[usable_origins(timeline, form.look_back, form.horizon)]
    return records.take(np.flatnonzero(np.isin(records.rows, usable)))


def keep_parts(plan: Plan, parts: list[Splits], folder: RunFolder) -> None:
    """Write down the parts, unless they are on disk."""
    if not folder.split.exists():
        write_split(folder.split, parts if plan.split.folds else parts[0])


def num_splits(plan: Plan) -> int:
    """Return how many times the rows are dealt out: once, or once for each fold of each repeat."""
    return plan.split.folds * plan.split.repeats if plan.split.folds else 1


def check_repeats(plan: Plan) -> None:
    """Check that folds are named where they are to be drawn anew.

    Raises:
        PlanError: repeats without folds.
    """
    if plan.split.repeats > 1 and plan.split.folds is None:
        raise PlanError(
            f"split.repeats is {plan.split.repeats} and split.folds is not set; expected folds, which repeats draw anew. "
            "Add the number of folds, for example --folds 5, or leave --repeats out."
        )


def read_part(plan: Plan, part: Literal["valid", "test"]) -> Records | None:
    """Return the cleaned records of a part that comes from a source of its own; None when it does not.

    Raises:
        InputError: the source is no longer what it was when the plan was made.
    """
    data = plan.data
    source, planned = (data.valid, data.valid_fingerprint) if part == "valid" else (data.test, data.test_fingerprint)
    if source is None:
        return None
    records = read(source, kind=plan.data.kind)
    checked_fingerprint(source, records, planned)
    records, _ = survey_windows(records, plan.schema)
    records, _ = survey(records)  # a picture that cannot be read is left out here too, and copies of training ones are found
    return clean(parse_all(records, plan.schema).records, plan.schema, plan.clean).records


def _marked_across(
    table: Table, train: Records, valid: Records | None, test: Records | None
) -> tuple[Records | None, Records | None]:
    """Return the parts of other sources with the marks of pictures that stand, nearly the same, in an earlier part."""
    if table.pictures is None:
        return valid, test
    column, form = table.pictures.column, table.pictures.form
    valid = None if valid is None else marked_like(valid, train, column, form)
    for known in (train, valid):
        test = test if test is None or known is None else marked_like(test, known, column, form)
    return valid, test


def _once(folder: RunFolder) -> Callable[[str], None]:
    """Return a recorder of the first opening: folds, and a run that goes on, open the same rows for the same score card."""

    def first(reason: str) -> None:
        if not folder.openings.exists():
            folder.open_test(reason)

    return first

"""The rows that a run was made from."""

from espalier.core.errors import InputError
from espalier.core.records import Records
from espalier.run import Run
from espalier.stages.table import load_planned


def rows_behind(run: Run) -> tuple[Records | None, str]:
    """Return the rows that a run was made from, so that its report can show the values of single rows.

    Returns: the rows and an empty text; or None and why they are not at hand: the source is gone or has changed, or the
        scored rows came from a file of their own.
    """
    if run.plan.data.test is not None:
        return None, f"the scored rows come from {run.plan.data.test}"
    try:
        return load_planned(run.plan).records, ""
    except InputError as error:
        return None, str(error)

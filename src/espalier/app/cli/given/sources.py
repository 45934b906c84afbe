"""Sources of rows: for a trained model to answer, and those a run was made from."""

from pathlib import Path

import polars as pl

from espalier.core.errors import InputError
from espalier.core.files import sha256
from espalier.core.records import Records
from espalier.data.kinds.table import read
from espalier.run import Run
from espalier.stages.table import load_planned


def rows_of(source: str, query: str | None) -> str | pl.DataFrame:
    """Return what a run predicts from: the source itself, or the rows that a query finds in it."""
    return source if query is None else read(source, query=query).frame


def is_own_source(run: Run, source: str) -> bool:
    """Return whether a source is the one that a run learnt from: the same name, or a file with the same bytes."""
    path = Path(source)
    return source == run.plan.data.source or (path.is_file() and sha256(path) == run.data.get("fingerprint"))


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

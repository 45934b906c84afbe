"""The parts of a table: cleaned, dealt out, written down; the test part is sealed, and each opening of it is counted."""

from collections.abc import Callable

from espalier.core.plan import Plan
from espalier.core.records import Records, Splits
from espalier.core.run_folder import RunFolder
from espalier.data.clean import Cleaned, clean
from espalier.data.kinds.table import read
from espalier.data.parse import parse
from espalier.data.split import folds, read_split, split, split_files, write_split
from espalier.stages.table import Table


def deal_parts(plan: Plan, table: Table, folder: RunFolder | None) -> tuple[Cleaned, list[Splits]]:
    """Return the cleaned records and their parts, one `Splits` for each fold.

    Args:
        plan: what to clean, and how to split.
        table: the records.
        folder: of the run; parts on disk there are taken, new ones are written there. None writes nothing.

    Raises:
        InputError: the rows cannot be split as planned.
        RunError: the parts on disk are of other rows.
    """
    cleaned = clean(table.records, plan.schema, plan.clean)
    record = None if folder is None else _once(folder.open_test)
    if plan.split.method == "files":
        valid, test = (_part(plan, source) for source in (plan.data.valid, plan.data.test))
        parts = [split_files(cleaned.records, valid, test, plan.schema, plan.split, plan.seed, record)]
    elif folder is not None and folder.split.exists():
        number = (plan.split.folds or 1) * (plan.split.repeats if plan.split.folds else 1)
        parts = [read_split(folder.split, cleaned.records, record, fold) for fold in range(number)]
    elif plan.split.folds:
        parts = folds(cleaned.records, plan.schema, plan.split, plan.seed, record)
    else:
        parts = [split(cleaned.records, plan.schema, plan.split, plan.seed, record)]
    if folder is not None and not folder.split.exists():
        write_split(folder.split, parts if plan.split.folds else parts[0])
    return cleaned, parts


def _part(plan: Plan, source: str | None) -> Records | None:
    """Return the records of a part that comes from a source of its own."""
    if source is None:
        return None
    return clean(parse(read(source), plan.schema).records, plan.schema, plan.clean).records


def _once(record: Callable[[str], object]) -> Callable[[str], None]:
    """Return a recorder that writes down the first opening only: the folds of one score card are one opening."""
    seen: list[str] = []

    def first(reason: str) -> None:
        if not seen:
            record(reason)
        seen.append(reason)

    return first

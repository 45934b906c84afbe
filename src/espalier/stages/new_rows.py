"""New rows for a trained model: whether they have the columns it reads, and what in these columns it does not know."""

import difflib
from collections.abc import Collection, Iterable
from dataclasses import replace

import polars as pl

from espalier.core.errors import ColumnError
from espalier.core.records import Records
from espalier.core.schema import Kind, Role, Schema
from espalier.data.parse import Parsed
from espalier.data.prepare.preparation import Preparation

MAX_COLUMNS = 20  # named in a message
MAX_VALUES = 3  # of a column that training did not have, named in a note
LEAST_LIKENESS = 0.6  # of a name that is offered, 0 to 1


def absent_columns(records: Records, read: Collection[str], schema: Schema, *, fill_missing: bool) -> tuple[str, ...]:
    """Return the columns that a model reads and the records lack, which are then filled as missing.

    Args:
        records: as they were read, not yet parsed.
        read: the columns that the model reads.
        schema: of the training.
        fill_missing: whether absent columns may be filled.

    Raises:
        ColumnError: columns are absent and may not be filled, or all of them are.
    """
    given = records.frame.columns
    absent = tuple(name for name in schema.columns if name in read and name not in given)
    if absent and len(absent) == len(read):
        raise ColumnError(
            f"{records.source} has none of the columns that the model reads: {_offered(absent, given, schema)}. "
            "Give rows of the same kind as those it was trained on."
        )
    if absent and not fill_missing:
        raise ColumnError(
            f"{lack(records, absent, schema)} Add or rename {_them(absent)}, or have every row count as "
            "missing there: --fill-missing, in Python fill_missing=True."
        )
    return absent


def pictures_as_trained(records: Records, schema: Schema) -> Records:
    """Return records whose pictures are called as in training, where there is one column of them here and there.

    A model that learnt from a table of paths so answers a folder, and the other way round.

    Args:
        records: as they were read, not yet parsed.
        schema: of the training.
    """
    wanted = schema.inputs(Kind.IMAGE)
    given = tuple(name for name, column in records.hints.columns.items() if column.kind is Kind.IMAGE)
    if len(wanted) != 1 or len(given) != 1 or wanted[0] in records.frame.columns:
        return records
    columns = {wanted[0] if name == given[0] else name: column for name, column in records.hints.columns.items()}
    frame = records.frame.rename({given[0]: wanted[0]})
    return replace(records, frame=frame, hints=replace(records.hints, columns=columns))


def lack(records: Records, absent: Collection[str], schema: Schema) -> str:
    """Return the sentence that names absent columns, each with the nearest name among those that the schema does not know."""
    return f"{records.source} lacks {_offered(absent, records.frame.columns, schema)}, which the model reads."


def true_values(records: Records, schema: Schema) -> None:
    """Refuse to score rows without their true values.

    Raises:
        ColumnError: a target column is absent; the nearest name is offered, and `predict`.
    """
    absent = [name for name in schema.names(Role.TARGET) if name not in records.frame.columns]
    if absent:
        raise ColumnError(
            f"{records.source} lacks {_offered(absent, records.frame.columns, schema)}, which the model predicts: scores need "
            f"the true values. Add or rename {_them(absent)}, or answer the rows without scores: espalier predict"
        )


def notes_on(parsed: Parsed, told: Collection[str], prepared: Preparation) -> tuple[str, ...]:
    """Return a sentence for each column with cells that could not be read, and for each with values that training had not.

    Args:
        parsed: the records.
        told: the columns that matter.
        prepared: knows the values of training.
    """
    unread = [issue.sentence for issue in parsed.issues if issue.column in told]
    frame = parsed.records.frame
    unseen = [
        _unseen(frame.get_column(name), levels, "too seldom to learn, or not at all" if rare else "")
        for name, (levels, rare) in prepared.known_values().items()
        if name in told
    ]
    return (*unread, *filter(None, unseen))


def _unseen(column: pl.Series, levels: Iterable[str], seldom: str) -> str:
    """Return a sentence on the values of a column that are none of these levels; nothing when there are none.

    Args:
        column: text.
        levels: the model has learnt.
        seldom: how often training had the others, when it is not just never.
    """
    known = set(levels)
    counted = column.rename("level").drop_nulls().value_counts().sort(["count", "level"], descending=[True, False])
    others = [(level, count) for level, count in counted.rows() if level not in known]
    if not others:
        return ""
    cells = sum(count for _, count in others)
    shown = ", ".join(f"'{level}'" for level, _ in others[:MAX_VALUES])
    more = f" and {len(others) - MAX_VALUES:,} more" if len(others) > MAX_VALUES else ""
    holds = "1 cell of '{}' holds a value" if cells == 1 else f"{cells:,} cells of '{{}}' hold values"
    had = f"had {seldom}" if seldom else "did not have"
    return f"{holds.format(column.name)} that training {had}: {shown}{more}."


def _them(names: Collection[str]) -> str:
    return "it" if len(names) == 1 else "them"


def _offered(absent: Collection[str], given: Collection[str], schema: Schema) -> str:
    """Return names of absent columns in words, each with the nearest of the columns that the schema does not know."""
    extra = {name: name.strip().casefold() for name in given if name not in schema.columns}
    words = []
    for name in list(absent)[:MAX_COLUMNS]:
        near = difflib.get_close_matches(name.strip().casefold(), list(extra.values()), n=1, cutoff=LEAST_LIKENESS)
        offer = next((one for one, plain in extra.items() if near and plain == near[0]), None)
        words.append(f"'{name}'" if offer is None else f"'{name}' (did you mean '{offer}'?)")
    if len(absent) > MAX_COLUMNS:
        return f"{', '.join(words)} and {len(absent) - MAX_COLUMNS} more"
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))

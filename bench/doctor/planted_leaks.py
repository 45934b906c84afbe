"""Leaks planted into copies of real tables: what each does to the rows, and the signs that must tell of it."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import polars as pl

PARTS = {"split.method": "column", "split.column": "part"}
RANDOM = {"split.method": "random", "split.column": None}
COPIED = 0.1  # of the rows of valid and test
CONFLICTS = 0.05  # of all rows
VISITS = 6  # rows of one person
FINE = 100  # different values of a number that may be shaken
MAX_LEVELS = 50  # of a category that may be changed


@dataclass(frozen=True)
class Planted:
    """A table with a leak.

    Args:
        frame: the table.
        changes: of the plan.
        columns: the sign must name one of them; empty for a leak of rows.
        count: rows that were planted; a sign that counts rows must count as many.
        units: (N,) the person of each row; None for a leak without persons.
    """

    frame: pl.DataFrame
    changes: dict = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    count: int = 0
    units: np.ndarray | None = None


@dataclass(frozen=True)
class Leak:
    """One kind of leak.

    Args:
        name: in words.
        family: "exact", "near-duplicate", "group" or "proxy".
        signs: one of them must fire.
        plant: makes the faulty table of a healthy one, the name of its target, whether that is a class, and a random stream;
            None where the kind does not exist in the table.
    """

    name: str
    family: str
    signs: tuple[str, ...]
    plant: Callable


def codes_of(frame, target):
    """Return (N,) the number of each row's class."""
    return frame[target].cast(pl.String).rank("dense").cast(pl.Int64).to_numpy() - 1


def copied(frame, target, is_class, stream):
    """Put the target into another column."""
    return Planted(frame.with_columns(settled=pl.col(target)), columns=("settled",))


def reworded(frame, target, is_class, stream):
    """Put the target into another column in other words, or in another unit."""
    values = pl.Series([f"case {code}" for code in codes_of(frame, target)]) if is_class else frame[target] * 2 + 1
    return Planted(frame.with_columns(settled=values), columns=("settled",))


def summed(frame, target, is_class, stream):
    """Put the target into two columns that add up to it; there is no sum of classes."""
    if is_class:
        return None
    first = pl.Series((frame[target].to_numpy() * stream.uniform(0, 1, frame.height)).round(3))
    return Planted(frame.with_columns(one=first, other=frame[target] - first), columns=("one", "other"))


def parted(frame, stream):
    """Return the table with a column that names the part of each row."""
    part = stream.choice(["train", "valid", "test"], frame.height, p=[0.7, 0.15, 0.15])
    return frame.with_columns(part=pl.Series(part))


def with_copies(frame, stream):
    """Return a table of given parts in which some rows of valid and test are rows of train, and where they stand."""
    frame = parted(frame, stream)
    names = frame["part"].to_numpy()
    parts = [np.flatnonzero(names == part) for part in ("valid", "test")]
    chosen = np.concatenate([stream.choice(part, max(round(COPIED * len(part)), 5), replace=False) for part in parts])
    place = np.arange(frame.height)
    place[chosen] = stream.choice(np.flatnonzero(names == "train"), len(chosen))
    return frame[place].with_columns(part=frame["part"]), np.sort(chosen)


def exact_copies(frame, target, is_class, stream):
    """Let rows of train stand in valid and test."""
    frame, chosen = with_copies(frame, stream)
    return Planted(frame, PARTS, count=len(chosen))


def conflicts(frame, target, is_class, stream):
    """Add rows that are equal to another one in all but the target."""
    chosen = stream.choice(frame.height, max(round(CONFLICTS * frame.height), 5), replace=False)
    answers = frame[target].unique().sort()
    ranks = (answers.search_sorted(frame[target][chosen]).to_numpy() + stream.integers(1, len(answers), len(chosen))) % len(
        answers
    )
    wrong = frame[chosen].with_columns(answers[ranks].alias(target))
    return Planted(pl.concat([frame, wrong])[stream.permutation(frame.height + len(chosen))], count=len(chosen))


def visits(frame, target, is_class, stream):
    """Return visits of some people in random order: numbers that vary a little, one answer; and the person of each row."""
    people = np.repeat(stream.choice(frame.height, frame.height // VISITS, replace=False), VISITS)
    people = stream.permutation(people)
    rows = frame[people]
    shaken = [
        pl.col(name) + pl.Series(0.02 * (rows[name].std() or 0.0) * stream.normal(size=rows.height))
        for name, kind in rows.schema.items()
        if kind.is_float() and name != target
    ]
    own = stream.normal(size=frame.height)[people] + 0.01 * stream.normal(size=rows.height)
    return rows.with_columns(*shaken, blood=pl.Series(own)), people


def naming(frame, people):
    """Return the columns that tell each person from all others: beside the planted one, what named a row before."""
    told = frame.with_columns(person=pl.Series(people))
    number = told["person"].n_unique()
    return tuple(name for name in frame.columns if frame[name].n_unique() == number == told.select(name, "person").n_unique())


def named_group(frame, target, is_class, stream):
    """Tear the visits of patients apart."""
    frame, people = visits(frame, target, is_class, stream)
    frame = frame.with_columns(patient_id=pl.Series(people))
    return Planted(frame, RANDOM, naming(frame, people), units=people)


def unnamed_group(frame, target, is_class, stream):
    """Tear groups apart whose column has a name that tells nothing."""
    frame, people = visits(frame, target, is_class, stream)
    frame = frame.with_columns(z=pl.Series([f"k{one}" for one in people]))
    return Planted(frame, RANDOM, naming(frame, people), units=people)


def shared_columns(frame, target, stream, people):
    """Return rows of which half of the columns are their person's own, with its answer, and half are of any row."""
    names = [name for name in frame.columns if name != target]
    free = stream.choice(names, len(names) // 2, replace=False)
    fresh = [frame[name][stream.integers(0, frame.height, len(people))].alias(name) for name in free]
    return frame[people].with_columns(*fresh)


def hidden_in_order(frame, target, is_class, stream):
    """Let the rows of a person share half of their columns, and follow each other; no column names the person."""
    people = np.repeat(stream.choice(frame.height, frame.height // VISITS, replace=False), VISITS)
    return Planted(shared_columns(frame, target, stream, people), RANDOM, units=people)


def hidden_shuffled(frame, target, is_class, stream):
    """Let the rows of a person share half of their columns, in random order; no column names the person."""
    people = np.repeat(stream.choice(frame.height, frame.height // VISITS, replace=False), VISITS)
    people = stream.permutation(people)
    return Planted(shared_columns(frame, target, stream, people), RANDOM, units=people)


def times_overlap(frame, target, is_class, stream):
    """Give parts that overlap in time: a row an hour, dealt to the parts by chance."""
    frame = parted(frame, stream)
    hours = [dt.datetime(2015, 1, 1) + dt.timedelta(hours=hour) for hour in range(frame.height)]
    return Planted(frame.with_columns(when=pl.Series(hours)), PARTS | {"schema.columns.when.role": "time"}, ("when",))


def running_number(frame, target, is_class, stream):
    """Number the rows in the order of the target, and let the number be an input."""
    frame = frame[stream.permutation(frame.height)].sort(target, maintain_order=True)
    changes = {"schema.columns.number.role": "input", "schema.columns.number.kind": "number"}
    return Planted(frame.with_columns(number=pl.Series(np.arange(frame.height) + 1)), changes, ("number",))


def one_number(frame, target, is_class, stream):
    """Let copies with one number shaken by a thousandth of its deviation stand in valid and test."""
    frame, chosen = with_copies(frame, stream)
    numbers = [name for name, kind in frame.schema.items() if kind.is_numeric() and name != target]
    fine = [name for name in numbers if frame[name].n_unique() > FINE and frame[name].n_unique() < frame.height]
    names = fine or numbers
    which = stream.integers(0, len(names), len(chosen))
    for place, name in enumerate(names):
        step = 1e-3 * (frame[name].std() or 1.0)
        by = np.zeros(frame.height)
        by[chosen[which == place]] = step * stream.choice([-1, 1], int((which == place).sum()))
        if frame.schema[name].is_integer():
            by = np.sign(by) * np.maximum(np.abs(by).round(), 1.0)
        frame = frame.with_columns((pl.col(name) + pl.Series(by).cast(frame.schema[name])).alias(name))
    return Planted(frame, PARTS)


def one_category(frame, target, is_class, stream):
    """Let copies with one category changed stand in valid and test."""
    names = [name for name, kind in frame.schema.items() if kind == pl.String and name != target]
    names = [name for name in names if 2 <= frame[name].drop_nulls().n_unique() <= MAX_LEVELS]
    if not names:
        return None
    frame, chosen = with_copies(frame, stream)
    which = stream.integers(0, len(names), len(chosen))
    for place, name in enumerate(names):
        values, levels = frame[name].to_list(), frame[name].drop_nulls().unique().sort().to_list()
        for row in chosen[which == place]:
            values[row] = str(stream.choice([level for level in levels if level != values[row]]))
        frame = frame.with_columns(pl.Series(name, values))
    return Planted(frame, PARTS)


def proxy(noise, wrong):
    """Return a planter of a column that tells the target almost: with noise, in deviations, or a share of wrong classes."""

    def plant(frame, target, is_class, stream):
        if not is_class:
            told = frame[target].to_numpy() + noise * frame[target].std() * stream.normal(size=frame.height)
            return Planted(frame.with_columns(settled=pl.Series(told)), columns=("settled",))
        codes = codes_of(frame, target)
        is_wrong = stream.random(frame.height) < wrong
        told = np.where(is_wrong, (codes + stream.integers(1, codes.max() + 1, frame.height)) % (codes.max() + 1), codes)
        return Planted(frame.with_columns(settled=pl.Series([f"case {code}" for code in told])), columns=("settled",))

    return plant


LEAKS = (
    Leak("target copied under another name", "exact", ("D16",), copied),
    Leak("target in other words or another unit", "exact", ("D16",), reworded),
    Leak("target as the sum of two columns", "exact", ("D17", "D16"), summed),
    Leak("exact copies of rows in given parts", "exact", ("S01",), exact_copies),
    Leak("equal rows with different targets", "exact", ("D03",), conflicts),
    Leak("rows of a named group on both sides", "exact", ("S03",), named_group),
    Leak("times that overlap between given parts", "exact", ("S05",), times_overlap),
    Leak("running number in the order of the target", "exact", ("D14", "D16"), running_number),
    Leak("copies with one number shaken, in given parts", "near-duplicate", ("S02",), one_number),
    Leak("copies with one category changed, in given parts", "near-duplicate", ("S02",), one_category),
    Leak("groups under a name that tells nothing", "group", ("S03", "S04"), unnamed_group),
    Leak("persons without a name, line after line", "group", ("S04", "S09"), hidden_in_order),
    Leak("persons without a name, in random order", "group", ("S04", "S09"), hidden_shuffled),
    Leak("proxy: noise of 0.02, or 1 % wrong", "proxy", ("D16",), proxy(0.02, 0.01)),
    Leak("proxy: noise of 0.05, or 2 % wrong", "proxy", ("D16",), proxy(0.05, 0.02)),
    Leak("proxy: noise of 0.1, or 5 % wrong", "proxy", ("D16",), proxy(0.1, 0.05)),
)

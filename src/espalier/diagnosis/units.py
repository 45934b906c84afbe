"""Units: rows that belong together (a patient, a run of neighbouring lines), sampled whole and held out whole."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from espalier.core.batch import FloatArray
from espalier.core.records import IntArray, Records
from espalier.core.seeds import numpy_stream
from espalier.data.clean import row_keys
from espalier.diagnosis.encode import answer_of, as_codes, matrix_of
from espalier.diagnosis.evidence import MAX_PROBE_ROWS, Evidence, without_repeats
from espalier.diagnosis.quick_model import Gap, gap_between

MAX_ROWS_OF_A_UNIT = 250  # of a larger one that many are drawn, so that at least twenty units are seen
ROWS_OF_A_RUN = 100  # neighbouring lines that are sampled, and held out, together
MIN_RUNS = 20
MIN_UNITS = 5  # fewer cannot be held out one fifth at a time


def sample_of_units(records: Records, column: str, num_rows: int = MAX_PROBE_ROWS) -> Records:
    """Return whole units drawn at random until there are about that many rows, in the order of the source.

    Args:
        records: any number of rows.
        column: rows with equal values are one unit; rows without a value are left out.
        num_rows: about how many rows to return.
    """
    units = records.frame.get_column(column)
    counts = units.drop_nulls().alias("unit").value_counts(name="rows").sort("unit")
    order = numpy_stream(0, "units").permutation(counts.height)
    taken = np.cumsum(np.minimum(counts.get_column("rows").to_numpy()[order], MAX_ROWS_OF_A_UNIT))
    chosen = counts.get_column("unit")[order[: max(2, int((taken <= num_rows).sum()))]]
    positions = np.flatnonzero(units.is_in(chosen.implode()).fill_null(False))
    if len(positions) > num_rows:
        shuffled = numpy_stream(0, "rows of units").permutation(positions)
        turn = pl.DataFrame({"unit": units[shuffled]}).select(pl.int_range(pl.len()).over("unit")).to_series().to_numpy()
        positions = np.sort(shuffled[turn < MAX_ROWS_OF_A_UNIT])
    return records.take(positions.astype(np.int64))


def sample_of_runs(evidence: Evidence, order: IntArray) -> tuple[Records, IntArray]:
    """Return runs of neighbouring rows, about 5,000 rows in all, and (N,) the run of each row.

    Few rows are cut into twenty runs; many into runs of 100 rows, of which 50 are drawn. Rows that repeat another one, or have
    no target, are left out.

    Args:
        evidence: its learnable rows are sampled.
        order: (N,) positions of learnable rows in the order in which they are neighbours.
    """
    size = min(ROWS_OF_A_RUN, max(len(order) // MIN_RUNS, 1))
    num_runs = len(order) // size
    wanted = min(num_runs, MAX_PROBE_ROWS // size)
    chosen = np.sort(numpy_stream(0, "runs").choice(num_runs, wanted, replace=False))
    sample = evidence.learnable.take(order[(chosen[:, None] * size + np.arange(size)).reshape(-1)])
    known = sample.frame.select(pl.all_horizontal(pl.col(evidence.targets).is_not_null())).to_series().to_numpy()
    kept = np.flatnonzero(known & pl.Series(row_keys(sample, evidence.used)).is_first_distinct().to_numpy())
    return sample.take(kept), np.repeat(np.arange(wanted), size)[kept]


def in_order(values: FloatArray) -> IntArray:
    """Return (N,) the positions of values from low to high, those without a value left out."""
    known = np.flatnonzero(~np.isnan(values))
    values = values[known]
    return known if (values[1:] >= values[:-1]).all() else known[np.argsort(values, kind="stable")]


def gap_of_column(evidence: Evidence, column: str, names: Sequence[str]) -> Gap | None:
    """Return what is lost when whole units of a column are held out, or None when there are fewer than five units.

    Args:
        evidence: its learnable rows are sampled.
        column: names the unit of a row.
        names: the inputs that the quick model sees; the column itself is not among them.
    """
    sample = sample_of_units(evidence.learnable, column)
    sample = without_repeats(evidence.answered(sample), evidence.used)
    units = as_codes(sample.frame.get_column(column))
    if int(units.max(initial=-1)) + 1 < MIN_UNITS or not names:
        return None
    answer = answer_of(sample.frame.get_column(evidence.targets[0]))
    if answer.matrix.var(axis=0).sum() == 0:
        return None
    return gap_between(matrix_of(sample.frame, names), answer, units)

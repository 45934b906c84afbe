"""Small batch norm: batch norm takes its statistics from so few rows that they are mostly noise.

Source of the thresholds: Espalier's fault catalogue B15 (fewer than four rows); with two rows for each the error of a ResNet-50
rises from 24 % to 35 % (Wu & He 2018, arXiv 1803.08494, table 2). Images bring many values of each channel with a row, tables
one: of eight values or fewer the deviation is off by more than a quarter. On the digits and tables of the doctor's benchmark
(part D) eight rows cost as many trainings 3 points as six do, and sixteen no more than thirty-two. Batch norms in eval mode use
what they learnt, and are left alone.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.wiring import Wiring
from espalier.diagnosis.wording import counted

ID = "W18-small-batch-norm"
EXPLAINED_BY = ()
MIN_ROWS = 4
MIN_VALUES = 9  # of one channel: the deviation of 8 values is off by 1 / sqrt(2 * 7), 27 %, that of 9 by a quarter


def check(wiring: Wiring) -> Finding | None:
    """Fire when a batch norm in train mode gets fewer than four rows, or nine values. Needs: a pass in train mode."""
    rows, values = wiring.normalised_rows, wiring.normalised_values
    if rows is None or (rows >= MIN_ROWS and (values is None or values >= MIN_VALUES)):
        return None
    return Finding(
        id=ID,
        sentence=f"Batch norm gets {counted(rows, 'row')} at a time: its means and deviations are mostly noise.",
        severity=Severity.WARN,
        evidence={"num_rows": rows, "num_batch_norms": len(wiring.batch_norms)},
        modules=wiring.batch_norms[:10],
        advice="Use larger batches, or group norm or layer norm; accumulating gradients does not help here.",
    )

"""Small batch norm: batch norm takes its statistics from one to three rows, so they are mostly noise.

Source of the threshold: Espalier's fault catalogue B15 (fewer than four rows); with two rows for each the error of a ResNet-50
rises from 24 % to 35 % (Wu & He 2018, arXiv 1803.08494, table 2). Batch norms in eval mode use what they learnt, and are left
alone.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.wiring import Wiring
from espalier.diagnosis.wording import counted

ID = "W18-small-batch-norm"
EXPLAINED_BY = ()
MIN_ROWS = 4


def check(wiring: Wiring) -> Finding | None:
    """Fire when a batch norm in train mode gets fewer than four rows. Needs: a pass in train mode."""
    rows = wiring.normalised_rows
    if rows is None or rows >= MIN_ROWS:
        return None
    return Finding(
        id=ID,
        sentence=f"Batch norm gets {counted(rows, 'row')} at a time: its means and deviations are mostly noise.",
        severity=Severity.WARN,
        evidence={"num_rows": rows, "num_batch_norms": len(wiring.batch_norms)},
        modules=wiring.batch_norms[:10],
        advice="Use larger batches, or group norm or layer norm; accumulating gradients does not help here.",
    )

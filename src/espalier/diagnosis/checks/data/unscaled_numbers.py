"""Unscaled numbers: inputs of very different sizes go into a network as they are, because the plan scales nothing.

Source of the thresholds: Espalier's fault catalogue C2 (99.5th percentile of |x| above 30, largest to median deviation
above 30, or |mean| above 30 deviations).
"""

import numpy as np

from espalier.core.finding import Finding, Repair, Severity
from espalier.core.schema import Kind
from espalier.diagnosis.encode import as_number
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.wording import counted, named

ID = "D18-unscaled-numbers"
EXPLAINED_BY = ()
MAX_SIZE = 30.0  # 99.5th percentile of |x|
MAX_RATIO = 30.0  # deviation of a column to the median deviation of all
MAX_OFFSET = 30.0  # |mean| in deviations
FAR_QUANTILE = 0.995


def check(evidence: Evidence) -> Finding | None:
    """Fire when `prepare.numbers` is "none" and a number column is large, wide or far from zero."""
    if evidence.plan is None or evidence.plan.prepare.numbers != "none":
        return None
    sizes, widths, offsets = {}, {}, {}
    for name in evidence.inputs(Kind.NUMBER):
        values = as_number(evidence.sample.frame.get_column(name))
        values = values[np.isfinite(values)]
        if len(values) and values.std() > 0:
            sizes[name] = float(np.quantile(np.abs(values), FAR_QUANTILE))
            widths[name] = float(values.std())
            offsets[name] = float(abs(values.mean()) / values.std())
    if not sizes:
        return None
    usual = float(np.median(list(widths.values())))
    bad = [n for n in sizes if sizes[n] > MAX_SIZE or widths[n] > MAX_RATIO * usual or offsets[n] > MAX_OFFSET]
    if not bad:
        return None
    columns = sorted(bad, key=lambda name: -sizes[name])
    return Finding(
        id=ID,
        sentence=f"{counted(len(columns), 'number column')} would go into the network unscaled: "
        f"{named(columns, [f'up to {sizes[name]:,.4g}' for name in columns])}; large inputs drown small ones.",
        severity=Severity.WARN,
        evidence={"size": {n: sizes[n] for n in columns}, "deviation": {n: widths[n] for n in columns}},
        columns=tuple(columns),
        repairs=(
            Repair("scale numbers by their ranks", {"prepare.numbers": "quantile"}),
            Repair("scale numbers to mean 0 and deviation 1", {"prepare.numbers": "standard"}),
        ),
    )

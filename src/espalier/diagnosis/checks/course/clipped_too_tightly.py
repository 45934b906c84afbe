"""Clipped too tightly: every gradient is cut to the same small norm, and the model learns too little.

Exact in the norms: clipping is the one thing that makes them equal step after step (Espalier's fault catalogue B4). Alone that
is no sign, because Adam does not mind, and clipping of sound size cuts every step of some trainings; the second key is that
the model has learnt too little.
"""

import numpy as np

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.course import LASTING, Course, Sample

ID = "T17-clipped-too-tightly"
EXPLAINED_BY = ("W02-non-finite", "T04-weights-do-not-move")
MAX_SPREAD = 1e-3  # of the norm of the whole gradient, over all samples
LARGEST = 0.5  # norm; larger limits are usual


def check(course: Course) -> Finding | None:
    """Fire when all gradients have the same small norm and the model has learnt too little. Needs: three samples."""
    if len(course.samples) < LASTING or not course.falls_short:
        return None
    norms = np.array([_norm(one) for one in course.samples])
    norm = float(np.median(norms))
    if not 0 < norm <= LARGEST or float(np.abs(norms - norm).max()) > MAX_SPREAD * norm:
        return None
    return Finding(
        id=ID,
        sentence=f"The gradients of all {len(norms):,} sampled steps have the norm {norm:.3g}: they are clipped to it, and the "
        "model has learnt too little.",
        severity=Severity.WARN,
        evidence={"norm": norm, "samples": len(norms)},
        advice="Clip at the 90th percentile of the norms without clipping, or not at all.",
    )


def _norm(sample: Sample) -> float:
    return float(np.sqrt(sum(one**2 for one in sample.gradients.values())))

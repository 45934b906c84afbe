"""Weight decay dominates: decay pulls harder than the gradient, the weights shrink, and the model does not learn.

Three keys, or an experiment. Source of the thresholds: Espalier's fault catalogue B5 (decay has most of the pull, and weights
halve), and that the model has learnt too little; weights that shrink without decay have learnt that the inputs say nothing.
The experiment: going on without decay is what lowers the loss most.
"""

import numpy as np

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.course import LASTING, Course, Sample

ID = "T14-weight-decay-dominates"
EXPLAINED_BY = ("W02-non-finite", "T10-rate-decayed-early", "W11-first-loss-far-off", "W17-summed-loss")
MAX_KEPT = 0.5  # of the size of the first sample
MIN_PULL = 0.5  # share of decay x weight in decay x weight + gradient, before the weights have shrunk


def check(course: Course) -> Finding | None:
    """Fire when decay outweighs the gradient, weights halve and the model does not learn. Needs: three samples."""
    samples = course.samples
    if len(samples) < LASTING or not course.falls_short:
        return None
    first, last = samples[0], samples[-1]
    kept = [last.sizes[name] / first.sizes[name] for name in last.matrices if first.sizes.get(name, 0.0) > 0]
    share = float(np.median(kept)) if kept else 1.0
    pull = max(_pull(sample) for sample in samples)
    if not (share <= MAX_KEPT and pull >= MIN_PULL) and course.best_change != "no weight decay":
        return None
    return Finding(
        id=ID,
        sentence=f"The weights are at {share:.0%} of their size at step {first.step:,}, and the model has learnt too little: "
        f"a weight decay of {last.weight_decay:.3g} pulls harder than the gradient.",
        severity=Severity.WARN,
        evidence={"kept": share, "pull": pull, "weight_decay": last.weight_decay, "recent": course.recent_loss},
        advice="Lower the weight decay to a tenth or less, and leave biases and gains of norms out of it.",
    )


def _pull(sample: Sample) -> float:
    """Return the median share of decay in what pulls at a matrix."""
    decays = {name: sample.weight_decay * sample.sizes[name] for name in sample.matrices}
    shares = [decay / (decay + sample.gradients.get(name, 0.0)) for name, decay in decays.items() if decay > 0]
    return float(np.median(shares)) if shares else 0.0

"""The trust: whether stated probabilities come true, or how the error grows with the size of what is predicted."""

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from espalier.app.report import wording
from espalier.app.report.charts.bars import bar
from espalier.app.report.charts.reliability import Bin, reliability
from espalier.app.report.facts import Facts
from espalier.app.report.sections.section import Section, drawn
from espalier.core.batch import FloatArray, Prediction
from espalier.evaluation.metrics.probabilities import NUM_BINS, calibration_curve, calibration_error, equal_mass_bins
from espalier.evaluation.proportions import wilson

MAX_BINS = 10
BIN_ROWS = 20  # fewer rows than this say little about a share
ALLOWED_MISSES = 4  # of so many 95 % intervals one may miss; two of four would be rare by chance (1.4 %)
SMALL_GAP = 0.02  # a mean difference below two percentage points is called none
QUANTILE = "quantile_"
NO_CLASS = -1  # a true class that the model has no probability for


@dataclass(frozen=True)
class SizeRow:
    """Rows whose actual values are of similar size.

    Args:
        range: of the actual values, in words.
        count: rows.
        typical: mean size of the error, in words.
        share: that error compared to the mean actual value, in words; empty where the values are about 0.
        lean: mean error with its sign, in words.
        bar: of the typical error.
    """

    range: str
    count: str
    typical: str
    share: str
    lean: str
    bar: Markup


def build(facts: Facts) -> Section | None:
    """Return the section, or None when there is nothing that it can show."""
    if facts.kind == "numbers":
        return _sizes(facts)
    return _probabilities(facts) if facts.kind else None


def reliability_bins(target: FloatArray, probabilities: FloatArray) -> list[Bin]:
    """Return rows in groups of about equal size by their stated probability.

    Args:
        target: (N,) index of the true class.
        probabilities: (N, K). Of two classes the second one's probability is looked at, of more the highest one.
    """
    curve = calibration_curve(target, probabilities, _num_groups(len(target), BIN_ROWS, MAX_BINS))
    points = zip(curve.promised.tolist(), curve.happened.tolist(), curve.weight.astype(int).tolist(), strict=True)
    return [Bin(said, share, *wilson(share * count, count), count) for said, share, count in points]


def _num_groups(rows: int, least: int, most: int) -> int:
    """Return into how many groups some rows go, so that a group has at least so many rows and there are at most so many."""
    return min(max(rows // least, 1), most)


def _probabilities(facts: Facts) -> Section:
    target, probabilities, what, given = _stated(facts)
    bins = reliability_bins(target, probabilities)
    total = max(sum(one.count for one in bins), 1)
    gap = _error(target, probabilities)
    lean = sum(one.count * (one.said - one.happened) for one in bins) / total
    rows = [
        (
            wording.percent(one.said),
            wording.percent(one.happened),
            f"{wording.percent(one.low)} to {wording.percent(one.high)}",
            one.count,
        )
        for one in bins
    ]
    values = {
        "kind": "classes",
        "what": what,
        "given": given,
        "gap": wording.percent(gap).removesuffix(wording.PERCENT),
        "num_bins": NUM_BINS,
        "judgement": _judgement(bins, gap, lean, given=given),
        "rows": rows,
        "chart": drawn(
            reliability(
                bins,
                label=f"Reliability: on average, stated and true shares differ by {100 * gap:.1f} percentage points.",
                x_title="stated probability",
                y_title="share that came true",
            )
        ),
    }
    return Section("calibration", "Can its probabilities be trusted?", values)


def _error(target: FloatArray, probabilities: FloatArray) -> float:
    """Return the calibration error as the score card defines it."""
    if not len(target):
        return 0.0
    rows = np.arange(len(target))
    return calibration_error.measure(target, Prediction(rows, probabilities.argmax(axis=1).astype(np.float64), probabilities))


def _stated(facts: Facts) -> tuple[FloatArray, FloatArray, str, bool]:
    """Return targets and stated probabilities, what these are of, and whether that is the same for each row.

    Of two classes they are of the positive one, of several classes of the most likely one, of labels of each label.
    """
    probabilities = facts.probabilities()
    if facts.kind == "labels":
        target, of_label = facts.labels("target").ravel(), probabilities.ravel()
        told = np.isfinite(of_label)
        return target[told], np.stack([1 - of_label, of_label], axis=1)[told], "each label", True
    place = {name: index for index, name in enumerate(facts.classes)}
    target = np.array([place.get(name, NO_CLASS) for name in facts.scored["target"].to_list()], dtype=np.float64)
    known = np.isfinite(probabilities).all(axis=1)
    positive = len(facts.classes) == 2
    what = f"“{facts.classes[-1]}”" if positive else "the most likely class"
    return target[known], probabilities[known], what, positive


def _judgement(bins: list[Bin], gap: float, lean: float, *, given: bool) -> str:
    """Return what the gap means; `given` says that the probabilities are of something fixed, not of the answer."""
    if gap < SMALL_GAP:
        return "That is close enough to read its probabilities as they stand."
    if sum(not one.low <= one.said <= one.high for one in bins) <= len(bins) // ALLOWED_MISSES:
        return "Chance alone brings about as much with so many rows: nothing speaks against its probabilities."
    if abs(lean) < gap / 3:
        return "It is too high in some places and too low in others: the order of its probabilities says more than their size."
    if given:
        return "They tend to be too high." if lean > 0 else "They tend to be too low."
    return "It tends to be too sure of itself." if lean > 0 else "It tends to be less sure than it could be."


def _sizes(facts: Facts) -> Section:
    actual, predicted = facts.values("target"), facts.values("prediction")
    known = np.isfinite(actual) & np.isfinite(predicted)
    actual, error = actual[known], (predicted - actual)[known]
    group = equal_mass_bins(actual, _num_groups(len(actual), BIN_ROWS // 2, MAX_BINS - 2))
    groups = [group == one for one in np.unique(group)]
    off = [float(np.abs(error[inside]).mean()) for inside in groups]
    top = max(off, default=0.0) or 1.0
    rows = [_size_row(actual[inside], error[inside], size / top) for inside, size in zip(groups, off, strict=True)]
    values = {"kind": "numbers", "facts": facts, "rows": rows, "growth": _growth(off), "quantiles": _coverage(facts)}
    return Section("calibration", "How the error grows with size", values)


def _size_row(actual: FloatArray, error: FloatArray, length: float) -> SizeRow:
    low, high, typical = float(actual.min()), float(actual.max()), float(np.abs(error).mean())
    middle = float(np.abs(actual).mean())
    lean = float(error.mean())
    return SizeRow(
        range=wording.number(low) if low == high else f"{wording.number(low)} to {wording.number(high)}",
        count=f"{len(actual):,}",
        typical=wording.number(typical, 3),
        share=wording.percent(typical / middle) if middle > 0 and low * high >= 0 else "",
        lean=("+" if lean > 0 else "") + wording.number(lean, 3),
        bar=drawn(bar(length)),
    )


def _growth(off: list[float]) -> str:
    """Return in words how the error of the largest values compares with that of the middle."""
    if len(off) < 3 or off[len(off) // 2] == 0:
        return ""
    ratio = off[-1] / off[len(off) // 2]
    if 0.67 < ratio < 1.5:
        return "For the largest values the typical error is about as large as for those in the middle."
    return f"For the largest values the typical error is {wording.number(ratio, 2)} times that for values in the middle."


def _coverage(facts: Facts) -> list[tuple[str, str]]:
    """Return for each predicted quantile how much should lie below it and how much does."""
    actual, rows = facts.values("target"), []
    for name in facts.scored.columns:
        if name.startswith(QUANTILE):
            below = float(np.mean(actual <= facts.values(name)))
            rows.append((wording.percent(float(name.removeprefix(QUANTILE))), wording.percent(below)))
    return rows

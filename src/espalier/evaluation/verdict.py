"""Verdict: what a score card means, in plain words."""

import math
from collections.abc import Sequence

from espalier.core.scorecard import Comparison, ModelScores
from espalier.evaluation.metrics.metric import Metric

FEW_ROWS = 100  # below it a sentence warns that only large differences show
FEW_GROUPS = 10  # 95 % intervals of a skewed mean held the truth in 70, 85, 90 and 92 % of trials with 3, 5, 10 and 20 groups
MINUTE = 60


def verdict(
    metric: Metric,
    network: ModelScores,
    baselines: Sequence[ModelScores],
    comparison: Comparison | None,
    against_trivial: Comparison | None,
    num_rows: int,
) -> str:
    """Return the conclusion of a score card.

    Args:
        metric: the main metric.
        network: the network's scores.
        baselines: the baselines' scores, best first.
        comparison: the network against the best baseline; None without baselines.
        against_trivial: the network against the best answer that ignores the inputs; None when there was none.
        num_rows: rows of the part.
    """
    if comparison is None:
        score = network.scores[metric.name]
        digits = _decimals(score.low, score.high, score.value)
        shown = f"{_plain(score.value, digits)} [{_plain(score.low, digits)}, {_plain(score.high, digits)}]"
        return f"The network reaches {metric.name} {shown}. There is no baseline to hold it against." + _few(num_rows)
    named = {one.name: one for one in baselines}
    best = named[comparison.rival]
    if against_trivial is not None and against_trivial.low <= 0:
        return _nothing_learnt(metric, network, best, named[against_trivial.rival], comparison, against_trivial) + _few(
            num_rows
        )
    numbers = _numbers(metric, network, best, comparison)
    if comparison.low > 0:
        return f"The network is better than the best baseline ({best.name}): {numbers}." + _few(num_rows)
    if comparison.high < 0:
        return (
            f"{_the(best.name, start=True)} {_verb(best.name)} better than the network: {numbers}. No network is needed here."
        )
    return (
        f"No difference between the network and the best baseline ({best.name}) can be told: {numbers}. "
        f"Prefer {_the(best.name)}: {_why_simpler(network, best)}." + _few(num_rows)
    )


def _nothing_learnt(
    metric: Metric,
    network: ModelScores,
    best: ModelScores,
    trivial: ModelScores,
    comparison: Comparison,
    against_trivial: Comparison,
) -> str:
    """Return the verdict on a network that is no better than an answer that ignores the inputs."""
    numbers = _numbers(metric, network, trivial, against_trivial)
    known = f"it is not better than {_the(trivial.name)}, which ignores the inputs: {numbers}"
    start = f"The network has learnt nothing that shows: {known}."
    if best.name != trivial.name and comparison.high < 0:
        does = _verb(best.name, "does", "do")
        numbers = _numbers(metric, network, best, comparison)
        return f"{start} {_the(best.name, start=True)} {does} better ({numbers}): use that."
    return f"{start} Either the inputs say little about the target, or the rows are too few to show it."


def _numbers(metric: Metric, network: ModelScores, rival: ModelScores, comparison: Comparison) -> str:
    """Return both scores and their difference, in the metric's own direction."""
    ours, theirs = network.scores[metric.name].value, rival.scores[metric.name].value
    sign = 1 if metric.higher_is_better else -1
    low, high = sorted((sign * comparison.low, sign * comparison.high))
    digits = _decimals(low, high, comparison.difference)
    change = f"{_signed(sign * comparison.difference, digits)} [{_signed(low, digits)}, {_signed(high, digits)}]"
    note = "" if metric.higher_is_better else " (lower is better)"
    return f"{metric.name} {_plain(ours, digits)} against {_plain(theirs, digits)}, {change}{note}"


def _decimals(low: float, high: float, value: float) -> int:
    """Return how many decimals show the interval's half width as 2 to 19 units of the last one."""
    reach = (high - low) / 2 or abs(value) / 100
    return min(6, max(0, -math.floor(math.log10(reach / 2)))) if reach > 0 else 3


def _plain(value: float, digits: int) -> str:
    return f"{value:,.{digits}f}"


def _signed(value: float, digits: int) -> str:
    rounded = round(value, digits) + 0.0  # no "-0.000"
    return f"{rounded:+,.{digits}f}" if rounded else f"{0:.{digits}f}"


def _the(name: str, *, start: bool = False) -> str:
    """Return a baseline's name as it stands in a sentence; proper names go without article."""
    if name[0].isupper():
        return name
    return f"{'The' if start else 'the'} {name}"


def _verb(name: str, singular: str = "is", plural: str = "are") -> str:
    """Return the form of a verb that suits a baseline's name, for example of "boosted trees" and of "majority class"."""
    return plural if name.endswith("s") and not name.endswith("ss") else singular


def _why_simpler(network: ModelScores, best: ModelScores) -> str:
    """Return why a baseline of equal worth is to be preferred."""
    simpler = _verb(best.name, "it is simpler", "they are simpler")
    if best.fit_seconds < network.fit_seconds:
        return f"{simpler} and trained in {seconds(best.fit_seconds)} (the network: {seconds(network.fit_seconds)})"
    return simpler


def few_groups(num_groups: int | None) -> str:
    """Return a sentence, after a space, that warns of intervals from fewer than 10 groups; empty otherwise.

    Args:
        num_groups: groups that the rows belong to; None for rows without groups.

    Example:
        >>> few_groups(3), few_groups(1), few_groups(10)
        (' With 3 groups the interval is not to be trusted.', ' With 1 group the interval is not to be trusted.', '')
    """
    if num_groups is None or num_groups >= FEW_GROUPS:
        return ""
    return f" With {num_groups} {'group' if num_groups == 1 else 'groups'} the interval is not to be trusted."


def seconds(duration: float) -> str:
    """Return a duration in words.

    Example:
        >>> seconds(0.2), seconds(12.3), seconds(130)
        ('under 1 s', '12 s', '2 min 10 s')
    """
    if duration < 1:
        return "under 1 s"
    whole = round(duration)
    return f"{whole} s" if whole < MINUTE else f"{whole // MINUTE} min {whole % MINUTE} s"


def _few(num_rows: int) -> str:
    return f" With {num_rows} rows only large differences can be seen." if num_rows < FEW_ROWS else ""

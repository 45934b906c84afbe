"""Verdict: what a score card means, in plain words.

One rule of signs: a difference is the network minus the baseline, in the metric's own units, so that it is what the two numbers
beside it differ by. The network is always named first.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from espalier.core.scorecard import Comparison, ModelScores
from espalier.evaluation.metrics.metric import Metric

FEW_ROWS = 100  # below it a sentence warns that only large differences show
FEW_GROUPS = 10  # 95 % intervals of a skewed mean held the truth in 70, 85, 90 and 92 % of trials with 3, 5, 10 and 20 groups
MINUTE = 60
SCORE_DIGITS = 3  # significant digits of the larger of two scores, at least
MAX_DECIMALS = 6
MORE_DECIMALS = 2  # at most, so that a difference is not written as 0
NAIVE = {  # what forecasts without learning say; other trivial answers ignore the inputs
    "naive": "which says that tomorrow is as today",
    "seasonal naive": "which repeats the last season",
    "drift": "which continues the line through the first and the last step",
    "mean of the window": "which answers the mean of the last steps",
}


@dataclass(frozen=True)
class Shown:
    """Two scores and their difference, rounded alike, so that the difference can be read off the scores.

    Args:
        ours, theirs: the scores.
        difference: ours minus theirs, after rounding.
        low, high: interval of the difference.
        decimals: of all of them.
    """

    ours: float
    theirs: float
    difference: float
    low: float
    high: float
    decimals: int


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
        baselines: the baselines' scores, the rival first.
        comparison: the network against the best baseline; None without baselines.
        against_trivial: the network against the best answer that needs no learning; None when there was none.
        num_rows: rows of the part.
    """
    if comparison is None:
        score = network.scores[metric.name]
        digits = max(_decimals(score.low, score.high), _significant(score.value))
        shown = f"{_plain(score.value, digits)} [{_plain(score.low, digits)}, {_plain(score.high, digits)}]"
        return f"{_ours(network)} reaches {spoken(metric.name)} {shown}. There is no baseline to hold it against." + _few(
            num_rows
        )
    named = {one.name: one for one in baselines}
    best = named[comparison.rival]
    if against_trivial is not None and against_trivial.low <= 0:
        said = _nothing_learnt(metric, network, best, named[against_trivial.rival], comparison, against_trivial)
    else:
        said = _compared(metric, network, best, comparison)
        said += _higher(metric, network, baselines) if comparison.low > 0 else ""
    return said + _fewer_rows(network, baselines) + ("" if comparison.high < 0 else _few(num_rows))


def _compared(metric: Metric, network: ModelScores, best: ModelScores, comparison: Comparison) -> str:
    """Return the verdict on a network that has learnt something."""
    numbers = _numbers(metric, network, best, comparison)
    on_validation = "" if best.valid_score is None else " on the validation part"
    rival = f"the best baseline{on_validation} ({best.name})"
    if comparison.low > 0:
        return f"{_ours(network)} is better than {rival}: {numbers}."
    if comparison.high < 0:
        return f"{_ours(network)} is worse than {rival}: {numbers}. {_cut_short(network) or 'No network is needed here.'}"
    wise = _cut_short(network) or f"Prefer {_the(best.name)}: {_why_simpler(network, best)}."
    ours = _ours(network).removeprefix("The ")
    return f"No difference between the {ours} and {rival} can be told: {numbers}. {wise}"


def _higher(metric: Metric, network: ModelScores, baselines: Sequence[ModelScores]) -> str:
    """Return a sentence, after a space, on baselines that score better here than a network that beats its rival."""
    sign = 1 if metric.higher_is_better else -1
    ours = sign * network.scores[metric.name].value
    names = [_the(one.name) for one in baselines if metric.name in one.scores and sign * one.scores[metric.name].value > ours]
    if not names:
        return ""
    listed = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
    return f" On the rows scored, though, {listed} came out better, perhaps by luck."


def _nothing_learnt(
    metric: Metric,
    network: ModelScores,
    best: ModelScores,
    trivial: ModelScores,
    comparison: Comparison,
    against_trivial: Comparison,
) -> str:
    """Return the verdict on a network that is no better than an answer that needs no learning."""
    numbers = _numbers(metric, network, trivial, against_trivial)
    known = f"it is not better than {_the(trivial.name)}, {NAIVE.get(trivial.name, 'which ignores the inputs')}: {numbers}"
    start = f"{_ours(network)} has learnt nothing that shows: {known}."
    cut_short = _cut_short(network)
    if best.name != trivial.name and comparison.high < 0:
        does = _verb(best.name, "does", "do")
        numbers = _numbers(metric, network, best, comparison)
        better = f"{_the(best.name, start=True)} {does} better ({numbers})"
        return f"{start} {better}. {cut_short}" if cut_short else f"{start} {better}: use that."
    why = cut_short or "Either the inputs say little about the target, or the rows are too few to show it."
    if trivial.name in NAIVE and not cut_short:
        why = "Either the past says little about what comes, or the series are too short to show it."
    return f"{start} {why}"


def show(higher_is_better: bool, ours: float, theirs: float, comparison: Comparison) -> Shown:
    """Return two scores and their difference with as many decimals as the reader needs.

    Args:
        higher_is_better: direction of the metric.
        ours: the first score.
        theirs: the second.
        comparison: of the two.

    Example:
        >>> shown = show(False, 4.8561, 3.6342, Comparison("tree", -1.2219, -5.1, 0.96))
        >>> shown.ours, shown.theirs, round(shown.difference, 2), shown.low, shown.high
        (4.86, 3.63, 1.23, -0.96, 5.1)
    """
    sign = 1 if higher_is_better else -1
    low, high = sorted((sign * comparison.low, sign * comparison.high))
    places = max(_decimals(low, high), _significant(max(abs(ours), abs(theirs))))
    enough = min(places + MORE_DECIMALS, MAX_DECIMALS)
    while places < enough and _looks_equal(ours, theirs, places):
        places += 1
    while places < MAX_DECIMALS and any(end and not round(end, places) for end in (low, high)):
        places += 1
    ours, theirs = round(ours, places), round(theirs, places)
    return Shown(ours, theirs, ours - theirs, round(low, places), round(high, places), places)


def _looks_equal(ours: float, theirs: float, places: int) -> bool:
    return ours != theirs and round(ours, places) == round(theirs, places)


def _numbers(metric: Metric, network: ModelScores, rival: ModelScores, comparison: Comparison) -> str:
    """Return both scores and their difference, in the metric's own direction."""
    shown = show(metric.higher_is_better, network.scores[metric.name].value, rival.scores[metric.name].value, comparison)
    places = shown.decimals
    change = f"{signed(shown.difference, places)} [{signed(shown.low, places)}, {signed(shown.high, places)}]"
    note = "" if metric.higher_is_better else " (lower is better)"
    return f"{spoken(metric.name)} {_plain(shown.ours, places)} against {_plain(shown.theirs, places)}, {change}{note}"


def _decimals(low: float, high: float) -> int:
    """Return how many decimals show the interval's half width as 2 to 19 units of the last one."""
    reach = (high - low) / 2
    return min(MAX_DECIMALS, max(0, -math.floor(math.log10(reach / 2)))) if reach > 0 else 0


def _significant(value: float) -> int:
    """Return how many decimals give a number three significant digits; three for 0."""
    size = abs(value)
    places = SCORE_DIGITS - 1 - math.floor(math.log10(size)) if size > 0 else SCORE_DIGITS
    return min(MAX_DECIMALS, max(0, places))


def _plain(value: float, digits: int) -> str:
    return f"{round(value, digits) + 0.0:,.{digits}f}"


def signed(value: float, digits: int) -> str:
    """Return a difference with its sign; nothing has none.

    Args:
        value: the difference.
        digits: decimals.

    Example:
        >>> signed(1234.5678, 2), signed(-0.0001, 3)
        ('+1,234.57', '0.000')
    """
    rounded = round(value, digits) + 0.0  # no "-0.000"
    return f"{rounded:+,.{digits}f}" if rounded else f"{0:.{digits}f}"


def spoken(metric: str) -> str:
    """Return a metric's name in words: "log_loss" is "log loss"."""
    return metric.replace("_", " ")


def _ours(network: ModelScores) -> str:
    """Return the network as it starts a sentence, with its architecture: a baseline may have a similar name."""
    return f"The network ({network.architecture})" if network.architecture else "The network"


def _the(name: str, *, start: bool = False) -> str:
    """Return a baseline's name as it stands in a sentence; proper names go without article."""
    if name[0].isupper():
        return name
    return f"{'The' if start else 'the'} {name}{' forecast' * name.endswith('naive')}"


def _verb(name: str, singular: str = "is", plural: str = "are") -> str:
    """Return the form of a verb that suits a baseline's name, for example of "boosted trees" and of "majority class"."""
    noun = name.split(" on ")[0]  # of "ridge on lags"
    return plural if noun.endswith("s") and not noun.endswith("ss") else singular


def _why_simpler(network: ModelScores, best: ModelScores) -> str:
    """Return why a baseline of equal worth is to be preferred."""
    simpler = _verb(best.name, "it is simpler", "they are simpler")
    mine, other = seconds(network.fit_seconds), seconds(best.fit_seconds)
    if best.fit_seconds < network.fit_seconds and mine != other:
        return f"{simpler} and trained in {other} (the network: {mine})"
    return simpler


def _cut_short(network: ModelScores) -> str:
    """Return why a network that lost may yet win; empty when it learnt to its end."""
    num = network.cut_short_epochs
    epochs = f"{num:,} {'epoch' if num == 1 else 'epochs'}"
    return f"The network's learning was cut short after {epochs}: give it more time before deciding." if num else ""


def _fewer_rows(network: ModelScores, baselines: Sequence[ModelScores]) -> str:
    """Return a sentence, after a space, on baselines that were trained on fewer rows than the network; empty otherwise."""
    few = [one for one in baselines if one.num_train_rows < network.num_train_rows]
    if not few:
        return ""
    first, *others = few
    rest = "".join(f", {_the(one.name)} {one.num_train_rows:,}" for one in others)
    told = f"{_the(first.name, start=True)} saw {first.num_train_rows:,} of {network.num_train_rows:,} rows"
    return f" {told}{rest}."


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
    if num_rows >= FEW_ROWS:
        return ""
    return f" With {num_rows} {'row' if num_rows == 1 else 'rows'} only large differences can be seen."

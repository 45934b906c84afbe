"""The scores: the network beside its baselines, each with an interval, as a chart and as a table."""

import math
from dataclasses import dataclass

from markupsafe import Markup

from espalier.app.report import wording
from espalier.app.report.charts.intervals import interval_axis, interval_dot, interval_scale
from espalier.app.report.charts.scale import Scale
from espalier.app.report.facts import Facts
from espalier.app.report.sections.section import Section, drawn
from espalier.core.scorecard import ModelScores, Score, Scorecard
from espalier.evaluation.verdict import show, signed

BEST_ON_VALIDATION = "the baseline that was the best on the validation part"
PARTS = {"test": "the test part", "valid": "the validation part", "folds": "every fold’s test part"}


@dataclass(frozen=True)
class Rank:
    """One model in the main metric.

    Args:
        name: in words.
        ours: whether it is the network.
        score, interval: in words.
        dot: its dot and interval.
        time: time to train it, in words.
        note: what a reader must know, or empty.
    """

    name: str
    ours: bool
    score: str
    interval: str
    dot: Markup
    time: str
    note: str


@dataclass(frozen=True)
class Cell:
    """One model in one metric.

    Args:
        score, interval: in words.
        best: whether no model is better in this metric.
    """

    score: str
    interval: str
    best: bool


@dataclass(frozen=True)
class Row:
    """One metric.

    Args:
        title: in words.
        sentence: what it says.
        main: whether models are ranked by it.
        cells: one for each model.
    """

    title: str
    sentence: str
    main: bool
    cells: tuple[Cell, ...]


def build(facts: Facts) -> Section:
    """Return the section."""
    card = facts.run.scorecard
    models = sorted(card.models, key=lambda one: _rank_key(card, one))
    names = {id(one): name_of(facts, one) for one in models}
    scale = interval_scale([end for one in models for end in _ends(one.scores.get(card.metric))])
    values = {
        "facts": facts,
        "card": card,
        "part": PARTS.get(card.part, card.part),
        "metric": wording.metric_title(card.metric),
        "sentence": wording.lower_first(sentence_of(facts, card.metric)),
        "direction": "further right" if card.higher_is_better else "further left",
        "ranks": [_rank(card, one, names[id(one)], scale) for one in models],
        "axis": drawn(interval_axis(scale)),
        "at": scale.percent(own.value) if (own := card.network.scores.get(card.metric)) else "",
        "difference": f"{difference_in_words(facts)} {intervals_in_words(card)}".strip(),
        "names": [names[id(one)] for one in card.models],
        "rows": [_row(facts, name) for name in _metrics(card)],
        "train_rows": [one.num_train_rows for one in card.models],
        "valid_scores": _valid_scores(card),
        "saw_fewer": len({one.num_train_rows for one in card.models}) > 1,
        "threshold": card.threshold,
        "positive": facts.classes[-1] if facts.classes else "",
    }
    return Section("scores", "How good it is", values)


def _valid_scores(card: Scorecard) -> list[str]:
    """Return each model's main metric on the validation part in words; empty when none was kept."""
    if all(one.valid_score is None for one in card.models):
        return []
    score = card.network.scores.get(card.metric)
    places = 3 if score is None else wording.decimals_of_score(score.value, score.low, score.high)
    return [wording.NOT_KNOWN if one.valid_score is None else wording.rounded(one.valid_score, places) for one in card.models]


def sentence_of(facts: Facts, metric: str) -> str:
    """Return what a metric says, or nothing when nobody has told."""
    return facts.metrics[metric].sentence if metric in facts.metrics else ""


def name_of(facts: Facts, model: ModelScores) -> str:
    """Return what a model is called on the page."""
    return facts.network if model is facts.run.scorecard.network else model.name


def difference_in_words(facts: Facts) -> str:
    """Return the comparison with the best baseline in one sentence, or empty without baselines."""
    card = facts.run.scorecard
    against = card.comparison
    if against is None or math.isnan(against.difference):
        return ""
    rival = next(one for one in card.models if one.name == against.rival)
    ours, theirs = card.network.scores[card.metric].value, rival.scores[card.metric].value
    shown = show(card.higher_is_better, ours, theirs, against)
    size = wording.rounded(abs(shown.difference), shown.decimals)
    side = "better" if against.difference > 0 else "worse"
    low, high = (wording.signed(signed(end, shown.decimals)) for end in (shown.low, shown.high))
    where = "above" if shown.low > 0 else "below"
    sure = (
        f"It lies {where} 0: the network is better, beyond chance."
        if against.low > 0
        else f"It lies {where} 0: the baseline is better, beyond chance."
        if against.high < 0
        else "It holds 0: on these rows the two cannot be told apart."
    )
    best = f"{BEST_ON_VALIDATION} ({against.rival})" if card.is_chosen_on_validation else f"the best baseline ({against.rival})"
    return (
        f"On the same rows the network is {size} {side} in {wording.metric_title(card.metric)} than {best}. "
        f"The 95{wording.PERCENT} interval of the difference, network minus baseline, is {low} to {high}. {sure}"
    )


def intervals_in_words(card: Scorecard) -> str:
    """Return what all intervals of the section come from, in one sentence."""
    return f"The intervals come from {card.resampling}."


def score_in_words(score: Score | None, beside: Score | None = None, *, short: bool = False) -> tuple[str, str]:
    """Return a score and its interval in words; the interval is empty when there is none.

    Args:
        score: what to write.
        beside: a score that decides the number of decimals, so that those under each other have the same.
        short: write the interval for a narrow column.
    """
    if score is None or math.isnan(score.value):
        return wording.NOT_KNOWN, ""
    if not (math.isfinite(score.low) and math.isfinite(score.high)):
        return wording.number(score.value), ""
    ruler = score if beside is None else beside
    places = wording.decimals_of_score(ruler.value, ruler.low, ruler.high)
    write = wording.short_interval if short else wording.interval
    return wording.rounded(score.value, places), write(score.low, score.high, places)


def _ends(score: Score | None) -> tuple[float, ...]:
    return () if score is None else (score.value, score.low, score.high)


def _rank_key(card: Scorecard, model: ModelScores) -> tuple[bool, float]:
    """Return the key that puts the best first and models without a score last."""
    score = model.scores.get(card.metric)
    if score is None or math.isnan(score.value):
        return True, 0.0
    return False, -score.value if card.higher_is_better else score.value


def _rank(card: Scorecard, model: ModelScores, name: str, scale: Scale) -> Rank:
    """Return a model's line in the chart."""
    score = model.scores.get(card.metric)
    ours = model is card.network
    value, low, high = _ends(score) or (math.nan,) * 3
    dot = interval_dot(value, low, high, scale, style="first" if ours else "third")
    return Rank(
        name,
        ours,
        *score_in_words(score, card.network.scores.get(card.metric)),
        drawn(dot),
        wording.duration(model.fit_seconds),
        model.note,
    )


def _metrics(card: Scorecard) -> list[str]:
    """Return every metric's name, the main one first."""
    names = dict.fromkeys(name for model in card.models for name in model.scores)
    return [card.metric, *(name for name in names if name != card.metric)]


def _row(facts: Facts, name: str) -> Row:
    card, metric = facts.run.scorecard, facts.metrics.get(name)
    scores = [one.scores.get(name) for one in card.models]
    known = [score.value for score in scores if score is not None and math.isfinite(score.value)]
    more = card.higher_is_better if name == card.metric else metric.higher_is_better if metric else None
    best = None if not known or more is None else max(known) if more else min(known)
    cells = (
        Cell(*score_in_words(score, scores[0], short=True), best is not None and score is not None and score.value == best)
        for score in scores
    )
    return Row(wording.metric_title(name), sentence_of(facts, name), name == card.metric, tuple(cells))

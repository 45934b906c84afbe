"""The learning: losses and scores of each epoch, and where the best one was."""

import math

import polars as pl

from espalier.app.report import wording
from espalier.app.report.charts.lines import Line, Mark, line_chart
from espalier.app.report.facts import Facts
from espalier.app.report.sections.section import Section, drawn
from espalier.training.ending import Ending, ending

MEMBERS = ("repeat", "fold", "member")  # columns that tell several networks apart
NEAR_END = 0.05  # share of epochs: a best epoch so near the end says that learning was not over


def build(facts: Facts) -> Section | None:
    """Return the section, or None when no epoch was written down."""
    history = facts.run.history
    several = [name for name in MEMBERS if name in history.columns and history[name].n_unique() > 1]
    for name in several:
        history = history.filter(pl.col(name) == pl.col(name).min())
    if not history.height:
        return None
    end = ending(history, facts.run.plan.learning)
    best = end.best_epoch
    metric, is_higher_better = _watched(facts)
    title = wording.metric_title(metric)
    epochs = _floats(history, "epoch")
    mark = Mark(float(best), f"best: epoch {best:,}") if best is not None else None
    losses = [Line("training", epochs, _floats(history, "train_loss"), "first")]
    losses.append(Line("validation", epochs, _floats(history, "valid_loss"), "second"))
    scores = [Line("validation", epochs, _floats(history, "score"), "second")]
    values = {
        "sentences": _sentences(facts, end),
        "several": wording.and_list(several),
        "losses": drawn(
            line_chart(losses, label=_label("Loss", history, "valid_loss"), x_title="epoch", y_title="loss", mark=mark)
        ),
        "scores": drawn(line_chart(scores, label=_label(title, history, "score"), x_title="epoch", y_title=title, mark=mark)),
        "metric": title,
        "direction": "higher" if is_higher_better else "lower",
    }
    return Section("learning", "How it learnt", values)


def _watched(facts: Facts) -> tuple[str, bool]:
    """Return the metric of the validation part in each epoch, and whether higher is better: the score card's main one.

    Of anomalies, whose validation part holds normal rows alone, it is the share of these that raise an alarm.
    """
    card = facts.run.scorecard
    return ("alarm_share", False) if facts.run.plan.task.name == "anomaly" else (card.metric, card.higher_is_better)


def is_cut_short(facts: Facts) -> bool:
    """Say whether a limit ended the learning of a network, so that more epochs might have helped."""
    if facts.run.scorecard.network.cut_short_epochs:
        return True
    history = facts.run.history
    if not history.height or "valid_loss" not in history.columns:
        return False
    return ending(history, facts.run.plan.learning).is_cut_short


def _floats(history: pl.DataFrame, name: str) -> list[float]:
    return [math.nan if value is None else float(value) for value in history[name].to_list()]


def _label(what: str, history: pl.DataFrame, column: str) -> str:
    values = [value for value in _floats(history, column) if math.isfinite(value)]
    if not values:
        return f"{what} by epoch."
    return f"{what} by epoch: on the validation part from {wording.number(values[0])} to {wording.number(values[-1])}."


def _sentences(facts: Facts, end: Ending) -> list[str]:
    """Return what the curves say."""
    last, best = end.num_epochs, end.best_epoch
    seconds = facts.run.history["seconds"].max() if "seconds" in facts.run.history.columns else None
    time = f" in {wording.duration(float(seconds))}" if isinstance(seconds, int | float) else ""
    said = [f"Learning went through the training rows {wording.counted(last, 'time')}{time}."]
    if best is None:
        return said
    said += [f"Epoch {best:,} was the best on the validation part, and its weights were kept.", end.sentence]
    if best >= last - math.floor(NEAR_END * last):
        said.append("The best epoch was at the very end: with more epochs or a larger budget it may get better.")
    forgotten = facts.run.forgetting
    return said if forgotten is None else [*said, forgotten.sentence]

"""The score card: every model in the main metric with its interval, then every metric of the network and its rival."""

from collections.abc import Callable
from functools import partial

from rich.console import Console
from rich.table import Table
from rich.text import Text

from espalier.app.cli.show.console import heading, indented, plain_table
from espalier.app.cli.show.quantities import count, duration, interval, number, reach
from espalier.core.scorecard import ModelScores, Scorecard
from espalier.evaluation.verdict import spoken

FIXED_WIDTH = 66  # characters that name, main metric, time and margins take
MIN_COLUMN = 6  # characters of a number
GAP = 3  # characters between two columns
CHOSEN = "The best baseline was chosen on the validation part; chosen on the rows scored, it might only be the luckiest."
PARTS = {"test": "the test part", "valid": "the validation part", "folds": "every fold", "given": "the rows given"}


def print_scorecard(console: Console, card: Scorecard, network: str = "", positive: tuple[str, ...] = ()) -> None:
    """Print a score card.

    Args:
        console: where to.
        card: what to print.
        network: name of the network's architecture.
        positive: the class whose probability meets the threshold, when there is one.
    """
    heading(
        console, f"Score card on {PARTS.get(card.part, card.part)}, {count(card.num_rows, 'row')}, 95 % intervals in brackets"
    )
    if len(card.models) > 1:
        indented(console, _models_table(card, network, console.width))
        for one in card.models:
            if one.note:
                indented(console, Text(f"{one.name}: {one.note}", style="dim"))
        console.print()
    indented(console, _metrics_table(card, network))
    console.print()
    console.print(Text(card.verdict, style="bold"))
    for remark in _remarks(card, positive):
        console.print(Text(remark, style="dim"))


def _models_table(card: Scorecard, network: str, width: int) -> Table:
    """Return every model, best first: the main metric with its interval, and as many other columns as there is room for."""
    models = sorted(card.models, key=lambda one: _rank(card, one))
    columns: dict[str, Callable[[ModelScores], str]] = {}
    if any(one.valid_score is not None for one in models):
        columns["validation"] = lambda one: number(one.valid_score)
    if len({one.num_train_rows for one in models}) > 1:
        columns["train rows"] = lambda one: f"{one.num_train_rows:,}"
    others = [name for name in card.network.scores if name != card.metric]
    columns |= {spoken(name): partial(_value, metric=name) for name in others}
    taken = _that_fit(list(columns), width - FIXED_WIDTH)
    right = (*taken, "train time")
    table = plain_table("model", _direction(card), *right, right=right)
    table.columns[1].no_wrap = True
    for one in models:
        own = one is card.network
        cells = [f"network ({network})" if own and network else one.name, interval(one.scores.get(card.metric))]
        cells += [*(columns[name](one) for name in taken), duration(one.fit_seconds)]
        table.add_row(*cells, style="bold" if own else "")
    return table


def _metrics_table(card: Scorecard, network: str) -> Table:
    """Return every metric of the network, and beside it those of the baseline that it is compared with."""
    rival = card.models[1] if len(card.models) > 1 else None
    table = plain_table("metric", f"network ({network})" if network else "network", *([rival.name] if rival else []))
    for name, score in card.network.scores.items():
        table.add_row(spoken(name), interval(score), *([interval(rival.scores.get(name))] if rival else []))
    return table


def _that_fit(names: list[str], width: int) -> list[str]:
    """Return the first names whose columns fit side by side."""
    taken = []
    for name in names:
        width -= max(len(name), MIN_COLUMN) + GAP
        if width < 0:
            break
        taken.append(name)
    return taken


def _rank(card: Scorecard, one: ModelScores) -> tuple[bool, float, bool]:
    """Return the key that puts the best first, the simpler of two equals before the network, and unscored models last."""
    score = one.scores.get(card.metric)
    if score is None or score.value != score.value:
        return True, 0.0, one is card.network
    return False, -score.value if card.higher_is_better else score.value, one is card.network


def _direction(card: Scorecard) -> str:
    return f"{spoken(card.metric)} ({'higher' if card.higher_is_better else 'lower'} is better)"


def _value(one: ModelScores, metric: str) -> str:
    score = one.scores.get(metric)
    return number(score.value, reach(score)) if score else number(None)


def _remarks(card: Scorecard, positive: tuple[str, ...]) -> list[str]:
    remarks = [f"The intervals come from {card.resampling}."]
    if card.is_chosen_on_validation:
        remarks.append(CHOSEN)
    if card.left_out:
        remarks.append(f"Left out: {', '.join(card.left_out)}.")
    if card.threshold is not None:
        remarks.append(_threshold(card, card.threshold, f"'{positive[0]}'" if positive else "the second class"))
    if card.openings > 1:
        remarks.append(f"The test part has been opened {card.openings} times: each look makes its scores a little less honest.")
    return remarks


def _threshold(card: Scorecard, threshold: float, answer: str) -> str:
    if card.threshold_reason:
        return f"Threshold of {answer}: {card.threshold_reason}"
    if card.task == "anomaly":
        return f"An alarm is raised by a score above {number(threshold)}."
    return f"{answer[0].upper()}{answer[1:]} is answered from a probability of {number(threshold)} on."

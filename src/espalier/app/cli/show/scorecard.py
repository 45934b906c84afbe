"""The score card: every model in the main metric with its interval, then every metric of the network and its best rival."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from espalier.app.cli.show.console import heading, indented, plain_table
from espalier.app.cli.show.quantities import count, duration, interval, number
from espalier.core.scorecard import ModelScores, Scorecard

FIXED_WIDTH = 66  # characters that name, main metric, time and margins take
MIN_COLUMN = 6  # characters of a number
GAP = 3  # characters between two columns
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
    """Return every model, best first: the main metric with its interval, and as many other metrics as there is room for."""
    models = sorted(card.models, key=lambda one: _rank(card, one))
    others = _that_fit([name for name in card.network.scores if name != card.metric], width - FIXED_WIDTH)
    rows_differ = len({one.num_train_rows for one in models}) > 1
    right = (*map(_spaced, others), "train time", *(["train rows"] if rows_differ else []))
    table = plain_table("model", _direction(card), *right, right=right)
    table.columns[1].no_wrap = True
    for one in models:
        own = one is card.network
        cells = [f"network ({network})" if own and network else one.name, interval(one.scores.get(card.metric))]
        cells += [_value(one, metric) for metric in others]
        cells += [duration(one.fit_seconds), *([f"{one.num_train_rows:,}"] if rows_differ else [])]
        table.add_row(*cells, style="bold" if own else "")
    return table


def _metrics_table(card: Scorecard, network: str) -> Table:
    """Return every metric of the network, and of its best rival beside it."""
    rival = card.models[1] if len(card.models) > 1 else None
    table = plain_table("metric", f"network ({network})" if network else "network", *([rival.name] if rival else []))
    for name, score in card.network.scores.items():
        table.add_row(_spaced(name), interval(score), *([interval(rival.scores.get(name))] if rival else []))
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
    return f"{_spaced(card.metric)} ({'higher' if card.higher_is_better else 'lower'} is better)"


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _value(one: ModelScores, metric: str) -> str:
    score = one.scores.get(metric)
    return number(score.value if score else None)


def _remarks(card: Scorecard, positive: tuple[str, ...]) -> list[str]:
    remarks = [f"The intervals come from {card.resampling}."]
    if card.threshold is not None:
        answer = f"'{positive[0]}'" if positive else "The second class"
        remarks.append(
            f"{answer} is answered from a probability of {number(card.threshold)} on, chosen on the validation part."
        )
    if card.openings > 1:
        remarks.append(f"The test part has been opened {card.openings} times: each look makes its scores a little less honest.")
    return remarks

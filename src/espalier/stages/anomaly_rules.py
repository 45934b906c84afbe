"""The rules that fill in a plan for anomalies: of windows, one a row, and of the steps of a series that runs in time."""

from espalier.core.plan import Plan
from espalier.core.plan_parts import StretchesPlan
from espalier.core.schema import Kind, Role
from espalier.core.timeline import Timeline
from espalier.stages.facts import Choice, Facts, Rule, num_train_rows
from espalier.stages.series_rules import season_of, steady_seasons
from espalier.stages.window_rules import alone, form_of_windows

DENSE, CONVOLUTIONS = "dense-autoencoder", "conv-autoencoder"
LONGEST_DENSE = 500  # steps times channels, up to which every number of a window gets weights of its own
LOOK_BACKS = 2  # seasons that a stretch holds
LOOK_BACK = 24  # steps of a stretch, where there is no season
FEWEST_STRETCHES = 100  # that the shortest series holds side by side: fewer do not show what is usual
PARTS = {
    "train": 0.5,
    "valid": 0.2,
    "test": 0.3,
}  # of a series: anomalies are rare, and most of them are to be in the test part
BATCH_SIZES = ((500, 16), (5_000, 32), (50_000, 64), (500_000, 256))  # up to this many training rows: this batch
LARGEST_BATCH = 1024
EPOCHS = ((500, 200), (5_000, 80), (50_000, 30))  # up to this many training rows: epochs
FEWEST_EPOCHS = 12


def first_stretches(timeline: Timeline) -> tuple[StretchesPlan, dict[str, str]]:
    """Return how a series is looked at unless a person says otherwise, and the reasons by path."""
    season, why_season = season_of(timeline)
    longest = max(int(timeline.lengths.min()) // FEWEST_STRETCHES, 2)
    fit = [one.period for one in steady_seasons(timeline)[1] if LOOK_BACKS * one.period <= longest]
    held = f"the series holds it {FEWEST_STRETCHES} times"
    found = (
        (LOOK_BACKS * max(fit), f"{LOOK_BACKS} times {max(fit):,} steps, the longest season of which {held}")
        if fit
        else (min(LOOK_BACK, longest), f"at most {LOOK_BACK} steps, so that {held}")
    )
    form = StretchesPlan(look_back=found[0], season=season)
    why = {
        "season": why_season,
        "look_back": found[1],
        "scale": "how large the values are can tell an anomaly",
    }
    return form, {f"prepare.stretches.{name}": reason for name, reason in why.items()}


def _normal(facts: Facts, plan: Plan) -> list[Choice]:
    """Name the normal class."""
    if facts.usual is None:
        return []
    name, why = facts.usual
    return [("task.options.normal", name, why)]


def _split(facts: Facts, plan: Plan) -> list[Choice]:
    times = facts.schema.names(Role.TIME)
    why = "steps are judged that come later than all that was learnt from"
    kept = {name: getattr(plan.split, name) for name in ("gap", "folds", "repeats")}
    parts = {"method": "time", "column": times[0], **PARTS, **kept}
    return [("split", parts, f"{why}; anomalies are rare, so that the later parts are large")]


def _columns(facts: Facts, plan: Plan) -> list[Choice]:
    """Leave out what is no number, and the column that tells the anomalies."""
    why = "stretches of a series are made of numbers alone"
    others = facts.schema.inputs(Kind.CATEGORY, Kind.ORDERED, Kind.DATE, Kind.TEXT)
    return [(f"schema.columns.{name}.role", Role.IGNORED.value, why) for name in others]


def _model(facts: Facts, plan: Plan) -> list[Choice]:
    stretches, windows, timeline = plan.prepare.stretches, plan.prepare.windows, facts.timeline
    length = stretches.look_back if stretches is not None else windows.length if windows is not None else 0
    channels = 1 if timeline is None else timeline.values.shape[1]
    if length * channels <= LONGEST_DENSE:
        why = f"windows of {length * channels:,} numbers: layers that become narrower and wider learn their shape fast"
        return [("model.name", DENSE, why)]
    why = f"windows of {length * channels:,} numbers: convolutions share their weights over the steps"
    return [("model.name", CONVOLUTIONS, why)]


def _learning(facts: Facts, plan: Plan) -> list[Choice]:
    rows = num_train_rows(facts, plan)
    size = next((size for limit, size in BATCH_SIZES if rows <= limit), LARGEST_BATCH)
    epochs = next((epochs for limit, epochs in EPOCHS if rows <= limit), FEWEST_EPOCHS)
    seen = f"about {rows:,} training rows"
    return [
        ("prepare.target", "none", "what is written anew is scaled already"),
        ("learning.batch_size", size, seen),
        ("learning.epochs", epochs, f"{seen}; the rate falls to nothing over them"),
        ("learning.patience", epochs, "the rate falls to the end, where the best weights come"),
        ("learning.schedule", "one-cycle", "a rise and a long fall of the rate need the fewest epochs (arXiv 1708.07120)"),
    ]


ODD_WINDOW_RULES: tuple[Rule, ...] = (_normal, alone, form_of_windows, _model, _learning)
STEP_RULES: tuple[Rule, ...] = (_split, _columns, _model, _learning)

"""The rules that fill in a plan for windows: recordings, one a row, that are classified or answered with a number."""

from espalier.core.plan import Plan
from espalier.core.schema import Kind, Role
from espalier.stages.facts import Choice, Facts, Rule, num_train_rows

DEFAULT_MODEL = "inception-time"
BATCH_SIZES = ((200, 8), (1_000, 16), (5_000, 32), (20_000, 64))  # up to this many training windows: this batch
LARGEST_BATCH = 128
EPOCHS = ((500, 150), (5_000, 80), (50_000, 40))  # up to this many training windows: epochs
FEWEST_EPOCHS = 20
SMOOTHING = 0.1  # share of the probability that is spread over all classes


def alone(facts: Facts, plan: Plan) -> list[Choice]:
    """Leave out the other inputs: the models for series read nothing else."""
    why = "models for series read the window alone"
    return [
        (f"schema.columns.{name}.role", Role.IGNORED.value, why)
        for name in facts.schema.inputs(Kind.NUMBER, Kind.CATEGORY, Kind.ORDERED, Kind.DATE)
    ]


def form_of_windows(facts: Facts, plan: Plan) -> list[Choice]:
    """Bring windows to the length of the longest, and scale them together."""
    return [
        ("prepare.windows.length", facts.window_length, "the longest window; shorter ones are filled up and masked"),
        ("prepare.windows.scale", "standard", "how large a channel's values are can tell the answer"),
    ]


def _model(facts: Facts, plan: Plan) -> list[Choice]:
    why = "convolutions of several widths side by side: the best network on 85 kinds of windows in arXiv 1909.04939"
    return [("model.name", DEFAULT_MODEL, why)]


def _target(facts: Facts, plan: Plan) -> list[Choice]:
    if plan.task.name == "regression":
        return []
    return [("prepare.target", "none", f"the answer of {plan.task.name} is not scaled")]


def _learning(facts: Facts, plan: Plan) -> list[Choice]:
    rows = num_train_rows(facts, plan)
    size = next((size for limit, size in BATCH_SIZES if rows <= limit), LARGEST_BATCH)
    epochs = next((epochs for limit, epochs in EPOCHS if rows <= limit), FEWEST_EPOCHS)
    seen = f"{rows:,} training windows"
    return [
        ("learning.batch_size", size, seen),
        ("learning.epochs", epochs, f"{seen}; the rate falls to nothing over them"),
        ("learning.patience", epochs, "the rate falls to the end, where the best weights come"),
        ("learning.schedule", "one-cycle", "a rise and a long fall of the rate need the fewest epochs (arXiv 1708.07120)"),
    ]


WINDOW_RULES: tuple[Rule, ...] = (alone, form_of_windows, _model, _target, _learning)

"""The rules that fill in a plan for pictures."""

from espalier.core.catalogue import architectures
from espalier.core.pictures import COLOUR, GREY
from espalier.core.plan import Plan
from espalier.core.plan_parts import PicturesPlan
from espalier.core.schema import SIDES, Role
from espalier.data.pictures.survey import Survey
from espalier.data.prepare.fused import beside_pictures
from espalier.stages.facts import Choice, Facts, Rule, num_train_rows
from espalier.stages.starting_point import Start
from espalier.stages.table import LOCALIZATION

DEFAULT_MODEL = "fast-cnn"
DEFAULT_FUSION = "fusion"
OTHERS_NAMED = 3  # other inputs that a reason names
RECIPE_RATE, RECIPE_BATCH = 0.15, 128
SMOOTHING = 0.1  # share of the probability that is spread over all classes
BATCH_SIZES = ((500, 16), (2_000, 32), (6_000, 64))  # up to this many training pictures: this batch
LARGEST_BATCH = 128
EPOCHS = ((1_000, 60), (20_000, 40), (40_000, 20))  # up to this many training pictures: epochs
FEWEST_EPOCHS = 10
MANY, HELD_FRACTION = 20_000, 0.05  # above so many training pictures, this share of all is held out for validation


def first_form(pictures: Survey) -> tuple[PicturesPlan, dict[str, str]]:
    """Return the form that pictures are brought to unless a person names another, and the reasons by path.

    Args:
        pictures: what they are like.
    """
    form, widths, heights = pictures.form, pictures.widths, pictures.heights
    one_size = widths[0] == widths[2] and heights[0] == heights[2]
    sizes = f"{widths[1]} x {heights[1]} pixels" if one_size else f"{widths[0]} to {widths[2]} pixels wide"
    is_native = one_size and (form.width, form.height) == (widths[1], heights[1])
    why = f"all pictures are {sizes}" if is_native else f"pictures are {sizes}; more pixels cost time with their square"
    colours = "all pictures are grey" if form.channels == GREY else "pictures are in colour"
    reasons = {"prepare.pictures.height": why, "prepare.pictures.width": why, "prepare.pictures.channels": colours}
    return PicturesPlan(form.height, form.width, 1 if form.channels == GREY else 3, form.fit), reasons


def _located(facts: Facts, plan: Plan) -> list[Choice]:
    """Ask where things are, where columns hold boxes, and cut no part of a picture off that may hold one."""
    if plan.task.name != LOCALIZATION and not all(facts.schema.names(side) for side in SIDES):
        return []
    names = ", ".join(name for side in SIDES for name in facts.schema.names(side)[:1])
    why = "a network that ends in a mean over the picture would forget where it saw things (arXiv 1807.03247)"
    places: list[Choice] = [] if facts.start is not None else [("prepare.pictures.places", True, why)]
    return [
        *places,
        ("task.name", LOCALIZATION, f"the columns {names} hold the box in which each thing lies"),
        ("prepare.pictures.fit", "stretch", "a box must not be cut off, as it would be with the edges of a picture"),
    ]


def _alone(facts: Facts, plan: Plan) -> list[Choice]:
    """Leave out the other inputs, unless the model is one that reads them beside the picture."""
    known = architectures()
    if plan.model.name in known and known[plan.model.name].reads != "image":
        return []
    why = f"the model {plan.model.name} reads the picture alone"
    return [(f"schema.columns.{name}.role", Role.IGNORED.value, why) for name in beside_pictures(plan.schema)]


def _model(facts: Facts, plan: Plan) -> list[Choice]:
    if facts.start is not None and facts.start.model is not None:
        return [
            ("model.name", facts.start.model, facts.start.why_model),
            ("model.options", dict(facts.start.options), facts.start.why_model),
        ]
    others = beside_pictures(plan.schema)
    if others and facts.start is None and plan.task.name != LOCALIZATION:
        more = f" and {len(others) - OTHERS_NAMED} more" if len(others) > OTHERS_NAMED else ""
        beside = f"{', '.join(others[:OTHERS_NAMED])}{more}"
        return [("model.name", DEFAULT_FUSION, f"reads the picture and what stands beside it: {beside}")]
    return [("model.name", DEFAULT_MODEL, "a small convolutional network that learns fast on a CPU")]


def _form(facts: Facts, plan: Plan) -> list[Choice]:
    """Bring pictures to the form that the starting weights know."""
    start, pictures = facts.start, plan.prepare.pictures
    if start is None or pictures is None:
        return []
    return [(f"prepare.pictures.{name}", value, start.why_form) for name, value in start.form.items()]


def _light(start: Start) -> tuple[tuple[str, tuple[float, ...]], ...]:
    return ("mean", start.mean), ("std", start.std)


def _normalization(facts: Facts, plan: Plan) -> list[Choice]:
    """Normalise as the starting weights are used to."""
    start, pictures = facts.start, plan.prepare.pictures
    if start is None or pictures is None or not start.mean:
        return []
    if (len(start.mean), pictures.channels) == (COLOUR, GREY):
        why = f"{start.why_mean}: the mean of the colours, over which the kernels of the first convolution are summed"
        return [(f"prepare.pictures.{name}", [round(sum(one) / COLOUR, 4)], why) for name, one in _light(start)]
    if len(start.mean) != pictures.channels:
        return []
    return [
        ("prepare.pictures.mean", list(start.mean), start.why_mean),
        ("prepare.pictures.std", list(start.std), start.why_mean),
    ]


def _target(facts: Facts, plan: Plan) -> list[Choice]:
    if plan.task.name == "regression":
        return []
    return [("prepare.target", "none", f"the answer of {plan.task.name} is not scaled")]


def _held_out(facts: Facts, plan: Plan) -> list[Choice]:
    """Hold out fewer of many pictures: they suffice to choose by, and the network learns from the others."""
    rows, shares = num_train_rows(facts, plan), ("split.train", "split.valid", "split.test")
    if rows <= MANY or plan.data.valid or any(path in plan.reasons for path in shares):
        return []
    why = f"{rows:,} training pictures: a twentieth is enough to choose by"
    return [("split.train", round(1 - plan.split.test - HELD_FRACTION, 6), why), ("split.valid", HELD_FRACTION, why)]


def _learning(facts: Facts, plan: Plan) -> list[Choice]:
    rows = num_train_rows(facts, plan)
    size = next((size for limit, size in BATCH_SIZES if rows <= limit), LARGEST_BATCH)
    epochs = next((epochs for limit, epochs in EPOCHS if rows <= limit), FEWEST_EPOCHS)
    seen = f"{rows:,} training pictures"
    return [
        ("learning.batch_size", size, seen),
        ("learning.epochs", epochs, f"{seen}; the rate falls to nothing over them"),
        ("learning.patience", epochs, "the rate falls to the end, where the best weights come"),
        ("learning.schedule", "one-cycle", "a rise and a long fall of the rate need the fewest epochs (arXiv 1708.07120)"),
    ]


def _recipe(facts: Facts, plan: Plan) -> list[Choice]:
    """Give the default network the recipe that it was tried with; others, and learnt weights, get a range test."""
    if plan.model.name != DEFAULT_MODEL or facts.start is not None:
        return []
    size = plan.learning.batch_size
    rate = float(f"{RECIPE_RATE * size / RECIPE_BATCH:.2g}")
    return [
        (
            "learning.optimizer",
            "nesterov",
            "descent with momentum: the recipe of the fast small network (see bench/RESULTS.md)",
        ),
        ("learning.learning_rate", rate, f"{RECIPE_RATE} for batches of {RECIPE_BATCH}, in proportion for {size}"),
        ("learning.weight_decay", 5e-4, "the recipe of the fast small network"),
        ("learning.clip_norm", None, "batch norms keep gradients in bounds"),
    ]


def _smoothing(facts: Facts, plan: Plan) -> list[Choice]:
    if plan.task.name != "multiclass" or plan.task.options:
        return []
    why = "keeps answers from growing too sure, so that the validation loss falls to the end (arXiv 1512.00567, section 7)"
    return [("task.options.label_smoothing", SMOOTHING, why)]


PICTURE_RULES: tuple[Rule, ...] = (
    _located,
    _model,
    _alone,
    _form,
    _normalization,
    _target,
    _held_out,
    _learning,
    _recipe,
    _smoothing,
)

"""Plan: a whole run as one frozen, typed value. A flag, a repair and a tuning trial are all edits `Plan -> Plan`."""

import dataclasses
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from pydantic_core import ErrorDetails

from espalier.core.errors import PlanError, unknown_name
from espalier.core.plain_yaml import one_line
from espalier.core.plan_parts import STRICT, AdaptPlan, ForecastPlan, PicturesPlan, Setting, StretchesPlan, WindowsPlan
from espalier.core.schema import Schema

PLAN_FORMAT = 1


@dataclass(frozen=True, config=STRICT)
class DataPlan:
    """What is read.

    Args:
        source: a file, a folder, a URL of a database, or `sample:NAME`.
        kind: what the source is read as: "table", "images" or "series"; None to find out.
        query: the SQL query, when the source is a database.
        valid: a second source that serves as validation part.
        test: a second source that serves as test part.
        fingerprint: SHA-256 of the source's content when it was read; a changed source is not trained on in silence.
        valid_fingerprint, test_fingerprint: the same of the other two sources.
    """

    source: str
    kind: Literal["table", "images", "series"] | None = None
    query: str | None = None
    valid: str | None = None
    test: str | None = None
    fingerprint: str | None = None
    valid_fingerprint: str | None = None
    test_fingerprint: str | None = None


@dataclass(frozen=True, config=STRICT)
class CleanPlan:
    """Rows and values changed before the split.

    Args:
        duplicates: "keep" or "drop" rows that repeat an earlier row in every column. Kept copies stay in one part.
        conflicts: "keep" or "drop" rows that are equal in every other column (row counters aside) and differ in the target.
    """

    duplicates: Literal["keep", "drop"] = "keep"
    conflicts: Literal["keep", "drop"] = "keep"


@dataclass(frozen=True, config=STRICT)
class SplitPlan:
    """How rows are dealt out to train, valid and test.

    Args:
        method: "random", "stratified" (each class in proportion), "group" (rows of one group stay together),
            "time" (train before valid before test), "column" (a column names the part), or "files" (other sources).
        train, valid, test: fractions of the rows, above 0 and summing to 1.
        gap: steps behind each row that belong to its answer, where a series is forecast: a row whose answer would reach into
            the next part is in none.
        column: the group, time or part column that the method uses.
        folds: K of K-fold cross-validation, 2 or more; None for one split.
        repeats: how many times the folds are drawn anew.
    """

    method: Literal["random", "stratified", "group", "time", "column", "files"] = "random"
    train: Annotated[float, Field(gt=0, lt=1)] = 0.8
    valid: Annotated[float, Field(gt=0, lt=1)] = 0.1
    test: Annotated[float, Field(gt=0, lt=1)] = 0.1
    gap: Annotated[int, Field(ge=0)] = 0
    column: str | None = None
    folds: Annotated[int | None, Field(ge=2)] = None
    repeats: Annotated[int, Field(ge=1)] = 1

    def __post_init__(self) -> None:
        """Check what concerns several fields at once."""
        if abs(self.train + self.valid + self.test - 1) > 1e-6:
            raise ValueError(f"train {self.train} + valid {self.valid} + test {self.test} must sum to 1")
        if self.method in ("group", "time", "column") and self.column is None:
            raise ValueError(f"split.method '{self.method}' needs split.column")


@dataclass(frozen=True, config=STRICT)
class PreparePlan:
    """How columns become numbers. Everything is fitted on the training part.

    Args:
        pictures: how pictures become tensors; None where there are none.
        windows: how windows of a series become tensors; None where there are none.
        forecast: how a series becomes examples; None where none is forecast.
        stretches: how a series is looked at for anomalies; None where it is not.
        numbers: scaling of number columns.
        impute: what replaces a missing number.
        indicators: add a 0/1 column for each number column that has missing values.
        categories: "codes" (an index for each level, for models that embed), or "one-hot" (0/1 columns among the numbers).
        rare_count: levels seen fewer times in training share one level.
        max_levels: levels kept for one column, the most frequent first; the rest share one level.
        dates: parts that a date becomes.
        target: transformation of a number target: "standard" (mean 0, deviation 1) or "log" (log(1 + y), then standard);
            "auto" is decided on the validation part before the first step and then written down.
        hold: answers of numbers and counts are held within the range of the training targets, widened on both sides by this
            share of it; None holds none.
        bins: quantile bins offered to models with piecewise-linear number embeddings; 0 for none.
        components: keep this many principal components of the numbers; None keeps the numbers.
        select: keep this many inputs, those with the most mutual information with the target; None keeps all.
    """

    pictures: PicturesPlan | None = None
    windows: WindowsPlan | None = None
    forecast: ForecastPlan | None = None
    stretches: StretchesPlan | None = None
    numbers: Literal["standard", "robust", "quantile", "none"] = "quantile"
    impute: Literal["median", "mean", "zero"] = "median"
    indicators: bool = True
    categories: Literal["codes", "one-hot"] = "codes"
    rare_count: Annotated[int, Field(ge=1)] = 2
    max_levels: Annotated[int, Field(ge=2)] = 1000
    dates: Literal["cyclic", "parts"] = "cyclic"
    target: Literal["auto", "none", "standard", "log"] = "auto"
    hold: Annotated[float | None, Field(ge=0)] = None
    bins: Annotated[int, Field(ge=0)] = 48
    components: Annotated[int | None, Field(ge=1)] = None
    select: Annotated[int | None, Field(ge=1)] = None


@dataclass(frozen=True, config=STRICT)
class TaskPlan:
    """The question asked.

    Args:
        name: a task of the catalogue, for example "regression".
        options: fields of that task's class that differ from its defaults, for example {"label_smoothing": 0.1}.
        class_weights: "none", or "balanced" (a class counts in inverse proportion to its rows).
        sampling: "none", "oversample" (rare classes are drawn more often) or "smote" (new rows between neighbours);
            training part only.
    """

    name: str
    options: dict[str, Setting] = Field(default_factory=dict)
    class_weights: Literal["none", "balanced"] = "none"
    sampling: Literal["none", "oversample", "smote"] = "none"


@dataclass(frozen=True, config=STRICT)
class ModelPlan:
    """The architecture.

    Args:
        name: a model of the catalogue, for example "tabm".
        options: fields of its config that differ from the defaults, for example {"depth": 2}.
        members: how many are trained from different seeds and averaged; None until the time that the first one took has
            decided, within the budget.
        rotate: hold out other rows for each network after the first: it stops by a share of the training part as large as the
            validation part, which it learns from instead. The validation rows are then answered by the first network alone.
    """

    name: str
    options: dict[str, Setting] = Field(default_factory=dict)
    members: Annotated[int | None, Field(ge=1)] = 1
    rotate: bool = False

    @property
    def num_members(self) -> int:
        """Return how many networks there are; 1 as long as that is not decided."""
        return self.members or 1


@dataclass(frozen=True, config=STRICT)
class LearningPlan:
    """The way of learning.

    Args:
        epochs: passes over the training part, at most.
        batch_size: rows of one update.
        optimizer: see `training.optimizers`.
        learning_rate: peak rate, above 0; None until the range test has picked it.
        momentum: of sgd, nesterov and rmsprop, 0 to 1.
        weight_decay: decoupled where the optimizer has it; never on biases and norms.
        l1: factor of the sum of absolute weights added to the loss.
        schedule: see `training.schedules`.
        warmup_fraction: share of all steps over which the rate rises from 0.
        clip_norm: gradients are scaled down to this norm; None for no clipping.
        accumulate: batches whose gradients are summed into one update.
        patience: epochs without a lower validation loss before training stops.
        average: decay of the moving average of weights that is evaluated and kept, 0 to 1; None for no average.
        precision: "auto" is decided by a short trial before the first step and then written down.
        budget_seconds: time for the whole run, baselines included; None for no limit.
        checkpoint_seconds: time between two checkpoints within an epoch; one is always written at the end of an epoch.
        threads: CPU threads of torch, part of what makes a run repeat bit for bit; None until a trial has picked it.
    """

    epochs: Annotated[int, Field(ge=1)] = 100
    batch_size: Annotated[int, Field(ge=1)] = 256
    optimizer: Literal["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"] = "adamw"
    learning_rate: Annotated[float | None, Field(gt=0)] = None
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    weight_decay: Annotated[float, Field(ge=0)] = 3e-4
    l1: Annotated[float, Field(ge=0)] = 0.0
    schedule: Literal["constant", "step", "exponential", "cosine", "one-cycle", "plateau"] = "constant"
    warmup_fraction: Annotated[float, Field(ge=0, lt=1)] = 0.0
    clip_norm: Annotated[float | None, Field(gt=0)] = 1.0
    accumulate: Annotated[int, Field(ge=1)] = 1
    patience: Annotated[int, Field(ge=1)] = 16
    average: Annotated[float | None, Field(gt=0, lt=1)] = None
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    budget_seconds: Annotated[float | None, Field(gt=0)] = None
    checkpoint_seconds: Annotated[float, Field(gt=0)] = 30.0
    threads: Annotated[int | None, Field(ge=1)] = None


@dataclass(frozen=True, config=STRICT)
class DiagnosisPlan:
    """How the doctor looks on.

    Args:
        stop: end the run before more is trained when an exact rule is broken (a finding of severity "stop").
        watch: look at gradients, updates and activations while the network learns.
    """

    stop: bool = True
    watch: bool = True


@dataclass(frozen=True, config=STRICT)
class Plan:
    """A whole run.

    Args:
        data, schema, clean, split, prepare, task, model, adapt, learning, diagnosis: the parts, in the order in which they act.
        baselines: names of the simple models trained beside the network; None for all that suit the task and the size.
        seed: every random choice follows from it.
        reasons: why a value is what it is, by dotted path ("model.name").
        format: version of this form.
    """

    data: DataPlan
    task: TaskPlan
    model: ModelPlan
    schema: Schema = Field(default_factory=Schema)
    clean: CleanPlan = Field(default_factory=CleanPlan)
    split: SplitPlan = Field(default_factory=SplitPlan)
    prepare: PreparePlan = Field(default_factory=PreparePlan)
    adapt: AdaptPlan = Field(default_factory=AdaptPlan)
    learning: LearningPlan = Field(default_factory=LearningPlan)
    diagnosis: DiagnosisPlan = Field(default_factory=DiagnosisPlan)
    baselines: tuple[str, ...] | None = None
    seed: Annotated[int, Field(ge=0)] = 0
    reasons: dict[str, str] = Field(default_factory=dict)
    format: int = PLAN_FORMAT


@cache
def _adapter() -> TypeAdapter[Plan]:
    return TypeAdapter(Plan)


def to_mapping(plan: Plan) -> dict[str, Any]:
    """Return the plan as nested plain values that JSON and YAML can hold."""
    return _adapter().dump_python(plan, mode="json")


def from_mapping(value: object, where: str = "the plan") -> Plan:
    """Return the plan that nested plain values describe.

    Raises:
        UnknownNameError: a key that no plan has; the nearest key is offered.
        PlanError: a missing key, or a value of the wrong type or out of range.
    """
    try:
        return _adapter().validate_python(value)
    except ValidationError as error:
        raise _plan_error(error.errors()[0], where) from error


def edit(plan: Plan, changes: Mapping[str, Any], reason: str) -> Plan:
    """Return a new plan with values replaced.

    Args:
        plan: the plan to start from; it stays as it is.
        changes: new values by dotted path, for example {"learning.epochs": 20, "schema.columns.age.kind": "category"}.
        reason: why; it stands beside each value in `plan.yaml`.

    Raises:
        UnknownNameError: a path that no plan has.
        PlanError: a value of the wrong type or out of range.
    """
    mapping = to_mapping(plan)
    for path, value in changes.items():
        _put(mapping, path, value)
        mapping["reasons"][path] = reason
    try:
        return _adapter().validate_python(mapping)
    except ValidationError as error:
        first = error.errors()[0]
        raise _plan_error(first, _typed(changes, _path_of(first))) from error


def diff(old: Plan, new: Plan) -> dict[str, tuple[Any, Any]]:
    """Return every value that differs, by dotted path, as (old, new). Reasons do not count."""
    before, after = flatten(to_mapping(old)), flatten(to_mapping(new))
    paths = [path for path in {**before, **after} if not path.startswith("reasons.")]
    return {path: (before.get(path), after.get(path)) for path in paths if before.get(path) != after.get(path)}


def flatten(value: Any, prefix: str = "") -> dict[str, Any]:  # noqa: ANN401  any plain value
    """Return the leaves of nested mappings by dotted path."""
    if not isinstance(value, dict) or not value:
        return {prefix: value} if prefix else {}
    leaves: dict[str, Any] = {}
    for key, inner in value.items():
        leaves |= flatten(inner, f"{prefix}.{key}" if prefix else key)
    return leaves


def with_reasons(plan: Plan, reasons: Mapping[str, str]) -> Plan:
    """Return the plan with these reasons added."""
    return replace(plan, reasons={**plan.reasons, **reasons})


def _put(mapping: dict[str, Any], path: str, value: Any) -> None:  # noqa: ANN401  any plain value
    """Set the value at a dotted path. A column's name may hold dots: the longest name that exists is taken."""
    keys = path.split(".")
    place = mapping
    while len(keys) > 1:
        taken = next((n for n in range(len(keys) - 1, 0, -1) if ".".join(keys[:n]) in place), None)
        key = ".".join(keys[: taken or 1])
        if not isinstance(place.get(key), dict):
            raise unknown_name("plan key", path, flatten(mapping))
        place, keys = place[key], keys[taken or 1 :]
    if keys[0] not in place and not path.startswith(("task.options.", "model.options.")):
        raise unknown_name("plan key", path, flatten(mapping))
    place[keys[0]] = value


def _path_of(complaint: ErrorDetails) -> str:
    """Return the dotted path of what pydantic complains of."""
    return ".".join(str(part) for part in complaint["loc"])


def _typed(changes: Mapping[str, Any], path: str) -> str:
    """Return the changes that a complaint about a path is about, as a person types them."""
    blamed = {key: value for key, value in changes.items() if f"{key}.".startswith(f"{path}.") or path.startswith(f"{key}.")}
    return " ".join(f"--set {key}={one_line(value)}" for key, value in (blamed or changes).items())


def _plan_error(first: ErrorDetails, where: str) -> PlanError | Exception:
    """Return our sentence for pydantic's first complaint."""
    path = _path_of(first)
    if first["type"] == "unexpected_keyword_argument":
        return unknown_name("plan key", path, _known_keys(path))
    if first["type"] in ("missing", "missing_argument"):
        return PlanError(f"{where}: the key {path} is missing. Add it, or start from a plan that `--dry-run` prints.")
    given = first.get("input")
    shown = "" if isinstance(given, dict) else f" is {given!r};"
    message = first["msg"].removeprefix("Value error, ")
    return PlanError(f"{where}: {path or 'its content'}{shown} {message[0].lower()}{message[1:]}.")


def _known_keys(path: str) -> list[str]:
    """Return the keys that stand where an unknown key was given."""
    *parents, _ = path.split(".")
    here: Any = Plan
    for parent in parents:
        fields = {field.name: field.type for field in dataclasses.fields(here)} if dataclasses.is_dataclass(here) else {}
        here = fields.get(parent)
    if not dataclasses.is_dataclass(here):
        return []
    return [".".join([*parents, field.name]) for field in dataclasses.fields(here)]

"""A network: a fitted preparation, a plain module and a task, which together answer for records."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from espalier.core.batch import FloatArray, Prediction
from espalier.core.catalogue import tasks
from espalier.core.errors import ColumnError, PlanError, RunError, unknown_name
from espalier.core.plan import Plan
from espalier.core.records import Records
from espalier.core.run_folder import MemberFolder, read_run_json
from espalier.core.schema import Role
from espalier.core.seeds import derive_seed
from espalier.data.augment.boxes import black_outside
from espalier.data.describe.question import learnt_columns
from espalier.data.prepare.fused import beside_pictures
from espalier.data.prepare.pictures import pipeline_of
from espalier.data.prepare.preparation import Preparation, preparation_from_mapping
from espalier.evaluation.baselines.baseline import named_baselines
from espalier.evaluation.metrics.metric import Metric, legal_metrics
from espalier.evaluation.target_kind import TargetKind
from espalier.evaluation.threshold import answer
from espalier.stages.reads import architecture_of, check_reads
from espalier.tasks.anomaly import Anomaly
from espalier.tasks.binary import DEFAULT_THRESHOLD, Binary
from espalier.tasks.build import build_task
from espalier.tasks.forecasting import Forecasting
from espalier.tasks.task import Task
from espalier.training.checkpoint import read_checkpoint
from espalier.training.evaluate import predict

MIN_LABELS = 2  # targets of a question of labels
BINARY = 2  # classes of a binary question
MAX_SHOWN_CLASSES = 3  # classes named in a message
ROTATING = ("random", "stratified", "group")  # ways of splitting whose parts are drawn, so that a network may hold out others
OWN_MODULE = "own"  # stands in the plan for a person's own module, which the catalogue does not hold

ModuleMaker: TypeAlias = Callable[[Preparation, int], nn.Module]  # (prepared, num_outputs) -> new module


@dataclass(frozen=True)
class Network:
    """What answers for records.

    Args:
        prepared: turns records into tensors, and predictions into the person's units.
        module: any module that the task can call with the prepared inputs.
        task: the question.
    """

    prepared: Preparation
    module: nn.Module
    task: Task

    def predict(self, records: Records) -> Prediction:
        """Return predictions for parsed records in the person's units."""
        inputs = self.prepared.inputs(records)
        if len(records):
            return self.answer(inputs, torch.as_tensor(records.rows))
        one = tuple(part.new_zeros(1, *part.shape[1:]) for part in inputs)  # not every module takes a batch without rows
        blank = predict(self.module, self.task, self.prepared.in_order(one, None, torch.zeros(1, dtype=torch.long)))
        return self.prepared.restore(blank.take(np.empty(0, dtype=np.int64)), inputs)

    def answer(self, inputs: tuple[Tensor, ...], rows: Tensor) -> Prediction:
        """Return predictions for prepared inputs, one row at least, in the person's units."""
        return self.prepared.restore(predict(self.module, self.task, self.prepared.in_order(inputs, None, rows)), inputs)


def make_network(
    plan: Plan,
    prepared: Preparation,
    seed: int,
    maker: ModuleMaker | None = None,
    class_weights: tuple[float, ...] | None = None,
) -> Network:
    """Return an untrained network whose weights follow from the seed.

    Args:
        plan: names the model and the task.
        prepared: gives the sizes of the inputs and the classes.
        seed: of the weights.
        maker: makes the module in place of the catalogue, for a person's own `nn.Module`.
        class_weights: how much a row of each class counts in the loss; None counts all alike.

    Raises:
        UnknownNameError: no such model, task or option.
        PlanError: a person's own module that cannot read the inputs, or gives another number of outputs.
    """
    task = build_task(plan.task, len(prepared.classes), class_weights, prepared.given())
    torch.manual_seed(derive_seed(seed, "weights"))
    module = _tried(maker(prepared, task.num_outputs), prepared, task) if maker else _build(plan, prepared, task)
    return Network(prepared, module, task)


def load_network(plan: Plan, folder: MemberFolder, threshold: float | None = None, maker: ModuleMaker | None = None) -> Network:
    """Return the trained network of a member's folder, in eval mode.

    Args:
        plan: names the model and the task.
        folder: holds the preparation and the best weights.
        threshold: of a binary question, as it was chosen on the validation part; None for the task's own.
        maker: makes the module in place of the catalogue.

    Raises:
        RunError: a file is missing, cut off or changed, or the weights do not fit the model.
    """
    prepared = preparation_from_mapping(read_run_json(folder.prepared))
    with torch.random.fork_rng(devices=[]):  # first weights are drawn and thrown away; the caller's draws stay as they were
        network = with_threshold(make_network(plan, prepared, plan.seed, maker), threshold)
    weights = read_checkpoint(folder.best).tensors
    try:
        network.module.load_state_dict(dict(weights))
    except RuntimeError as error:
        raise RunError(f"{folder.best} holds weights of another model than plan.yaml names: {error}") from error
    network.module.eval()
    return network


def main_metric(task: Task, truth: FloatArray) -> Metric:
    """Return the task's first metric that has a meaning for these targets (ROC AUC has none for a single class)."""
    return next(iter(legal_metrics(task.metrics, truth)), task.metrics[0])


def with_threshold(network: Network, threshold: float | None) -> Network:
    """Return the network with what answers change at, a probability or a score of anomalies; None changes nothing."""
    if threshold is None or not isinstance(network.task, Binary | Anomaly):
        return network
    return replace(network, task=replace(network.task, threshold=threshold))


def average(predictions: Sequence[Prediction], task: Task) -> Prediction:
    """Return the mean of several members' predictions for the same rows; classes are decided on the mean probabilities."""
    if len(predictions) == 1:
        return predictions[0]
    probabilities = _mean([one.probabilities for one in predictions])
    values = np.mean([one.values for one in predictions], axis=0)
    quantiles, boxes = (_mean([getattr(one, part) for one in predictions]) for part in ("quantiles", "boxes"))
    mean = Prediction(predictions[0].rows, values, probabilities, quantiles, boxes)
    if probabilities is None:
        return mean
    if isinstance(task, Binary):
        return answer(mean, DEFAULT_THRESHOLD if task.threshold is None else task.threshold)
    decided = probabilities.argmax(axis=1) if task.target in ("class", "box", "anomaly") else probabilities >= DEFAULT_THRESHOLD
    return replace(mean, values=decided.astype(np.float64))


def _mean(arrays: Sequence[FloatArray | None]) -> FloatArray | None:
    given = [array for array in arrays if array is not None]
    return np.mean(given, axis=0) if given else None


def target_kind(plan: Plan) -> TargetKind:
    """Return what the target of a plan's task holds.

    Raises:
        UnknownNameError: no such task.
    """
    known = tasks()
    if plan.task.name not in known:
        raise unknown_name("task", plan.task.name, known)
    kind: TargetKind = known[plan.task.name].target
    return kind


def check_names(plan: Plan, classes: Sequence[str]) -> None:
    """Check the names of a plan, and what it does about rare classes, before any work is done.

    Args:
        plan: names the model, the task and the baselines.
        classes: of the target, by index.

    Raises:
        UnknownNameError: no such model, task, option or baseline.
        PlanError: a task, an option or a baseline that does not suit the target.
    """
    _check_classes(plan, classes)
    weights = None if plan.task.class_weights == "none" else (1.0,) * len(classes)
    build_task(plan.task, len(classes), weights, forecast_sizes(plan))
    if plan.task.sampling != "none" and target_kind(plan) != "class":
        raise PlanError(
            f"task.sampling is '{plan.task.sampling}': it draws rare classes more often, and the task '{plan.task.name}' "
            "has no classes. Use --set task.sampling=none."
        )
    _check_quantity(plan, classes)
    _check_boxes(plan)
    _check_beside(plan)
    _check_rotation(plan)
    if plan.model.name != OWN_MODULE:
        check_reads(plan)
    if plan.prepare.pictures is not None:
        pipeline_of(plan.prepare.pictures, len(classes))
    if plan.baselines is not None:
        named_baselines(plan.baselines, target_kind(plan))


def forecast_sizes(plan: Plan) -> dict[str, int]:
    """Return what a forecast decides about its task as far as a plan tells it; nothing for other plans."""
    form = plan.prepare.forecast
    return {} if form is None else {"num_targets": len(plan.schema.names(Role.TARGET)), "horizon": form.horizon}


def check_inputs(plan: Plan) -> None:
    """Check that there is something to learn from, before anything is written.

    Raises:
        ColumnError: no column is left that a model for tables reads.
    """
    if plan.prepare.forecast is None and plan.prepare.stretches is None and not learnt_columns(plan.schema):
        raise ColumnError(
            "No input column is left to learn from: every column is the target, a text, a name of rows, or ignored. "
            "Give one a use, for example --set schema.columns.NAME.role=input"
        )


def _check_classes(plan: Plan, classes: Sequence[str]) -> None:
    """Raise PlanError where the task asks for classes or labels and the target holds none."""
    task, kind, names = plan.task.name, target_kind(plan), plan.schema.names(Role.TARGET)
    said = f"The task '{task}' was asked for, and"
    if kind == "labels" and len(names) < MIN_LABELS:
        raise PlanError(
            f"{said} one target is given: '{names[0] if names else ''}'. Expected several columns of two values each. "
            "Name each of them with --target, or leave --task out."
        )
    if kind not in ("labels", "path") and len(names) > 1:
        raise PlanError(f"{said} {len(names)} targets are given; expected one. Leave --task out, or name one --target.")
    if kind in ("class", "box") and not classes:
        raise PlanError(
            f"{said} the target '{names[0]}' holds numbers. Expected classes. Use --task regression, or read its numbers as "
            f"classes: --set schema.columns.{names[0]}.kind=category"
        )


def _check_quantity(plan: Plan, classes: Sequence[str]) -> None:
    """Raise PlanError where the task asks how much and the target holds classes."""
    if target_kind(plan) not in ("number", "count") or not classes:
        return
    target = plan.schema.target
    shown = ", ".join(f"'{one}'" for one in classes[:MAX_SHOWN_CLASSES]) + (", ..." if len(classes) > MAX_SHOWN_CLASSES else "")
    other = f", or read them as numbers: --set schema.columns.{target}.kind=number" if all(map(_is_number, classes)) else ""
    raise PlanError(
        f"The task '{plan.task.name}' was asked for, and the target '{target}' holds {len(classes):,} classes ({shown}). "
        f"Expected numbers. Use --task {'binary' if len(classes) == BINARY else 'multiclass'}{other}."
    )


def _check_boxes(plan: Plan) -> None:
    """Raise PlanError where boxes are asked for without pictures, or pictures are changed so that boxes cannot follow."""
    if target_kind(plan) != "box":
        return
    pictures = plan.prepare.pictures
    if pictures is None:
        raise PlanError(
            f"The task '{plan.task.name}' finds what a picture shows and where, and the data is a table without pictures. "
            "Give a table with a column of paths of pictures, or choose another --task."
        )
    if pictures.mixing is not None:
        raise PlanError(
            f"prepare.pictures.mixing is {pictures.mixing.get('name')!r}: a blend of two pictures has two boxes, and the task "
            f"'{plan.task.name}' learns one. Use --set prepare.pictures.mixing=null."
        )
    steps = pipeline_of(pictures, 0).steps
    twice = next((step.name for step in steps if not black_outside(step)), None)
    if twice is not None:
        raise PlanError(
            f"The augmentation '{twice}' mirrors or repeats the border of a picture, where the thing in the box may show a "
            f"second time; the task '{plan.task.name}' needs its fill to be 'zero'."
        )


def _check_beside(plan: Plan) -> None:
    """Raise PlanError where pictures beside a table are asked for a box, blended, or made up."""
    beside, pictures = beside_pictures(plan.schema), plan.prepare.pictures
    if not beside or pictures is None:
        return
    columns = f"beside the picture the columns {', '.join(beside)} are read"
    if target_kind(plan) == "box":
        raise PlanError(
            f"The task '{plan.task.name}' finds a box in the picture alone, and {columns}. Leave --model fusion out, or leave "
            f"these columns out: --set schema.columns.{beside[0]}.role=ignored"
        )
    if pictures.mixing is not None:
        raise PlanError(
            f"prepare.pictures.mixing is {pictures.mixing.get('name')!r}: a blend of two pictures has no line of its own, and "
            f"{columns}. Use --set prepare.pictures.mixing=null."
        )
    if plan.task.sampling == "smote":
        raise PlanError(
            f"task.sampling is 'smote', which makes up rows of tables, and {columns}. Use --set task.sampling=oversample."
        )


def _check_rotation(plan: Plan) -> None:
    """Raise PlanError where networks are to hold out other rows and the parts are not drawn."""
    if plan.model.rotate and plan.split.method not in ROTATING:
        raise PlanError(
            f"model.rotate is true with split.method '{plan.split.method}', whose parts are fixed: the validation part is not "
            f"to be learnt from. Expected {', '.join(ROTATING)}. Use --set model.rotate=false."
        )


def _is_number(text: str) -> bool:
    try:
        return isfinite(float(text))
    except ValueError:
        return False


def _tried(module: nn.Module, prepared: Preparation, task: Task) -> nn.Module:
    """Return a person's own module after a call with two made-up rows, which also gives lazy layers their sizes.

    Raises:
        PlanError: it cannot read the inputs, or gives another number of outputs.
    """
    blank = prepared.blank(2)
    shape = ", ".join(["B", *map(str, blank[0].shape[1:])])
    expected = (
        f"Expected a module that maps float32 of shape ({shape}) to (B, {task.num_outputs}), which is what the data becomes. "
        f"Build it with these sizes, or with lazy layers such as nn.LazyLinear({task.num_outputs})."
    )
    was_training = module.training
    module.eval()
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            given = module(*blank)
    except RuntimeError as error:
        raise PlanError(f"The module that was given cannot read the inputs: {error}. {expected}") from error
    finally:
        module.train(was_training)
    if isinstance(given, Tensor) and given.ndim > 1 and given.shape[-1] != task.num_outputs:
        raise PlanError(f"The module that was given answers two rows with shape {tuple(given.shape)}. {expected}")
    return module


def _build(plan: Plan, prepared: Preparation, task: Task) -> nn.Module:
    if plan.model.name == OWN_MODULE:
        raise RunError(
            "This run trained a module of your own, which only your code can make. "
            "Give it again: espalier.load(path, model=...) or espalier.resume(path, model=...)."
        )
    given = {**prepared.given(), "num_outputs": task.num_outputs}
    if isinstance(task, Forecasting):
        given |= {"outputs_per_step": task.outputs_per_step, "output_roles": task.output_roles}
    module = architecture_of(plan).build(given, plan.model.options)
    if plan.prepare.pictures is None:
        return module
    # as batches of pictures come; convolutions are twice as fast so
    return module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # not in torch's types

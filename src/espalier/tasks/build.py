"""From the plan to the task."""

from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

from espalier.core.catalogue import tasks
from espalier.core.errors import PlanError, unknown_name
from espalier.core.plan import TaskPlan
from espalier.tasks.task import Task

GIVEN = (  # the data decide these fields
    "num_classes",
    "num_labels",
    "class_weights",
    "num_targets",
    "horizon",
    "scales",
    "in_channels",
    "length",
    "in_time",
)
NOTHING: Mapping[str, Any] = MappingProxyType({})


def build_task(
    plan: TaskPlan, num_classes: int, class_weights: tuple[float, ...] | None = None, data: Mapping[str, Any] = NOTHING
) -> Task:
    """Return the task of a plan.

    Args:
        plan: the task's name and options.
        num_classes: classes or labels of the target; read by the tasks that have any.
        class_weights: how much a row of each class counts; None counts all alike.
        data: what else the data decides, by the names of the fields: num_targets, horizon and scales of a forecast.

    Raises:
        UnknownNameError: a task or an option that nobody has; the nearest name is offered.
        PlanError: an option's value out of range, or class weights for a task without classes.

    Example:
        >>> build_task(TaskPlan("multiclass", {"label_smoothing": 0.1}), num_classes=3)
        Multiclass(num_classes=3, loss='cross_entropy', label_smoothing=0.1, focal_gamma=2.0, class_weights=None)
    """
    known = tasks()
    if plan.name not in known:
        raise unknown_name("task", plan.name, known)
    task = known[plan.name]
    names = {one.name for one in fields(task)}
    _check_options(plan.options, names)
    if plan.name == "binary" and num_classes != 2:
        raise PlanError(
            f"The task 'binary' answers one of 2 classes and the target has {num_classes}. Set task.name=multiclass."
        )
    if class_weights is not None and "class_weights" not in names:
        raise PlanError(f"task.class_weights weighs classes, and the task '{plan.name}' has none. Set task.class_weights=none.")
    given = {**data, "num_classes": num_classes, "num_labels": num_classes, "class_weights": class_weights}
    chosen = {name: tuple(value) if isinstance(value, list) else value for name, value in plan.options.items()}
    return task(**{name: value for name, value in given.items() if name in names}, **chosen)


def _check_options(options: Mapping[str, object], names: set[str]) -> None:
    """Raise UnknownNameError for an option that the task does not have."""
    free = names.difference(GIVEN)
    for name in options:
        if name not in free:
            raise unknown_name("task option", name, free)

"""What a model reads: whether it is what the preparation of a plan makes."""

from espalier.core.catalogue import Architecture, architectures
from espalier.core.errors import PlanError, unknown_name
from espalier.core.plan import Plan
from espalier.core.schema import Kind
from espalier.data.prepare.fused import beside_pictures

READ = {
    "table": ("tables", "a table"),
    "image": ("pictures", "pictures"),
    "series": ("series", "a series"),
    "fusion": ("pictures beside a table", "pictures beside a table"),
}  # in words


def check_reads(plan: Plan) -> None:
    """Check that a plan's model reads what its preparation makes.

    Raises:
        UnknownNameError: no such model, or none such for the pictures of a fusion.
        PlanError: it reads another kind of data, answers other tasks, or needs larger pictures.
    """
    architecture, pictures, wanted = architecture_of(plan), plan.prepare.pictures, _kind_read(plan)
    task = plan.task.name
    fit = ", ".join(
        name
        for name, one in architectures().items()
        if one.reads == wanted and (not one.only or task in one.only) and not name.endswith("-tiny")
    )
    if architecture.reads != wanted:
        reads, data = READ[architecture.reads][0], READ[wanted][1]
        beside = beside_pictures(plan.schema)
        others = plan.schema.inputs(Kind.IMAGE) if beside and architecture.reads == "table" else beside
        alone = ", ".join(f"--set schema.columns.{name}.role=ignored" for name in others)
        raise PlanError(
            f"The model '{plan.model.name}' reads {reads}, and the data is {data}. Choose among: {fit}"
            f"{f'; or leave the other inputs out: {alone}' if alone else '.'}"
        )
    if architecture.only and task not in architecture.only:
        tasks_of = " and ".join(architecture.only)
        raise PlanError(f"The model '{plan.model.name}' answers {tasks_of}, and the task is {task}. Choose among: {fit}.")
    least = _least_pixels(plan, architecture)
    if pictures is not None and min(pictures.height, pictures.width) < least:
        raise PlanError(
            f"The model '{plan.model.name}' takes pictures from {least} pixels a side on, and these are "
            f"brought to {pictures.height} x {pictures.width}. Make them larger, for example --set "
            f"prepare.pictures.height={least} --set prepare.pictures.width={least}, or choose another model."
        )


def _least_pixels(plan: Plan, architecture: Architecture) -> int:
    """Return the shorter side of the smallest picture that a plan's model takes: of a fusion, that its encoder takes."""
    encoder = plan.model.options.get("pictures")
    if architecture.reads != "fusion" or encoder is None:
        return architecture.least_pixels
    known = {name: one for name, one in architectures().items() if one.reads == "image"}
    if encoder not in known:
        raise unknown_name("network for pictures", str(encoder), known)
    return known[encoder].least_pixels


def _kind_read(plan: Plan) -> str:
    """Return the kind of data that a plan's preparation makes, as architectures name it."""
    prepare = plan.prepare
    if prepare.pictures is not None:
        return "fusion" if beside_pictures(plan.schema) else "image"
    return "table" if all(one is None for one in (prepare.forecast, prepare.stretches, prepare.windows)) else "series"


def architecture_of(plan: Plan) -> Architecture:
    """Return the plan's model.

    Raises:
        UnknownNameError: no such model; the nearest is offered.
    """
    known = architectures()
    if plan.model.name not in known:
        raise unknown_name("model", plan.model.name, known)
    return known[plan.model.name]

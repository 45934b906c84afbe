"""Starting point: learnt weights that a training begins with, from a file, the hub, or a run of ours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from espalier.core.catalogue import architectures
from espalier.core.errors import FormatError, InputError, PlanError
from espalier.core.files import sha256
from espalier.core.pictures import COLOUR, GREY
from espalier.core.plan import Plan
from espalier.core.plan_parts import AdaptPlan
from espalier.core.run_folder import RunFolder, read_run_json
from espalier.data.image_batches import PLACES
from espalier.data.prepare.fused import PreparedFusion, beside_pictures
from espalier.data.prepare.pictures import PreparedPictures
from espalier.data.prepare.preparation import preparation_from_mapping
from espalier.models.weights import (
    USUAL,
    match_weights,
    nearest_architecture,
    put_weights,
    read_weights,
    weights_file,
    with_grey_input,
)
from espalier.stages.network import OWN_MODULE, Network
from espalier.tasks.build import build_task
from espalier.training.adapt.adaptation import Adaptation
from espalier.training.adapt.depth import blocks_of
from espalier.training.checkpoint import read_checkpoint

PHOTO_MEAN, PHOTO_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, as torchvision and timm have them
CENTRED = (0.5, 0.5, 0.5)  # mean and deviation of pictures from -1 to 1
COLOURS = (1, 3)
PICTURE_DIMS = 4  # of a convolution's weights


@dataclass(frozen=True)
class Start:
    """Learnt weights, and what they ask of a plan.

    Args:
        name: what to call them in a message.
        weights: by their keys.
        fingerprint: SHA-256 of their file.
        model: name of their architecture; None where it is not known.
        options: of the model.
        form: values of `prepare.pictures` that they ask for.
        mean, std: that pictures were normalised with; empty where it is not known.
        task: that the head answers; None where it is not known.
        classes: of the head, by index.
        why_model, why_form, why_mean: reasons for a plan.
    """

    name: str
    weights: Mapping[str, Tensor] = field(repr=False)
    fingerprint: str
    model: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    form: Mapping[str, Any] = field(default_factory=dict)
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    task: str | None = None
    classes: tuple[str, ...] = ()
    why_model: str = ""
    why_form: str = ""
    why_mean: str = ""


def start_of(plan: AdaptPlan, model: str | None = None) -> Start | None:
    """Read the starting weights that a plan names; None where it names none.

    Args:
        plan: with `weights` or `source`.
        model: name of the model that the person asked for; None to find the one that weights of a file are most like.

    Raises:
        PlanError: both are named, or the source is a run of another kind of data or of a person's own module.
        MissingSourceError, FormatError, RunError: they cannot be read.
        InputError: they are no longer what they were when the plan was made.
    """
    if plan.weights is not None and plan.source is not None:
        raise PlanError(f"The weights {plan.weights} and the run {plan.source} are both given to start from; leave one out.")
    if plan.weights is None and plan.source is None:
        return None
    start = _of_run(Path(plan.source)) if plan.source is not None else _of_file(str(plan.weights), model)
    if plan.fingerprint not in (None, start.fingerprint):
        raise InputError(
            f"{start.name} is not what it was when the plan was made: its weights have another fingerprint "
            f"({start.fingerprint[:12]}, not {plan.fingerprint[:12]}). Make a new plan, or put the old weights back."
        )
    return start


def start_asked(changes: Mapping[str, Any]) -> Start | None:
    """Read the starting weights that a person asked for; None where none were.

    Args:
        changes: what was asked for, by dotted path.

    Raises:
        InputError: as for `start_of`.
    """
    weights, source = (changes.get(f"adapt.{name}") for name in ("weights", "source"))
    return start_of(
        AdaptPlan(
            weights=None if weights is None else str(weights),
            source=None if source is None else str(source),
        ),
        changes.get("model.name"),
    )


def _of_file(source: str, asked: str | None) -> Start:
    """Return weights of a file or of the hub; their architecture is the one in the catalogue that is most like them."""
    weights = read_weights(source)
    start = Start(source, weights, sha256(weights_file(source)))
    model = nearest_architecture(weights) if asked is None else asked
    channels = _channels_of(weights, model)
    if channels not in COLOURS:
        return start
    start = replace(
        start,
        model=model,
        form={"channels": channels},
        why_model="the weights are most like those of this model",
        why_form=f"the weights read pictures of {_channels(channels)}",
    )
    if channels == 1:
        return start
    why = "published weights learnt from photos normalised so; null takes those of the training part"
    is_centred = model is not None and architectures()[model].is_centred
    mean, std = (CENTRED, CENTRED) if is_centred else (PHOTO_MEAN, PHOTO_STD)
    return replace(start, mean=mean, std=std, why_mean=why)


def _channels_of(weights: Mapping[str, Tensor], model: str | None) -> int | None:
    """Return how many channels weights read, by the first convolution of the model that they are of."""
    if model is None or model not in architectures() or architectures()[model].reads != "image":
        return None
    with torch.device("meta"):
        own = architectures()[model].build(USUAL, {}).state_dict()
    first = next((key for key, value in own.items() if value.ndim == PICTURE_DIMS), "")
    return int(weights[first].shape[1]) if first in weights else None


def _of_run(path: Path) -> Start:
    """Return the best weights of a run's first network."""
    folder = RunFolder(path)
    plan, member = folder.read_plan(), folder.member(0)
    pictures = plan.prepare.pictures
    prepared = preparation_from_mapping(read_run_json(member.prepared))
    if isinstance(prepared, PreparedFusion):
        raise PlanError(
            f"The run {path} learnt from pictures beside a table, and only runs on pictures alone can be started from: the "
            "weights of the other columns belong to them. Leave --from out."
        )
    if pictures is None or not isinstance(prepared, PreparedPictures):
        raise PlanError(
            f"The run {path} learnt from a table, and only runs on pictures can be started from: the weights of a table's "
            "network belong to its columns. Leave --from out."
        )
    if plan.model.name == OWN_MODULE:
        raise PlanError(
            f"The run {path} trained a module of your own; give its weights to your module: --weights {member.best}"
        )
    why = f"as in the run {path.name} that it starts from"
    form: dict[str, Any] = {name: getattr(pictures, name) for name in ("channels", "height", "width", "fit", "places")}
    return Start(
        f"The run {path}",
        read_checkpoint(member.best).tensors,
        sha256(member.best),
        plan.model.name,
        plan.model.options,
        form,
        prepared.normalize.mean,
        prepared.normalize.std,
        plan.task.name,
        prepared.classes,
        why,
        why,
        why,
    )


def check_start(plan: Plan, start: Start | None, classes: Sequence[str]) -> None:
    """Check that a plan can begin with its starting weights, before any work is done.

    Args:
        plan: names the model and the form of the pictures.
        start: as `start_of` gives it.
        classes: of the target, by index.

    Raises:
        PlanError: a way to adapt without weights, another model than that of the run, or pictures of another form.
        FormatError: weights of another architecture.
    """
    if plan.adapt.old_data is not None and plan.adapt.source is None:
        raise PlanError(
            f"The old data {plan.adapt.old_data} is given, and no run that learnt its question. Name it with --from RUN, or "
            "leave --old-data out."
        )
    if start is None:
        if plan.adapt.how != "full" or "adapt.how" in plan.reasons:
            raise PlanError(
                f"adapt.how is '{plan.adapt.how}', and there are no learnt weights to adapt. Name some with --weights FILE or "
                "--from RUN, or leave --adapt out."
            )
        return
    if plan.prepare.pictures is None:
        if plan.adapt.source is not None:
            raise PlanError(f"{start.name} learnt from pictures, and the data is a table. Leave --from out.")
        return  # a person's own module, or a network of the catalogue: its shapes follow from the prepared columns
    if beside := beside_pictures(plan.schema):
        raise PlanError(
            f"{start.name} fits networks that read the picture alone, and {', '.join(beside)} would be read beside it. "
            "Name such a network with --model, or leave the weights out."
        )
    _check_model(plan, start)
    module = _without_values(plan, build_task(plan.task, len(classes)).num_outputs)
    start = _in_grey(plan, start, module)
    _check_channels(plan, start, module)
    fresh = _fresh(module, start, plan, tuple(classes))
    try:
        match_weights(module, start.weights, start.name, _left_out(plan), fresh)
    except FormatError as error:
        raise _explained(error, plan, start, module) from error


def begin_from(plan: Plan, network: Network) -> nn.Module | Adaptation:
    """Return what learns: a network's module, or how it goes on from the plan's starting weights, which it gets.

    Args:
        plan: names the weights.
        network: untrained; its module gets the weights, save a head for another question.

    Raises:
        InputError: as for `start_of`, or the weights do not fit.
    """
    start = start_of(plan.adapt)
    if start is None:
        return network.module
    start = _in_grey(plan, start, network.module)
    fresh = _fresh(network.module, start, plan, network.prepared.classes)
    loaded = put_weights(network.module, start.weights, start.name, _left_out(plan), fresh)
    return Adaptation(network.module, plan.adapt, loaded.fresh)


def _left_out(plan: Plan) -> tuple[str, ...]:
    known = architectures()
    return known[plan.model.name].left_out if plan.model.name in known else ()


def _fresh(module: nn.Module, start: Start, plan: Plan, classes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the keys of the head, where the run that is started from asked another question."""
    if start.task is None or (start.task, start.classes) == (plan.task.name, classes):
        return ()
    head = blocks_of(module)[-1]
    held = {id(one) for one in (*head.parameters, *(buffer for inner in head.modules for buffer in inner.buffers()))}
    return tuple(name for name, one in (*module.named_parameters(), *module.named_buffers()) if id(one) in held)


def _without_values(plan: Plan, num_outputs: int) -> nn.Module:
    """Return the module that a plan for pictures will build, with names and shapes alone."""
    pictures = plan.prepare.pictures
    if pictures is None:
        raise PlanError("prepare.pictures is not set; expected the height and width that pictures are brought to.")
    channels = pictures.channels + PLACES * pictures.places
    given = {"in_channels": channels, "image_size": (pictures.height, pictures.width), "num_outputs": num_outputs}
    with torch.device("meta"):
        return architectures()[plan.model.name].build(given, plan.model.options)


def _check_model(plan: Plan, start: Start) -> None:
    """Raise PlanError where a run trained another model than the plan names, or one with other options."""
    if start.task is None:
        return
    if (plan.model.name, dict(plan.model.options)) != (start.model, dict(start.options)):
        raise PlanError(
            f"{start.name} trained the model '{start.model}'{_options(start.options)}, and this plan names "
            f"'{plan.model.name}'{_options(plan.model.options)}. Leave --model and --set model... out."
        )


def _options(options: Mapping[str, Any]) -> str:
    return f" with the options {dict(options)}" if options else ""


def _in_grey(plan: Plan, start: Start, module: nn.Module) -> Start:
    """Return weights of a file for colour as weights for grey, where the plan reads grey pictures."""
    first, pictures = _first_convolution(module), plan.prepare.pictures
    known = start.weights.get(first)
    if start.task is not None or known is None or pictures is None or known.ndim != PICTURE_DIMS:
        return start
    if (known.shape[1], pictures.channels) != (COLOUR, GREY):
        return start
    return replace(start, weights=with_grey_input(start.weights, first))


def _first_convolution(module: nn.Module) -> str:
    """Return the key of the weights that read the picture; empty where no convolution does."""
    return next((key for key, value in module.state_dict().items() if value.ndim == PICTURE_DIMS), "")


def _check_channels(plan: Plan, start: Start, module: nn.Module) -> None:
    """Raise PlanError where the weights read another number of channels than pictures are brought to."""
    first = _first_convolution(module)
    known, pictures = start.weights.get(first), plan.prepare.pictures
    if known is None or pictures is None or known.ndim != PICTURE_DIMS:
        return
    if known.shape[1] == pictures.channels or known.shape[1] not in COLOURS:
        return
    raise PlanError(
        f"{start.name} reads pictures of {_channels(known.shape[1])}, and these are brought to {_channels(pictures.channels)}. "
        f"Leave --set prepare.pictures.channels out, or set it to {known.shape[1]}."
    )


def _channels(number: int) -> str:
    return "1 channel (grey)" if number == 1 else f"{number} channels (colour)"


def _explained(error: FormatError, plan: Plan, start: Start, module: nn.Module) -> InputError:
    """Return what to say: weights of the right names alone are of the right model, and of pictures of another size."""
    own, pictures = module.state_dict(), plan.prepare.pictures
    differ = [key for key in own if key in start.weights and own[key].shape != start.weights[key].shape]
    others = nearest_architecture(start.weights) not in (None, plan.model.name)
    if pictures is None or others or not own.keys() <= start.weights.keys():
        return error
    size = f" ({start.form['height']} x {start.form['width']})" if "height" in start.form else ""
    return PlanError(
        f"{start.name} has the weights of {plan.model.name} in other shapes ({differ[0]}): its network is of other options, or "
        f"takes pictures of another size{size} than {pictures.height} x {pictures.width}. Bring pictures to the size that it "
        "learnt from with --set prepare.pictures.height=... and --set prepare.pictures.width=..."
    )

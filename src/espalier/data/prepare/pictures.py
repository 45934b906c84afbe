"""Prepared pictures: their names become pixels in one form, and every channel gets mean 0 and deviation 1."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from espalier.core.batch import Batch, Batches, FloatArray, Prediction
from espalier.core.errors import ColumnError, PlanError, SourceError
from espalier.core.pictures import PictureForm
from espalier.core.plan import PreparePlan
from espalier.core.plan_parts import PicturesPlan
from espalier.core.records import Records, TrainRecords
from espalier.core.schema import Kind, Role, Schema
from espalier.data.augment.pipeline import Pipeline
from espalier.data.image_batches import AS_GIVEN, ImageBatches, Normalize
from espalier.data.prepare.boxes import FittedBoxes, fit_boxes
from espalier.data.prepare.target import FittedTarget, Target, TargetKind, target_from_mapping
from espalier.data.split import sample_train

FIT_PICTURES = 10_000  # mean and deviation over so many pictures are those over all to a thousandth
LEAST_DEVIATION = 1 / 255  # of a channel that is the same everywhere
SIMPLE_SIDE = 12  # pixels of the small pictures that simple models read
VALUES_AT_ONCE = 200_000  # pixel values that are answered at a time: ten times as many took 1.6 times as long a picture
LEAST_AT_ONCE, MOST_AT_ONCE = 16, 2048  # pictures
WHITE = 255.0
SHOWN = 3


@dataclass(frozen=True, eq=False)
class PreparedPictures:
    """A fitted preparation of pictures: names to pixels, and predictions back. It goes to JSON and back exactly.

    Args:
        column: names the pictures.
        form: that all are brought to.
        normalize: mean and deviation of each channel, of the training part.
        pipeline: how training pictures are changed at random.
        target_step: the step for the target.
    """

    column: str
    form: PictureForm
    normalize: Normalize
    target_step: FittedTarget | FittedBoxes
    pipeline: Pipeline = AS_GIVEN

    @property
    def names(self) -> tuple[str, ...]:
        """Return the name of the one feature: the picture."""
        return (self.column,)

    @property
    def sources(self) -> tuple[str, ...]:
        """Return the column that it comes from."""
        return (self.column,)

    @property
    def columns_read(self) -> tuple[str, ...]:
        """Return the columns that rows must have to be answered."""
        return (self.column,)

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the classes in the order of their indices, the label columns, or nothing for a quantity."""
        return self.target_step.classes

    def given(self) -> dict[str, Any]:
        """Return what the data decides about a model: in_channels and image_size."""
        return {"in_channels": self.normalize.num_channels, "image_size": (self.form.height, self.form.width)}

    def inputs(self, records: Records) -> tuple[Tensor, ...]:
        """Return the pixels, (N, C, H, W) uint8, of which `batches` and `in_order` make what a model is called with.

        Raises:
            ColumnError: the records lack the column of pictures, or a row names none.
            SourceError: a picture cannot be read.
        """
        if self.column not in records.frame.columns or records.album is None:
            raise ColumnError(f"{records.source} has no column '{self.column}' of pictures. Give pictures as in training.")
        named = records.frame.get_column(self.column)
        if named.null_count():
            row = records.rows[named.is_null().to_numpy()][0]
            raise ColumnError(
                f"{named.null_count():,} of {len(named):,} rows name no picture that can be read, the first is row {row}. "
                "Mend these pictures, or leave the rows out."
            )
        names = named.to_list()
        pixels, problems = records.album.pixels(names, self.form)
        if problems:
            shown = "; ".join(f"{names[number]}: {why}" for number, why in sorted(problems.items())[:SHOWN])
            raise SourceError(f"{len(problems):,} of {len(names):,} pictures cannot be read ({shown}). Mend or remove them.")
        return (pixels,)

    def batches(self, inputs: tuple[Tensor, ...], target: Tensor, rows: Tensor | None, batch_size: int, seed: int) -> Batches:
        """Return batches to learn from: shuffled, changed at random as the plan says, normalised.

        Args:
            inputs: of the training part, as `inputs` gives them.
            target: as `target` gives it.
            rows: (N,) int64 source rows, or None.
            batch_size: rows of one batch.
            seed: of the shuffling and of the changes.
        """
        return ImageBatches(
            inputs[0],
            target,
            rows,
            batch_size=batch_size,
            seed=seed,
            normalize=self.normalize,
            pipeline=replace(self.pipeline, has_boxes=isinstance(self.target_step, FittedBoxes)),
        )

    def in_order(self, inputs: tuple[Tensor, ...], target: Tensor | None, rows: Tensor) -> Iterator[Batch]:
        """Yield batches to be answered: in the order of the rows, normalised and otherwise as they are."""
        size = max(LEAST_AT_ONCE, min(MOST_AT_ONCE, VALUES_AT_ONCE // self.form.num_bytes))
        for first in range(0, len(rows), size):
            part = slice(first, first + size)
            image = self.normalize.apply(inputs[0][part])
            yield Batch((image,), None if target is None else target[part], rows[part])

    def blank(self, num_rows: int) -> tuple[Tensor, ...]:
        """Return black pictures in the shape of what a model is called with."""
        return (torch.zeros(num_rows, self.normalize.num_channels, self.form.height, self.form.width),)

    def simple_inputs(self, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Return what simple models read: small pictures as rows of numbers from 0 to 1, (N, C x 12 x 12) at most."""
        sides = (min(SIMPLE_SIDE, self.form.height), min(SIMPLE_SIDE, self.form.width))
        parts = [F.adaptive_avg_pool2d(part.float() / WHITE, sides).flatten(1) for part in torch.split(inputs[0], 4096)]
        return (torch.cat(parts),)

    @property
    def num_simple(self) -> int:
        """Return the number of columns of `simple_inputs`."""
        return self.form.channels * min(SIMPLE_SIDE, self.form.height) * min(SIMPLE_SIDE, self.form.width)

    def known_values(self) -> Mapping[str, tuple[tuple[str, ...], bool]]:
        """Return nothing: a picture has no levels that training could have lacked."""
        return {}

    def target(self, records: Records) -> Tensor:
        """Return the target as it is learnt: indices (N,) int64, or float32: numbers (N,), labels (N, K), boxes (N, 5)."""
        return self.target_step.apply(records)

    def target_values(self, records: Records) -> FloatArray:
        """Return the target as it is scored: class indices (N,), labels (N, K), or quantities in the person's units (N,)."""
        return self.target_step.values(records)

    def restore(self, prediction: Prediction, inputs: tuple[Tensor, ...]) -> Prediction:
        """Return the prediction with quantities in the person's units; classes stay indices."""
        return self.target_step.restore(prediction)

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold, exactly."""
        return {
            "column": self.column,
            "form": asdict(self.form),
            "normalize": self.normalize.to_mapping(),
            "pipeline": self.pipeline.to_mapping(),
            "target": self.target_step.to_mapping(),
        }

    @staticmethod
    def from_mapping(value: Mapping[str, Any]) -> "PreparedPictures":
        """Return the preparation that plain values describe; a value that is missing raises KeyError or TypeError."""
        light = value["normalize"]
        normalize = Normalize(tuple(light["mean"]), tuple(light["std"]), light.get("places", False))
        given = value["target"]
        target = FittedBoxes.from_mapping(given) if "boxes" in given else target_from_mapping(given)
        pipeline = Pipeline.from_mapping(value["pipeline"], len(target.classes) or None)
        return PreparedPictures(value["column"], PictureForm(**value["form"]), normalize, target, pipeline)


def fit_pictures(
    train: TrainRecords, schema: Schema, plan: PreparePlan, target_kind: TargetKind, classes: tuple[str, ...] = ()
) -> PreparedPictures:
    """Return a preparation of pictures fitted on the training part.

    Args:
        train: the training part.
        schema: kind and role of each column; one input column names pictures.
        plan: with the form of the pictures.
        target_kind: "class", "number", "count", "labels" or "box".
        classes: of a class target, in their order.

    Raises:
        ColumnError: several columns of pictures, or a missing target.
        PlanError: the plan does not say which form pictures are brought to.
    """
    columns = schema.inputs(Kind.IMAGE)
    if len(columns) != 1:
        raise ColumnError(
            f"{len(columns)} input columns name pictures ({', '.join(columns)}); expected one. "
            f"Leave the others out, for example --set schema.columns.{columns[-1]}.role=ignored"
        )
    if plan.pictures is None:
        raise PlanError("prepare.pictures is not set; expected the height and width that pictures are brought to.")
    form = form_of(plan.pictures)
    if target_kind == "box":
        target: FittedTarget | FittedBoxes = fit_boxes(train, schema, form, columns[0], classes)
    else:
        how = "standard" if plan.target == "auto" else plan.target
        target = Target(target_kind, how, classes, plan.hold).fit(train, schema.names(Role.TARGET))
    normalize = _planned_normalize(plan.pictures)
    if normalize is None:
        blank = PreparedPictures(columns[0], form, Normalize((0.0,) * form.channels, (1.0,) * form.channels), target)
        normalize = replace(
            _normalize_of(blank.inputs(sample_train(train, FIT_PICTURES).records)[0]), places=plan.pictures.places
        )
    return PreparedPictures(columns[0], form, normalize, target, pipeline_of(plan.pictures, len(target.classes)))


def pipeline_of(plan: PicturesPlan, num_classes: int) -> Pipeline:
    """Return the changes of training pictures that a plan names; none as long as they are not decided.

    Args:
        plan: of the pictures.
        num_classes: of a class target; 0 for other targets.

    Raises:
        UnknownNameError: an augmentation, a mixing or an option that nobody has; the nearest is offered.
        PlanError: an option out of range.
    """
    steps = [dict(step) for step in plan.augment or ()]
    return Pipeline.from_mapping({"steps": steps, "mixing": plan.mixing}, num_classes or None)


def form_of(plan: PicturesPlan) -> PictureForm:
    """Return the form that a plan brings pictures to."""
    return PictureForm(plan.height, plan.width, plan.channels, plan.fit)


def _planned_normalize(plan: PicturesPlan) -> Normalize | None:
    """Return mean and deviation that a plan names, or None where the training part gives them."""
    if plan.mean is None and plan.std is None:
        return None
    if plan.mean is None or plan.std is None or {len(plan.mean), len(plan.std)} != {plan.channels} or min(plan.std) <= 0:
        raise PlanError(
            f"prepare.pictures.mean is {plan.mean} and prepare.pictures.std {plan.std}; expected a mean and a deviation "
            f"above 0 for each of {plan.channels} channels, or null for both."
        )
    return Normalize(plan.mean, plan.std, plan.places)


def _normalize_of(pixels: Tensor) -> Normalize:
    """Return mean and deviation of each channel, as shares of the range."""
    sums = torch.zeros(pixels.shape[1], dtype=torch.float64)
    squares = torch.zeros_like(sums)
    for part in torch.split(pixels, 1024):
        values = part.double() / WHITE
        sums += values.sum(dim=(0, 2, 3))
        squares += values.square().sum(dim=(0, 2, 3))
    count = pixels.numel() / pixels.shape[1]
    mean = sums / count
    std = (squares / count - mean.square()).clamp(min=0).sqrt().clamp(min=LEAST_DEVIATION)
    return Normalize(tuple(mean.tolist()), tuple(std.tolist()))

"""The target of a class with a box: pixels of the person's pictures become shares of what the network reads, and back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
import torch
from torch import Tensor

from espalier.core.batch import FloatArray, Prediction
from espalier.core.errors import ColumnError
from espalier.core.pictures import PictureForm
from espalier.core.records import Records, TrainRecords
from espalier.core.schema import SIDES, Role, Schema
from espalier.data.prepare.numbers import column_of
from espalier.data.prepare.target import FittedClasses, Target

BoolArray = np.ndarray[tuple[int], np.dtype[np.bool_]]

NAMES = ("box_left", "box_top", "box_right", "box_bottom")  # of the columns of answers


@dataclass(frozen=True)
class FittedBoxes:
    """A class and the box in which it lies.

    Args:
        label: the class.
        columns: of left, top, right and bottom, in pixels of the picture as it is seen upright.
        picture: the column that names the picture.
        form: that pictures are brought to.
    """

    label: FittedClasses
    columns: tuple[str, ...]
    picture: str
    form: PictureForm

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the classes."""
        return self.label.classes

    def apply(self, records: Records) -> Tensor:
        """Return (N, 5) float32: class index, and left, top, right and bottom as shares of what the network reads."""
        values = self.values(records)
        values[:, 1:] = values[:, 1:].clip(0, 1)
        return torch.from_numpy(values.astype(np.float32))

    def values(self, records: Records) -> FloatArray:
        """Return (N, 5) the same; where the form cuts a part of the picture off, a box may reach beyond 0 to 1.

        Raises:
            ColumnError: a missing value, a class that training did not know, or a box without area or outside of its picture.
        """
        pixels = np.stack([column_of(records.frame, name).cast(pl.Float64).to_numpy() for name in self.columns], axis=1)
        sizes = self._sizes(records)
        self._check(pixels, sizes, records)
        start, seen = _seen(sizes, self.form)
        shares = (pixels - np.tile(start, 2)) / np.tile(seen, 2)
        return np.column_stack([self.label.values(records), shares])

    def to_pixels(self, boxes: FloatArray, records: Records) -> FloatArray:
        """Return (N, 4) answered boxes in pixels of the person's pictures, within them.

        Args:
            boxes: (N, 4) shares of what the network reads.
            records: the rows that were answered, in this order.
        """
        sizes = self._sizes(records)
        start, seen = _seen(sizes, self.form)
        return (boxes * np.tile(seen, 2) + np.tile(start, 2)).clip(0, np.tile(sizes, 2))

    def restore(self, prediction: Prediction) -> Prediction:
        """Return the prediction as it is: classes stay indices, and boxes shares until `to_pixels`."""
        return prediction

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return {
            "label": self.label.to_mapping(),
            "boxes": list(self.columns),
            "picture": self.picture,
            "form": asdict(self.form),
        }

    @staticmethod
    def from_mapping(value: Mapping[str, Any]) -> "FittedBoxes":
        """Return the target that plain values describe."""
        label = FittedClasses.from_mapping(value["label"])
        return FittedBoxes(label, tuple(value["boxes"]), value["picture"], PictureForm(**value["form"]))

    def _sizes(self, records: Records) -> FloatArray:
        """Return (N, 2) width and height of each picture."""
        if records.album is None:
            raise ColumnError(f"{records.source} has no pictures, in which boxes could lie. Give pictures as in training.")
        headers = records.album.headers(column_of(records.frame, self.picture).to_list())
        return np.stack([headers.widths, headers.heights], axis=1).astype(np.float64)

    def _check(self, pixels: FloatArray, sizes: FloatArray, records: Records) -> None:
        """Raise ColumnError for the first box without area, or outside of its picture."""
        inside = np.minimum(pixels[:, 2:], sizes) - np.maximum(pixels[:, :2], 0)
        has_area = (pixels[:, 2:] > pixels[:, :2]).all(axis=1)  # NaN has none
        bad: BoolArray = np.logical_not(has_area & (inside > 0).all(axis=1))
        if bad.any():
            row = int(bad.argmax())
            shown = ", ".join(f"{name} {value:g}" for name, value in zip(self.columns, pixels[row], strict=True))
            raise ColumnError(
                f"{bad.sum():,} of {len(bad):,} rows hold no box within their picture, the first is row {records.rows[row]}: "
                f"{shown}, in a picture of {sizes[row, 0]:g} x {sizes[row, 1]:g}. Expected left below right and top below "
                "bottom, in pixels from the upper left corner. Correct these rows, or leave them out."
            )


def fit_boxes(
    train: TrainRecords, schema: Schema, form: PictureForm, picture: str, classes: tuple[str, ...] = ()
) -> FittedBoxes:
    """Return the fitted target of a class with a box.

    Args:
        train: the training part.
        schema: with a target and four columns of a box.
        form: that pictures are brought to.
        picture: the column that names them.
        classes: in their order; empty to take those of the training part.

    Raises:
        ColumnError: no target, or not one column for each side of the box.
    """
    columns = tuple(name for side in SIDES for name in schema.names(side)[:1])
    if len(columns) != len(SIDES):
        raise ColumnError(
            f"A box has four sides, and the columns name {len(columns)} ({', '.join(columns) or 'none'}). Name each, for "
            "example --set schema.columns.xmin.role=box-left"
        )
    label = Target("class", classes=classes).fit(train, schema.names(Role.TARGET))
    if not isinstance(label, FittedClasses):
        raise ColumnError(f"The target '{schema.target}' holds no classes. Name the column of classes with --target.")
    return FittedBoxes(label, columns, picture, form)


def _seen(sizes: FloatArray, form: PictureForm) -> tuple[FloatArray, FloatArray]:
    """Return where what the network reads begins in each picture, and how large it is there: (N, 2) pixels each.

    Args:
        sizes: (N, 2) width and height.
        form: that pictures are brought to: cut out of the middle, filled up around it, or pulled into shape.
    """
    target = np.array([form.width, form.height], dtype=np.float64)
    scale = target / sizes
    if form.fit != "stretch":
        scale = (scale.max(axis=1) if form.fit == "crop" else scale.min(axis=1))[:, None]
    seen = target / scale
    return (sizes - seen) / 2, seen

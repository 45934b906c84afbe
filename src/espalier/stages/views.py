"""Test-time augmentation: each picture is answered in several views, and the mean is the answer."""

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from espalier.core.batch import Batch, Prediction
from espalier.core.errors import PlanError
from espalier.core.records import Records
from espalier.core.scorecard import Comparison, Scorecard
from espalier.data.augment.views import View, views_of
from espalier.data.prepare.preparation import Preparation, pictures_of
from espalier.evaluation.verdict import show, signed, spoken
from espalier.stages.network import Network, average
from espalier.training.evaluate import predict

ONE_VIEW = "one view"  # name of the answers to pictures as they are, in a score card
VIEWED_AT_ONCE = 2048  # pictures


def views_in(prepared: Preparation) -> tuple[View, ...]:
    """Return the views in which pictures are answered.

    Raises:
        PlanError: the model reads tables, or its training pictures were neither mirrored nor shifted.
    """
    pictures = pictures_of(prepared)
    if pictures is None:
        raise PlanError("--tta looks at pictures in several views, and this model reads a table. Leave --tta out.")
    views = views_of(pictures.pipeline.steps)
    if len(views) == 1:
        raise PlanError(
            "--tta looks at pictures in the ways in which they were changed for training, and there they were neither mirrored "
            "nor shifted (prepare.pictures.augment in plan.yaml). Leave --tta out."
        )
    return views


def predict_in_views(network: Network, records: Records) -> Prediction:
    """Return the mean of a network's answers in all views: of probabilities, or of quantities.

    Args:
        network: for pictures.
        records: parsed.

    Raises:
        PlanError: the model reads tables, or its training pictures were neither mirrored nor shifted.
    """
    prepared, views, pictures = network.prepared, views_in(network.prepared), pictures_of(network.prepared)
    if not len(records) or pictures is None:
        return network.predict(records)
    inputs, rows = prepared.inputs(records), torch.as_tensor(records.rows)
    answers = []
    for view in views:
        answer = predict(network.module, network.task, _in_view(prepared, inputs, rows, view))
        boxes = answer.boxes if answer.boxes is None else view.back(answer.boxes, pictures.form.height, pictures.form.width)
        answers.append(prepared.restore(replace(answer, boxes=boxes), inputs))
    return average(answers, network.task)


def _in_view(prepared: Preparation, inputs: tuple[Tensor, ...], rows: Tensor, view: View) -> Iterator[Batch]:
    """Yield batches to be answered, all pictures in one view; some thousand of them are held in it at a time."""
    for first in range(0, len(rows), VIEWED_AT_ONCE):
        part = slice(first, first + VIEWED_AT_ONCE)
        image, *beside = (one[part] for one in inputs)
        yield from prepared.in_order((view.apply(image), *beside), None, rows[part])


def verdict_on_views(card: Scorecard, comparison: Comparison, views: tuple[View, ...]) -> str:
    """Return what answering in several views brought, in words.

    Args:
        card: of the answers in all views, and beside them those of one view.
        comparison: of the two.
        views: in which pictures were answered.
    """
    ours, theirs = (one.scores[card.metric].value for one in card.models[:2])
    shown = show(card.higher_is_better, ours, theirs, comparison)
    ours_said, theirs_said = (f"{one:,.{shown.decimals}f}" for one in (shown.ours, shown.theirs))
    change = ", ".join(signed(one, shown.decimals) for one in (shown.low, shown.high))
    said = (
        f"{spoken(card.metric)} {ours_said} against {theirs_said} in one, {signed(shown.difference, shown.decimals)} "
        f"[{change}]{'' if card.higher_is_better else ' (lower is better)'}"
    )
    if comparison.low > 0:
        return f"Answering in {len(views)} views helps: {said}."
    if comparison.high < 0:
        return f"Answering in {len(views)} views harms: {said}. Leave --tta out."
    return f"Whether answering in {len(views)} views helps cannot be told: {said}. It takes {len(views)} times as long."

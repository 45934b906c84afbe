"""How training pictures are changed at random: decided by what a change does to the answers of a simple model."""

from dataclasses import replace

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor
from torch.nn import functional as F

from espalier.core.plan import Plan, edit
from espalier.core.records import Records, TrainRecords
from espalier.core.seeds import numpy_stream
from espalier.data.prepare.preparation import fit_preparation
from espalier.data.split import sample_train
from espalier.stages.network import target_kind

TRIAL_PICTURES = 3_000  # that the simple model learns from, and half as many that it answers
SIDE = 12  # pixels of the small pictures that it reads
MAX_LOSS = 0.1  # share of the right answers that mirroring may cost, or it changes what pictures show
CROP_SHARE = 8  # pictures are shifted by up to an eighth of their side
WHITE = 255.0


def decide_augmentation(plan: Plan, train: TrainRecords, valid: Records) -> Plan:
    """Decide how training pictures are changed at random, where the plan leaves it open.

    They are shifted, and mirrored where a simple model that learnt from pictures as they are answers mirrored ones about as
    well: a mirrored cat is a cat, but a mirrored 3 is no 3.

    Args:
        plan: with prepare.pictures.augment None; any other value is kept.
        train: the training part.
        valid: the part that is mirrored.
    """
    pictures = plan.prepare.pictures
    if pictures is None or pictures.augment is not None:
        return plan
    side = min(pictures.height, pictures.width)
    shift = {"name": "crop", "padding": max(side // CROP_SHARE, 1), "fill": "reflect" if pictures.channels == 3 else "zero"}
    if target_kind(plan) != "class":
        why = "shifts alone: whether a mirrored picture has the same answer was not tried, as the target is no class"
        return edit(plan, {"prepare.pictures.augment": [shift]}, why)
    plain, mirrored = _right_answers(plan, train, valid)
    seen = f"a simple model answers {plain:.1%} of the validation pictures rightly, and {mirrored:.1%} when they are mirrored"
    if mirrored < plain * (1 - MAX_LOSS):
        return edit(plan, {"prepare.pictures.augment": [shift]}, f"{seen}: shifts alone, as mirroring changes what they show")
    return edit(plan, {"prepare.pictures.augment": [{"name": "flip"}, shift]}, f"{seen}: mirrored and shifted")


def _right_answers(plan: Plan, train: TrainRecords, valid: Records) -> tuple[float, float]:
    """Return the shares of validation pictures that a linear model answers rightly, as they are and mirrored."""
    stream = numpy_stream(plan.seed, "augmentation")
    sample = sample_train(train, TRIAL_PICTURES, plan.seed)
    asked = _few(valid, TRIAL_PICTURES // 2, stream)
    prepared = fit_preparation(sample, plan.schema, replace(plan.prepare, target="none"), "class")
    known = np.isin(asked.frame.get_column(plan.schema.target or "").to_numpy(), prepared.classes)
    asked = asked.take(np.flatnonzero(known))
    if not len(asked):
        return 0.0, 0.0
    learnt, answers = _small(prepared.inputs(sample.records)[0]), prepared.target_values(sample.records)
    model = LogisticRegression(max_iter=200).fit(learnt, answers)
    pixels, truth = prepared.inputs(asked)[0], prepared.target_values(asked)
    shares = [float(np.mean(model.predict(_small(one)) == truth)) for one in (pixels, pixels.flip(3))]
    return shares[0], shares[1]


def _few(records: Records, num_rows: int, stream: np.random.Generator) -> Records:
    if len(records) <= num_rows:
        return records
    return records.take(np.sort(stream.permutation(len(records))[:num_rows]))


def _small(pixels: Tensor) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    sides = (min(SIDE, pixels.shape[2]), min(SIDE, pixels.shape[3]))
    return torch.cat(
        [F.adaptive_avg_pool2d(part.float() / WHITE, sides).flatten(1) for part in torch.split(pixels, 4096)]
    ).numpy()

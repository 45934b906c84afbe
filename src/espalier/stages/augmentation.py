"""How training pictures are changed at random: decided by what a mirror does to the answers of a small network."""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from espalier.core.catalogue import architectures
from espalier.core.plan import ModelPlan, Plan, TaskPlan, edit
from espalier.core.records import Records, TrainRecords
from espalier.core.seeds import derive_seed, numpy_stream
from espalier.data.prepare.pictures import fit_pictures
from espalier.data.split import sample_train
from espalier.stages.network import make_network, target_kind
from espalier.training.evaluate import predict
from espalier.training.loop import Way, learn
from espalier.training.optimizers import make_optimizer

TRIAL_MODEL = "fast-cnn-tiny"  # it looks at small patches wherever they are, so that a mirror alone does not confuse it
TRIAL_PICTURES, TRIAL_STEPS, TRIAL_BATCH, TRIAL_RATE = 3_000, 150, 64, 3e-3
MAX_ASKED = 1_500  # validation pictures that are mirrored
MAX_LOSS = 0.1  # share of the right answers that mirroring may cost, or it changes what pictures show
MIN_Z = 1.64  # standard errors (one-sided 5 %) beyond which a loss of right answers, or a gain over chance, is no luck
CROP_SHARE = 8  # pictures are shifted by up to an eighth of their side
COLOUR = 3


def decide_augmentation(plan: Plan, train: TrainRecords, valid: Records) -> Plan:
    """Decide how training pictures are changed at random, where the plan leaves it open.

    They are shifted, and mirrored where a small network that learnt from pictures as they are answers mirrored ones about as
    well: a mirrored cat is a cat, but a mirrored 3 is no 3. Where it learnt nothing, photographs in colour are mirrored and
    grey pictures, which are often signs, are not.

    Args:
        plan: with prepare.pictures.augment None; any other value is kept.
        train: the training part.
        valid: the part that is mirrored.
    """
    pictures = plan.prepare.pictures
    if pictures is None or pictures.augment is not None:
        return plan
    side = min(pictures.height, pictures.width)
    least = architectures()[TRIAL_MODEL].least_pixels
    if side < least:
        why = f"left as they are: of pictures of less than {least} pixels a side, a shift leaves too little"
        return edit(plan, {"prepare.pictures.augment": []}, why)
    is_colour = pictures.channels == COLOUR
    fill = "reflect" if is_colour and target_kind(plan) != "box" else "zero"  # a mirrored border may show a box twice
    shift = {"name": "crop", "padding": max(side // CROP_SHARE, 1), "fill": fill}
    if target_kind(plan) not in ("class", "box"):
        why = "shifts alone: whether a mirrored picture has the same answer was not tried, as the target is no class"
        return edit(plan, {"prepare.pictures.augment": [shift]}, why)
    mirrors, why = _mirrors(*_right_answers(plan, train, valid), is_colour)
    steps = [{"name": "flip"}, shift] if mirrors else [shift]
    return edit(plan, {"prepare.pictures.augment": steps}, f"{why}: {'mirrored and shifted' if mirrors else 'shifts alone'}")


def _mirrors(plain: np.ndarray, mirrored: np.ndarray, chance: float, is_colour: bool) -> tuple[bool, str]:
    """Return whether pictures are mirrored, and why.

    Args:
        plain: (N,) whether each validation picture was answered rightly as it is.
        mirrored: (N,) the same of its mirror image.
        chance: share of right answers of the most frequent class.
        is_colour: whether pictures are in colour.
    """
    share, num = float(plain.mean()) if len(plain) else 0.0, max(len(plain), 1)
    if share - chance <= MIN_Z * np.sqrt(chance * (1 - chance) / num):
        kind = "photographs in colour usually show the same in a mirror" if is_colour else "grey pictures may be signs"
        return is_colour, f"a small network learnt too little in {TRIAL_STEPS} steps to tell, and {kind}"
    lost, won = int((plain & ~mirrored).sum()), int((mirrored & ~plain).sum())
    seen = f"a small network answers {share:.1%} of the validation pictures rightly, and {mirrored.mean():.1%} when mirrored"
    changes = mirrored.mean() < share * (1 - MAX_LOSS) and lost - won > MIN_Z * np.sqrt(max(lost + won, 1))
    return not changes, seen


def _right_answers(plan: Plan, train: TrainRecords, valid: Records) -> tuple[np.ndarray, np.ndarray, float]:
    """Return which validation pictures a small network answers rightly, as they are and mirrored, and the share of chance."""
    quick = replace(plan, model=ModelPlan(TRIAL_MODEL), prepare=replace(plan.prepare, target="none"))
    if target_kind(plan) == "box":
        quick = replace(quick, task=TaskPlan("multiclass"))
    sample = sample_train(train, TRIAL_PICTURES, plan.seed)
    prepared = fit_pictures(sample, plan.schema, quick.prepare, "class")  # alone, whatever stands beside them
    stream = numpy_stream(plan.seed, "augmentation")
    asked = valid.take(np.sort(stream.permutation(len(valid))[:MAX_ASKED]))
    known = np.isin(asked.frame.get_column(plan.schema.target or "").to_numpy(), prepared.classes)
    asked = asked.take(np.flatnonzero(known))
    if not len(asked):
        return np.zeros(0, dtype=bool), np.zeros(0, dtype=bool), 1.0
    with torch.random.fork_rng(devices=[]):
        network = make_network(quick, prepared, derive_seed(plan.seed, "augmentation"))
        inputs, target = prepared.inputs(sample.records), prepared.target(sample.records)
        batches = prepared.batches(inputs, target, None, TRIAL_BATCH, plan.seed)
        optimizer = make_optimizer(network.module, replace(plan.learning, optimizer="adamw"), TRIAL_RATE)
        for step in learn(network.module, network.task, batches, optimizer, Way(epochs=TRIAL_STEPS)):
            if step.position.step == TRIAL_STEPS:
                break
    truth, rows = prepared.target_values(asked), torch.as_tensor(asked.rows)

    def right(pixels: Tensor) -> np.ndarray:
        answers = predict(network.module, network.task, prepared.in_order((pixels,), None, rows))
        return np.asarray(answers.values == truth)

    pixels = prepared.inputs(asked)[0]
    chance = float(np.bincount(truth.astype(np.int64)).max() / len(truth))
    return right(pixels), right(pixels.flip(3)), chance

"""The pair of each sign of generalisation: evidence of a model that does badly on other rows, and of one that does well."""

import numpy as np
from scipy.special import expit

from espalier.core.scorecard import Comparison, Score
from espalier.diagnosis.generalisation import Answers, Epochs, Generalisation, SizePoint, Standing

RIVAL = "random forest"
CLASSES = ("no", "yes")
FRACTIONS = (0.1, 0.2, 0.4, 0.8, 1.0)


def standing(train=0.92, valid=0.88, reach=0.03, *, versus=0.05, rival=0.83, **more):
    """Return scores of a network that beats its rival by `versus`."""
    gap = Score(train - valid, train - valid - reach, train - valid + reach)
    scores = Score(train, train - 0.01, train + 0.01), Score(valid, valid - reach, valid + reach)
    comparison = Comparison(RIVAL, versus, versus - reach, versus + reach)
    return Standing("roc_auc", True, *scores, gap, 0.5, RIVAL, rival, comparison, **more)


def losses(*, turns_up, num_epochs=40, kept=20):
    """Return losses that fall, the one of the validation part up to the kept epoch."""
    epoch = np.arange(1, num_epochs + 1)
    train = 0.2 + 0.5 * np.exp(-epoch / 10)
    after = np.maximum(epoch - kept, 0)
    return train, 0.3 + 0.4 * np.exp(-np.minimum(epoch, kept) / 6) + (0.01 if turns_up else 0.0001) * after


def overfitting(sick):
    """Healthy: the same scores, and the validation loss stays where it was until patience ends."""
    return Generalisation(epochs=(Epochs(*losses(turns_up=sick), kept=20),), standing=standing(0.97, 0.85))


def underfitting(sick):
    """Sick: alike on both parts, and a forest is far better. Healthy: no better than the forest, by learning rows by heart."""
    train = 0.68 if sick else 0.95
    return Generalisation(standing=standing(train, 0.67, versus=-0.15, rival=0.82))


def stopped_while_improving(sick):
    """Healthy: the limit came when the loss had been flat for long."""
    epoch = np.arange(1, 41)
    noise = 0.002 * np.random.default_rng(0).normal(size=40)
    falling = 1.0 - 0.015 * epoch if sick else 0.3 + 0.7 * np.exp(-epoch / 4)
    valid = falling + noise
    return Generalisation(epochs=(Epochs(falling, valid, int(valid.argmin()) + 1, is_cut_short=True),))


def points(scores, *, seeds=3, scatter=0.002, num_rows=1000, draws=0.03):
    """Return trainings whose mean score at each size is given; validation rows move all of them together."""
    stream = np.random.default_rng(0)
    rows = draws * stream.normal(size=300)
    made = []
    for fraction, score in zip(FRACTIONS, scores, strict=True):
        for seed in range(seeds):
            value = score + scatter * stream.normal()
            drawn = value + rows + 0.1 * scatter * stream.normal(size=300)
            made.append(SizePoint(fraction, round(fraction * num_rows), seed, 0.95, value, drawn, stream.normal(size=(50, 1))))
    return tuple(made)


RISING = (0.70, 0.75, 0.80, 0.85, 0.866)
FLAT = (0.80, 0.86, 0.879, 0.880, 0.880)


def more_data_helps(sick):
    """Healthy: the curve is flat."""
    return Generalisation(standing=standing(), sizes=points(RISING if sick else FLAT))


def more_data_will_not_help(sick):
    """Healthy: as flat, and seeds differ so much that nobody can tell."""
    return Generalisation(standing=standing(), sizes=points(FLAT, scatter=0.002 if sick else 0.05))


def seeds_disagree(sick):
    """Healthy: as far apart, and all far above the rival."""
    scores = (0.79, 0.86, 0.82, 0.90, 0.75)
    return Generalisation(standing=standing(rival=0.82 if sick else 0.60), seed_scores=scores)


def two_classes(num_rows=1200, seed=0, strength=6.0):
    """Return inputs, true classes and the probability of each class, as a good model would give it."""
    stream = np.random.default_rng(seed)
    size, age = stream.normal(size=num_rows), stream.integers(18, 90, num_rows).astype(np.float64)
    city = stream.choice(["Seoul", "Busan", "Jeju"], num_rows).astype(object)
    probability = expit(strength * size)
    truth = (stream.random(num_rows) < probability).astype(np.float64)
    return {"size": size, "age": age, "city": city}, truth, probability


def answers_of(columns, target, probability, **more):
    """Return what a model says that gives these probabilities of the second class."""
    both = np.column_stack([1 - probability, probability])
    values = (probability >= 0.5).astype(np.float64)
    return Answers(np.arange(2, len(target) + 2), target, values, columns, both, CLASSES, **more)


def flipped(truth, fraction, seed=1):
    """Return labels of which a share is wrong, and which they are."""
    is_wrong = np.random.default_rng(seed).random(len(truth)) < fraction
    return np.where(is_wrong, 1 - truth, truth), is_wrong


def label_noise(sick):
    """Sick: 15 % of the labels are wrong. Healthy: as many answers are wrong, because the classes overlap."""
    if not sick:
        return Generalisation(answers=answers_of(*two_classes(strength=1.5)))
    columns, truth, probability = two_classes()
    labels, _ = flipped(truth, 0.15)
    return Generalisation(answers=answers_of(columns, labels, 0.15 + 0.7 * probability))


def weak_segment(sick):
    """Sick: 40 % of the labels are wrong where age is above 60 and city is Seoul. Healthy: as many, anywhere."""
    columns, truth, probability = two_classes(2400)
    place = (columns["age"] > 60) & (columns["city"] == "Seoul")
    fraction = np.where(place, 0.4, 0.0) if sick else np.full(len(truth), 0.4 * place.mean())
    labels, _ = flipped(truth, fraction)
    return Generalisation(answers=answers_of(columns, labels, probability))


def quantities(num_rows=1000, seed=0):
    """Return inputs, a quantity with an error of heavy tails, and what a good model answers."""
    stream = np.random.default_rng(seed)
    size = stream.normal(size=num_rows)
    return {"size": size}, 100 + 20 * size + 2 * stream.standard_t(4, size=num_rows), 100 + 20 * size


def odd_targets(sick):
    """Sick: in 3 % of the rows the point slipped. Healthy: errors have heavy tails."""
    columns, target, answer = quantities()
    if sick:
        slipped = np.random.default_rng(2).random(len(target)) < 0.03
        target = np.where(slipped, target / 10, target)
    return Generalisation(answers=Answers(np.arange(2, len(target) + 2), target, answer, columns))


PAIRS = {
    one.__name__: one
    for one in (
        overfitting, underfitting, stopped_while_improving, more_data_helps, more_data_will_not_help, seeds_disagree,
        label_noise, weak_segment, odd_targets,
    )
}  # fmt: skip

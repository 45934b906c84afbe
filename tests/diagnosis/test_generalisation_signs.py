"""Signs of generalisation: each number against another way to it, planted cases, and clean tables that stay silent."""

import numpy as np
import pytest
from scipy import stats
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.model_selection import cross_val_predict

from diagnosis.generalisation_examples import (
    FLAT,
    RISING,
    answers_of,
    flipped,
    label_noise,
    losses,
    overfitting,
    points,
    quantities,
    standing,
    two_classes,
    underfitting,
    weak_segment,
)
from espalier.core.batch import FloatArray
from espalier.core.finding import Severity
from espalier.core.scorecard import Comparison, Score
from espalier.diagnosis.checks.generalisation import label_noise as noise_sign
from espalier.diagnosis.checks.generalisation import odd_targets as odd_sign
from espalier.diagnosis.checks.generalisation import overfitting as overfitting_sign
from espalier.diagnosis.checks.generalisation import seeds_disagree as seeds_sign
from espalier.diagnosis.checks.generalisation import stopped_while_improving as stopped_sign
from espalier.diagnosis.checks.generalisation import underfitting as underfitting_sign
from espalier.diagnosis.checks.generalisation import weak_segment as segment_sign
from espalier.diagnosis.confident_learning import (
    calibrated_joint,
    confident_joint,
    noise_fraction,
    surest_error_of_overlap,
    suspects,
)
from espalier.diagnosis.generalisation import Answers, Epochs, Generalisation, SizePoint, Standing
from espalier.diagnosis.segments import worst_segment, z_inside
from espalier.diagnosis.size_curve import bias_and_variance, curve, slope, verdict
from espalier.diagnosis.texts.saying import say


def fitted_answers(columns, labels):
    """Return answers of boosted trees that did not learn from the row."""
    names = list(columns)
    table = np.column_stack(
        [
            columns[name] if columns[name].dtype.kind == "f" else np.unique(columns[name], return_inverse=True)[1]
            for name in names
        ]
    )
    trees = HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=8, random_state=0)
    probability = cross_val_predict(trees, table, labels, cv=4, method="predict_proba")[:, 1]
    return answers_of(columns, labels, probability)


def slow_joint(labels, probabilities):
    """Equations 1 and 2 of Northcutt, Jiang & Chuang 2021, row by row."""
    num_classes = probabilities.shape[1]
    thresholds = [
        np.mean([p[j] for p, label in zip(probabilities, labels, strict=True) if label == j]) for j in range(num_classes)
    ]
    counts = np.zeros((num_classes, num_classes), dtype=int)
    for label, p in zip(labels, probabilities, strict=True):
        above = [j for j in range(num_classes) if p[j] >= thresholds[j]]
        if above:
            counts[label, max(above, key=lambda j: p[j])] += 1
    return counts


def made_probabilities(num_rows=400, num_classes=4, seed=0):
    stream = np.random.default_rng(seed)
    labels = stream.integers(0, num_classes, num_rows)
    logits = stream.normal(size=(num_rows, num_classes)) + 2 * np.eye(num_classes)[labels]
    return labels, np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def test_the_confident_joint_is_that_of_the_paper_counted_row_by_row():
    labels, probabilities = made_probabilities()
    np.testing.assert_array_equal(confident_joint(labels, probabilities), slow_joint(labels, probabilities))


def test_the_calibrated_joint_has_the_shares_of_the_written_classes():
    labels, probabilities = made_probabilities()
    counts = confident_joint(labels, probabilities)
    joint = calibrated_joint(counts, labels)
    np.testing.assert_allclose(joint.sum(axis=1), np.bincount(labels) / len(labels))
    slow = np.array([counts[i] / counts[i].sum() * (labels == i).sum() for i in range(4)])
    np.testing.assert_allclose(joint, slow / slow.sum())
    assert noise_fraction(joint) == pytest.approx(sum(joint[i, j] for i in range(4) for j in range(4) if i != j))


def test_suspects_are_the_contradicted_rows_the_most_doubtful_first():
    labels, probabilities = made_probabilities()
    found = suspects(labels, probabilities)
    margins = probabilities[found, labels[found]] - probabilities[found].max(axis=1)
    assert len(found) > 10
    assert (np.diff(margins) >= 0).all()
    assert (margins < 0).all()


@pytest.mark.parametrize(("steep", "offset"), [(0.5, 0.0), (2.0, 0.0), (1.0, -1.0), (6.0, -4.0)])
def test_what_overlap_leaves_wrong_is_that_of_simulated_rows(steep, offset):
    stream = np.random.default_rng(0)
    z, noise = stream.normal(size=(2, 400_000))
    evidence = steep * z + offset
    label = evidence + noise > 0
    is_wrong = label != (evidence > 0)
    surest = np.abs(evidence) > np.quantile(np.abs(evidence), 0.75)
    constant = min(label.mean(), 1 - label.mean())
    assert surest_error_of_overlap(is_wrong.mean(), constant) == pytest.approx(is_wrong[surest].mean(), abs=0.003)


def test_a_model_that_is_wrong_as_often_as_a_constant_answer_is_expected_to_be_wrong_anywhere():
    assert surest_error_of_overlap(0.3, 0.3) == 0.3
    assert surest_error_of_overlap(575 / 1200, 1 - 625 / 1200) == pytest.approx(575 / 1200)
    assert surest_error_of_overlap(0.0, 0.3) == 0.0
    assert surest_error_of_overlap(0.7, 0.8) > 0.5


def test_of_the_first_50_candidates_at_15_percent_wrong_labels_45_are_wrong():
    columns, truth, _ = two_classes()
    labels, is_wrong = flipped(truth, 0.15)
    finding = noise_sign.check(Generalisation(answers=fitted_answers(columns, labels)))
    first = np.array(finding.rows[:50]) - 2
    assert is_wrong[first].mean() >= 0.9
    assert finding.evidence["noise_fraction"] == pytest.approx(is_wrong.mean(), abs=0.06)
    assert finding.evidence["surest_error"] == pytest.approx(is_wrong.mean(), abs=0.04)
    assert "may carry the wrong 'target'" in finding.sentence
    assert "row " in finding.sentence


@pytest.mark.parametrize("strength", [0.5, 1.0, 2.0, 6.0])
def test_clean_labels_of_classes_that_overlap_a_little_or_much_are_not_doubted(strength):
    for seed in range(3):
        columns, truth, _ = two_classes(seed=seed, strength=strength)
        assert noise_sign.check(Generalisation(answers=fitted_answers(columns, truth))) is None


def test_labels_that_no_input_tells_are_not_doubted():
    columns, truth, _ = two_classes()
    labels = np.random.default_rng(5).permutation(truth)
    assert noise_sign.check(Generalisation(answers=fitted_answers(columns, labels))) is None


def test_labels_are_not_doubted_where_the_training_itself_went_wrong():
    sick = label_noise(True)
    assert noise_sign.check(sick) is not None
    assert noise_sign.check(Generalisation(answers=sick.answers, upstream=("T07-dying-relu",))) is None


def test_a_fifth_of_wrong_labels_is_a_warning_and_less_a_note():
    columns, truth, probability = two_classes()
    severities = []
    for share in (0.1, 0.3):
        labels, _ = flipped(truth, share)
        answers = answers_of(columns, labels, share + (1 - 2 * share) * probability)
        severities.append(noise_sign.check(Generalisation(answers=answers)).severity)
    assert severities == [Severity.NOTE, Severity.WARN]


def test_the_weak_segment_is_named_in_the_persons_words():
    finding = segment_sign.check(weak_segment(True))
    assert finding.columns in (("age", "city"), ("city", "age"))
    assert "'city' is 'Seoul'" in finding.sentence
    cut = float(finding.evidence["segment"].partition("'age' is above ")[2].split()[0])
    assert 55 <= cut <= 65
    assert finding.evidence["inside"] > 3 * finding.evidence["outside"]
    assert finding.evidence["z_beside_peers"] > 3
    assert "The model does not know it" in finding.advice


def test_a_segment_is_measured_on_rows_that_the_search_did_not_see():
    answers = weak_segment(True).answers
    segment, (_, second) = worst_segment(answers), answers.halves
    inside = segment.holds & second
    assert segment.inside == pytest.approx(answers.errors[inside].mean())
    assert segment.num_inside == inside.sum()


def test_rows_of_a_group_stand_in_one_half():
    columns, truth, probability = two_classes()
    groups = np.arange(len(truth)) // 7
    first, second = answers_of(columns, truth, probability, groups=groups).halves
    assert not set(groups[first]) & set(groups[second])
    assert abs(first.mean() - 0.5) < 0.05


def test_wrong_answers_are_counted_as_in_fishers_exact_test():
    stream = np.random.default_rng(0)
    holds, scores = stream.random(200) < 0.2, (stream.random(200) < 0.1).astype(float)
    counts = [[(holds & (scores == wrong)).sum(), (~holds & (scores == wrong)).sum()] for wrong in (1, 0)]
    expected = stats.fisher_exact(counts, alternative="greater").pvalue
    assert stats.norm.sf(z_inside(holds[None].astype(float), scores)[0]) == pytest.approx(expected)


def test_ranks_of_errors_are_compared_as_mann_and_whitney_do():
    stream = np.random.default_rng(1)
    holds, errors = stream.random(300) < 0.3, stream.exponential(size=300)
    z = z_inside(holds[None].astype(float), stats.rankdata(errors))[0]
    test = stats.mannwhitneyu(errors[holds], errors[~holds], alternative="greater", use_continuity=False, method="asymptotic")
    assert stats.norm.sf(z) == pytest.approx(test.pvalue, abs=0.002)


def test_errors_that_lie_anywhere_make_no_segment():
    found = []
    for seed in range(20):
        columns, truth, _ = two_classes(800, seed=seed)
        labels, _ = flipped(truth, 0.15, seed=seed + 100)
        answer = truth  # right wherever the label is
        found.append(segment_sign.check(Generalisation(answers=answers_of(columns, labels, 0.1 + 0.8 * answer))))
    assert found == [None] * 20


def test_a_quantity_is_told_with_its_unit_where_it_is_answered_badly():
    stream = np.random.default_rng(0)
    size, city = stream.normal(size=1000), stream.choice(["Seoul", "Busan", "Jeju"], 1000).astype(object)
    target = 100 + 20 * size + np.where(city == "Jeju", 8, 2) * stream.normal(size=1000)
    answers = Answers(np.arange(1000), target, 100 + 20 * size, {"size": size, "city": city})
    finding = segment_sign.check(Generalisation(answers=answers))
    assert finding.sentence.startswith("Where 'city' is 'Jeju', the answer is off by 6")
    assert finding.columns == ("city",)


def test_slipped_points_are_listed_with_their_rows():
    columns, target, answer = quantities()
    target = target.copy()
    target[100:130] /= 10
    finding = odd_sign.check(Generalisation(answers=Answers(np.arange(1000) + 2, target, answer, columns, target_name="price")))
    assert set(finding.rows) >= set(range(104, 132)) - {row for row in range(104, 132) if answer[row - 2] < 60}
    assert "hold a 'price' that lies 6 or more usual deviations" in finding.sentence


def test_heavy_tails_alone_are_no_odd_targets():
    for seed in range(10):
        columns, target, answer = quantities(seed=seed)
        assert odd_sign.check(Generalisation(answers=Answers(np.arange(1000), target, answer, columns))) is None


def test_overfitting_is_a_warning_only_when_a_simple_model_is_better():
    sick = overfitting(True)
    assert overfitting_sign.check(sick).severity is Severity.NOTE
    worse = Generalisation(epochs=sick.epochs, standing=standing(0.97, 0.85, versus=-0.1))
    assert overfitting_sign.check(worse).severity is Severity.WARN
    assert "worse than the random forest" in overfitting_sign.check(worse).sentence


def test_overfitting_needs_a_gap_beyond_chance():
    epochs = (Epochs(*losses(turns_up=True), kept=20),)
    assert overfitting_sign.check(Generalisation(epochs=epochs, standing=standing(0.89, 0.88))) is None


def test_the_slope_is_that_of_a_line_through_the_last_sizes():
    made = points(RISING)
    slopes = []
    for seed in range(3):
        last = [one for one in made if one.seed == seed and one.fraction >= 0.4]
        slopes.append(np.polyfit(np.log2([one.num_rows for one in last]), [one.valid_score for one in last], 1)[0])
    found = slope(made, standing())
    assert found.value == pytest.approx(np.mean(slopes))
    assert found.low < found.value < found.high


def test_the_interval_of_a_point_holds_rows_and_seeds():
    made = points(FLAT, scatter=0.05)
    last = curve(made)[-1].valid
    ours = [one for one in made if one.fraction == 1]
    rows = np.mean([one.drawn for one in ours], axis=0).var(ddof=1)
    seeds = np.var([one.valid_score for one in ours], ddof=1) / 3
    freedom = 2 * ((rows + seeds) / seeds) ** 2
    assert last.high - last.value == pytest.approx(stats.t.ppf(0.975, freedom) * np.sqrt(rows + seeds))


def squared_parts(num_seeds, seed):
    """Return bias and variance of answers whose true parts are 4 and 9."""
    stream = np.random.default_rng(seed)
    truth: FloatArray = stream.normal(size=(500, 1))
    made = [SizePoint(1.0, 10, s, 0, 0, np.zeros(2), truth + 2 + 3 * stream.normal(size=truth.shape)) for s in range(num_seeds)]
    return bias_and_variance(made, truth)


@pytest.mark.parametrize("num_seeds", [2, 3, 10])
def test_bias_and_variance_are_right_on_average_for_any_number_of_seeds(num_seeds):
    parts = np.array([squared_parts(num_seeds, seed) for seed in range(60)])
    np.testing.assert_allclose(parts.mean(axis=0), [4, 9], rtol=0.05)


def test_one_seed_has_no_variance():
    assert squared_parts(1, 0) is None


@pytest.mark.parametrize(
    ("scores", "more", "kind"),
    [
        (RISING, {}, "data"),
        (FLAT, {}, "neither"),
        (FLAT, {"scatter": 0.05}, "unknown"),
        ((0.5, 0.5, 0.5, 0.5, 0.5), {}, "nothing learnt"),
        ((0.98, 0.985, 0.99, 0.994, 0.995), {"draws": 0.001}, "nothing to gain"),
    ],
)
def test_more_data_or_a_bigger_model_is_answered_from_the_curve(scores, more, kind):
    assert verdict(Generalisation(standing=standing(), sizes=points(scores, **more))).kind == kind


def test_a_flat_curve_without_a_gap_asks_for_a_bigger_model():
    alike = tuple(
        SizePoint(one.fraction, one.num_rows, one.seed, one.valid_score, one.valid_score, one.drawn, one.answers)
        for one in points(FLAT)
    )
    said = verdict(Generalisation(standing=standing(), sizes=alike))
    assert said.kind == "model"
    assert say(said.said).startswith("A bigger model, or columns that tell more, and not more rows")


def test_one_seed_gives_no_slope_and_no_verdict():
    said = verdict(Generalisation(standing=standing(), sizes=points(FLAT, seeds=1)))
    assert said.kind == "unknown"
    assert "--budget" in say(said.said)


def test_lower_is_better_turns_the_curve_around():
    errors = standing()
    falling = type(errors)("rmse", False, Score(1, 1, 1), Score(2, 2, 2), Score(1, 1, 1), constant=3.0)
    rising = verdict(Generalisation(standing=falling, sizes=points([3 - score for score in RISING])))
    assert rising.kind == "data"


def test_two_seeds_are_too_few_to_disagree():
    assert seeds_sign.check(Generalisation(standing=standing(rival=0.82), seed_scores=(0.7, 0.9))) is None


def test_trees_on_a_clean_table_of_quantities_stay_silent():
    stream = np.random.default_rng(3)
    table = stream.normal(size=(800, 3))
    target = table @ [3.0, 1.0, 0.0] + stream.normal(size=800)
    trees = HistGradientBoostingRegressor(max_iter=40, max_leaf_nodes=8, random_state=0)
    answers = Answers(
        np.arange(800), target, cross_val_predict(trees, table, target, cv=4), {"a": table[:, 0], "b": table[:, 1]}
    )
    assert odd_sign.check(Generalisation(answers=answers)) is None


def test_underfitting_by_a_limit_asks_for_time_and_not_for_a_larger_model():
    sick = underfitting(True)
    assert "larger model" in underfitting_sign.check(sick).advice
    cut = Generalisation(epochs=(Epochs(np.ones(3), np.ones(3), 1, is_cut_short=True),), standing=sick.standing)
    assert underfitting_sign.check(cut).advice.startswith("A limit ended its learning after 3 epochs")


def test_the_scores_of_underfitting_are_in_the_direction_of_the_metric():
    errors = Score(2.0, 1.9, 2.1), Score(2.05, 1.9, 2.2), Score(0.05, -0.1, 0.2)
    worse = Comparison("random forest", -1.0, -1.2, -0.8)
    standing_ = Standing("rmse", False, *errors, constant=3.0, rival="random forest", rival_valid=1.0, comparison=worse)
    assert underfitting_sign.check(Generalisation(standing=standing_)) is not None
    better = Standing("rmse", False, *errors, constant=3.0, rival="random forest", rival_valid=2.5, comparison=worse)
    assert underfitting_sign.check(Generalisation(standing=better)) is None


@pytest.mark.parametrize(("losses", "is_found"), [([0.9], True), ([0.9, 0.8, 0.7, 0.6], True), ([0.9, 0.8, 0.7, 0.71], False)])
def test_few_epochs_of_which_the_last_was_the_best_do_not_show_that_learning_was_done(losses, is_found):
    valid = np.array(losses)
    epochs = Epochs(valid, valid, int(valid.argmin()) + 1, is_cut_short=True)
    found = stopped_sign.check(Generalisation(epochs=(epochs,)))
    assert (found is not None) is is_found
    if found is not None:
        assert "the last the best: nothing says that it was done." in found.sentence

"""Training of baselines: agreement with scikit-learn, caps, time allowance, names, notes."""

import sys
import time

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge

from espalier.core.errors import MissingExtraError, PlanError, UnknownNameError
from espalier.evaluation.baselines import fit as fitting
from espalier.evaluation.baselines.baseline import (
    Baseline,
    all_baselines,
    left_out_baselines,
    named_baselines,
    suited_baselines,
)
from espalier.evaluation.baselines.fit import fit_baseline
from espalier.evaluation.baselines.table import TrainTable


def table_of(num_rows=300, kind="class", num_columns=4, seed=0):
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(num_rows, num_columns)).astype(np.float32)
    signal = numbers[:, 0] + rng.normal(size=num_rows)
    target = (signal > 0) * 1.0 if kind == "class" else signal * 50 + 7
    return TrainTable((numbers,), (), target, kind, 2 if kind == "class" else 0)


def test_the_linear_model_is_scikit_learns_logistic_regression():
    table = table_of()
    ours = fit_baseline("linear model", table, 0).predict(table.inputs, np.arange(300))
    theirs = LogisticRegression(max_iter=2000).fit(table.inputs[0], table.target).predict_proba(table.inputs[0])
    np.testing.assert_allclose(ours.probabilities, theirs, rtol=1e-6)


def test_the_linear_model_of_numbers_is_scikit_learns_ridge():
    table = table_of(kind="number")
    ours = fit_baseline("linear model", table, 0).predict(table.inputs, np.arange(300))
    np.testing.assert_allclose(ours.values, Ridge().fit(table.inputs[0], table.target).predict(table.inputs[0]), rtol=1e-4)


def test_votes_are_joined_by_one_for_the_class_shares():
    table = table_of()
    fitted = fit_baseline("random forest", table, 0)
    forest = fitted.estimators[0]
    assert isinstance(forest, RandomForestClassifier)
    shares = (np.bincount(table.target.astype(int)) + 1) / 302
    expected = (100 * forest.predict_proba(table.inputs[0]) + shares) / 101
    np.testing.assert_allclose(fitted.predict(table.inputs, np.arange(300)).probabilities, expected, rtol=1e-9)


def test_tensors_are_taken_as_well_as_arrays():
    import torch

    table = table_of()
    tensors = TrainTable(
        (torch.from_numpy(table.inputs[0]), torch.zeros(300, 0, dtype=torch.int64)), (), table.target, "class", 2
    )
    first = fit_baseline("linear model", table, 0).predict(table.inputs, np.arange(300))
    second = fit_baseline("linear model", tensors, 0).predict(tensors.inputs, np.arange(300))
    np.testing.assert_array_equal(first.values, second.values)


def test_a_named_baseline_with_a_cap_says_how_many_rows_it_saw(monkeypatch):
    monkeypatch.setattr("espalier.evaluation.baselines.support_vectors.MAX_ROWS", 100)
    fitted = fit_baseline("support vector machine", table_of(300), 0)
    assert fitted.num_rows == 100
    assert fitted.note == "trained on 100 of 300 rows, drawn at random: more rows are not used by this baseline"


def test_all_rows_are_used_without_a_note():
    fitted = fit_baseline("decision tree", table_of(), 0)
    assert (fitted.num_rows, fitted.note) == (300, "")
    assert fitted.fit_seconds > 0


class Slow:
    """An estimator whose training takes 50 microseconds a row."""

    classes_ = np.array([0, 1])

    def fit(self, matrix, target):
        time.sleep(len(matrix) * 50e-6)
        return self

    def predict_proba(self, matrix):
        return np.full((len(matrix), 2), 0.5)


@pytest.fixture
def slow(monkeypatch):
    one = Baseline(lambda table, seed: Slow(), ("class",), 3, "Sleeps.")
    monkeypatch.setattr(fitting, "all_baselines", lambda: {"slow": one})
    monkeypatch.setattr(fitting, "named_baselines", lambda names, kind: names)


def test_an_allowance_that_suffices_changes_nothing(slow):
    fitted = fit_baseline("slow", table_of(6000), 0, max_seconds=20)
    assert (fitted.num_rows, fitted.note, fitted.lacked_time) == (6000, "", False)


def test_a_short_allowance_trains_on_a_part_and_keeps_to_it(slow):
    start = time.perf_counter()
    fitted = fit_baseline("slow", table_of(60_000), 0, max_seconds=0.6)  # all rows would take 3 s
    assert 2000 < fitted.num_rows < 20_000
    assert fitted.lacked_time
    assert time.perf_counter() - start < 2
    assert "of 60,000 rows, drawn at random: all would take longer than the 0.6 s allowed" in fitted.note


def test_hardly_any_allowance_keeps_the_first_trial(slow):
    fitted = fit_baseline("slow", table_of(60_000), 0, max_seconds=0.01)
    assert (fitted.num_rows, fitted.lacked_time) == (1000, True)


def test_a_baseline_that_gets_no_time_says_so(slow):
    fitted = fit_baseline("slow", table_of(60_000), 0, max_seconds=0.0)
    assert fitted.note == "trained on 1,000 of 60,000 rows, drawn at random: no time was left for more"


def test_a_model_that_has_not_converged_says_so_instead_of_warning(monkeypatch):
    monkeypatch.setattr("espalier.evaluation.baselines.linear.MAX_ITERATIONS", 1)
    assert fit_baseline("linear model", table_of(), 0).note == "stopped before it had converged"


def test_classes_too_rare_for_a_baseline_are_left_out_and_named():
    table = table_of()
    table.target[:2] = 2
    fitted = fit_baseline("support vector machine", TrainTable(table.inputs, (), table.target, "class", 3), 0)
    assert fitted.note == "without the classes of fewer than 5 rows (1)"
    probabilities = fitted.predict(table.inputs, np.arange(300)).probabilities
    assert (probabilities[:, 2] > 0).all() and (probabilities[:, 2] < 0.02).all()


def test_predictions_do_not_depend_on_the_size_of_a_chunk(monkeypatch):
    table = table_of()
    fitted = fit_baseline("linear model", table, 0)
    whole = fitted.predict(table.inputs, np.arange(300))
    monkeypatch.setattr(fitting, "CHUNK_CELLS", 28)
    np.testing.assert_allclose(fitted.predict(table.inputs, np.arange(300)).probabilities, whole.probabilities, rtol=1e-6)


def test_a_wide_table_is_held_within_the_memory_allowed(monkeypatch):
    monkeypatch.setattr(fitting, "CELLS", 400)
    assert fit_baseline("linear model", table_of(300), 0).num_rows == 100


def test_an_unknown_baseline_is_answered_with_the_nearest_name():
    with pytest.raises(UnknownNameError, match="no baseline 'random forrest'. Did you mean 'random forest'"):
        named_baselines(["random forrest"], "class")


def test_a_baseline_that_cannot_learn_the_target_is_refused():
    with pytest.raises(PlanError, match="'support vector machine' cannot learn a target of kind 'count'"):
        fit_baseline("support vector machine", TrainTable((np.zeros((3, 1)),), (), np.zeros(3), "count"), 0)


def test_names_of_a_plan_come_simplest_first():
    assert named_baselines(["random forest", "linear model"], "class") == ["linear model", "random forest"]


def test_big_data_leave_the_support_vectors_out():
    assert "support vector machine" in suited_baselines("class", 5000, 10)
    assert "support vector machine" not in suited_baselines("class", 5001, 10)
    assert "k nearest neighbours" not in suited_baselines("class", 5000, 2000)


def test_baselines_that_a_table_is_too_large_for_are_named_with_the_reason():
    assert left_out_baselines("class", 5000, 10) == ()
    assert left_out_baselines("class", 5001, 10) == ("support vector machine (more than 5,000 rows)",)
    assert left_out_baselines("number", 500, 1001) == (
        "k nearest neighbours (more than 1,000 columns)",
        "support vector machine (more than 1,000 columns)",
    )
    assert left_out_baselines("count", 5001, 10) == ()


def test_without_its_package_lightgbm_is_not_tried_and_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'espalier\[boost\]'"):
        fit_baseline("LightGBM", table_of(), 0)
    monkeypatch.setattr("espalier.evaluation.baselines.lightgbm_trees.find_spec", lambda name: None)
    assert not all_baselines()["LightGBM"].available()
    assert "LightGBM" not in suited_baselines("class", 100, 3)

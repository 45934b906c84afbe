"""Anomalies from the source to the answers: planted windows, and a planted series that runs in time."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from espalier import process
from espalier.app.report.page import render
from espalier.core.errors import ColumnError, PlanError, SplitError, UnknownNameError
from espalier.run import Run
from small_runs import finish

SHORT = {
    "task.name": "anomaly",
    "model.name": "dense-autoencoder-tiny",
    "learning.epochs": 12,
    "learning.learning_rate": 5e-3,
    "learning.precision": "float32",
    "baselines": ("z-score", "nearest normal window"),
}
EVENTS = ((1100, 1120), (2550, 2580), (2800, 2820))
NUM_STEPS = 3000


def windows(path, normal="calm", odd="storm", num=240):
    """Save waves, every sixth of which has no wave in its second half."""
    stream = np.random.default_rng(0)
    waves = np.sin(2 * np.pi * np.arange(24) / 12) + 0.1 * stream.normal(size=(num, 1, 24))
    labels = np.where(np.arange(num) % 6 == 5, odd, normal)
    waves[labels == odd, :, 12:] = 0.1 * stream.normal(size=(int((labels == odd).sum()), 1, 12))
    np.savez(path, X=waves.astype(np.float32), y=labels)
    return path


def series(path, labels=True):
    """Save a wave over time that stands still in the events."""
    stream = np.random.default_rng(0)
    steps = np.arange(NUM_STEPS)
    odd = np.zeros(NUM_STEPS, dtype=int)
    for first, end in EVENTS:
        odd[first:end] = 1
    value = 10 + 3 * np.sin(2 * np.pi * steps / 12) * (odd == 0) + 0.2 * stream.normal(size=NUM_STEPS)
    times = [dt.datetime(2024, 1, 1) + dt.timedelta(hours=int(one)) for one in steps]
    frame = pl.DataFrame({"time": times, "load": value, "odd": odd})
    (frame if labels else frame.drop("odd")).write_csv(path)
    return path


@pytest.fixture(scope="module")
def of_windows(tmp_path_factory):
    folder = tmp_path_factory.mktemp("windows")
    made = process.draft(windows(folder / "waves.npz"), changes=SHORT)
    return *finish(process.train(made.plan, folder / "run", made.table)), folder


@pytest.fixture(scope="module")
def of_series(tmp_path_factory):
    folder = tmp_path_factory.mktemp("series")
    changes = {**SHORT, "prepare.stretches.labels": "odd", "baselines": ("z-score", "seasonal residual")}
    made = process.draft(series(folder / "load.csv"), target=["load"], changes=changes)
    return *finish(process.train(made.plan, folder / "run", made.table)), folder


def split_sentence(told):
    return next(one.sentence for one in told if getattr(one, "stage", "") == "split")


def test_windows_unlike_the_most_frequent_class_are_found(of_windows):
    run, told, _ = of_windows
    assert run.plan.task.options["normal"] == "calm"
    assert "most windows have it (200 of 240)" in str(dict(run.plan.reasons))
    assert "32 anomalies are not learnt from, and 4 do not set the alarm level" in split_sentence(told)
    assert run.scorecard.metric == "roc_auc"
    assert run.scorecard.models[0].scores["roc_auc"].value > 0.95
    assert "normal rows of the validation part" in run.scorecard.threshold_reason
    scored = run.predictions
    assert set(scored.filter(part="valid")["target"]) == {"normal"}
    assert set(scored.filter(part="test")["target"]) == {"normal", "anomaly"}
    assert ((scored["score"] > 1) == (scored["prediction"] == "anomaly")).all()


def test_new_windows_are_answered_by_the_run_as_it_was_scored(of_windows):
    run, _, folder = of_windows
    again = Run(run.folder.path)
    answers = again.predict(folder / "waves.npz")
    assert answers.columns == ["prediction", "score"] and answers.height == 240
    test = run.predictions.filter(part="test").sort("row")
    rows = test["row"].to_numpy()
    first = int(min(process.load_planned(run.plan).records.rows))
    np.testing.assert_allclose(answers["score"].to_numpy()[rows - first], test["score"].to_numpy(), rtol=1e-4)


def test_another_class_can_be_the_normal_one(tmp_path):
    source = windows(tmp_path / "waves.npz", normal="0", odd="1")
    made = process.draft(source, changes={**SHORT, "task.options.normal": 0})
    run, _ = finish(process.train(made.plan, tmp_path / "run", made.table))
    assert run.scorecard.models[0].scores["roc_auc"].value > 0.95


def test_steps_of_a_series_are_judged_and_events_are_found(of_series):
    run, told, _ = of_series
    form = run.plan.prepare.stretches
    assert (form.look_back, form.season) == (24, 12)
    assert run.plan.schema.columns["odd"].role != "input"
    assert "43 anomalies are not learnt from, and 0 do not" in split_sentence(told)  # 20 steps, and 23 that look back at them
    card = run.scorecard
    assert card.metric == "event_f1"
    assert card.models[0].scores["event_recall"].value == 1
    assert card.models[0].scores["roc_auc"].value > 0.9
    assert "whole stretches of 24 steps" in card.resampling
    assert {"z-score", "seasonal residual"} < {one.name for one in card.models}


def test_new_steps_are_answered_from_the_first_whole_stretch_on(of_series):
    run, _, folder = of_series
    pl.read_csv(folder / "load.csv").tail(250).drop("odd").write_csv(folder / "new.csv")
    answers = Run(run.folder.path).predict(folder / "new.csv")
    assert answers.columns == ["time", "prediction", "score"]
    assert answers.height == 250 - 23
    flags = (answers["prediction"] == "anomaly").to_numpy()
    assert flags[70 - 23 : 90 - 23].any() and not flags[-50:].all()  # steps 2,820 to 2,840 look back at the event


def test_a_series_is_scored_again_with_its_labels(of_series):
    run, _, folder = of_series
    card = Run(run.folder.path).evaluate(folder / "load.csv")
    assert card.metric == "event_f1" and card.num_rows == NUM_STEPS - 23


def test_the_report_shows_events_scores_and_the_windows_that_came_out_worst(of_series, of_windows):
    run, _, folder = of_series
    page = render(run, process.load_planned(run.plan).records)
    assert "The anomalies" in page and page.count("<td>2024-") == 2  # events of the test part
    assert "it is labelled anomaly" in page and "It has learnt from normal steps alone" in page
    assert "It has learnt from normal rows alone" in render(of_windows[0])


def test_the_report_names_what_is_watched_while_normal_rows_alone_are_looked_at(of_windows):
    page = render(of_windows[0])
    assert "Alarm share on the" in page and "ROC AUC on the" not in page
    assert "The threshold of :" not in page


def test_without_labels_the_share_of_alarms_is_all_that_is_scored(tmp_path):
    source = series(tmp_path / "load.csv", labels=False)
    made = process.draft(source, target=["load"], changes={**SHORT, "learning.epochs": 2})
    run, _ = finish(process.train(made.plan, tmp_path / "run", made.table))
    assert run.scorecard.metric == "alarm_share"
    assert run.scorecard.models[0].scores["alarm_share"].value < 0.2


def test_a_variational_autoencoder_learns_with_the_distance_of_its_code(tmp_path):
    source = windows(tmp_path / "waves.npz")
    made = process.draft(source, changes={**SHORT, "model.name": "vae-series-tiny", "task.options.beta": 0.1})
    run, _ = finish(process.train(made.plan, tmp_path / "run", made.table))
    assert run.scorecard.models[0].scores["roc_auc"].value > 0.9


@pytest.mark.parametrize("source", [windows, series])
def test_the_whole_way_can_be_rehearsed(source, tmp_path):
    path = source(tmp_path / ("in.npz" if source is windows else "in.csv"))
    changes = SHORT if source is windows else {**SHORT, "prepare.stretches.labels": "odd", "baselines": ("z-score",)}
    made = process.draft(path, target=[] if source is windows else ["load"], changes=changes)
    assert any("gives the same" in one for one in process.rehearse(made.plan, made.table))


def test_a_normal_class_that_no_window_has_is_named_with_the_classes(tmp_path):
    made = process.draft(windows(tmp_path / "waves.npz"), changes={**SHORT, "task.options.normal": "quiet"})
    with pytest.raises(ColumnError, match=r"has 'quiet' in '\w+'; its classes are 'calm', 'storm'. Name the normal one"):
        finish(process.train(made.plan, tmp_path / "run", made.table))


def test_a_series_whose_steps_are_all_anomalies_leaves_nothing_to_learn_from(tmp_path):
    source = series(tmp_path / "load.csv")
    pl.read_csv(source).with_columns(odd=1).write_csv(source)
    made = process.draft(source, target=["load"], changes={**SHORT, "prepare.stretches.labels": "odd"})
    with pytest.raises(SplitError, match="0 normal rows are left in the training part once anomalies are taken out"):
        finish(process.train(made.plan, tmp_path / "run", made.table))


def test_a_column_of_labels_that_holds_something_else_is_named(tmp_path):
    source = series(tmp_path / "load.csv")
    pl.read_csv(source).with_columns(odd=pl.Series(np.arange(NUM_STEPS) % 3)).write_csv(source)
    made = process.draft(source, target=["load"], changes={**SHORT, "prepare.stretches.labels": "odd"})
    with pytest.raises(ColumnError, match="1,000 of 3,000 cells hold something else than 0 and 1, for example '2'"):
        finish(process.train(made.plan, tmp_path / "run", made.table))


def test_a_column_of_labels_that_is_not_there_is_answered_with_the_nearest(tmp_path):
    changes = {**SHORT, "prepare.stretches.labels": "ood"}
    with pytest.raises(UnknownNameError, match="no column 'ood'. Did you mean 'odd'"):
        process.draft(series(tmp_path / "load.csv"), target=["load"], changes=changes)


def test_the_extreme_level_says_how_many_rows_it_needs(tmp_path):
    changes = {**SHORT, "task.options.level": "extreme", "task.options.false_alarms": 0.001, "learning.epochs": 1}
    made = process.draft(windows(tmp_path / "waves.npz"), changes=changes)
    with pytest.raises(PlanError, match="scores of 20 normal rows .* expected at least 1,000 rows"):
        finish(process.train(made.plan, tmp_path / "run", made.table))


def test_a_series_shorter_than_a_stretch_is_refused(of_series):
    run, _, folder = of_series
    pl.read_csv(folder / "load.csv").tail(20).write_csv(folder / "short.csv")
    with pytest.raises(SplitError, match="has 20 steps, and each is judged with the 23 before it"):
        Run(run.folder.path).predict(folder / "short.csv")

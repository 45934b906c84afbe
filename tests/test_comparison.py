import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from torch import nn

from espalier.comparison import compare, differences
from espalier.core.errors import RunError
from espalier.core.plan import DataPlan, ModelPlan, Plan, TaskPlan, edit
from espalier.core.run_folder import RunFolder
from espalier.core.schema import Column, Kind, Role, Schema
from espalier.core.scorecard import Comparison, ModelScores, Score, Scorecard
from espalier.data.describe.question import Question

NUM_ROWS = 200
SCHEMA = Schema({"age": Column(Kind.NUMBER, reason="numbers"), "sold": Column(Kind.CATEGORY, Role.TARGET)})
PLAN = Plan(data=DataPlan("houses.csv", fingerprint="aa"), task=TaskPlan("binary"), model=ModelPlan("mlp"), schema=SCHEMA)


class FakeRun(SimpleNamespace):
    """What compare reads of a run."""

    @property
    def scorecard(self):
        if self.card is None:
            raise RunError(f"{self.folder.scorecard} is missing. The run is not finished: continue it with `espalier resume`.")
        return self.card


def predictions(skill, first_row=2, part="test"):
    """Return answers to a yes-or-no question; with more skill the right class gets more probability."""
    stream = np.random.default_rng(1)
    truth = stream.integers(0, 2, NUM_ROWS)
    yes = 1 / (1 + np.exp(-(skill * (2 * truth - 1) + stream.normal(size=NUM_ROWS))))
    words = np.array(["no", "yes"], dtype=object)
    return pl.DataFrame(
        {
            "part": [part] * NUM_ROWS,
            "row": np.arange(first_row, first_row + NUM_ROWS)[::-1],
            "target": words[truth],
            "prediction": words[(yes > 0.5).astype(int)],
            "probability_no": 1 - yes,
            "probability_yes": yes,
        }
    )


@pytest.fixture
def make_run(tmp_path):
    def make(name, score=0.8, plan=PLAN, frame=None, **card):
        folder = RunFolder(Path(tmp_path) / name)
        folder.path.mkdir()
        folder.data.write_text(json.dumps({"fingerprint": plan.data.fingerprint, "num_rows": 2000, "removed": [{"count": 3}]}))
        folder.member(0).best.parent.mkdir(parents=True)
        folder.member(0).best.write_bytes(b"x" * 1234)
        models = (
            ModelScores("network", {"roc_auc": Score(score, score - 0.1, score + 0.1)}, 12.5, 1600),
            ModelScores("tree", {"roc_auc": Score(0.7, 0.6, 0.8)}, 0.1, 1600),
        )
        chosen = {"task": "binary", "part": "test", "num_rows": NUM_ROWS, "metric": "roc_auc", "higher_is_better": True} | card
        return FakeRun(
            folder=folder,
            plan=plan,
            schema=plan.schema,
            question=Question("binary", ("no", "yes"), "two values"),
            networks=(object(),),
            module=nn.Linear(3, 1),
            predictions=predictions(1.0) if frame is None else frame,
            card=Scorecard(models=models, comparison=None, verdict="fine", **chosen),
        )

    return make


def test_the_best_run_comes_first_with_scores_times_and_sizes(make_run):
    board = compare([make_run("a", 0.7), make_run("b", 0.9), make_run("c", 0.8)])
    assert [Path(place.run).name for place in board.places] == ["b", "c", "a"]
    best = board.places[0]
    assert (best.score, best.baseline, best.baseline_score) == (Score(0.9, 0.8, 1.0), "tree", Score(0.7, 0.6, 0.8))
    assert (best.fit_seconds, best.num_parameters, best.size_bytes, best.num_train_rows) == (12.5, 4, 1234, 1600)


def test_where_less_is_better_the_least_score_comes_first(make_run):
    board = compare([make_run("a", 0.7, higher_is_better=False), make_run("b", 0.2, higher_is_better=False)])
    assert [Path(place.run).name for place in board.places] == ["b", "a"]


def test_a_score_that_is_no_number_comes_last(make_run):
    board = compare([make_run("a", float("nan")), make_run("b", 0.2)])
    assert [Path(place.run).name for place in board.places] == ["b", "a"]


@pytest.mark.parametrize(
    "other",
    [
        {"frame": predictions(1.0, first_row=900)},
        {"plan": edit(PLAN, {"data.fingerprint": "bb"}, "")},
        {"plan": edit(PLAN, {"data.test": "other.csv"}, "")},
        {"metric": "roc_auc", "task": "multiclass"},
        {"part": "valid", "frame": predictions(1.0, part="valid")},
        {"plan": edit(PLAN, {"schema.columns.age.role": "target", "schema.columns.sold.role": "input"}, "")},
    ],
)
def test_runs_that_measure_different_things_are_ranked_apart_and_it_is_said(make_run, other):
    board = compare([make_run("odd", 0.99, **other), make_run("a", 0.7), make_run("b", 0.9)])
    assert [(Path(place.run).name, place.group) for place in board.places] == [("b", 0), ("a", 0), ("odd", 1)]
    assert "2 groups that cannot be compared with each other" in board.remarks[0]


def test_choosing_by_test_scores_is_called_optimistic(make_run):
    assert "the best of 2 runs looks a little better there than it is" in compare([make_run("a"), make_run("b")]).remarks[0]
    valid = {"part": "valid", "frame": predictions(1.0, part="valid")}
    assert compare([make_run("c", **valid), make_run("d", **valid)]).remarks == ()


def test_people_are_told_to_choose_by_validation_scores_only_where_these_are_known(make_run):
    first, second = make_run("a"), make_run("b")
    assert compare([first, second]).remarks[0].endswith("looks a little better there than it is. Confirm on fresh rows.")
    for run in (first, second):
        run.card = replace(run.card, models=(replace(run.card.models[0], valid_score=0.81), *run.card.models[1:]))
    board = compare([first, second])
    assert board.remarks[0].endswith("Choose by the validation scores, or confirm on fresh rows.")
    assert [place.valid_score for place in board.places] == [0.81, 0.81]


def test_a_run_that_is_not_finished_is_listed_without_a_place(make_run):
    open_run = make_run("open")
    open_run.card = None
    board = compare([open_run, make_run("a")])
    assert len(board.places) == 1
    assert "continue it with `espalier resume`" in board.unranked[0].reason


def test_everything_goes_to_json(make_run):
    runs = [make_run("a", 0.7), make_run("b", 0.9, plan=edit(PLAN, {"learning.epochs": 7}, ""))]
    assert json.loads(json.dumps(compare(runs).to_mapping()))["places"][0]["score"]["value"] == 0.9
    assert json.loads(json.dumps(differences(*runs).to_mapping()))["plan"] == {"learning.epochs": [100, 7]}


def test_two_plans_differ_where_values_differ_and_nowhere_else(make_run):
    changed = edit(PLAN, {"learning.epochs": 7, "model.options.depth": 3, "schema.columns.age.reason": "other words"}, "why")
    found = differences(make_run("a"), make_run("b", plan=changed))
    assert found.plan == {"model.options.depth": (None, 3), "learning.epochs": (100, 7)}
    assert found.data == {}
    assert found.comparable


def test_of_two_sources_every_difference_of_the_columns_goes_to_json(make_run):
    other = replace(PLAN, schema=Schema({"rooms": Column(Kind.NUMBER), "sold": SCHEMA.columns["sold"]}))
    other = edit(other, {"data.fingerprint": "bb"}, "")
    found = json.loads(json.dumps(differences(make_run("a"), make_run("b", plan=other)).to_mapping()))["plan"]
    assert found["schema.columns.age.kind"] == ["number", None]
    assert found["schema.columns.rooms.kind"] == [None, "number"]


def test_the_better_of_two_is_named_with_a_paired_interval(make_run):
    good, poor = make_run("good", 0.9, frame=predictions(2.0)), make_run("poor", 0.8, frame=predictions(0.5))
    found = differences(good, poor)
    assert found.comparison.low > 0
    assert found.conclusion.startswith(f"{good.folder.path} is better in roc auc, by ")
    turned = differences(poor, good)
    assert turned.comparison.difference == pytest.approx(-found.comparison.difference)
    assert turned.conclusion.startswith(f"{good.folder.path} is better in roc auc, by ")


def test_rows_of_one_group_are_drawn_together(make_run):
    def width(groups):
        frames = [predictions(skill).with_columns(**groups) for skill in (2.0, 0.5)]
        good, poor = (make_run(f"{number} {len(groups)}", frame=frame) for number, frame in enumerate(frames))
        found = differences(good, poor).comparison
        return found.high - found.low

    by_truth = pl.col("target") + (pl.int_range(pl.len()) % 4).cast(pl.String)
    assert width({"group": by_truth}) != width({})


def test_equal_answers_show_no_difference(make_run):
    found = differences(make_run("a"), make_run("b"))
    assert (found.comparison.difference, found.comparison.low, found.comparison.high) == (0, 0, 0)
    assert found.conclusion == (
        f"No difference that {NUM_ROWS} rows can show: in roc auc the first minus the second is 0.000 [0.000, 0.000] "
        "(higher is better)."
    )


def test_large_differences_have_thousands_separators(make_run, monkeypatch):
    def card(name, value):
        run = make_run(name, metric="rmse", higher_is_better=False, num_rows=1234)
        score = {"rmse": Score(value, value - 900, value + 900)}
        run.card = replace(run.card, models=tuple(replace(one, scores=score) for one in run.card.models))
        return run

    first, second = card("a", 52_310.4), card("b", 55_120.9)
    monkeypatch.setattr("espalier.comparison._paired", lambda *runs: Comparison("b", 2810.5, 2100.0, 3500.0))
    assert differences(first, second).conclusion.endswith(
        "is better in rmse, by 2,811 (2,100 to 3,500) on the same 1,234 rows."
    )
    monkeypatch.setattr("espalier.comparison._paired", lambda *runs: Comparison("b", 2810.5, -1100.0, 6500.0))
    assert differences(first, second).conclusion == (
        "No difference that 1,234 rows can show: in rmse the first minus the second is -2,811 [-6,500, +1,100] "
        "(lower is better)."
    )


def test_the_order_of_rows_in_the_file_does_not_matter(make_run):
    frame = predictions(1.0)
    found = differences(make_run("a", frame=frame), make_run("b", frame=frame.sort("row")))
    assert found.comparable
    assert found.comparison.difference == 0


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"frame": predictions(1.0, first_row=102)}, "different test rows: 200 and 200, of which 100 are the same"),
        ({"plan": edit(PLAN, {"data.fingerprint": "bb"}, "")}, "Their sources differ in content"),
        ({"plan": edit(PLAN, {"data.test": "other.csv"}, "")}, "Their test files differ: None and other.csv"),
        ({"task": "multiclass"}, "They answer different questions: binary and multiclass"),
        ({"part": "valid", "frame": predictions(1.0, part="valid")}, "Different parts were scored: test and valid"),
    ],
)
def test_it_is_said_why_two_scores_cannot_be_compared(make_run, other, reason):
    found = differences(make_run("a"), make_run("b", **other))
    assert not found.comparable
    assert found.comparison is None
    assert "cannot be compared" in found.conclusion
    assert reason in found.conclusion


def test_other_metrics_make_two_runs_incomparable(make_run):
    other = make_run("b")
    scores = {"accuracy": Score(0.5, 0.4, 0.6)}
    other.card = replace(other.card, metric="accuracy", models=(replace(other.card.models[0], scores=scores),))
    found = differences(make_run("a"), other)
    assert "Their main metrics differ: roc auc and accuracy" in found.conclusion
    assert found.result == {"roc_auc": (Score(0.8, 0.8 - 0.1, 0.8 + 0.1), None), "accuracy": (None, Score(0.5, 0.4, 0.6))}


def test_data_that_differs_is_named(make_run):
    found = differences(
        make_run("a"), make_run("b", plan=edit(PLAN, {"data.source": "flats.csv", "data.fingerprint": "bb"}, ""))
    )
    assert found.data == {"source": ("houses.csv", "flats.csv"), "fingerprint": ("aa", "bb")}
    assert found.plan == {}

"""The whole way with a class and a box: from a table of pictures with boxes to a run that says what is where."""

import json

import numpy as np
import polars as pl
import pytest

from espalier import process
from espalier.app.cli.main import launch
from espalier.app.report.page import render
from espalier.core.errors import ColumnError, PlanError
from espalier.core.pictures import PictureForm
from espalier.core.schema import SIDES
from espalier.data.prepare.boxes import NAMES, FittedBoxes
from espalier.data.prepare.target import FittedClasses
from espalier.data.read import read
from espalier.evaluation.metrics.boxes import overlap
from espalier.stages.generalise import from_run, open_run
from picture_runs import QUICK, trained
from pictures import encoded
from planted_boxes import planted, write_boxes

NUM = 160
ASKED = {"task.name": "localization"}
LEARNT = {
    "model.name": "fast-cnn",
    "learning.epochs": 12,
    "learning.learning_rate": 5e-3,
    "learning.optimizer": "adamw",
    "baselines": ("majority class", "linear model"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("boxes")
    table = write_boxes(folder, NUM)
    return trained(table, folder / "run", target=("shape",), changes={**ASKED, **LEARNT}), table


def test_boxes_are_learnt_better_than_the_mean_box_of_a_class(made):
    card = made[0].scorecard
    assert card.task == "localization" and card.metric == "class_and_box"
    of = {one.name: one.scores["mean_iou"].value for one in card.models}
    assert of["network"] > of["linear model"] + 0.2


def test_answers_give_the_box_in_pixels_of_the_picture(made):
    run, table = made
    answers = run.predict(table)
    assert answers.columns[:6] == ["file", "prediction", *NAMES]
    boxes = answers.select(NAMES).to_numpy()
    truth = np.array([planted(number)[2] for number in range(NUM)], dtype=float)
    assert overlap(truth, boxes).mean() > 0.5
    assert (boxes >= 0).all() and (boxes <= [32, 24, 32, 24]).all()


def test_a_folder_is_answered_by_a_model_that_learnt_from_a_table_of_paths(made):
    run, table = made
    answers = run.predict(table.parent / "pictures")
    assert answers["file"].head(3).to_list() == ["0.png", "1.png", "2.png"]
    same = run.predict(table).head(3)
    np.testing.assert_allclose(answers.head(3).select(NAMES).to_numpy(), same.select(NAMES).to_numpy())


def test_predictions_of_the_run_hold_both_boxes(made):
    run, _ = made
    line = run.predictions.filter(pl.col("part") == "test").row(0, named=True)
    truth = planted(line["row"] - 2)[2]  # the first record is line 2
    assert [line[f"target_{name}"] for name in NAMES] == pytest.approx(truth, abs=0.1)
    assert {*NAMES} <= set(line)


def test_the_plan_says_which_columns_are_the_sides_and_that_nothing_is_cut_off(made):
    plan = made[0].plan
    assert [plan.schema.names(side) for side in SIDES] == [("xmin",), ("ymin",), ("xmax",), ("ymax",)]
    assert plan.schema.columns["xmin"].reason == "its name says so: the left side of the box, pixels"
    assert plan.prepare.pictures.fit == "stretch" and plan.prepare.pictures.places
    assert plan.prepare.pictures.augment[-1]["fill"] == "zero"


def test_averaging_views_brings_boxes_back_to_the_picture(made):
    run, table = made
    truth = np.array([planted(number)[2] for number in range(NUM)], dtype=float)
    boxes = run.predict(table, tta=True).select(NAMES).to_numpy()
    assert overlap(truth, boxes).mean() > 0.45


def test_the_report_shows_both_boxes(made):
    run, table = made
    page = render(run, process.draft(table, target=["shape"], changes=ASKED).table.records)
    assert "Where it is" in page
    assert page.count('<rect class="true"') == page.count('<rect class="answered"') >= 20


def test_scores_on_other_rows_and_the_doctor_know_boxes(made, capsys):
    run, table = made
    assert launch(["evaluate", str(run.folder.path), str(table), "--json"]) == 0
    assert "mean_iou" in json.loads(capsys.readouterr().out)["scorecard"]["models"][0]["scores"]
    assert len(from_run(open_run(run.folder)).answers.target.shape) == 1


def test_columns_of_any_name_become_sides_when_it_is_said(tmp_path):
    table = write_boxes(tmp_path, 30, names=("a", "b", "c", "d"))
    with pytest.raises(ColumnError, match=r"no column is named for its left side.*--set schema.columns.NAME.role=box-left"):
        process.draft(table, target=["shape"], changes=ASKED)
    roles = {f"schema.columns.{name}.role": str(side) for name, side in zip("abcd", SIDES, strict=True)}
    draft = process.draft(table, target=["shape"], changes=roles)
    assert draft.plan.task.name == "localization"
    assert "the columns a, b, c, d hold the box" in draft.plan.reasons["task.name"]


@pytest.mark.parametrize("names", [("x0", "y0", "x1", "y1"), ("x1", "y1", "x2", "y2"), ("box_left", "Top", "right", "bottom")])
def test_usual_names_of_sides_are_known(names, tmp_path):
    plan = process.draft(write_boxes(tmp_path, 30, names=names), target=["shape"], changes=ASKED).plan
    assert [plan.schema.names(side)[0] for side in SIDES] == list(names)


def test_a_box_without_area_is_named_with_its_row(tmp_path):
    table = write_boxes(tmp_path, 30)
    frame = pl.read_csv(table)
    frame.with_columns(xmax=pl.when(pl.int_range(30) == 4).then(pl.col("xmin")).otherwise(pl.col("xmax"))).write_csv(table)
    with pytest.raises(ColumnError, match=r"1 of \d+ rows hold no box within their picture, the first is row 6: xmin"):
        trained(table, tmp_path / "run", target=("shape",), changes=ASKED)


def test_a_table_without_pictures_has_no_places(tmp_path):
    frame = pl.DataFrame(
        {"left": [1.5, 2.5] * 10, "top": 1.5, "right": [4.5, 9.5] * 10, "bottom": 7.5, "kind": ["a", "b"] * 10}
    )
    frame.with_columns(size=pl.Series(np.arange(20) * 1.5)).write_csv(tmp_path / "table.csv")
    with pytest.raises(PlanError, match="the data is a table without pictures"):
        process.draft(tmp_path / "table.csv", target=["kind"], changes=ASKED)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"prepare.pictures.mixing": {"name": "mixup"}}, "a blend of two pictures has two boxes"),
        ({"prepare.pictures.augment": [{"name": "crop", "fill": "reflect"}]}, "'crop' mirrors or repeats the border"),
        ({"task.class_weights": "balanced"}, "has none"),
    ],
)
def test_what_boxes_cannot_follow_is_refused(changes, words, tmp_path):
    with pytest.raises(PlanError, match=words):
        process.draft(write_boxes(tmp_path, 30), target=["shape"], changes={**QUICK, **ASKED, **changes})


@pytest.mark.parametrize("fit", ["stretch", "crop", "pad"])
@pytest.mark.parametrize("size", [(24, 32), (40, 20)])
def test_shares_are_of_what_the_network_reads_and_pixels_of_the_picture(fit, size, tmp_path):
    height, width = size
    pixels = np.zeros(size, dtype=np.uint8)
    left, top, right, bottom = 6, 8, 12, 14
    pixels[top:bottom, left:right] = 255
    (tmp_path / "one.png").write_bytes(encoded(pixels))
    pl.DataFrame({"file": "one.png", "kind": "a", "l": left, "t": top, "r": right, "b": bottom}).write_csv(tmp_path / "one.csv")
    records = read(tmp_path / "one.csv")
    form = PictureForm(64, 64, 1, fit)
    target = FittedBoxes(FittedClasses("kind", ("a",)), ("l", "t", "r", "b"), "file", form)
    seen, _ = records.album.pixels(["one.png"], form)
    rows, columns = (np.flatnonzero(seen[0, 0].numpy().max(axis=axis) > 127) for axis in (1, 0))
    shares = target.values(records)[0, 1:]
    assert shares.clip(0, 1) * 64 == pytest.approx([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], abs=1.1)
    assert target.to_pixels(shares[None], records)[0] == pytest.approx([left, top, right, bottom])

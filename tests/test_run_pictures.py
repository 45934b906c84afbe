"""Runs on pictures: answers name the picture, and one input is not compared with anything."""

import polars as pl
import pytest

from espalier import process
from espalier.app.cli.main import launch
from espalier.core.run_folder import read_run_json
from picture_runs import QUICK, run_on_folder
from pictures import drawn, encoded


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return run_on_folder(tmp_path_factory.mktemp("pictures"))


def test_answers_begin_with_the_name_of_the_picture(made):
    run, photos = made
    answers = run.predict(photos)
    assert answers.columns[:2] == ["image", "prediction"]
    assert answers["image"].head(2).to_list() == ["bar/0.png", "bar/1.png"]
    assert answers.height == 40


def test_pictures_without_classes_and_of_another_size_are_answered(made, tmp_path):
    (tmp_path / "new").mkdir()
    for number in range(3):
        (tmp_path / "new" / f"{number}.jpg").write_bytes(encoded(drawn("bar", number, side=40), "JPEG"))
    answers = made[0].predict(tmp_path / "new")
    assert answers["image"].to_list() == ["0.jpg", "1.jpg", "2.jpg"]


def test_the_command_writes_the_names_first(made, tmp_path):
    run, photos = made
    assert launch(["predict", str(run.folder.path), str(photos), "--out", str(tmp_path / "a.csv")]) == 0
    assert pl.read_csv(tmp_path / "a.csv").columns[0] == "image"


def test_a_single_input_is_not_compared_with_others(made):
    run, _ = made
    assert read_run_json(run.folder.importance) == []
    assert run.importance == ()


def test_the_reloaded_model_is_compared_in_a_rehearsal(made, tmp_path):
    draft = process.draft(made[1], changes=QUICK)
    sentences = process.rehearse(draft.plan, draft.table)
    assert any("reload: the model read back" in one for one in sentences)
    assert any("'image' is the only input" in one for one in sentences)

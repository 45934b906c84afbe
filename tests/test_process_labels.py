"""Several labels of one picture: what is there, each with a probability of its own, from a table of paths to answers."""

import numpy as np
import polars as pl
import pytest

from espalier.app.report.page import render
from espalier.data.read import read
from picture_runs import trained
from pictures import encoded

NUM = 160
LEARNT = {
    "learning.epochs": 8,
    "learning.learning_rate": 5e-3,
    "learning.optimizer": "adamw",
    "learning.batch_size": 16,
    "model.name": "resnet-tiny",
    "baselines": ("majority class", "linear model"),
}


def write_labels(path):
    """Write pictures with a bar, a square, both or neither, and a table that says which, and return it."""
    stream, rows = np.random.default_rng(0), []
    for number in range(NUM):
        has_bar, has_square = (bool(one) for one in stream.integers(0, 2, 2))
        pixels = stream.integers(0, 60, (16, 16)).astype(np.uint8)
        top, left = stream.integers(0, 5, 2)
        if has_bar:
            pixels[top : top + 2, left : left + 10] = 220
        if has_square:
            pixels[9 + top // 2 : 14 + top // 2, 9 - left : 14 - left] = 220
        (path / f"{number}.png").write_bytes(encoded(pixels))
        rows.append({"file": f"{number}.png", "bar": int(has_bar), "square": int(has_square)})
    pl.DataFrame(rows).write_csv(path / "labels.csv")
    return path / "labels.csv"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("labels")
    table = write_labels(folder)
    return trained(table, folder / "run", target=("bar", "square"), changes=LEARNT), table


def test_labels_are_learnt_from_pictures(made):
    card = made[0].scorecard
    assert card.task == "multilabel"
    f1 = {one.name: one.scores["f1_macro"].value for one in card.models}
    assert f1["network"] > 0.85 and f1["network"] > f1["majority class"] + 0.15


def test_answers_name_every_label_that_is_there(made):
    run, table = made
    answers, truth = run.predict(table), pl.read_csv(table)
    assert answers.columns == ["file", "prediction", "probability_bar", "probability_square"]
    both = truth.select(
        pl.concat_str(
            [pl.when(pl.col(one) == 1).then(pl.lit(one)) for one in ("bar", "square")], separator=";", ignore_nulls=True
        )
    )
    assert (answers["prediction"] == both.to_series()).mean() > 0.8


def test_the_report_shows_pictures_with_wrong_labels_or_says_that_none_is_wrong(made):
    run, table = made
    page = render(run, read(table))
    assert "The worst errors" in page and "labels" in page

"""The page of a run on pictures: what they are, some of each class, what the network is shown, and what it gets wrong."""

import base64
import io
import shutil

import numpy as np
import polars as pl
import pytest
from PIL import Image

from app.test_report import Page
from espalier.app.cli.given.sources import rows_behind
from espalier.app.report.charts.picture import picture
from espalier.app.report.facts import gather_facts
from espalier.app.report.gallery import drawn_rows, short_name
from espalier.app.report.page import render, write_report
from espalier.app.report.sections import errors, mosaics, views
from picture_runs import run_on_folder


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    run, photos = run_on_folder(tmp_path_factory.mktemp("pictures"), colour=True, changes={"learning.epochs": 4})
    return run, photos, rows_behind(run)[0]


@pytest.fixture(scope="module")
def facts(made):
    run, _, records = made
    return gather_facts(run, records)


def opened(element):
    found = Page(str(element)).having("img")[0][1]
    content = base64.b64decode(found["src"].removeprefix("data:image/webp;base64,"))
    return found, np.asarray(Image.open(io.BytesIO(content)))


def test_a_small_picture_is_kept_exactly_and_a_large_one_nearly():
    stream = np.random.default_rng(0)
    for side, limit in ((16, 0), (96, 12)):
        pixels = np.repeat(np.repeat(stream.integers(0, 256, (3, 4, 4)), side // 4, axis=1), side // 4, axis=2).astype(np.uint8)
        attributes, shown = opened(picture(pixels, alt="a"))
        assert shown.shape == (side, side, 3)
        assert np.abs(np.moveaxis(shown, 2, 0).astype(int) - pixels).mean() <= limit
        assert (attributes.get("class") == "hard") == (side == 16)


def test_a_name_that_looks_like_markup_stays_a_name():
    element = picture(np.zeros((1, 4, 4), dtype=np.uint8), alt='"><script>', title="<b>'\"")
    assert "<script>" not in element
    assert Page(element).having("img")[0][1]["alt"] == '"><script>'


def test_the_data_section_tells_what_the_pictures_are_and_shows_some_of_each_class(made):
    run, _, records = made
    text = render(run, records)
    page = Page(text)
    assert page.complaints == []
    assert "holds 40 pictures. The network reads them and predicts label" in page.text
    assert "16 × 16 pixels, all of them" in page.text
    assert "PNG, all of them" in page.text
    assert {"bar", "square"} <= set(page.text.split())
    assert all(one["src"].startswith("data:image/webp;base64,") and one["alt"] for _, one in page.having("img"))
    assert len(text) < 1_000_000


def test_the_pictures_shown_of_a_class_are_training_pictures_of_it(facts):
    strips = mosaics.about(facts).strips
    assert [strip.name for strip in strips] == ["bar", "square"]
    learnt = set(facts.train_rows.to_list())
    for strip in strips:
        assert 0 < len(strip.tiles) <= mosaics.PICTURES_OF_A_CLASS
        assert all(tile.name.startswith(f"{strip.name}/") and tile.row in learnt for tile in strip.tiles)


def test_the_first_view_is_the_picture_and_the_others_are_what_an_epoch_makes_of_it(facts):
    section = views.build(facts)
    assert section.values["changes"]
    for name, own, shown in section.values["lines"]:
        file = next(facts.gallery.records.frame.filter(pl.col("image") == name).iter_rows(named=True))
        pixels = facts.gallery.album.pixels([file["image"]], section.values["form"])[0][0].numpy()
        assert (np.moveaxis(opened(own.shown)[1], 2, 0) == pixels).all()
        assert len(shown) == min(views.MOST_VIEWS, facts.run.history.height)
        assert len({str(view).split("src=")[1].split(" ")[0] for view in shown}) > 1


def test_without_changes_the_views_are_the_pictures_themselves(tmp_path):
    run, _ = run_on_folder(tmp_path, changes={"prepare.pictures.augment": []})
    section = views.build(gather_facts(run, rows_behind(run)[0]))
    assert section.values["changes"] == []
    for _, own, shown in section.values["lines"]:
        for view in shown:
            assert (opened(view)[1] == opened(own.shown)[1]).all()


def test_the_worst_errors_are_pictures_with_names_and_both_probabilities(facts):
    misses = errors.build(facts).values["misses"]
    assert misses
    for miss in misses:
        assert miss.file == f"{miss.actual}/{miss.file.split('/')[1]}"
        assert miss.picture
        assert miss.measure.endswith("%")
        assert miss.sure.endswith("%")


def test_the_way_to_use_it_names_a_folder_and_there_is_no_importance(made):
    run, _, records = made
    page = Page(render(run, records))
    assert "new_pictures --out answers.csv" in page.text
    assert not [one for _, one in page.having("section") if one["id"] == "importance"]
    assert run.importance == ()


def test_without_the_source_the_page_is_written_without_pictures_and_says_so(made, tmp_path):
    run, photos, _ = made
    moved = shutil.move(photos, tmp_path / "away")
    try:
        records, why = rows_behind(run)
        assert records is None
        assert why
        page = Page(write_report(run, tmp_path / "page.html", records).read_text(encoding="utf-8"))
        assert not page.having("img")
        assert "The pictures themselves are not shown" in page.text
    finally:
        shutil.move(moved, photos)


def test_rows_are_drawn_the_same_way_every_time_and_long_names_keep_their_end():
    rows = pl.Series(range(100))
    assert drawn_rows(rows, 5, 0) == drawn_rows(rows, 5, 0)
    assert drawn_rows(rows[:3], 5, 0) == [0, 1, 2]
    assert short_name("a/" * 50 + "b.png").endswith("/b.png")

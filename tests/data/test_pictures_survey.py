import json

import numpy as np
import pytest
import torch

from espalier.core.errors import SourceError
from espalier.core.pictures import PictureForm
from espalier.core.schema import Kind, Role
from espalier.data.kinds.images import read
from espalier.data.pictures.across import marked_like
from espalier.data.pictures.arrays import bring_to_form
from espalier.data.pictures.likeness import alike, first_like
from espalier.data.pictures.survey import from_mapping, survey, usual_form
from pictures import drawn, encoded, write_folder


def stacked(*pictures):
    return torch.from_numpy(np.stack(pictures)).unsqueeze(1)


def test_equal_pictures_share_the_first_one():
    pictures = stacked(drawn("bar", 0), drawn("square", 0), drawn("bar", 0), drawn("square", 0))
    assert alike(pictures).tolist() == [0, 1, 0, 1]


def test_a_picture_with_a_little_noise_is_alike_and_another_one_is_not():
    first = drawn("square", 3, side=32)
    noisy = np.clip(first.astype(int) + np.random.default_rng(0).integers(-4, 5, first.shape), 0, 255).astype(np.uint8)
    assert alike(stacked(first, drawn("square", 4, side=32), noisy)).tolist() == [0, 1, 0]


def test_a_darker_picture_of_the_same_shape_is_not_alike():
    first = drawn("square", 3, side=32)
    assert alike(stacked(first, first // 2)).tolist() == [0, 1]


def test_plain_surfaces_of_different_brightness_are_not_alike():
    assert alike(stacked(*(np.full((16, 16), value, np.uint8) for value in (0, 10, 200, 10)))).tolist() == [0, 1, 2, 1]


def test_likeness_goes_on_over_a_chain():
    first = drawn("square", 3, side=32).astype(float)
    other = drawn("square", 5, side=32).astype(float)
    steps = [np.rint(first * (1 - t) + other * t).astype(np.uint8) for t in (0.0, 0.04, 0.08)]
    assert alike(stacked(*steps)).tolist() == [0, 0, 0]


def test_a_picture_is_like_the_first_known_one_that_it_nearly_equals():
    known = stacked(drawn("bar", 0, side=32), drawn("square", 3, side=32), drawn("square", 3, side=32))
    noisy = np.clip(drawn("square", 3, side=32).astype(int) + 3, 0, 255).astype(np.uint8)
    assert first_like(stacked(noisy, drawn("square", 4, side=32)), known).tolist() == [1, -1]


def test_a_near_copy_in_another_source_gets_the_mark_of_the_first(tmp_path):
    one, _ = survey(read(write_folder(tmp_path / "one", 6, side=32)))
    folder = write_folder(tmp_path / "other", 6, side=32)
    for kind in ("bar", "square"):
        for number in range(6):
            (folder / kind / f"{number}.png").write_bytes(encoded(drawn(kind, 300 + number, side=32)))
    (folder / "bar" / "0.jpg").write_bytes(encoded(drawn("bar", 2, side=32), "JPEG"))
    other, found = survey(read(folder))
    joined = marked_like(other, one, "image", found.form)
    marks = dict(zip(one.frame["image"], one.frame["image.alike"], strict=True))
    fresh = dict(zip(joined.frame["image"], joined.frame["image.alike"], strict=True))
    assert fresh["bar/0.jpg"] == marks["bar/2.png"]
    assert dict(zip(other.frame["image"], other.frame["image.alike"], strict=True))["bar/0.jpg"] != marks["bar/2.png"]
    assert len(set(fresh.values()) & set(marks.values())) == 1


def test_the_survey_counts_and_names(tmp_path):
    folder = write_folder(tmp_path / "photos", 12)
    (folder / "bar" / "50.png").write_bytes(encoded(np.full((16, 16), 7, np.uint8)))
    (folder / "bar" / "51.png").write_bytes(encoded(drawn("bar", 1)))
    (folder / "bar" / "52.png").write_bytes(encoded(drawn("bar", 90))[:90])
    (folder / "bar" / "53.png").write_bytes(encoded(drawn("bar", 91), "BMP"))
    records, found = survey(read(folder))
    assert found.num_pictures == 28
    assert (found.widths, found.heights) == ((16, 16, 16), (16, 16, 16))
    assert found.channels == {"grey": 28}
    assert found.unreadable.names == ("bar/52.png",)
    assert found.unreadable.said == ("it is cut off",)
    assert found.unreadable.rows == (15,)
    assert found.blank.names == ("bar/50.png",)
    assert found.odd.said == ("ends in '.png' and holds BMP",)
    assert found.num_alike == 1
    assert found.form == PictureForm(16, 16, 1)
    assert records.frame["image"].null_count() == 1
    same = records.frame.filter(records.frame["image"].is_in(["bar/1.png", "bar/51.png"]))["image.alike"]
    assert same.n_unique() == 1
    column = records.hints.columns["image.alike"]
    assert (column.kind, column.role) == (Kind.CATEGORY, Role.IDENTIFIER)
    assert from_mapping(json.loads(json.dumps(found.to_mapping()))) == found


def test_pictures_with_bars_at_the_edges_are_counted(tmp_path):
    folder = write_folder(tmp_path / "photos", 5)
    boxed = np.random.default_rng(0).integers(60, 200, (16, 16)).astype(np.uint8)
    boxed[:3] = boxed[-3:] = 0
    (folder / "square" / "60.png").write_bytes(encoded(boxed))
    assert survey(read(folder))[1].bordered.names == ("square/60.png",)


def test_a_source_whose_pictures_mostly_cannot_be_read_is_refused(tmp_path):
    folder = write_folder(tmp_path / "photos", 3)
    (folder / "bar" / "1.png").write_bytes(b"no picture")
    with pytest.raises(SourceError, match=r"1 of 6 pictures .* cannot be read \(bar/1.png: it is no picture in a form"):
        survey(read(folder))


def test_records_without_pictures_stay_as_they_are():
    from espalier.data.kinds.table import read as read_table

    records = read_table("sample:iris")
    assert survey(records) == (records, None)


@pytest.mark.parametrize(
    ("sizes", "channels", "form"),
    [
        ([(32, 32)] * 3, [3, 3, 3], PictureForm(32, 32, 3)),
        ([(28, 20)] * 3, [1, 1, 1], PictureForm(20, 28, 1)),
        ([(500, 400), (300, 200), (640, 480)], [3, 3, 1], PictureForm(64, 64, 3)),
        ([(50, 40), (30, 20), (64, 48)], [3, 3, 4], PictureForm(40, 40, 3)),
    ],
)
def test_the_usual_form_follows_sizes_and_colours(sizes, channels, form):
    from espalier.core.pictures import PictureHeaders

    widths, heights = np.array(sizes).T
    assert usual_form(PictureHeaders(widths, heights, np.array(channels), ("PNG",) * 3, {}, {})) == form


def test_arrays_brought_to_a_form_agree_with_decoded_files():
    from espalier.data.pictures.decode import decode

    pixels = drawn("square", 2, side=16, colour=True)
    array = torch.from_numpy(pixels).permute(2, 0, 1).unsqueeze(0)
    grey = PictureForm(16, 16, 1)
    expected = decode(encoded(pixels), grey)[:, :, 0].astype(int)
    np.testing.assert_allclose(bring_to_form(array, grey)[0, 0].numpy().astype(int), expected, atol=1)
    small = PictureForm(8, 8, 3)
    expected = decode(encoded(pixels), small).astype(int)
    np.testing.assert_allclose(bring_to_form(array, small)[0].permute(1, 2, 0).numpy().astype(int), expected, atol=3)

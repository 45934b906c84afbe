import io

import numpy as np
import pytest
from PIL import Image

from espalier.core.pictures import PictureForm
from espalier.data.pictures.decode import MAX_PIXELS, UnreadablePictureError, decode, read_header
from pictures import drawn, encoded

GREY = PictureForm(8, 8, 1)
COLOUR = PictureForm(8, 8, 3)
PLAIN = np.arange(64, dtype=np.uint8).reshape(8, 8) * 3
COLOURS = np.stack([PLAIN, 255 - PLAIN, PLAIN // 2], axis=2)


def test_a_grey_picture_keeps_every_pixel():
    np.testing.assert_array_equal(decode(encoded(PLAIN), GREY)[:, :, 0], PLAIN)


def test_a_colour_picture_keeps_every_pixel():
    np.testing.assert_array_equal(decode(encoded(COLOURS), COLOUR), COLOURS)


def test_a_grey_picture_among_colours_has_three_equal_channels():
    np.testing.assert_array_equal(decode(encoded(PLAIN), COLOUR), np.repeat(PLAIN[:, :, None], 3, axis=2))


def test_sixteen_bits_become_eight():
    deep = PLAIN.astype(np.uint16) * 257
    np.testing.assert_array_equal(decode(encoded(deep), GREY)[:, :, 0], PLAIN)
    assert read_header(encoded(deep), "a.png").form == "PNG (16 bits)"


def test_a_palette_becomes_colours():
    picture = Image.fromarray(COLOURS).quantize(64)
    expected = np.asarray(picture.convert("RGB"))
    np.testing.assert_array_equal(decode(encoded(picture), COLOUR), expected)
    assert read_header(encoded(picture), "a.png").form == "PNG (palette)"


def test_cmyk_becomes_colours():
    picture = Image.fromarray(COLOURS).convert("CMYK")
    found = decode(encoded(picture, "TIFF"), COLOUR)
    np.testing.assert_allclose(found.astype(int), COLOURS.astype(int), atol=2)


def test_what_is_transparent_lies_on_white():
    layered = np.concatenate([COLOURS, np.zeros((8, 8, 1), np.uint8)], axis=2)
    layered[:4, :, 3] = 255
    found = decode(encoded(layered), COLOUR)
    np.testing.assert_array_equal(found[:4], COLOURS[:4])
    assert (found[4:] == 255).all()
    assert read_header(encoded(layered), "a.png").channels == 4


def test_a_picture_turned_by_the_camera_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    oblong = np.zeros((8, 16), np.uint8)
    oblong[:, :8] = 255
    content = encoded(oblong, "PNG", exif=exif)
    header = read_header(content, "a.png")
    assert (header.width, header.height) == (8, 16)
    upright = decode(content, PictureForm(16, 8, 1))[:, :, 0]
    assert (upright[:8] == 255).all()
    assert (upright[8:] == 0).all()


def test_of_an_animation_the_first_frame_is_read_and_said():
    frames = [Image.fromarray(PLAIN), Image.fromarray(255 - PLAIN)]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    header = read_header(file.getvalue(), "a.gif")
    assert header.form == "GIF (palette, 2 frames)" or header.form == "GIF (2 frames)"
    assert header.oddity == "holds 2 frames, of which the first is read"
    np.testing.assert_allclose(decode(file.getvalue(), GREY)[:, :, 0].astype(int), PLAIN.astype(int), atol=1)


@pytest.mark.parametrize("form", ["JPEG", "BMP", "WEBP", "TIFF"])
def test_other_forms_are_read(form):
    found = decode(encoded(drawn("square", 0, colour=True), form), PictureForm(16, 16, 3))
    np.testing.assert_allclose(found.astype(float).mean(), drawn("square", 0, colour=True).mean(), atol=4)


def test_an_ending_that_does_not_fit_is_said():
    assert read_header(encoded(PLAIN, "BMP"), "a.png").oddity == "ends in '.png' and holds BMP"
    assert read_header(encoded(PLAIN), "a.png").oddity == ""


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
def test_an_oblong_picture_gets_the_form_as_asked(fit):
    oblong = np.full((8, 16), 100, np.uint8)
    oblong[:, :4] = oblong[:, 12:] = 200  # the outer quarters are brighter
    found = decode(encoded(oblong), PictureForm(8, 8, 1, fit))[:, :, 0]
    assert found.shape == (8, 8)
    if fit == "crop":
        assert (found[:, 1:7] == 100).all()
    elif fit == "pad":
        assert (found[:1] == 0).all()
        assert (found[3:5, :1] > 150).all()
    else:
        assert (found[:, 0] > 150).all()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"not a picture at all", "it is no picture in a form that is read"),
        (encoded(drawn("bar", 1, side=64))[:200], "it is cut off"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(content, reason):
    with pytest.raises(UnreadablePictureError, match=reason):
        decode(content, GREY)


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded():
    huge = encoded(Image.new("1", (20_000, 20_000)))
    with pytest.raises(UnreadablePictureError, match=f"at most {MAX_PIXELS:,} pixels are read|more than"):
        read_header(huge, "a.png")

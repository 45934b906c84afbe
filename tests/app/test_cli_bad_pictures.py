"""Bad pictures: each is told in one clear sentence, and the command stops with 2 only where it cannot go on."""

import io
import struct
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from espalier.app.cli.main import launch
from picture_runs import write_list
from pictures import drawn, encoded, write_folder


def said(arguments, capsys):
    """Return the exit code and all that was printed, on one line."""
    code = launch(arguments)
    printed = capsys.readouterr()
    return code, " ".join((printed.out + printed.err).split())


@pytest.fixture
def photos(tmp_path):
    return write_folder(tmp_path / "photos", 20)


def png_of(width, height):
    """Return a PNG file whose header names a size that its few bytes do not hold."""

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


def test_a_few_damaged_pictures_are_left_out_by_name(photos, capsys):
    whole = (photos / "bar" / "0.png").read_bytes()
    (photos / "bar" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (photos / "bar" / "empty.png").write_bytes(b"")
    (photos / "square" / "huge.png").write_bytes(png_of(20_000, 20_000))
    code, text = said(["inspect", str(photos)], capsys)
    assert code == 1
    assert "3 pictures of 43 (7.0%) cannot be read and were left out" in text
    assert "'bar/cut.png' (it is cut off)" in text
    assert "'bar/empty.png' (the file is empty)" in text
    assert "'square/huge.png' (it has more than 120,000,000 pixels)" in text


def test_many_damaged_pictures_stop_it(photos, capsys):
    for number in range(6):
        (photos / "bar" / f"bad{number}.png").write_bytes(b"no picture")
    code, text = said(["inspect", str(photos)], capsys)
    assert code == 2
    assert "6 of 46 pictures" in text
    assert "bar/bad0.png: it is no picture in a form that is read" in text
    assert "Mend or remove them" in text


def test_other_files_and_empty_folders_are_noted(photos, capsys):
    (photos / "readme.txt").write_text("hello")
    (photos / "triangle").mkdir()
    _, text = said(["inspect", str(photos)], capsys)
    assert "1 file is no picture and was left out: readme.txt" in text
    assert "1 folder holds no picture: triangle" in text


def test_a_folder_without_pictures_stops_it(tmp_path, capsys):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("hello")
    code, text = said(["inspect", str(tmp_path / "notes")], capsys)
    assert code == 2
    assert text.startswith(("error", "Error")) or "notes" in text


def test_a_zip_bomb_is_an_unreadable_picture(tmp_path, capsys):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(30):
            archive.writestr(f"{'ab'[number % 2]}/{number}.png", encoded(drawn("bar", number)))
        archive.writestr("a/bomb.png", b"\0" * (257 * 2**20))
    assert (tmp_path / "bomb.zip").stat().st_size < 2**20
    code, text = said(["inspect", str(tmp_path / "bomb.zip")], capsys)
    assert code in (0, 1)
    assert "'a/bomb.png' (it would take more than 256 MB when unpacked)" in text


def test_an_archive_that_leads_out_of_its_folder_stops_it(tmp_path, capsys):
    with zipfile.ZipFile(tmp_path / "escape.zip", "w") as archive:
        archive.writestr("../../evil.png", encoded(drawn("bar", 0)))
    code, text = said(["inspect", str(tmp_path / "escape.zip")], capsys)
    assert code == 2
    assert "'../../evil.png', which would lie outside the folder" in text
    assert not (tmp_path.parent / "evil.png").exists()


def test_a_class_with_one_picture_is_told(photos, capsys):
    (photos / "triangle").mkdir()
    (photos / "triangle" / "0.png").write_bytes(encoded(drawn("bar", 99)))
    _, text = said(["inspect", str(photos)], capsys)
    assert "triangle" in text
    assert "D08-rare-classes" in text


def test_pictures_of_one_pixel_are_too_small_for_the_model(tmp_path, capsys):
    for number in range(20):
        path = tmp_path / "dots" / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(np.array([[number * 12]], dtype=np.uint8)))
    code, text = said(["inspect", str(tmp_path / "dots")], capsys)
    assert code == 2
    assert "takes pictures from 8 pixels a side on, and these are brought to 1 x 1. Make them larger, for example" in text


def test_pictures_of_one_pixel_are_neither_shifted_nor_mirrored(tmp_path, capsys):
    for number in range(20):
        path = tmp_path / "dots" / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(np.array([[number * 12]], dtype=np.uint8)))
    out = str(tmp_path / "run")
    quick = ["--epochs", "1", "--set", 'baselines=["majority class"]', "--out", out]
    assert launch(["train", str(tmp_path / "dots"), "--model", "resnet-tiny", *quick]) in (0, 1)
    plan = (tmp_path / "run" / "plan.yaml").read_text()
    assert "augment: []  # left as they are: of pictures of less than 8 pixels a side, a shift leaves too little" in plan


def test_animated_and_16_bit_pictures_are_read_and_told(photos, capsys):
    frames = [Image.fromarray(drawn("bar", number)) for number in (70, 71)]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    (photos / "bar" / "moving.gif").write_bytes(file.getvalue())
    deep = Image.fromarray(drawn("bar", 72).astype(np.uint16) * 257)
    (photos / "bar" / "deep.png").write_bytes(encoded(deep))
    _, text = said(["inspect", str(photos)], capsys)
    assert "'bar/moving.gif' (holds 2 frames, of which the first is read)" in text
    assert "cannot be read" not in text


def test_a_path_in_a_table_that_leads_nowhere_is_told_with_its_line(tmp_path, capsys):
    table = write_list(tmp_path, missing=(3,))
    _, text = said(["inspect", str(table), "--target", "shape"], capsys)
    assert "'pictures/3.png' (line 5: the file cannot be opened: No such file or directory)" in text


def test_many_paths_that_lead_nowhere_stop_it_and_name_their_lines(tmp_path, capsys):
    table = write_list(tmp_path, missing=range(5, 20))
    code, text = said(["inspect", str(table), "--target", "shape"], capsys)
    assert code == 2
    assert "line 7, pictures/5.png: the file cannot be opened" in text

import gzip
import zipfile

import numpy as np
import pytest
import torch

from espalier.core.errors import EmptySourceError, FormatError, SourceError
from espalier.core.pictures import PictureForm
from espalier.data.kinds.images import read, reads
from espalier.data.pictures import files
from espalier.data.read import fingerprint, kind_of
from espalier.data.read import read as read_any
from pictures import SHAPES, drawn, encoded, write_folder

FORM = PictureForm(16, 16, 1)


def test_the_folder_of_a_picture_is_its_class(tmp_path):
    records = read(write_folder(tmp_path / "photos", 3))
    assert records.frame.columns == ["image", "label"]
    assert records.frame.rows()[:2] == [("bar/0.png", "bar"), ("bar/1.png", "bar")]
    assert records.hints.target == "label"
    assert records.hints.part is None
    assert records.rows.tolist() == [1, 2, 3, 4, 5, 6]


def test_pictures_come_in_the_order_of_their_numbers(tmp_path):
    records = read(write_folder(tmp_path / "photos", 11))
    assert records.frame["image"].to_list()[:11] == [f"bar/{number}.png" for number in range(11)]


def test_folders_named_as_parts_are_the_parts(tmp_path):
    records = read(write_folder(tmp_path / "photos", 2, parts=("train", "val", "test")))
    assert records.hints.part == "part"
    assert records.frame["part"].unique().sort().to_list() == ["test", "train", "val"]
    assert records.frame["label"].unique().sort().to_list() == list(SHAPES)


def test_one_folder_around_all_is_no_class(tmp_path):
    write_folder(tmp_path / "photos" / "set1", 2)
    assert read(tmp_path / "photos").frame["label"].unique().sort().to_list() == list(SHAPES)


def test_a_flat_folder_has_no_classes(tmp_path):
    folder = write_folder(tmp_path / "photos", 3) / "bar"
    records = read(folder)
    assert records.frame.columns == ["image"]
    assert records.hints.target is None


def test_other_files_are_named_and_left_out(tmp_path):
    folder = write_folder(tmp_path / "photos", 2)
    (folder / "notes.txt").write_text("hello")
    (folder / ".DS_Store").write_text("x")
    (folder / "empty").mkdir()
    records = read(folder)
    assert len(records) == 4
    assert records.notes == (
        "1 file is no picture and was left out: notes.txt",
        "1 folder holds no picture: empty",
    )


def test_a_folder_without_pictures_is_no_source_of_pictures(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    assert not reads(tmp_path)
    assert kind_of(tmp_path / "a.csv") == "table"
    with pytest.raises(SourceError, match="holds no pictures. Expected a folder or .zip of pictures"):
        kind_of(tmp_path, "images")


def zipped(folder, path, more=()):
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*.png")):
            archive.write(file, file.relative_to(folder))
        for name in more:
            archive.writestr(name, "x")
    return path


def test_a_zip_holds_the_same_pictures_as_its_folder(tmp_path):
    folder = write_folder(tmp_path / "photos", 3)
    packed, plain = read(zipped(folder, tmp_path / "photos.zip")), read(folder)
    assert packed.frame.equals(plain.frame)
    names = plain.frame["image"].to_list()
    assert (packed.album.pixels(names, FORM)[0] == plain.album.pixels(names, FORM)[0]).all()
    np.testing.assert_array_equal(plain.album.pixels(names, FORM)[0][0, 0].numpy(), drawn("bar", 0))


@pytest.mark.parametrize("name", ["../evil.png", "/etc/evil.png", "a/../../evil.png", "C:\\evil.png"])
def test_a_zip_whose_files_would_leave_it_is_refused(tmp_path, name):
    path = zipped(write_folder(tmp_path / "photos", 1), tmp_path / "photos.zip", [name])
    with pytest.raises(FormatError, match="would lie outside the folder"):
        read(path)


def test_a_zip_that_was_cut_off_is_refused(tmp_path):
    path = zipped(write_folder(tmp_path / "photos", 3), tmp_path / "photos.zip")
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(FormatError, match="is no zip archive, or was cut off"):
        read(path)


def test_a_zip_without_pictures_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("notes.txt", "x")
    with pytest.raises(EmptySourceError, match="holds no picture"):
        read(tmp_path / "a.zip")


def pictures(num, side=6):
    return np.random.default_rng(0).integers(0, 256, (num, side, side)).astype(np.uint8)


def test_arrays_of_two_parts_with_class_names(tmp_path):
    labels = np.array([0, 1, 1])
    np.savez(
        tmp_path / "a.npz", x_train=pictures(3), y_train=labels, x_test=pictures(2), y_test=labels[:2], classes=["cat", "dog"]
    )
    records = read(tmp_path / "a.npz")
    assert records.frame["label"].to_list() == ["cat", "dog", "dog", "cat", "dog"]
    assert records.frame["part"].to_list() == ["train"] * 3 + ["test"] * 2
    assert records.frame["image"].to_list()[3] == "x_test#0"


@pytest.mark.parametrize("shape", [(4, 6, 6), (4, 6, 6, 3), (4, 3, 6, 6), (4, 6, 6, 1)])
def test_arrays_of_any_layout_are_read(tmp_path, shape):
    array = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    np.save(tmp_path / "a.npy", array)
    records = read(tmp_path / "a.npy")
    channels = 3 if 3 in shape else 1
    found = records.album.pixels(["pictures#2"], PictureForm(6, 6, channels))[0][0].numpy()
    expected = array[2] if array.ndim == 3 else np.moveaxis(array[2], -1, 0) if shape[3] in (1, 3) else array[2]
    np.testing.assert_array_equal(found, expected.reshape(channels, 6, 6))


def test_decimals_from_zero_to_one_become_bytes(tmp_path):
    np.savez(tmp_path / "a.npz", images=np.linspace(0, 1, 4 * 36).reshape(4, 6, 6), labels=np.arange(4))
    pixels = read(tmp_path / "a.npz").album.pixels(["images#0", "images#3"], PictureForm(6, 6, 1))[0]
    assert (pixels.min(), pixels.max()) == (0, 255)


def test_pixels_out_of_range_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", images=np.linspace(-2, 2, 4 * 36).reshape(4, 6, 6))
    with pytest.raises(FormatError, match="holds values from -2 to 2. Expected pixels: 0 to 255, or decimals from 0 to 1"):
        read(tmp_path / "a.npz")


def test_pickled_objects_are_never_read(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(FormatError, match="pickled objects are never read"):
        read(tmp_path / "a.npy")


def test_arrays_without_pictures_are_refused_with_what_there_is(tmp_path):
    np.savez(tmp_path / "a.npz", numbers=np.zeros(4))
    with pytest.raises(FormatError, match=r"holds no array of pictures \(N, height, width\); it holds numbers \(4,\)"):
        read(tmp_path / "a.npz")


def idx(array):
    magic = {1: 2049, 3: 2051}[array.ndim].to_bytes(4, "big")
    return magic + b"".join(size.to_bytes(4, "big") for size in array.shape) + array.tobytes()


@pytest.mark.parametrize("packed", [False, True])
def test_idx_files_as_mnist_has_them(tmp_path, packed):
    for stem, num in (("train", 5), ("t10k", 2)):
        for what, array in (("images-idx3", pictures(num)), ("labels-idx1", np.arange(num, dtype=np.uint8))):
            content = idx(array)
            name = f"{stem}-{what}-ubyte" + (".gz" if packed else "")
            (tmp_path / name).write_bytes(gzip.compress(content) if packed else content)
    records = read(tmp_path)
    assert records.frame["part"].to_list() == ["test"] * 2 + ["train"] * 5
    assert records.frame["label"].to_list() == ["0", "1", "0", "1", "2", "3", "4"]


def test_an_idx_file_that_was_cut_off_is_refused(tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(pictures(5))[:-10])
    with pytest.raises(FormatError, match="it was cut off"):
        read(tmp_path)


def test_the_fingerprint_follows_the_content(tmp_path):
    folder = write_folder(tmp_path / "photos", 2)
    before = fingerprint(folder, read_any(folder))
    assert fingerprint(folder, read_any(folder)) == before
    (folder / "bar" / "0.png").write_bytes(encoded(drawn("square", 5)))
    assert fingerprint(folder, read_any(folder)) != before


def test_the_sample_of_digits_is_a_table_unless_pictures_are_asked_for():
    assert kind_of("sample:digits") == "table"
    records = read_any("sample:digits", kind="images")
    assert records.album.headers(["digits#0"]).widths.tolist() == [8]


def test_pictures_beyond_the_memory_they_may_take_lie_in_a_file_and_are_the_same(tmp_path, monkeypatch):
    source = write_folder(tmp_path / "photos", 20, colour=True)
    form = PictureForm(16, 16, 3)
    names = read(source).frame["image"].to_list()
    held, _ = read(source).album.pixels(names, form)
    monkeypatch.setattr(files, "MAX_MEMORY_BYTES", 10_000)  # of 30,720
    album = read(source).album
    first, _ = album.pixels(names[:15], form)
    every, _ = album.pixels(names, form)  # the rest is decoded and put behind
    backwards, _ = album.pixels(names[::-1], form)
    middle, _ = album.pixels(names[5:30], form)
    assert all(one.is_contiguous(memory_format=torch.channels_last) for one in (first, every, backwards, middle))
    assert every.equal(held) and first.equal(held[:15]) and backwards.equal(held.flip(0)) and middle.equal(held[5:30])
    assert middle.data_ptr() == every[5:].data_ptr()

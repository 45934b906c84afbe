"""Signs of pictures, looked for in folders: copies within and across parts, groups in names, borders, damaged files."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from espalier import process
from espalier.core.finding import Severity
from espalier.data.pictures.survey import _bordered
from espalier.diagnosis.texts.translate import translated
from picture_runs import QUICK
from pictures import encoded, write_folder
from small_runs import finish


def photo(number, side=48):
    """Return a picture that is unlike all others: coarse noise, enlarged."""
    values = np.random.default_rng(number).integers(0, 256, (8, 8, 3)).astype(np.uint8)
    return np.asarray(Image.fromarray(values).resize((side, side), Image.Resampling.BICUBIC))


def write_photos(root, names):
    for name, number in names.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(photo(number), "JPEG", quality=95))
    return root


def again(root, name, number):
    """Write a picture once more, stored anew with other bytes."""
    (root / name).write_bytes(encoded(photo(number), "JPEG", quality=60))


def two_classes(count, part=""):
    start = {"": 0, "train/": 0, "test/": 1000}[part]
    return {f"{part}{shape}/{n}.jpg": start + 100 * place + n for place, shape in enumerate(("a", "b")) for n in range(count)}


def found(source, sign, **changes):
    every = process.inspect(source, changes=changes).findings
    return next((one for one in every if one.id.startswith(sign)), None)


def test_copies_in_given_parts_are_named_as_files(tmp_path):
    photos = write_photos(tmp_path / "photos", {**two_classes(30, "train/"), **two_classes(15, "test/")})
    again(photos, "test/a/copy0.jpg", 0)
    assert found(photos, "S01").severity is Severity.WARN  # of so few pictures one may be chance
    for number in range(1, 12):
        again(photos, f"test/a/copy{number}.jpg", number)
    finding = found(photos, "S01")
    assert finding.severity is Severity.STOP
    assert "12 pictures of the test part" in finding.sentence
    assert "'test/a/copy0.jpg' and 'train/a/0.jpg'" in finding.sentence
    assert "'test/a/copy0.jpg', 'train/a/0.jpg'" in translated(finding, "ko").sentence
    repaired = found(photos, "S01", **finding.repairs[0].changes)
    assert repaired is None


def test_copies_within_a_folder_are_duplicates_and_conflicts_where_the_classes_differ(tmp_path):
    photos = write_photos(tmp_path / "photos", two_classes(30))
    assert found(photos, "D02") is None
    again(photos, "a/copy.jpg", 3)
    again(photos, "b/wrong.jpg", 5)
    assert "1 picture of 62 (1.6%) repeats an earlier picture" in found(photos, "D02").sentence
    assert "'a/3.jpg' and 'a/copy.jpg' are alike" in found(photos, "D02").sentence
    conflict = found(photos, "D03")
    assert "2 pictures stand in groups that are equal or nearly so and differ in 'label'" in conflict.sentence
    assert "'a/5.jpg' and 'b/wrong.jpg'" in conflict.sentence
    assert conflict.severity is Severity.WARN
    assert "'a/5.jpg', 'b/wrong.jpg'" in translated(conflict, "ko").sentence


def test_groups_in_names_are_found_and_the_repaired_plan_trains(tmp_path):
    names = {f"{'ab'[n % 2]}/speaker{who:02d}_{n}.jpg": 100 * who + n for who in range(10) for n in range(4)}
    photos = write_photos(tmp_path / "photos", names)
    finding = found(photos, "S11")
    assert finding.severity is Severity.WARN
    assert "10 groups" in finding.sentence
    draft = process.draft(photos, changes=QUICK)
    repaired = finding.repairs[0].apply(draft.plan)
    run = finish(process.train(repaired, tmp_path / "run"))[0]
    assert run.plan.split.method == "group"
    assert not [one for one in run.findings if one.id.startswith(("S11", "S03"))]


@pytest.mark.parametrize("name", ["{shape}/img_{n}.jpg", "{shape}/{n}.jpg", "{shape}/{shape}1_{n}.jpg"])
def test_names_that_only_count_or_name_the_class_are_no_groups(tmp_path, name):
    names = {name.format(shape=shape, n=n): 100 * place + n for place, shape in enumerate("ab") for n in range(10)}
    table = process.inspect(write_photos(tmp_path / "photos", names)).table
    assert "group" not in table.schema.columns


def test_damaged_blank_and_odd_pictures_are_told_with_their_names(tmp_path):
    photos = write_photos(tmp_path / "photos", two_classes(30))
    (photos / "a" / "cut.jpg").write_bytes((photos / "a" / "0.jpg").read_bytes()[:1200])
    (photos / "a" / "plain.png").write_bytes(encoded(np.full((30, 30, 3), 7, dtype=np.uint8)))
    (photos / "b" / "wrong.png").write_bytes(encoded(photo(99), "JPEG"))
    frames = [Image.fromarray(photo(number)) for number in (55, 56)]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    (photos / "b" / "moving.gif").write_bytes(file.getvalue())
    assert "'a/cut.jpg' (it is cut off)" in found(photos, "D26").sentence
    assert "'a/plain.png'" in found(photos, "D23").sentence
    odd = found(photos, "D24").sentence
    assert "'b/wrong.png' (ends in '.png' and holds JPEG)" in odd
    assert "'b/moving.gif' (holds 2 frames, of which the first is read)" in odd


def test_healthy_folders_have_no_signs_of_pictures(tmp_path):
    photos = write_folder(tmp_path / "photos", 30)
    known = ("D26", "D23", "D24", "D25", "S11", "S01")
    assert [one.id for one in process.inspect(photos).findings if one.id.startswith(known)] == []


def test_a_border_ends_in_a_line_and_a_thing_on_even_ground_has_none():
    framed = torch.zeros(1, 3, 32, 32, dtype=torch.uint8)
    framed[:, :, 6:26] = torch.from_numpy(np.moveaxis(photo(1, 32)[6:26], 2, 0).copy())
    thing = torch.zeros(1, 3, 32, 32, dtype=torch.uint8)
    thing[:, :, 8:24, 10:20] = 200
    whole = torch.from_numpy(np.moveaxis(photo(2, 32), 2, 0).copy())[None]
    plain = torch.full((1, 3, 32, 32), 9, dtype=torch.uint8)
    assert _bordered(torch.cat([framed, framed.transpose(2, 3), thing, whole, plain])).tolist() == [
        True,
        True,
        False,
        False,
        False,
    ]

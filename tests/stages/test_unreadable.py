"""Pictures that cannot be read: all others are answered, and these are named, counted and left empty, in the order given."""

import polars as pl
import pytest

from espalier.app.cli.main import launch
from espalier.core.errors import SourceError
from espalier.run import Run
from picture_runs import run_on_folder, trained, write_list
from pictures import drawn, encoded

CUT = 60  # bytes that are left of a picture


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return run_on_folder(tmp_path_factory.mktemp("readable"))[0]


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "new"
    folder.mkdir()
    for number in range(5):
        content = encoded(drawn("bar", number))
        (folder / f"{number}.png").write_bytes(content[:CUT] if number in (1, 3) else content)
    (folder / "notes.txt").write_text("not a picture")
    return folder


def test_all_others_are_answered_in_their_order(made, photos):
    answers = made.predict(photos)
    assert answers["image"].to_list() == [f"{number}.png" for number in range(5)]
    assert answers["prediction"].is_null().to_list() == [False, True, False, True, False]
    assert answers["error"].to_list() == [None, "it is cut off", None, "it is cut off", None]
    alone = made.predict(photos / "4.png")
    assert answers.drop("error").row(4) == pytest.approx(alone.row(0))
    assert "error" not in alone.columns


def test_they_are_counted_and_named(made, photos):
    made.predict(photos)
    assert made.notes == (
        "1 file is no picture and was left out: notes.txt",
        "2 pictures of 5 cannot be read and are not answered: 1.png (it is cut off), 3.png (it is cut off).",
    )


def test_the_command_writes_the_others_and_ends_with_1(made, photos, tmp_path, capsys):
    out = tmp_path / "answers.csv"
    assert launch(["predict", str(made.folder.path), str(photos), "--out", str(out)]) == 1
    printed = capsys.readouterr()
    assert "3 predictions written" in printed.out
    assert "2 pictures of 5 cannot be read" in printed.err
    written = pl.read_csv(out)
    assert written["error"].null_count() == 3 and written["prediction"].null_count() == 2


def test_none_that_can_be_read_is_an_error(made, photos, tmp_path):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "1.png").write_bytes((photos / "1.png").read_bytes())
    with pytest.raises(SourceError, match=r"None of the 1 pictures of .*bad can be read: 1.png \(it is cut off\)"):
        made.predict(tmp_path / "bad")


def test_scores_leave_them_out_and_say_so(made, tmp_path):
    for shape in ("bar", "square"):
        (tmp_path / shape).mkdir()
        for number in range(12):
            (tmp_path / shape / f"{number}.png").write_bytes(encoded(drawn(shape, number)))
    (tmp_path / "bar" / "bad.png").write_bytes(b"nothing")
    run = Run(made.folder.path)
    assert run.evaluate(tmp_path).num_rows == 24
    assert "1 picture of 25 cannot be read and is not scored: bar/bad.png (it is no picture" in run.notes[0]


def test_a_line_of_a_table_whose_picture_is_not_there_is_named(tmp_path):
    run = trained(write_list(tmp_path), tmp_path / "run", target=("shape",))
    (tmp_path / "new").mkdir()
    answers = run.predict(write_list(tmp_path / "new", 6, missing=(2,)))
    assert answers["prediction"].is_null().to_list() == [False, False, True, False, False, False]
    assert "line 4, pictures/2.png (the file cannot be opened" in " ".join(run.notes)

"""The commands that use a trained run, with a run that only pretends."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest

from app.cli_fakes import scorecard
from espalier import run
from espalier.app.cli import predict
from espalier.app.cli.main import launch
from espalier.core.errors import RunError

FRAME = pl.DataFrame(
    {"prediction": ["no", "yes", "no"], "probability_no": [0.9, 0.25, 0.6], "probability_yes": [0.1, 0.75, 0.4]}
)


class PretendedRun:
    """Answers three rows, whatever it is asked."""

    def __init__(self, path):
        self.asked = []
        self.data = {"fingerprint": "aa"}
        self.plan = SimpleNamespace(data=SimpleNamespace(source="houses.csv"), model=SimpleNamespace(name="tabm"))
        self.question = SimpleNamespace(classes=("no", "yes"))
        self.notes = ("3 cells of 'age' are no numbers.", "[bold]color[/bold] is new.")

    def predict(self, source, *, query, fill_missing, tta):
        return FRAME

    def evaluate(self, source, *, query, fill_missing, tta):
        return scorecard(part="given", openings=0)

    def origin(self, source, query):
        return "source" if source == "houses.csv" else "other"


@pytest.fixture(autouse=True)
def _a_pretended_run(monkeypatch, tmp_path):
    monkeypatch.setattr(run, "Run", PretendedRun)
    monkeypatch.chdir(tmp_path)
    Path("mine").mkdir()


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("answers.csv", pl.read_csv),
        ("answers.parquet", pl.read_parquet),
        ("answers.jsonl", pl.read_ndjson),
        ("answers.ndjson", pl.read_ndjson),
        ("in/a/folder.CSV", pl.read_csv),
    ],
)
def test_predictions_are_written_by_the_ending_of_the_name(name, read, capsys):
    assert launch(["predict", "mine", "new.csv", "--out", name]) == 0
    assert read(name).equals(FRAME)
    assert capsys.readouterr().out == f"3 predictions written to {name}.\n"


def test_predictions_go_to_standard_output_as_csv(capsys):
    assert launch(["predict", "mine", "new.csv"]) == 0
    assert pl.read_csv(io.StringIO(capsys.readouterr().out)).equals(FRAME)


def test_predictions_go_to_standard_output_as_json_lines(capsys):
    assert launch(["predict", "mine", "new.csv", "--json"]) == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == FRAME.to_dicts()


def test_many_predictions_have_one_header(monkeypatch, capsys):
    monkeypatch.setattr(predict, "PIECE_ROWS", 2)
    launch(["predict", "mine", "new.csv"])
    assert capsys.readouterr().out == FRAME.write_csv()


def test_no_rows_give_a_header_and_no_more(monkeypatch, capsys):
    monkeypatch.setattr(PretendedRun, "predict", lambda self, source, **_: FRAME.clear())
    assert launch(["predict", "mine", "new.csv"]) == 0
    assert capsys.readouterr().out == "prediction,probability_no,probability_yes\n"


def test_an_ending_that_is_no_form_of_ours_is_refused_before_the_work(monkeypatch, capsys):
    monkeypatch.setattr(PretendedRun, "predict", None)
    assert launch(["predict", "mine", "new.csv", "--out", "answers.doc"]) == 2
    assert "--out answers.doc ends in '.doc'. Expected one of .csv, .parquet, .jsonl, .ndjson." in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_one_sentence_and_two(capsys):
    Path("full").touch()
    assert launch(["predict", "mine", "new.csv", "--out", "full/answers.csv"]) == 2
    assert "Cannot write full/answers.csv" in capsys.readouterr().err


def test_a_reader_may_close_the_pipe_after_the_first_lines(tmp_path):
    code = (
        "import sys, polars as pl; from espalier import run; from espalier.app.cli.main import launch\n"
        "class Many:\n"
        "    def __init__(self, path): self.notes = ()\n"
        "    def predict(self, source, *, query, fill_missing, tta): return pl.DataFrame({'prediction': range(200_000)})\n"
        "run.Run = Many\n"
        "sys.exit(launch(['predict', 'mine', 'new.csv']))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    ) as process:
        assert process.stdout.readline() == b"prediction\n"
        process.stdout.close()
        assert (process.wait(60), process.stderr.read()) == (0, b"")


def test_an_evaluation_prints_every_metric(capsys):
    assert launch(["evaluate", "mine", "fresh.csv"]) == 0
    shown = capsys.readouterr().out
    assert "Score card on the rows given, 90 rows" in shown
    assert "calibration error" in shown


@pytest.mark.parametrize("command", ["predict", "evaluate"])
@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_what_stands_out_in_the_rows_is_told_on_standard_error_line_by_line(command, as_json, capsys):
    assert launch([command, "mine", "new.csv", *as_json]) == 0
    told = capsys.readouterr()
    assert told.err == "note: 3 cells of 'age' are no numbers.\nnote: [bold]color[/bold] is new.\n"
    assert "note:" not in told.out


def test_json_holds_the_notes_and_whether_the_rows_are_the_own_ones(capsys):
    for source, own in (("houses.csv", True), ("fresh.csv", False)):
        launch(["evaluate", "mine", source, "--json"])
        told = json.loads(capsys.readouterr().out)
        assert (told["own_source"], told["notes"][0]) == (own, "3 cells of 'age' are no numbers.")
    launch(["predict", "mine", "new.csv", "--out", "answers.csv", "--json"])
    assert len(json.loads(capsys.readouterr().out)["notes"]) == 2


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_columns_are_filled_and_views_averaged_only_when_it_is_asked_for(command, monkeypatch):
    asked = []
    answers = {"predict": FRAME, "evaluate": scorecard(part="given", openings=0)}

    def answer(self, source, *, query, fill_missing, tta):
        asked.append((query, fill_missing, tta))
        return answers[command]

    monkeypatch.setattr(PretendedRun, command, answer)
    launch([command, "mine", "new.csv"])
    launch([command, "mine", "new.csv", "--fill-missing", "--query", "SELECT 1", "--tta"])
    assert asked == [(None, False, False), ("SELECT 1", True, True)]


@pytest.mark.parametrize("out", ["new.csv", "./new.csv", "link.csv"])
def test_the_source_is_not_written_over(out, monkeypatch, capsys):
    Path("new.csv").write_text("age\n3\n")
    Path("link.csv").symlink_to("new.csv")
    monkeypatch.setattr(PretendedRun, "predict", None)
    assert launch(["predict", "mine", "new.csv", "--out", out]) == 2
    said = " is the source itself; the answers would take the place of its rows. Name another file."
    assert said in capsys.readouterr().err
    assert Path("new.csv").read_text() == "age\n3\n"


def test_a_run_that_cannot_be_read_is_one_sentence_and_two(monkeypatch, capsys):
    def broken(path):
        raise RunError(f"{path} is no run folder: it has no plan.yaml.")

    monkeypatch.setattr(run, "Run", broken)
    for line in (["predict", "mine", "a.csv"], ["evaluate", "mine", "a.csv"], ["report", "mine"], ["compare", "mine"]):
        assert launch(line) == 2
        assert capsys.readouterr().err == "error: mine is no run folder: it has no plan.yaml.\n"


def test_nothing_is_left_behind_when_writing_fails(monkeypatch):
    def full(self, path):
        Path(path).write_text("half")
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(pl.DataFrame, "write_csv", full)
    assert launch(["predict", "mine", "new.csv", "--out", "answers.csv"]) == 2
    assert sorted(path.name for path in Path().iterdir()) == ["mine"]

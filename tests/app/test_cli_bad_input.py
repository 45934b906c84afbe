"""What a person may give by mistake: each is answered with one sentence and exit code 2, and nothing is written."""

import gzip
import json
import os
import re
import stat
from pathlib import Path

import numpy as np
import pytest

from espalier.app.cli.main import launch

ROWS = "".join(f"{i % 7},{i * 3 % 11},{'yes' if i % 3 else 'no'}\n" for i in range(40))
TABLE = "age,income,sold\n" + ROWS
PACKED = gzip.compress((TABLE + ROWS * 200).encode())

FILES = {
    "nothing in it": ("empty.csv", b"", "empty.csv is empty"),
    "header only": ("header.csv", b"age,income,sold\n", "header.csv has a header line with 3 columns .* and no rows"),
    "no header": (
        "bare.csv",
        ROWS.replace("yes", "1").replace("no", "0").encode(),
        r"bare.csv, line 1, is .* Expected column names",
    ),
    "ragged rows": ("ragged.csv", (TABLE + "1,2\n3,4,yes,5\n").encode(), "line 42 has 2, line 43 has 4"),
    "binary": ("binary.csv", np.random.default_rng(0).bytes(5000), "binary.csv is no text but a binary file"),
    "truncated": ("cut.csv.gz", PACKED[:-200], "cut.csv.gz is cut off"),
    "duplicate names": (
        "twice.csv",
        TABLE.replace("income", "age").encode(),
        "twice.csv uses one name for several columns: 'age'",
    ),
    "no table": ("letter.docx", b"Dear Sir", "letter.docx ends in '.docx'"),
    "target constant": ("same.csv", TABLE.replace("no", "yes").encode(), "The target 'sold' is 'yes' in all 40 rows"),
    "target missing": (
        "gone.csv",
        TABLE.replace("yes", "").replace("no", "").encode(),
        "The target 'sold' is missing in all 40 rows",
    ),
    "few rows": (
        "few.csv",
        "".join(TABLE.splitlines(True)[:6]).encode(),
        "Only 5 rows have a value in the target .* Expected at least 10",
    ),
    "one row a class": (
        "each.csv",
        ("age,sold\n" + "".join(f"{i % 3},kind{i}x\n" for i in range(30))).encode(),
        "The target 'sold' is different in every one of its 30 rows",
    ),
    "target absent": ("other.csv", TABLE.replace("sold", "solid").encode(), "There is no column 'sold'. Did you mean 'solid'?"),
}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def complaint(line, capsys):
    """Run a line that must fail, and return its message."""
    assert launch(line) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("error: ")
    assert told.err.count("\n") == 1
    return told.err


@pytest.mark.parametrize("command", ["inspect", "train"])
@pytest.mark.parametrize("case", FILES)
def test_a_file_that_cannot_be_used_is_one_sentence(case, command, capsys):
    name, content, message = FILES[case]
    Path(name).write_bytes(content)
    said = complaint([command, name, "--target", "sold"], capsys)
    assert re.search(message, said)
    assert not Path("runs").exists() or not list(Path("runs").iterdir())


def test_a_missing_file_is_answered_with_the_nearest(capsys):
    Path("houses.csv").write_text(TABLE)
    assert "There is no file house.csv. Did you mean 'houses.csv'?" in complaint(["inspect", "house.csv"], capsys)


def test_a_folder_in_place_of_a_file_is_said_so(capsys):
    Path("houses.csv").mkdir()
    assert "houses.csv is a folder. Expected a file" in complaint(["inspect", "houses.csv"], capsys)


@pytest.fixture
def finished(capsys):
    """A small finished run."""
    Path("houses.csv").write_text(TABLE)
    quick = ["--model", "mlp-tiny", "--epochs", "1", "--set", "baselines=[]", "--quiet"]
    assert launch(["train", "houses.csv", "--target", "sold", "--out", "run", *quick]) in (0, 1)
    capsys.readouterr()
    return Path("run")


def test_a_run_with_a_file_cut_off_is_said_so(finished, capsys):
    text = (finished / "scorecard.json").read_text()
    (finished / "scorecard.json").write_text(text[: len(text) // 2])
    assert "run/scorecard.json is no valid JSON" in complaint(["report", "run"], capsys)
    launch(["compare", "run"])
    assert "run/scorecard.json is no valid JSON" in " ".join(capsys.readouterr().out.split())


def test_a_run_without_weights_is_said_so(finished, capsys):
    weights = finished / "members" / "0" / "checkpoints" / "best.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    said = "members/0/checkpoints/best.safetensors is no whole checkpoint"
    assert said in complaint(["predict", "run", "houses.csv"], capsys)
    assert said in complaint(["resume", "run"], capsys)
    weights.unlink()
    assert "best.safetensors is missing" in complaint(["resume", "run"], capsys)


def test_a_run_of_another_version_is_said_so(finished, capsys):
    plan = (finished / "plan.yaml").read_text()
    (finished / "plan.yaml").write_text(plan.replace("format: 1", "format: 99"))
    said = complaint(["predict", "run", "houses.csv"], capsys)
    assert "run holds a plan of format 99; this version of Espalier reads format 1" in said


def test_a_folder_that_is_no_run_is_said_so(capsys):
    Path("mine").mkdir()
    for command in ("resume", "report", "compare"):
        assert "mine is no run folder: it has no plan.yaml" in complaint([command, "mine"], capsys)


def test_a_source_that_changed_since_the_run_is_said_so(finished, capsys):
    Path("houses.csv").write_text(TABLE + ROWS)
    (finished / "importance.json").unlink()
    assert "houses.csv is not what it was when the plan was made" in complaint(["resume", "run"], capsys)


def test_columns_missing_at_prediction_are_filled_when_told_and_extra_ones_dropped(finished, capsys):
    Path("new.csv").write_text("extra,income\n" + "".join(f"x,{i}\n" for i in range(3)))
    assert "new.csv lacks 'age', which the model reads. Add or rename it" in complaint(["predict", "run", "new.csv"], capsys)
    assert launch(["predict", "run", "new.csv", "--fill-missing"]) == 0
    told = capsys.readouterr()
    assert len(told.out.splitlines()) == 4
    assert told.err == "note: new.csv lacks 'age', which the model reads. Every row counts as missing there.\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--task", "regression"], "target 'sold' holds 2 classes"),
        (["--folds", "3.5"], "--folds is '3.5'; expected a whole number, such as --folds 5"),
        (["--epochs", "many"], "--epochs is 'many'; expected a whole number"),
        (["--repeats", "2"], "split.repeats is 2 and split.folds is not set"),
    ],
)
def test_an_option_that_contradicts_is_refused_and_leaves_no_folder(capsys, options, message):
    Path("houses.csv").write_text(TABLE)
    assert message in complaint(["train", "houses.csv", "--target", "sold", *options], capsys)
    assert not Path("runs").exists()


def test_a_table_of_text_alone_is_refused_before_a_folder_is_made_and_inspect_says_so(capsys):
    lines = (f"what do you say to remark number {i} on this,{'yes' if i % 2 else 'no'}" for i in range(60))
    Path("chat.csv").write_text("text,label\n" + "\n".join(lines))
    assert "No input column is left to learn from" in complaint(["train", "chat.csv", "--target", "label"], capsys)
    assert not Path("runs").exists()
    assert launch(["inspect", "chat.csv", "--target", "label"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "STOP D21-no-inputs No inputs No input column is left to learn from among 2 columns" in said
    assert "Training would stop at D21-no-inputs. Make columns of the text first" in said
    assert "Train on it" not in said


def test_after_a_stop_inspect_names_the_first_repair_in_place_of_training(capsys):
    rows = "".join(f"{i % 17},{i % 5},{'yes' if i % 2 else 'no'},{'A' if i % 2 else 'B'}\n" for i in range(80))
    Path("copy.csv").write_text("age,size,sold,same\n" + rows)
    assert launch(["inspect", "copy.csv", "--target", "sold", "--set", "seed=3"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "Training would stop at D16-target-in-one-column. Repair it (leave out 'same') and look again:" in said
    assert "espalier inspect copy.csv --target sold --set seed=3 --set schema.columns.same.role=ignored" in said
    assert "Train on it" not in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_is_read_only_is_said_so(capsys):
    Path("houses.csv").write_text(TABLE)
    Path("locked").mkdir()
    Path("locked").chmod(stat.S_IRUSR | stat.S_IXUSR)
    assert "Cannot make the folder locked/run" in complaint(
        ["train", "houses.csv", "--target", "sold", "--out", "locked/run"], capsys
    )


def test_a_repair_that_was_printed_can_be_typed(capsys):
    Path("houses.csv").write_text(TABLE + ROWS)
    launch(["inspect", "houses.csv", "--target", "sold", "--json"])
    findings = json.loads(capsys.readouterr().out)["findings"]
    duplicates = next(one for one in findings if one["id"].startswith("D02"))
    settings = [word for path, value in duplicates["repairs"][0]["changes"].items() for word in ("--set", f"{path}={value}")]
    line = ["train", "houses.csv", "--target", "sold", *settings, "--dry-run", "--json"]
    assert launch(line) == 0
    assert json.loads(capsys.readouterr().out)["plan"]["clean"]["duplicates"] == "drop"

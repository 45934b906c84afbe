import json

import pytest

from espalier.app.cli.main import launch


def test_the_summary_shows_window_field_size_and_cost_of_each_layer(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    assert launch(["models", "fast-cnn", "--summary", "--input", "3x32x32"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["stages.0.1", "MaxPool2d", "2x2", "2x2", "0x0", "6x6", "64x16x16", "-", "-"] in lines
    assert ["stages.0.4", "Conv2d", "3x3", "1x1", "1x1", "10x10", "64x16x16", "36,864", "18,874,368"] in lines
    assert ["total", "1,420,936", "172,331,008"] in lines


def test_the_summary_as_json_holds_the_same(capsys):
    assert launch(["models", "fast-cnn-tiny", "--input", "1x28x20", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["model"], shown["input"]) == ("fast-cnn-tiny", [1, 28, 20])
    assert shown["num_parameters"] == sum(layer["num_parameters"] for layer in shown["layers"])
    assert shown["num_flops"] == sum(layer["num_flops"] for layer in shown["layers"]) > 0
    assert shown["layers"][0]["output_shape"] == [1, 4, 28, 20]
    assert shown["layers"][0]["receptive_field"] == [3, 3]


def test_a_model_for_tables_is_summarized_for_a_number_of_columns(capsys):
    assert launch(["models", "mlp-tiny", "--summary", "--input", "3", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["layers"][1]["num_parameters"] == 3 * 32 + 32


@pytest.mark.parametrize(("name", "num_outputs"), [("lstm-tiny", 1), ("dlinear-tiny", 9 * 24)])
def test_a_model_for_series_is_summarized_for_channels_and_steps(name, num_outputs, capsys):
    assert launch(["models", name, "--summary", "--input", "9x128", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["input"] == [9, 128]
    assert shown["num_parameters"] == sum(layer["num_parameters"] for layer in shown["layers"]) > num_outputs


def test_without_a_size_the_usual_one_is_taken(capsys):
    assert launch(["models", "fast-cnn-tiny", "--summary", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["input"] == [3, 224, 224]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["fast-cnn", "--input", "3x32"],
            "--input '3x32' is no size that fast-cnn can read. It reads pictures: write channels x",
        ),
        (["fast-cnn", "--input", "3x0x32"], "'3x0x32' is no size"),
        (["fast-cnn", "--input", "3x32x-4"], "'3x32x-4' is no size"),
        (["fast-cnn", "--input", "large"], "'large' is no size"),
        (["fast-cnn", "--input", ""], "'' is no size"),
        (["fast-cnn", "--input", "3x32x99999999999"], "is no size"),
        (["fast-cnn", "--input", "3x32x7"], "'3x32x7' is too small: fast-cnn takes pictures whose shorter side has at least 8"),
        (["mlp", "--input", "3x32x32"], "It reads tables: write the number of columns, for example 10"),
        (["lstm", "--input", "96"], "It reads series: write channels x steps, for example 9x128"),
        (["--summary"], "A summary is made of one model. Name it: espalier models NAME --summary"),
    ],
)
def test_a_size_that_cannot_be_read_is_said_in_a_sentence(arguments, message, capsys):
    assert launch(["models", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_model_for_one_task_says_which(capsys):
    assert launch(["models", "dlinear"]) == 0
    assert "Reads: series, for forecasting" in capsys.readouterr().out
    assert launch(["models", "dlinear", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["dlinear"]["only"] == ["forecasting"]

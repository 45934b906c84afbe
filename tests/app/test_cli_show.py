import io
import json
import re
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from app.cli_fakes import FINDINGS, epoch, progress, scorecard
from espalier.app.cli.show.console import plain, print_json
from espalier.app.cli.show.findings import as_options, matters, print_findings
from espalier.app.cli.show.progress import ProgressDisplay, epoch_text
from espalier.app.cli.show.quantities import interval
from espalier.app.cli.show.scorecard import print_scorecard
from espalier.core.finding import Severity
from espalier.core.progress import StageDone
from espalier.core.scorecard import Score


def console_of(width, terminal=False):
    return Console(file=io.StringIO(), width=width, force_terminal=terminal, markup=False, emoji=False, highlight=False)


def text_of(console):
    return console.file.getvalue()


def plain_lines(console):
    """Return what is left of the lines when colours and cursor moves are taken out."""
    return [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", line).rstrip() for line in text_of(console).splitlines()]


@pytest.mark.parametrize("width", [80, 140])
def test_no_line_of_a_result_is_wider_than_the_terminal(width):
    console = console_of(width)
    print_scorecard(console, scorecard(openings=2), "tabm", ("yes",))
    print_findings(console, FINDINGS)
    lines = text_of(console).splitlines()
    assert max(len(line) for line in lines) <= width
    assert all("…" not in line for line in lines)


def test_the_score_card_names_the_best_model_first_with_its_interval():
    console = console_of(80)
    print_scorecard(console, scorecard(), "tabm")
    lines = [line.strip() for line in text_of(console).splitlines()]
    forest = next(index for index, line in enumerate(lines) if line.startswith("random forest"))
    assert "0.8833 (0.8221 to 0.9324)" in lines[forest]
    assert lines[forest + 1].startswith("network (tabm)")
    assert lines[forest + 3].startswith("majority")


def test_the_score_card_tells_of_threshold_and_openings():
    console = console_of(140)
    print_scorecard(console, scorecard(openings=3), "tabm", ("yes",))
    assert "'yes' is answered from a probability of 0.4100 on" in text_of(console)
    assert "opened 3 times" in text_of(console)


def test_the_score_card_tells_what_its_intervals_come_from():
    console = console_of(140)
    print_scorecard(console, scorecard())
    assert "The intervals come from rows drawn with replacement." in text_of(console)
    console = console_of(140)
    print_scorecard(console, replace(scorecard(), resampling="whole groups of 'patient' drawn with replacement: 37 groups"))
    assert "The intervals come from whole groups of 'patient' drawn with replacement: 37 groups." in text_of(console)


def card_text(width=140, **changes):
    console = console_of(width)
    print_scorecard(console, replace(scorecard(), **changes), "tabm", ("yes",))
    return " ".join(text_of(console).split())


def test_a_threshold_is_told_once_with_its_reason():
    text = card_text(threshold=0.5, threshold_reason="0.5 stays: other thresholds gain no F1 on rows not used to choose them.")
    assert "Threshold of 'yes': 0.5 stays: other thresholds gain no F1" in text
    assert "is answered from" not in text


def test_the_score_card_says_how_the_rival_was_chosen_and_shows_validation_scores():
    models = scorecard().models
    chosen = (models[0], replace(models[2], valid_score=0.8765), *models[3:])
    for width in (80, 140):
        text = card_text(width, models=chosen)
        assert "The best baseline was chosen on the validation part" in text
        assert " validation " in text
        assert "0.8765" in text
        assert "metric network (tabm) logistic regression" in text
    assert "validation" not in card_text(threshold=None)


def test_the_score_card_names_what_was_left_out():
    text = card_text(left_out=("support vector machine (more than 5,000 rows)",))
    assert "Left out: support vector machine (more than 5,000 rows)." in text
    assert "Left out" not in card_text()


def test_a_score_next_to_nothing_is_written_like_the_scores_around_it():
    assert interval(Score(-5.038e-05, -0.12, -5.038e-05)) == "-0.0001 (-0.1200 to -0.0001)"
    assert interval(Score(2e-05, 1e-05, 3e-05)) == "2.000e-05 (1.000e-05 to 3.000e-05)"
    models = scorecard().models
    scores = {**models[3].scores, "accuracy": Score(-5.038e-05, -0.12, 0.0)}
    assert "e-05" not in card_text(models=(*models[:3], replace(models[3], scores=scores)))


def test_times_too_short_to_measure_are_not_called_zero():
    assert "< 0.1 s" in card_text()
    assert "0.0 s" not in card_text()


def test_rows_of_a_text_file_are_called_lines():
    console = console_of(80)
    finding = replace(FINDINGS[0], rows=(6,))
    print_findings(console, (FINDINGS[0], finding), "line")
    assert "lines: 2, 3, 4, 5, 6, 7, 8, 9" in text_of(console)
    assert "    line: 6\n" in text_of(console)


def test_the_verdict_is_left_to_the_score_card():
    console = console_of(80)
    with ProgressDisplay(console) as display:
        display.show(StageDone("score", "The network is better than the best baseline.", 0.1))
    assert "The network is better" not in text_of(console)
    assert "the score card and its verdict follow" in text_of(console)


def test_a_wide_terminal_shows_more_metrics_beside_each_other():
    heads = []
    for width in (80, 140):
        console = console_of(width)
        print_scorecard(console, scorecard())
        heads.append(next(line for line in text_of(console).splitlines() if "is better" in line))
    assert "precision" not in heads[0]
    assert "precision" in heads[1]


def test_rows_that_a_finding_does_not_name_are_counted_or_left_open():
    console = console_of(80)
    hundred = replace(FINDINGS[0], rows=tuple(range(2, 102)))
    print_findings(console, (replace(hundred, evidence={"num_rows": 3334}),))
    assert "rows: 2, 3, 4, 5, 6, 7, 8, 9 and 3,326 more" in text_of(console)
    console = console_of(80)
    print_findings(console, (hundred,))
    assert "rows: 2, 3, 4, 5, 6, 7, 8, 9, ..." in text_of(console)


def test_findings_come_worst_first_with_the_repair_as_an_option_to_type():
    console = console_of(80)
    print_findings(console, FINDINGS)
    text = text_of(console)
    assert text.index("STOP") < text.index("WARN") < text.index("NOTE")
    assert "--set schema.columns.boat.role=ignored" in text
    assert "Findings (1 stop, 1 warning, 1 note)" in text
    assert "rows: 2, 3, 4, 5, 6, 7, 8, 9 and 30 more" in text


@pytest.mark.parametrize("width", [60, 80, 120])
def test_korean_findings_have_korean_words_around_them_and_fit_the_width(width):
    console = console_of(width)
    causes = {"cause": "T06-learning-rate-too-high", "modules": ("blocks.0",), "evidence": {"num_rows": 3334}}
    print_findings(console, (*FINDINGS, replace(FINDINGS[0], advice="학습률을 낮추십시오. " * 9, **causes)), language="ko")
    text = text_of(console)
    assert "진단 결과 (중단 1건, 경고 1건, 참고 2건)" in text
    assert "행: 2, 3, 4, 5, 6, 7, 8, 9 외 3,326개" in text
    assert "원인: T06-learning-rate-too-high" in text
    assert "위치: blocks.0" in text
    assert "처방: " in text
    assert "조언: 학습률을" in text
    assert max(cell_len(line) for line in text.splitlines() if "--set" not in line) <= width


def test_text_from_the_data_is_never_read_as_markup():
    console = console_of(80)
    print_findings(console, FINDINGS)
    assert "[bold]cabin[/bold]" in text_of(console)
    assert ":smile:" in text_of(console)


def test_only_warnings_and_stops_matter():
    assert [matters(finding) for finding in FINDINGS] == [False, True, True]


def test_an_option_of_a_repair_survives_a_shell():
    assert as_options({"split.column": "my group"}) == "--set 'split.column=my group'"
    assert as_options({"model.options.sizes": (1, 2)}) == "--set 'model.options.sizes=[1, 2]'"


def test_elsewhere_than_on_a_terminal_progress_is_plain_lines():
    console = console_of(80)
    with ProgressDisplay(console) as display:
        for event in progress(epochs=50):
            display.show(event)
    text = text_of(console)
    assert "\x1b" not in text
    assert text.count("epoch") == 2 + 2  # the first and the last, and twice in the sentence of the stage
    assert "epoch 50/50" in text
    assert "read      891 rows and 12 columns from titanic.csv" in text
    assert "random forest  roc auc 0.8833" in text


def test_a_terminal_sees_each_epoch_on_one_live_line():
    console = console_of(100, terminal=True)
    with ProgressDisplay(console) as display:
        display.show(epoch(12))
        display.live.refresh()
        assert "epoch 12/100" in text_of(console)
        display.show(epoch(13))
        display.live.refresh()
    assert "\x1b[2K" in text_of(console)  # the line was cleared and drawn again
    assert any(line.endswith("left") and "learning" in line and "epoch 13/100" in line for line in plain_lines(console))


def test_quiet_means_no_progress_at_all():
    console = console_of(80, terminal=True)
    with ProgressDisplay(console, quiet=True) as display:
        for event in progress():
            display.show(event)
    assert text_of(console) == ""


@pytest.mark.parametrize("width", [20, 40, 60, 78, 98, 138])
def test_an_epoch_always_fits_its_line(width):
    text = epoch_text(epoch(12), width)
    assert text.cell_len <= width
    assert text.plain.startswith("epoch 12/100")


def test_an_epoch_says_losses_score_best_rate_and_time_left():
    text = epoch_text(epoch(12), 138).plain
    for part in ("train/valid loss 0.0417/0.05", "roc auc 0.8120", "best 0.9000", "rate 0.002", "0:50 left"):
        assert part in text


def test_a_further_network_of_folds_or_of_an_ensemble_is_numbered():
    assert epoch_text(epoch(2, member=1), 80).plain.startswith("network 2, epoch 2/100")


def test_json_has_no_word_that_json_lacks(capsys):
    print_json({"score": float("nan"), "severity": Severity.WARN, "rows": (1, 2), "name": "고객"})
    assert json.loads(capsys.readouterr().out) == {"score": None, "severity": "warn", "rows": [1, 2], "name": "고객"}


def test_plain_values_of_numpy_become_plain_values():
    np = pytest.importorskip("numpy")
    assert (
        json.dumps(plain({"a": np.float64(0.5), "b": np.int64(3), "c": np.float32("nan")})) == '{"a": 0.5, "b": 3, "c": null}'
    )

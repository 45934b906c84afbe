"""Figures of findings: curves of the run's steps, bars, spans and numbers on their healthy ranges, drawn from the evidence."""

import re

import pytest

from app.report_samples import titanic
from espalier.app.report.charts.healthy import healthy_line
from espalier.app.report.charts.timeline import span_line
from espalier.app.report.facts import gather_facts
from espalier.app.report.page import render
from espalier.app.report.sections.figures import MAX_POINTS, TITLES, figures
from espalier.core.files import write_json
from espalier.core.finding import Finding, Severity
from espalier.diagnosis.pages import pages

EXAMPLES = tuple(page.example for page in pages().values() if page.example is not None)


def drawn_of(folder, finding):
    run = titanic(folder)
    return figures(gather_facts(run.but(findings=(finding,)), run.records), finding)


def learnt(run, losses, *ids):
    """Write the steps of a run's first member, and what was found in them."""
    member = run.folder.member(0)
    member.steps.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{step},{loss},0.1,1.0" for step, loss in enumerate(losses, 1)]
    member.steps.write_text("\n".join(["step,loss,learning_rate,gradient_norm", *lines]) + "\n")
    write_json(member.findings, [Finding(one, "Found 1.", Severity.WARN).to_mapping() for one in ids])


def rows_of(figure):
    return [(row.name, row.value, row.healthy) for row in figure.rows]


def places(svg, name):
    return [float(one) for one in re.findall(rf'{name}="([\d.]+)%?"', str(svg))]


def test_the_figures_of_every_example_can_be_drawn_and_put_on_the_page(tmp_path):
    run = titanic(tmp_path)
    facts = gather_facts(run.but(findings=EXAMPLES))
    made = [figure for finding in EXAMPLES for figure in figures(facts, finding)]
    assert len(made) >= 30
    assert all(bool(one.rows) != bool(one.chart) and one.caption.endswith(".") for one in made)
    page = render(run.but(findings=EXAMPLES), run.records)
    assert page.count('<figure class="drawing">') == len(made)
    assert not re.search(r'="(nan|inf)', page)


def test_the_loss_is_drawn_with_the_step_that_the_finding_names(tmp_path):
    run = titanic(tmp_path)
    learnt(run, [1.0, 2.0, 9.0, "nan", "nan"], "T01-diverged")
    finding = Finding("T01-diverged", "Gone from step 4 on.", Severity.STOP, {"first_step": 4})
    (curve,) = figures(gather_facts(run), finding)
    assert "step 4" in curve.chart
    assert "a gap is a loss that is no number" in curve.caption
    assert 'class="line first"' in curve.chart


def test_a_long_course_is_thinned_and_the_best_constant_answer_drawn(tmp_path):
    run = titanic(tmp_path)
    learnt(run, [0.7 + 0.01 * (step % 3) for step in range(5 * MAX_POINTS)], "T11-not-learning")
    finding = Finding("T11-not-learning", "Nothing in 1,500 steps.", Severity.WARN, {"prior": 0.69})
    (curve,) = figures(gather_facts(run), finding)
    (commands,) = re.findall(r'<path d="([^"]*)" class="line first"', curve.chart)
    assert len(re.findall("[ML]", commands)) == MAX_POINTS
    assert 'class="line second"' in curve.chart
    assert "the dashed line is what the best constant answer loses" in curve.caption


@pytest.mark.parametrize(("ids", "cause"), [((), ""), (("T07-dying-relu",), "T06-learning-rate-too-high")])
def test_no_curve_of_another_network_and_none_twice(tmp_path, ids, cause):
    run = titanic(tmp_path)
    learnt(run, [1.0, 2.0], *ids)
    finding = Finding("T07-dying-relu", "90% are zero.", Severity.WARN, cause=cause)
    assert figures(gather_facts(run), finding) == ()


def test_steps_that_were_cut_off_leave_the_curve_out(tmp_path):
    run = titanic(tmp_path)
    learnt(run, [1.0, 2.0], "T07-dying-relu")
    run.folder.member(0).steps.write_text("")
    assert figures(gather_facts(run), Finding("T07-dying-relu", "90% are zero.", Severity.WARN)) == ()


def test_a_number_stands_on_the_healthy_range_of_its_sign(tmp_path):
    sick_rate = Finding("T06-learning-rate-too-high", "1.", Severity.WARN, {"ratio": 0.5, "usual": 1.2, "steps": 200})
    (figure,) = drawn_of(tmp_path, sick_rate)
    assert rows_of(figure) == [("ratio", "0.5", "below 0.1")]
    (zone, dot) = places(figure.rows[0].drawing, "width")[1], places(figure.rows[0].drawing, "cx")[0]
    assert dot > zone
    low_rate = Finding("T05-learning-rate-too-low", "1.", Severity.WARN, {"ratio": 1e-6})
    (figure,) = drawn_of(tmp_path / "low", low_rate)
    assert figure.rows[0].healthy.startswith("above ")
    size = Finding("W21-input-scale", "1.", Severity.WARN, {"size": 1664.0})
    assert rows_of(drawn_of(tmp_path / "size", size)[0]) == [("size", "1,664", "0.05 to 30")]


def test_a_sign_told_from_a_number_on_is_healthy_below_it(tmp_path):
    differ = Finding("S07-parts-differ", "1.", Severity.WARN, {"auc": 0.85, "z": 9.0})
    assert rows_of(drawn_of(tmp_path, differ)[0]) == [("auc", "0.85", "below 0.6")]


def test_a_number_that_tells_how_exact_a_rule_is_broken_has_no_healthy_range(tmp_path):
    exact = Finding("W04-probabilities-for-logits", "Sums to 1.", Severity.STOP, {"error": 1e-7})
    assert drawn_of(tmp_path, exact) == ()


def test_classes_and_missing_shares_are_bars_longest_first(tmp_path):
    classes = Finding("D09-class-imbalance", "1.", Severity.NOTE, {"rows_of_class": {"no": 20, "yes": 380}})
    bars = drawn_of(tmp_path, classes)[0]
    assert rows_of(bars) == [("yes", "380", ""), ("no", "20", "")]
    assert [places(row.drawing, "width")[1] for row in bars.rows] == [100.0, pytest.approx(100 * 20 / 380, abs=0.01)]
    missing = Finding("D04-missing-values", "1.", Severity.NOTE, {"missing_fraction": {f"x{i}": i / 10 for i in range(10)}})
    shares = drawn_of(tmp_path / "missing", missing)[0]
    assert shares.rows[0].value.startswith("90")
    assert shares.caption == "Share of missing values, the first 8 of 10."


def test_outliers_stand_apart_from_the_range_of_the_others(tmp_path):
    far = {"x1": {"count": 2, "low": -4.0, "high": 2.5, "farthest": 999.0}}
    (figure,) = drawn_of(tmp_path, Finding("D10-outliers", "2 values.", Severity.NOTE, far))
    assert rows_of(figure) == [("x1", "999", "−4 to 2.5")]
    assert places(figure.rows[0].drawing, "cx")[0] > 80


def test_the_times_of_the_parts_are_spans_on_one_line(tmp_path):
    times = {
        "train": ["2024-01-01 00:00:00", "2024-01-09 00:00:00"],
        "valid": ["2024-01-05 00:00:00", "2024-01-11 00:00:00"],
    }
    (figure,) = drawn_of(tmp_path, Finding("S05-parts-overlap-in-time", "2 parts.", Severity.STOP, times))
    assert rows_of(figure)[0] == ("training", "2024-01-01 to 2024-01-09", "")
    assert [places(row.drawing, " x")[0] for row in figure.rows] == [0.0, 40.0]


def test_scores_with_and_without_a_leak_stand_side_by_side(tmp_path):
    leak = {"score": "AUC", "score_with": 0.99, "score_without": 0.8}
    (figure,) = drawn_of(tmp_path, Finding("D16-target-in-one-column", "1 column.", Severity.WARN, leak))
    assert rows_of(figure) == [("with it", "0.99", ""), ("without it", "0.8", "")]


def test_names_of_the_persons_data_are_escaped(tmp_path):
    classes = {"rows_of_class": {"<script>": 380, "no": 20}}
    run = titanic(tmp_path)
    page = render(run.but(findings=(Finding("D09-class-imbalance", "1.", Severity.NOTE, classes),)), run.records)
    assert "&lt;script&gt;" in page
    assert "<script>" not in page


def test_titles_name_evidence_that_some_sign_has():
    held = {name for example in EXAMPLES for name in example.evidence}
    assert set(TITLES) <= held


def test_a_dot_outside_of_the_healthy_part_has_the_other_colour():
    assert 'class="second"' in healthy_line(2.0, None, 1.0)
    assert 'class="first"' in healthy_line(0.5, None, 1.0)
    assert 'class="second"' in healthy_line(1e-7, 1e-4, None)
    assert 'class="first"' in healthy_line(-1.0, -2.0, 0.0)


def test_a_moment_is_seen_and_stays_inside():
    (left, wide) = places(span_line(5.0, 5.0, 0.0, 5.0, style="first").partition("<rect")[2], "(?: x|width)")
    assert wide > 0
    assert left + wide <= 100
